"""Samples that took long to solve, kept on disk: one NetCDF file a problem and pool."""

import contextlib
import warnings
from pathlib import Path

import numpy as np
import xarray as xr

from regimekit.errors import StoreError
from regimekit.files import cache_folder, checksum_holds, write_atomically

NUMERICS = 2
"""Raise this when code changes the samples: files of another number are not looked at."""


def load_samples(name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Load inputs and solutions by the name of their set; None if there are none, or damaged ones.

    A damaged file is removed, with a warning that says so; who asked for it makes it anew.
    """
    path = _path(name)
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
    with contextlib.suppress(OSError):
        path.unlink()
    return None


def keep_samples(name: str, inputs: np.ndarray, solutions: np.ndarray) -> None:
    """Keep samples for the next process; where the cache cannot be written, nothing is kept."""
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
    path = _path(name)
    with contextlib.suppress(OSError, StoreError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(content, path)


def _path(name: str) -> Path:
    return cache_folder() / "samples" / f"{name}-{NUMERICS}.nc"
