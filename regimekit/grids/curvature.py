"""Curvature of all runs of a stored grid, measured from their weights, run by run and resumable."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.grids.dataset import CELL_DIMS
from regimekit.grids.device import precision, use_compilation_cache
from regimekit.grids.measured import describe, read_measurement, wall_time, write_measurement
from regimekit.grids.progress import Progress, Tracker, choose_progress
from regimekit.grids.spec import Cell
from regimekit.grids.stored import cell_at, stored_run
from regimekit.landscape import Curvature, Effort, measure_curvature

NUMERICS = 1
"""Raise this when code changes the numbers: stored measurements then count as stale."""

_DECADES = 10.0 ** np.arange(-6, 0.25, 0.5)
EDGES = np.concatenate([-_DECADES[::-1], _DECADES])
"""Of the coarse density, in units of the largest eigenvalue: half decades on both sides of zero,
and one bin for all that single precision cannot tell from it."""

_VARIABLES = {
    "loss": "loss at the stored weights",
    "gradient_norm": "norm of the gradient at the stored weights",
    "lambda_max": "largest eigenvalue of the Hessian",
    "lambda_max_error": "bound of the error of the largest eigenvalue",
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
    seeds: Sequence[int] | None = None,
    effort: Effort | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Measure the curvature of the finished runs of a grid.

    Each measurement is stored as soon as it is made; a rerun makes those that are missing, and
    those whose run, effort or numerics have changed.

    Parameters
    ----------
    dataset, weights
        Of one experiment.
    folder
        Where measurements are kept, one file a run.
    methods, seeds
        Which runs; all if not given.
    effort
        What is spent on one.
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
        If the dataset lacks a method or seed.
    """
    effort, folder = effort or Effort(), Path(folder)
    settings = {"numerics": NUMERICS, "effort": effort._asdict(), "edges": EDGES.tolist()}
    chosen = _chosen(dataset, methods, seeds)
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
                task, model = stored_run(dataset, weights, places[cell])
                # One key for all: differences between runs are not those of the probes.
                found = measure_curvature(task, model, key=jax.random.key(0), effort=effort)
            _write(files[cell], cell, settings, found)
            tracker.done(cell.label)
    return _gather(dataset, places, files, settings, effort)


def _chosen(
    dataset: xr.Dataset, methods: Sequence[str] | None, seeds: Sequence[int] | None
) -> list[dict[str, int]]:
    names = {"method": methods, "seed": seeds}
    for name, wanted in names.items():
        there = dataset[name].values.tolist()
        absent = [value for value in wanted or () if value not in there]
        if absent:
            raise ConfigurationError(
                f"The dataset has no {name} {absent[0]!r}; it has {', '.join(map(str, there))}."
            )
    done = dataset["status"].transpose(*CELL_DIMS).values == 1
    found = [
        dict(zip(CELL_DIMS, (int(i) for i in index), strict=True)) for index in np.argwhere(done)
    ]
    for name, wanted in names.items():
        if wanted is not None:
            there = dataset[name].values.tolist()
            found = [place for place in found if there[place[name]] in wanted]
    # Whole maps first, and within a map one shape after the other: a shape compiles once.
    return sorted(found, key=lambda p: (p["method"], p["seed"], p["data"], p["difficulty"]))


def _write(path: Path, cell: Cell, settings: dict[str, Any], found: Curvature) -> None:
    largest = float(found.top.values[0])
    # A probe may see the largest eigenvalue a little above where the other process saw it.
    nodes = np.clip(found.density.nodes / largest, -1.0, 1.0)
    shares, errors = found.density._replace(nodes=nodes).histogram(EDGES)
    values: dict[str, Any] = {
        "loss": found.loss,
        "gradient_norm": found.gradient_norm,
        "lambda_max": largest,
        "lambda_max_error": float(found.top.bounds[0]),
        "lambda_min": found.smallest,
        "trace": found.trace.value,
        "trace_error": found.trace.standard_error,
        "filter_normalised": float(found.filter_normalised.values[0]),
        "filter_normalised_error": float(found.filter_normalised.bounds[0]),
        "curvature_products": float(found.products),
        "seconds": found.seconds,
    }
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
    for names, dims in ((_VARIABLES, ()), (_TOP, ("eigenvalue",)), (_DENSITY, ("bin",))):
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
