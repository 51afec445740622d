"""From stored cells to the one dataset of an experiment, and back."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import jax
import numpy as np
import xarray as xr

from regimekit.grids.cell import CellResult
from regimekit.grids.experiment import Experiment
from regimekit.grids.provenance import versions
from regimekit.grids.registry import get_experiment
from regimekit.grids.spec import Cell, Grid, canonical_json
from regimekit.grids.store import CellState, Store
from regimekit.methods import StopReason, log_schedule

SCHEMA = 1
CELL_DIMS = ("difficulty", "data", "method", "seed")
STATUS = {-1: "not_planned", 0: "pending", 1: "done", 2: "diverged", 3: "failed"}
TIMES = ("seconds", "history_seconds")
"""Variables that differ from run to run; all else is a function of configuration and machine."""
COMMITS, MACHINES = ", ", "; "
"""Between several commits or machines in an attribute; a machine's own name has commas."""

_COMMON = {
    "gradient_norm": ("norm of the gradient at the end", "1"),
    "evaluations": ("evaluations of loss and gradient", "1"),
    "hessian_products": ("Hessian-vector products", "1"),
    "iterations": ("iterations made", "1"),
    "seconds": ("wall time of training and evaluation", "s"),
}
_HISTORY = {
    "loss": ("training loss", "1"),
    "gradient_norm": ("norm of the gradient", "1"),
    "evaluations": ("evaluations of loss and gradient so far", "1"),
    "hessian_products": ("Hessian-vector products so far", "1"),
    "seconds": ("wall time of training so far", "s"),
    "test_error": ("test error", "1"),
}


def consolidate(
    experiment: Experiment, grid: Grid, store: Store, failed: Iterable[Cell] = ()
) -> tuple[xr.Dataset, xr.Dataset]:
    """Gather the stored cells of a grid.

    Parameters
    ----------
    experiment, grid
        What was to be run.
    store
        Where the cells are.
    failed
        Cells that raised an error in this run.

    Returns
    -------
    tuple
        The dataset, with dimensions (difficulty, data, method, seed) and ``iteration``, and the
        weights with dimensions (difficulty, data, method, seed, parameter). Cells not run are NaN
        with status ``pending``, so a partial dataset opens and plots.
    """
    methods, seeds = list(grid.methods), list(grid.seeds)
    shape = (len(grid.difficulties), len(grid.data), len(methods), len(seeds))
    found: dict[tuple[int, ...], CellResult] = {}
    commits: set[str] = set()
    machines: set[str] = set()
    status = np.full(shape, -1, np.int8)
    reasons = np.zeros(shape, np.int8)
    prints = np.full(shape, "", dtype=object)
    unsuccessful = set(failed)
    for cell in grid.cells():
        index: tuple[int, ...] = (
            grid.difficulties.index(cell.difficulty),
            grid.data.index(cell.data),
            methods.index(cell.method),
            seeds.index(cell.seed),
        )
        stored = store.read(cell)
        status[index] = 3 if cell in unsuccessful else 0
        if stored is not None:
            result, attributes = stored
            found[index] = result
            status[index] = 2 if result.diverged else 1
            reasons[index] = result.stop_reason
            prints[index] = cell.fingerprint
            # A restored cell carries those of its whole dataset, joined.
            commits.update(attributes["git_commit"].split(COMMITS))
            machines.update(attributes["machine"].split(MACHINES))

    iterations = np.unique(np.concatenate([[0], *(r.iterations for r in found.values())]))
    variables: dict[str, Any] = {}
    for name, (long_name, units) in (experiment.metrics | _COMMON).items():
        values = np.full(shape, np.nan)
        for index, result in found.items():
            values[index] = result.scalars[name]
        variables[name] = (CELL_DIMS, values, {"long_name": long_name, "units": units})
    described = _HISTORY | experiment.probed
    for name, (long_name, units) in described.items():
        values = np.full((*shape, len(iterations)), np.nan)
        for index, result in found.items():
            values[index][np.searchsorted(iterations, result.iterations)] = result.history[name]
        attributes = {"long_name": f"{long_name} along training", "units": units}
        variables[f"history_{name}"] = ((*CELL_DIMS, "iteration"), values, attributes)
    variables["status"] = (CELL_DIMS, status, _flags("status of the cell", STATUS))
    variables["stop_reason"] = (
        CELL_DIMS,
        reasons,
        _flags("why training stopped", {int(r): r.name.lower() for r in StopReason}),
    )
    variables["fingerprint"] = (
        CELL_DIMS,
        prints.astype("U16"),
        {"long_name": "hash of all that decides the numbers of the cell", "units": "1"},
    )
    coordinates = _coordinates(experiment, grid)
    iteration = ("iteration", iterations, {"long_name": "iteration of the method", "units": "1"})
    dataset = xr.Dataset(variables, coordinates | {"iteration": iteration})
    dataset.attrs = {
        "title": experiment.title,
        "Conventions": "CF-1.11",
        "schema_version": SCHEMA,
        "experiment": grid.experiment,
        "preset": grid.preset,
        "difficulty_axis": experiment.difficulty.name,
        "data_axis": experiment.data.name,
        "configuration": canonical_json(grid.configuration()),
        "versions": canonical_json(versions()),
        "device": jax.devices()[0].device_kind,
        "machine": MACHINES.join(sorted(machines)),
        "git_commit": COMMITS.join(sorted(commits)),
    }
    dataset.attrs["content_sha256"] = content_checksum(dataset)
    dataset.attrs["wall_time_seconds"] = float(np.nansum(dataset["seconds"].values))
    size = max((r.weights.size for r in found.values()), default=0)
    kind = next((r.weights.dtype for r in found.values()), np.dtype(np.float32))
    weights = np.full((*shape, size), np.nan, kind)
    for index, result in found.items():
        weights[index] = result.weights
    attributes = {"long_name": "trained parameters in one vector", "units": "1"}
    beside = xr.Dataset({"weights": ((*CELL_DIMS, "parameter"), weights, attributes)}, coordinates)
    beside.attrs = dict(dataset.attrs) | {
        "title": f"{experiment.title}: weights",
        "measured": int(experiment.measured),
    }
    return dataset, beside


def restore(dataset: xr.Dataset, weights: xr.Dataset, grid: Grid, store: Store) -> int:
    """Put the finished cells of a consolidated dataset back into a store; returns how many.

    Only cells of the grid whose fingerprint is that of the present configuration are restored, and
    none that the store has. Thus a partial dataset is enough to go on from on another machine.
    """
    axes = [
        dataset[name] for name in (dataset.attrs["difficulty_axis"], dataset.attrs["data_axis"])
    ]
    axes += [dataset["method"], dataset["seed"]]
    places = [{value: i for i, value in enumerate(axis.values.tolist())} for axis in axes]
    restored = 0
    for cell in grid.cells():
        keys = (cell.difficulty, cell.data, cell.method, cell.seed)
        index = [place.get(key) for place, key in zip(places, keys, strict=True)]
        if None in index or store.state(cell) is CellState.COMPLETE:
            continue
        at = dict(zip(CELL_DIMS, index, strict=True))
        row = dataset.isel(at)
        if str(row["fingerprint"].item()) != cell.fingerprint:
            continue
        iterations = _own_schedule(row, cell)
        row = row.sel(iteration=iterations)
        names = [str(n) for n in dataset.data_vars]
        skip = {"status", "stop_reason", "fingerprint"}
        result = CellResult(
            scalars={n: float(row[n]) for n in names if row[n].ndim == 0 and n not in skip},
            history={n.removeprefix("history_"): row[n].values for n in names if row[n].ndim},
            iterations=iterations,
            weights=weights["weights"].isel(at).values,
            stop_reason=int(row["stop_reason"]),
            diverged=int(row["status"]) == 2,
        )
        store.write(cell, result, {k: dataset.attrs[k] for k in ("git_commit", "machine")})
        restored += 1
    return restored


def content_checksum(dataset: xr.Dataset) -> str:
    """SHA-256 over configuration, coordinates and every variable but wall times."""
    digest = hashlib.sha256(dataset.attrs["configuration"].encode())
    for name in sorted(str(n) for n in dataset.variables):
        if name in TIMES:
            continue
        values = dataset[name].values
        if values.dtype.kind in "OU":
            values = np.array([str(v).encode() for v in values.ravel()], dtype="S32")
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _own_schedule(row: xr.Dataset, cell: Cell) -> np.ndarray:
    # The experiment says how long a cell runs: it may depend on the cell's data.
    _, budget = get_experiment(cell.experiment).method(cell)
    schedule = np.array(log_schedule(budget.iterations))
    return schedule[np.isin(schedule, row["iteration"].values)]


def _coordinates(experiment: Experiment, grid: Grid) -> dict[str, Any]:
    attributes = [
        {"long_name": axis.long_name, "units": axis.units, "symbol": axis.symbol}
        for axis in (experiment.difficulty, experiment.data)
    ]
    return {
        experiment.difficulty.name: ("difficulty", list(grid.difficulties), attributes[0]),
        experiment.data.name: ("data", list(grid.data), attributes[1]),
        "method": ("method", list(grid.methods), {"long_name": "training method", "units": "1"}),
        "seed": ("seed", list(grid.seeds), {"long_name": "random seed", "units": "1"}),
    }


def _flags(long_name: str, meanings: dict[int, str]) -> dict[str, Any]:
    return {
        "long_name": long_name,
        "units": "1",
        "flag_values": np.array(list(meanings), np.int8),
        "flag_meanings": " ".join(meanings.values()),
    }


def configuration_of(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the resolved configuration that a dataset was computed with."""
    return json.loads(dataset.attrs["configuration"])
