"""Curvature of all runs of a stored grid, measured from their weights, run by run and resumable."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.grids.dataset import CELL_DIMS
from regimekit.grids.device import precision, use_compilation_cache
from regimekit.grids.measured import describe, read_measurement, wall_time, write_measurement
from regimekit.grids.operator_curvature import (
    OPERATOR_EFFORT,
    OPERATOR_VARIABLES,
    SAMPLES,
    measure_parts,
    subsampled,
)
from regimekit.grids.operators import OperatorExperiment
from regimekit.grids.progress import Progress, Tracker, choose_progress
from regimekit.grids.registry import get_experiment
from regimekit.grids.spec import Cell
from regimekit.grids.stored import cell_at, is_stored, retrained_run, stored_run
from regimekit.landscape import Curvature, Effort, measure_curvature
from regimekit.tasks import OperatorLearning

NUMERICS = 2
"""Raise this when code changes the numbers: stored measurements then count as stale. With 1 there
was no error with the rounding within products; all else was the same."""

_DECADES = 10.0 ** np.arange(-6, 0.25, 0.5)
EDGES = np.concatenate([-_DECADES[::-1], _DECADES])
"""Of the coarse density, in units of the largest eigenvalue: half decades on both sides of zero,
and one bin for all that single precision cannot tell from it."""

_VARIABLES = {
    "loss": "loss at the stored weights",
    "gradient_norm": "norm of the gradient at the stored weights",
    "lambda_max": "largest eigenvalue of the Hessian",
    "lambda_max_error": "bound of the error of the largest eigenvalue",
    "lambda_max_double_error": "bound of the error of the same, rounding within products too",
    "lambda_min": "smallest Ritz value, from above near the smallest eigenvalue",
    "trace": "trace of the Hessian",
    "trace_error": "standard error of the trace over probes",
    "filter_normalised": "largest eigenvalue in units of the filters' norms",
    "filter_normalised_error": "bound of the error of the filter-normalised sharpness",
    "curvature_products": "Hessian-vector products of the measurement",
}
_TOP = {
    "eigenvalues": "largest eigenvalues of the Hessian",
    "eigenvalue_errors": "bounds of the errors of the largest eigenvalues",
}
_DENSITY = {
    "density": "share of eigenvalues by their ratio to the largest one",
    "density_error": "standard error of the share of eigenvalues over probes",
}


def measure_grid(
    dataset: xr.Dataset,
    weights: xr.Dataset,
    folder: Path,
    *,
    methods: Sequence[str] | None = None,
    data: Sequence[int] | None = None,
    seeds: Sequence[int] | None = None,
    effort: Effort | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Measure the curvature of the finished runs of a grid.

    Each measurement is stored as soon as it is made; a rerun makes those that are missing, and
    those whose run, effort or numerics have changed. A run whose weights were not kept is trained
    again. Of neural operators more is measured, on some of their samples
    (:mod:`regimekit.grids.operator_curvature`).

    Parameters
    ----------
    dataset, weights
        Of one experiment.
    folder
        Where measurements are kept, one file a run.
    methods, data, seeds
        Which runs; all if not given.
    effort
        What is spent on one; the defaults of :class:`regimekit.landscape.Effort`, and less for
        neural operators, if not given.
    progress
        Where progress is shown; chosen by the surroundings if not given.

    Returns
    -------
    xarray.Dataset
        Dimensions (difficulty, data, method, seed) of the whole grid, with ``eigenvalue`` and
        ``bin``; runs not asked for are NaN.

    Raises
    ------
    ConfigurationError
        If the dataset lacks a method, amount of data or seed.
    """
    operators = isinstance(get_experiment(dataset.attrs["experiment"]), OperatorExperiment)
    effort, folder = effort or (OPERATOR_EFFORT if operators else Effort()), Path(folder)
    settings = {"numerics": NUMERICS, "effort": effort._asdict(), "edges": EDGES.tolist()}
    if operators:
        settings["samples"] = SAMPLES
    chosen = _chosen(dataset, {"method": methods, dataset.attrs["data_axis"]: data, "seed": seeds})
    places = {cell_at(dataset, place): place for place in chosen}
    files = {cell: folder / f"{cell.label}.nc" for cell in places}
    use_compilation_cache()
    missing = [
        cell for cell in places if read_measurement(files[cell], cell.fingerprint, settings) is None
    ]
    costs = {cell.label: float(cell.data + 500) for cell in missing}
    with progress or choose_progress() as shown:
        title = f"{dataset.attrs['experiment']} curvature"
        tracker = Tracker(title, costs, len(places) - len(missing), shown)
        for cell in missing:
            tracker.in_hand([cell.label])
            with precision(cell.settings["precision"]):
                found, more = _measure(dataset, weights, places[cell], effort)
            _write(files[cell], cell, settings, found, more)
            tracker.done(cell.label)
    return _gather(dataset, places, files, settings, effort)


def _measure(
    dataset: xr.Dataset, weights: xr.Dataset, place: dict[str, int], effort: Effort
) -> tuple[Curvature, dict[str, float]]:
    """Measure one run, and what there is more of an operator."""
    stored, difference = is_stored(weights, place), 0.0
    if stored:
        task, model = stored_run(dataset, weights, place)
    else:
        task, model, difference = retrained_run(dataset, place)
    # One key for all: differences between runs are not those of the probes.
    key = jax.random.key(0)
    if not isinstance(task, OperatorLearning):
        return measure_curvature(task, model, key=key, effort=effort), {}
    began, task = time.perf_counter(), subsampled(task)
    found = measure_curvature(task, model, key=key, effort=effort)
    more = measure_parts(task, model, key=key, effort=effort)
    found = found._replace(
        products=found.products + int(more.pop("products")), seconds=time.perf_counter() - began
    )
    return found, more | {"retrained": float(not stored), "retrained_difference": difference}


def _chosen(
    dataset: xr.Dataset, asked: Mapping[str, Sequence[str] | Sequence[int] | None]
) -> list[dict[str, int]]:
    done = dataset["status"].transpose(*CELL_DIMS).values == 1
    for name, wanted in asked.items():
        if wanted is None:
            continue
        there = dataset[name].values.tolist()
        absent = [value for value in wanted if value not in there]
        if absent:
            raise ConfigurationError(
                f"The dataset has no {name} {absent[0]!r}; it has {', '.join(map(str, there))}."
            )
        dim = CELL_DIMS.index(str(dataset[name].dims[0]))
        shape = [-1 if i == dim else 1 for i in range(len(CELL_DIMS))]
        done = done & np.isin(dataset[name].values, np.array(wanted)).reshape(shape)
    found = [
        dict(zip(CELL_DIMS, (int(i) for i in index), strict=True)) for index in np.argwhere(done)
    ]
    # Whole maps first, and within a map one shape after the other: a shape compiles once.
    return sorted(found, key=lambda p: (p["method"], p["seed"], p["data"], p["difficulty"]))


def _write(
    path: Path, cell: Cell, settings: dict[str, Any], found: Curvature, more: dict[str, float]
) -> None:
    largest = float(found.top.values[0])
    # A probe may see the largest eigenvalue a little above where the other process saw it.
    nodes = np.clip(found.density.nodes / largest, -1.0, 1.0)
    shares, errors = found.density._replace(nodes=nodes).histogram(EDGES)
    values: dict[str, Any] = {
        "loss": found.loss,
        "gradient_norm": found.gradient_norm,
        "lambda_max": largest,
        "lambda_max_error": float(found.top.bounds[0]),
        "lambda_max_double_error": found.double_error,
        "lambda_min": found.smallest,
        "trace": found.trace.value,
        "trace_error": found.trace.standard_error,
        "filter_normalised": float(found.filter_normalised.values[0]),
        "filter_normalised_error": float(found.filter_normalised.bounds[0]),
        "curvature_products": float(found.products),
        "seconds": found.seconds,
    } | more
    content = xr.Dataset(
        {name: ((), value) for name, value in values.items()}
        | {
            "eigenvalues": ("eigenvalue", found.top.values),
            "eigenvalue_errors": ("eigenvalue", found.top.bounds),
            "density": ("bin", shares),
            "density_error": ("bin", errors),
        },
    )
    write_measurement(path, content, cell.fingerprint, settings)


def _gather(
    dataset: xr.Dataset,
    places: dict[Cell, dict[str, int]],
    files: dict[Cell, Path],
    settings: dict[str, Any],
    effort: Effort,
) -> xr.Dataset:
    shape = tuple(dataset.sizes[dim] for dim in CELL_DIMS)
    more = {"eigenvalue": effort.eigenvalues, "bin": len(EDGES) - 1}
    variables: dict[str, Any] = {}
    scalars = _VARIABLES | (OPERATOR_VARIABLES if "samples" in settings else {})
    for names, dims in ((scalars, ()), (_TOP, ("eigenvalue",)), (_DENSITY, ("bin",))):
        for name, long_name in names.items():
            values = np.full((*shape, *(more[d] for d in dims)), np.nan)
            attributes = {"long_name": long_name, "units": "1"}
            variables[name] = ((*CELL_DIMS, *dims), values, attributes)
    seconds = np.full(shape, np.nan)
    status = np.full(shape, -1, np.int8)
    parts = []
    for cell, place in places.items():
        index = tuple(place[dim] for dim in CELL_DIMS)
        content = read_measurement(files[cell], cell.fingerprint, settings)
        status[index] = 0 if content is None else 1
        if content is None:
            continue
        for name in variables:
            variables[name][1][index] = content[name].values
        seconds[index] = float(content["seconds"])
        parts.append(content)
    variables["seconds"] = wall_time(CELL_DIMS, seconds)
    variables["status"] = (CELL_DIMS, status, dict(dataset["status"].attrs))
    coordinates = {name: dataset[name] for name in dataset.coords if name != "iteration"}
    found = xr.Dataset(variables, coordinates)
    found["edge"] = (
        "edge",
        EDGES,
        {"long_name": "edges of the density's bins over the largest eigenvalue", "units": "1"},
    )
    return describe(found, dataset, parts, "curvature", {"curvature": settings})
