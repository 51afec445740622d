"""Run a grid: compute what is missing, keep what is there, write the dataset."""

import traceback
from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.grids.dataset import consolidate, restore
from regimekit.grids.executors import make_executor
from regimekit.grids.manifest import read_manifest
from regimekit.grids.progress import Progress, Tracker, choose_progress
from regimekit.grids.registry import get_experiment
from regimekit.grids.spec import Cell
from regimekit.grids.store import (
    CellState,
    Store,
    file_checksum,
    remove_unfinished,
    write_atomically,
)


class IncompleteRunError(RuntimeError):
    """Some cells raised an error; all others are computed, stored and in the dataset."""


def output_folder(output: str | Path, preset: str) -> Path:
    """Folder of a preset's datasets; its ``cells`` folder holds the finished cells."""
    return Path(output) / preset


def file_stem(experiment: str) -> str:
    """Name of an experiment in file names; a colon is not allowed in them everywhere."""
    return experiment.replace(":", ".")


def store_of(experiment: str, preset: str, output: str | Path) -> Store:
    """Return the store of finished cells of an experiment at a preset."""
    return Store(output_folder(output, preset) / "cells" / file_stem(experiment))


def run(
    experiment: str,
    *,
    preset: str = "quick",
    output: str | Path = "results",
    executor: str = "dask",
    scheduler: str | None = None,
    workers: int | None = None,
    resume_from: str | Path | None = None,
    compute: bool = True,
    difficulties: Sequence[float] | None = None,
    data: Sequence[int] | None = None,
    methods: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run an experiment's grid and return its dataset.

    Only cells that are missing, broken, or computed with another configuration are computed. The
    dataset is written to ``output/preset/experiment.nc``, the weights beside it.

    Parameters
    ----------
    experiment
        Name, such as ``pinn-convection``; ``regimekit list`` shows all.
    preset
        ``smoke``, ``quick``, ``published`` or ``paper``.
    output
        Folder of results.
    executor
        ``dask`` (processes), ``serial`` (this process) or ``lanes`` (vmapped, for accelerators).
    scheduler, workers
        Of the dask executor: a running scheduler's address, or a number of local processes.
    resume_from
        Folder with a (partial) dataset of this experiment, such as ``data``: its cells are kept.
        Where the folder has a manifest, the files must agree with it.
    compute
        If false, nothing is computed: the dataset is made from the cells that are there.
    difficulties, data, methods, seeds
        Axes in place of the preset's.
    progress
        Where progress is shown; chosen by the surroundings if not given.

    Returns
    -------
    xarray.Dataset
        Dimensions (difficulty, data, method, seed) and ``iteration``.

    Raises
    ------
    ConfigurationError
        If a name or value is wrong; before any compute, with nothing touched.
    StoreError
        If the output cannot be used.
    IncompleteRunError
        If cells raised errors; the dataset is written all the same.
    """
    for name, value in {"output": output, "resume_from": resume_from}.items():
        if not isinstance(value, str | Path | None) or (name == "output" and not value):
            raise ConfigurationError(f"{name} = {value!r} must be the path of a folder.")
    description = get_experiment(experiment)
    grid = description.grid(
        preset, difficulties=difficulties, data=data, methods=methods, seeds=seeds
    )
    runner = make_executor(executor, scheduler, workers)
    sources = _sources(resume_from, experiment)
    folder, store = output_folder(output, preset), store_of(experiment, preset, output)
    cells = list(grid.cells())
    missing = _missing(cells, store)
    if compute and missing:
        description.ready(grid)
        runner.check()
    store.prepare(len(missing))
    failed: dict[Cell, Exception] = {}
    stem = file_stem(experiment)
    with store.locked():
        for name in (stem, f"{stem}-weights"):
            remove_unfinished(folder, f"{name}.*")
        if sources is not None:
            before, weights_before = (xr.load_dataset(p) for p in sources)
            restore(before, weights_before, grid, store)
        # Once more, under the lock: another run may have ended, and cells may be restored.
        missing = _missing(missing, store)
        if compute and missing:
            costs = {cell.label: float(cell.data + 1_000) for cell in missing}
            with progress or choose_progress() as shown:
                tracker = Tracker(f"{experiment} {preset}", costs, len(cells) - len(missing), shown)
                for cell, outcome in runner.run(missing, tracker.in_hand):
                    if isinstance(outcome, Exception):
                        failed[cell] = outcome
                    else:
                        store.write(cell, outcome)
                    tracker.done(cell.label)
        dataset, weights = consolidate(description, grid, store, failed)
        write_atomically(dataset, folder / f"{stem}.nc", compress=True)
        write_atomically(weights, folder / f"{stem}-weights.nc", compress=True)
    if failed:
        cell, error = next(iter(failed.items()))
        detail = "".join(traceback.format_exception_only(error)).strip()
        raise IncompleteRunError(
            f"{len(failed)} of {len(cells)} cells of {experiment} failed, the first {cell.label} "
            f"with {detail}; the others are in {folder / stem}.nc, and a rerun tries the "
            "failed ones again."
        ) from error
    return dataset


def _missing(cells: Sequence[Cell], store: Store) -> list[Cell]:
    return [cell for cell in cells if store.state(cell) is not CellState.COMPLETE]


def _sources(resume_from: str | Path | None, experiment: str) -> list[Path] | None:
    if resume_from is None:
        return None
    paths = [
        Path(resume_from) / f"{file_stem(experiment)}{suffix}.nc" for suffix in ("", "-weights")
    ]
    manifest = read_manifest(Path(resume_from))
    for path in paths:
        if not path.exists():
            raise ConfigurationError(
                f"There is no {path.name} in {path.parent} to resume from; "
                "name a folder that has it, such as data."
            )
        entry = manifest.get(path.name)
        if entry is not None and file_checksum(path) != entry["sha256"]:
            raise ConfigurationError(
                f"{path} is not the file of the manifest beside it: get it again, or name another "
                "folder to resume from."
            )
    return paths
