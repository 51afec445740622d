"""What measurements of stored runs share: a file each, and the attributes of their dataset."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jax
import xarray as xr

from regimekit.grids.dataset import COMMITS, MACHINES, content_checksum
from regimekit.grids.provenance import git_commit, machine, versions
from regimekit.grids.spec import canonical_json
from regimekit.grids.store import checksum_holds, write_atomically

MEASURED = ("-curvature", "-paths")
"""How the names of datasets end that are measured from another one's weights."""

_KEPT = ("Conventions", "schema_version", "experiment", "preset", "difficulty_axis", "data_axis")


def write_measurement(
    path: Path, content: xr.Dataset, fingerprint: str, settings: Mapping[str, Any]
) -> None:
    """Store one measurement with what it was made of: its runs, settings, commit and machine."""
    content.attrs = {
        "fingerprint": fingerprint,
        "settings": canonical_json(settings),
        "git_commit": git_commit(),
        "machine": machine(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(content, path)


def read_measurement(
    path: Path, fingerprint: str, settings: Mapping[str, Any]
) -> xr.Dataset | None:
    """Load one measurement; None if it is missing, damaged, or of other runs or settings."""
    if not checksum_holds(path):
        return None
    content = xr.load_dataset(path)
    same = content.attrs["fingerprint"] == fingerprint
    return content if same and content.attrs["settings"] == canonical_json(settings) else None


def describe(
    found: xr.Dataset,
    runs: xr.Dataset,
    parts: Iterable[xr.Dataset],
    what: str,
    configuration: Mapping[str, Any],
) -> xr.Dataset:
    """Give a dataset of measurements its attributes.

    Parameters
    ----------
    found
        The measurements, with their wall times as ``seconds``.
    runs
        The dataset whose runs were measured.
    parts
        The single measurements, as :func:`read_measurement` returns them.
    what
        Is measured, in words.
    configuration
        How, besides which runs.
    """
    parts = list(parts)
    found.attrs = {name: runs.attrs[name] for name in _KEPT} | {
        "title": f"{runs.attrs['title']}: {what}",
        "configuration": canonical_json({**configuration, "of": runs.attrs["content_sha256"]}),
        "versions": canonical_json(versions()),
        "device": jax.devices()[0].device_kind,
        "machine": MACHINES.join(sorted({part.attrs["machine"] for part in parts})),
        "git_commit": COMMITS.join(sorted({part.attrs["git_commit"] for part in parts})),
        "measured": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    found.attrs["content_sha256"] = content_checksum(found)
    found.attrs["wall_time_seconds"] = float(found["seconds"].sum())
    return found


def wall_time(dims: tuple[str, ...], values: Any) -> tuple[tuple[str, ...], Any, dict[str, str]]:
    """Return the variable ``seconds`` of a dataset of measurements."""
    words = "wall time of the measurement, compilation included"
    return dims, values, {"long_name": words, "units": "s"}
