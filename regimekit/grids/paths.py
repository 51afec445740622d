"""Paths and likeness between the seeds of a stored grid, pair by pair and resumable."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, PyTree

from regimekit.errors import ConfigurationError
from regimekit.grids.device import precision, use_compilation_cache
from regimekit.grids.measured import describe, read_measurement, wall_time, write_measurement
from regimekit.grids.progress import Progress, Tracker, choose_progress
from regimekit.grids.spec import Cell
from regimekit.grids.stored import cell_at, find_place, stored_run
from regimekit.landscape import (
    connect,
    filter_normalised,
    interpolate,
    linear_cka,
    output_distance,
    random_directions,
    rbf_cka,
    slice_1d,
)
from regimekit.problems import as_array, fresh_points
from regimekit.tasks import PINN, AbstractTask, Classification

NUMERICS = 1
"""Raise this when code changes the numbers: stored measurements then count as stale."""

DIMS = ("difficulty", "data", "pair")

_VARIABLES = {
    "loss_first": "loss of the first seed's model on the points of both seeds",
    "loss_second": "loss of the second seed's model on the points of both seeds",
    "line_highest": "largest loss on the straight line between the two models",
    "curve_highest": "largest loss on the trained Bezier curve between the two models",
    "linear_cka": "linear CKA of the last hidden layers",
    "rbf_cka": "RBF CKA of the last hidden layers, bandwidth the median distance",
    "output_distance": "distance of the predictions over the root mean square of their norms",
    "roughness": "variation of the first model's log loss along rays over its range",
}


class PathEffort(NamedTuple):
    """What is spent on a pair of models; the defaults are what datasets have.

    Attributes
    ----------
    steps, points, checks
        Of :func:`regimekit.landscape.connect`.
    rays, radius, offsets
        Filter-normalised random directions along which the first model's loss is cut, how far in
        units of its filters' norms, and positions on each side and in the centre.
    samples
        On which features and predictions are compared.
    """

    steps: int = 600
    points: int = 21
    checks: int = 20
    rays: int = 4
    radius: float = 0.5
    offsets: int = 25
    samples: int = 1000


def measure_paths(
    dataset: xr.Dataset,
    weights: xr.Dataset,
    folder: Path,
    *,
    method: str,
    difficulties: Sequence[float] | None = None,
    data: Sequence[int] | None = None,
    pairs: Sequence[tuple[int, int]] = ((0, 1), (1, 2), (2, 0)),
    effort: PathEffort | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Measure paths and likeness between seeds of the finished runs of one method.

    Both models of a pair are judged on one loss, that on the points of both seeds together, which
    neither was trained on alone. Each pair is stored as soon as it is measured.

    Parameters
    ----------
    dataset, weights
        Of one experiment.
    folder
        Where measurements are kept, one file a pair.
    method
        Whose runs.
    difficulties, data
        Which cells; all if not given.
    pairs
        Of seeds.
    effort
        What is spent on one.
    progress
        Where progress is shown; chosen by the surroundings if not given.

    Returns
    -------
    xarray.Dataset
        Dimensions (difficulty, data, pair). Pairs of which a run is not done have status
        ``not_planned``.

    Raises
    ------
    ConfigurationError
        If the dataset lacks a method, cell or seed, or its models cannot be compared.
    """
    effort, folder = effort or PathEffort(), Path(folder)
    axes = [dataset.attrs[f"{dim}_axis"] for dim in DIMS[:2]]
    levels = [
        dataset[axis].values.tolist() if asked is None else list(asked)
        for axis, asked in zip(axes, (difficulties, data), strict=True)
    ]
    settings = {"numerics": NUMERICS, "effort": effort._asdict()}
    plan: dict[tuple[int, int, int], tuple[dict[str, int], dict[str, int]]] = {}
    for j, n in enumerate(levels[1]):
        for i, difficulty in enumerate(levels[0]):
            for k, (first, second) in enumerate(pairs):
                ends = [find_place(dataset, difficulty, n, method, s) for s in (first, second)]
                if all(int(dataset["status"].isel(end)) == 1 for end in ends):
                    plan[i, j, k] = ends[0], ends[1]
    cells = {at: (cell_at(dataset, a), cell_at(dataset, b)) for at, (a, b) in plan.items()}
    files = {at: folder / _file_name(*pair) for at, pair in cells.items()}

    def read(at: tuple[int, int, int]) -> xr.Dataset | None:
        return read_measurement(files[at], _prints(cells[at]), settings)

    missing = [at for at in plan if read(at) is None]
    use_compilation_cache()
    costs = {_file_name(*cells[at]): float(cells[at][0].data + 500) for at in missing}
    with progress or choose_progress() as shown:
        title = f"{dataset.attrs['experiment']} paths"
        tracker = Tracker(title, costs, len(plan) - len(missing), shown)
        for at in missing:
            name = _file_name(*cells[at])
            tracker.in_hand([name])
            began = time.perf_counter()
            with precision(cells[at][0].settings["precision"]):
                runs = [stored_run(dataset, weights, end) for end in plan[at]]
                found = measure_pair(*runs[0], *runs[1], effort=effort)
            found["seconds"] = time.perf_counter() - began
            content = xr.Dataset({variable: ((), value) for variable, value in found.items()})
            write_measurement(files[at], content, _prints(cells[at]), settings)
            tracker.done(name)
    kept = {at: read(at) for at in plan}
    shape = (len(levels[0]), len(levels[1]), len(pairs))
    return _gather(dataset, method, levels, list(pairs), kept, shape, settings)


def measure_pair(
    task: AbstractTask,
    first: PyTree,
    other_task: AbstractTask,
    second: PyTree,
    *,
    effort: PathEffort | None = None,
) -> dict[str, float]:
    """Measure what lies between two models, and how alike they are.

    Parameters
    ----------
    task, first, other_task, second
        Two trained models with the tasks they were trained on.
    effort
        What is spent.

    Raises
    ------
    ConfigurationError
        If the tasks are not two PINNs or two classifiers, or the models differ in shape.
    """
    effort = effort or PathEffort()
    joint, inputs = _joined(task, other_task), _inputs(task, effort.samples)
    line = interpolate(joint, first, second, points=effort.points)
    curve = connect(
        joint,
        first,
        second,
        key=jax.random.key(0),
        steps=effort.steps,
        points=effort.points,
        checks=effort.checks,
    )
    offsets = np.linspace(-effort.radius, effort.radius, effort.offsets)
    directions = filter_normalised(
        random_directions(first, effort.rays, key=jax.random.key(1)), first
    )
    rough = [slice_1d(task, first, direction, offsets).roughness() for direction in directions]
    features = [np.asarray(_features(model, inputs)) for model in (first, second)]
    outputs = [np.asarray(_outputs(model, inputs)) for model in (first, second)]
    return {
        "loss_first": float(line.loss[0]),
        "loss_second": float(line.loss[-1]),
        "line_highest": line.highest,
        "curve_highest": curve.highest,
        "linear_cka": linear_cka(*features),
        "rbf_cka": rbf_cka(*features),
        "output_distance": output_distance(*outputs),
        "roughness": float(np.mean(rough)),
    }


def _joined(first: AbstractTask, second: AbstractTask) -> AbstractTask:
    """Return the task on the points, or images, of both."""
    if isinstance(first, PINN) and isinstance(second, PINN):
        interior = jnp.concatenate([first.points.interior, second.points.interior])
        return eqx.tree_at(lambda t: t.points.interior, first, interior)
    if isinstance(first, Classification) and isinstance(second, Classification):

        def fields(task: Any) -> tuple[Any, ...]:
            return task.pixels, task.classes, task.wrong, task.turns_at

        both = zip(fields(first), fields(second), strict=True)
        return eqx.tree_at(fields, first, tuple(jnp.concatenate(pair) for pair in both))
    raise ConfigurationError(
        f"Paths are measured between two PINNs or two classifiers, not between "
        f"{type(first).__name__} and {type(second).__name__}."
    )


def _inputs(task: Any, samples: int) -> Array:
    """Inputs that training can never see, the same for all seeds."""
    if isinstance(task, Classification):
        return task.test[0][:samples]
    return as_array(fresh_points(task.problem))[:samples]


@eqx.filter_jit
def _features(model: PyTree, inputs: Array) -> Array:
    return model.features(inputs)


@eqx.filter_jit
def _outputs(model: PyTree, inputs: Array) -> Array:
    return model(inputs)


def _file_name(first: Cell, second: Cell) -> str:
    return f"{first.label}-{second.seed}.nc"


def _prints(cells: tuple[Cell, Cell]) -> str:
    return f"{cells[0].fingerprint} {cells[1].fingerprint}"


def _gather(
    dataset: xr.Dataset,
    method: str,
    levels: list[list[Any]],
    pairs: list[tuple[int, int]],
    kept: dict[tuple[int, int, int], xr.Dataset | None],
    shape: tuple[int, int, int],
    settings: dict[str, Any],
) -> xr.Dataset:
    values = {name: np.full(shape, np.nan) for name in (*_VARIABLES, "seconds")}
    status = np.full(shape, -1, np.int8)
    there = {at: content for at, content in kept.items() if content is not None}
    for at in kept:
        status[at] = 1 if at in there else 0
    for at, content in there.items():
        for name, array in values.items():
            array[at] = float(content[name])
    variables: dict[str, Any] = {
        name: (DIMS, values[name], {"long_name": long_name, "units": "1"})
        for name, long_name in _VARIABLES.items()
    }
    variables["seconds"] = wall_time(DIMS, values["seconds"])
    variables["status"] = (DIMS, status, dict(dataset["status"].attrs))
    coordinates: dict[str, Any] = {}
    for dim, level in zip(DIMS[:2], levels, strict=True):
        axis = dataset.attrs[f"{dim}_axis"]
        coordinates[axis] = (dim, level, dict(dataset[axis].attrs))
    for k, name in enumerate(("first_seed", "second_seed")):
        words = {"long_name": name.replace("_", " ") + " of the pair", "units": "1"}
        coordinates[name] = ("pair", [pair[k] for pair in pairs], words)
    found = xr.Dataset(variables, coordinates)
    how = {"paths": settings, "method": method}
    found = describe(found, dataset, there.values(), "paths between seeds", how)
    return found.assign_attrs(method=method)
