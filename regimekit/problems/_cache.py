"""Samples that took long to solve, kept on disk: one NetCDF file a problem and pool."""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import xarray as xr
from filelock import FileLock

from regimekit.errors import StoreError
from regimekit.files import cache_folder, checksum_holds, write_atomically

NUMERICS = 2
"""Raise this when code changes the samples: files of another number are not looked at."""

Pair = tuple[np.ndarray, np.ndarray]


def kept_samples(name: str, n: int, make: Callable[[int, int], Pair]) -> Pair:
    """Return the first ``n`` inputs and solutions of a set, from disk as far as they are there.

    One process at a time looks at a set: the others wait, and find what it has made. So none
    reads a file while another puts it there, and a file only grows. Where the cache cannot be
    written, what is there is read and nothing is kept.

    Parameters
    ----------
    name
        Of the set.
    n
        How many samples are needed.
    make
        Makes the samples from one number up to another.
    """
    with _locked(_path(name)) as alone:
        kept = _load(_path(name), alone)
        have = 0 if kept is None else len(kept[1])
        if kept is not None and have >= n:
            return kept[0][:n], kept[1][:n]
        found = make(have, n)
        if kept is not None:
            found = np.concatenate([kept[0], found[0]]), np.concatenate([kept[1], found[1]])
        if alone:
            _keep(name, *found)
        return found


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Keep other processes from a file; false if that is not possible here."""
    with contextlib.ExitStack() as stack:
        alone = True
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(path.with_suffix(".lock")))
        except (OSError, NotImplementedError):  # no folder to write to, or one without locks
            alone = False
        yield alone


def _load(path: Path, alone: bool) -> Pair | None:
    """Load a set; None if there is none, or a damaged one, of which a warning tells.

    A damaged file is removed by who is alone with it: another may be just about to replace it.
    """
    if not path.exists():
        return None
    try:
        if checksum_holds(path):
            kept = xr.load_dataset(path)
            return kept["inputs"].values, kept["solutions"].values
    except (OSError, KeyError, ValueError):
        pass
    warnings.warn(
        f"The cached samples {path} are damaged: they are made anew, which takes a while.",
        stacklevel=2,
    )
    if alone:
        with contextlib.suppress(OSError):
            path.unlink()
    return None


def _keep(name: str, inputs: np.ndarray, solutions: np.ndarray) -> None:
    """Keep samples for the next process; where the disk is full, nothing is kept."""
    words = {"inputs": "inputs of the operator", "solutions": "solutions"}
    found = {"inputs": inputs, "solutions": solutions}
    axes = ("sample", "y", "x", "channel")
    content = xr.Dataset(
        {
            key: (axes[: values.ndim], values, {"long_name": words[key], "units": "1"})
            for key, values in found.items()
        },
        attrs={"title": f"Samples of {name}", "numerics": NUMERICS},
    )
    with contextlib.suppress(OSError, StoreError):
        write_atomically(content, _path(name))


def _path(name: str) -> Path:
    return cache_folder() / "samples" / f"{name}-{NUMERICS}.nc"
