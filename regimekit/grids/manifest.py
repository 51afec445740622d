"""The manifest of published data: what each file is, checked before and after."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from regimekit.errors import ConfigurationError, StoreError
from regimekit.grids.dataset import content_checksum
from regimekit.grids.measured import MEASURED
from regimekit.grids.store import checksum_holds, file_checksum, write_atomically

MANIFEST = "manifest.json"

FEW = 20_000
"""Parameters of a model above which only the corners of a map are published with weights."""

MANY = 1_000_000
"""Parameters of a model above which no weights are published: one run has megabytes."""


def progress_of(dataset: xr.Dataset) -> tuple[int, int]:
    """Runs that are finished, diverged ones included, and runs that were planned."""
    status = dataset["status"].values
    return int(((status == 1) | (status == 2)).sum()), int((status >= 0).sum())


def publish(source: Path, target: Path, *, partial: bool = False) -> dict[str, Any]:
    """Copy the datasets of one preset and write their manifest.

    Parameters
    ----------
    source
        Folder with the datasets of a preset, such as ``results/published``.
    target
        Folder of published data.
    partial
        Whether a dataset with pending runs may be published.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    ConfigurationError
        If there is nothing to publish, or a dataset is incomplete and ``partial`` is false.
    StoreError
        If a file does not agree with its checksum.
    """
    files = sorted(p for p in source.glob("*.nc") if not p.stem.endswith("-weights"))
    if not files:
        raise ConfigurationError(
            f"There is no dataset in {source}; make one with `regimekit run`, or name its folder."
        )
    entries: dict[str, Any] = {}
    for path in files:
        with xr.open_dataset(path) as opened:
            dataset = opened.load()
        done, planned = progress_of(dataset)
        if done < planned and not partial:
            raise ConfigurationError(
                f"{path.name} has {done} of {planned} runs: run it to its end, "
                "or publish it as it is with --partial."
            )
        beside = [] if path.stem.endswith(MEASURED) else [f"{path.stem}-weights.nc"]
        for file in (path, *(path.with_name(name) for name in beside)):
            if not checksum_holds(file):
                raise StoreError(
                    f"{file} does not agree with its checksum: make it again with `regimekit run`."
                )
            entries[file.name] = {
                "sha256": file_checksum(file),
                "bytes": file.stat().st_size,
                "content_sha256": dataset.attrs["content_sha256"],
                "preset": dataset.attrs["preset"],
                "runs_done": done,
                "runs_planned": planned,
                "wall_time_seconds": round(float(dataset.attrs["wall_time_seconds"])),
                "machine": dataset.attrs["machine"],
                "git_commit": dataset.attrs["git_commit"],
            }
    target.mkdir(parents=True, exist_ok=True)
    existing = read_manifest(target)
    for name in entries:
        copy = target / f"{name}.partial"
        shutil.copyfile(source / name, copy)
        if name.endswith("-weights.nc"):
            leave_corners(copy)
            entries[name] |= {"sha256": file_checksum(copy), "bytes": copy.stat().st_size}
        os.replace(copy, target / name)
    manifest = existing | entries
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    (target / f"{MANIFEST}.partial").write_text(text)
    os.replace(target / f"{MANIFEST}.partial", target / MANIFEST)
    return manifest


def leave_corners(path: Path) -> None:
    """Keep, in a copy of weights that are too many to publish, those of the map's corners.

    Those are the runs of the first seed with the most data at the least and the greatest
    difficulty, and with the least data at the greatest; the others become NaN. Weights of models of
    up to `FEW` parameters stay as they are if their experiment is one that is measured from them;
    of models of more than `MANY` none are kept.
    """
    with xr.open_dataset(path) as opened:
        if opened.sizes["parameter"] <= FEW and opened.attrs.get("measured", 1):
            return
        weights = opened.load()
    values = weights["weights"].values
    kept = np.full_like(values, np.nan)
    corners = ((0, -1), (-1, -1), (-1, 0)) if weights.sizes["parameter"] <= MANY else ()
    for corner in corners:
        kept[(*corner, slice(None), 0)] = values[(*corner, slice(None), 0)]
    weights["weights"].values = kept
    but = " but those of three corners of the map" if corners else ""
    weights.attrs["left_out"] = f"All weights{but}."
    write_atomically(weights, path, compress=True)
    path.with_suffix(".sha256").unlink()  # the manifest has the checksums of published files


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder; empty if it has none."""
    path = folder / MANIFEST
    return json.loads(path.read_text()) if path.exists() else {}


def verify(folder: Path) -> dict[str, str]:
    """Check every file of a manifest; ``ok``, ``missing``, ``altered`` or ``content altered``."""
    found = {}
    for name, entry in read_manifest(folder).items():
        path = folder / name
        if not path.exists():
            found[name] = "missing"
        elif file_checksum(path) != entry["sha256"]:
            found[name] = "altered"
        elif name.endswith("-weights.nc"):
            found[name] = "ok"
        else:
            with xr.open_dataset(path) as dataset:
                same = content_checksum(dataset) == entry["content_sha256"]
            found[name] = "ok" if same else "content altered"
    return found
