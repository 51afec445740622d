"""Cells of one shape as lanes of one vmapped program."""

import time
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from regimekit.errors import ConfigurationError
from regimekit.grids.cell import CellResult, initialise, summarise
from regimekit.grids.device import precision, use_compilation_cache
from regimekit.grids.registry import get_experiment
from regimekit.grids.spec import Cell
from regimekit.methods import AbstractIterativeMethod, log_schedule, train_lanes
from regimekit.tasks import AbstractTask


def run_lanes(cells: Sequence[Cell]) -> list[CellResult]:
    """Run cells of one shape side by side.

    The numbers are those of :func:`run_cell` up to the order of floating-point sums; the wall time
    of each is an equal share.

    Raises
    ------
    ConfigurationError
        If the cells differ in shape, or their method cannot be mapped over lanes.
    """
    if len({cell.shape for cell in cells}) != 1:
        raise ConfigurationError("Lanes need cells of one shape: same data, method and settings.")
    use_compilation_cache()
    experiment = get_experiment(cells[0].experiment)
    with precision(cells[0].settings["precision"]):
        method, budget = experiment.method(cells[0])
        if experiment.probed:
            raise ConfigurationError(
                f"{experiment.name} looks at each run along training, which lanes cannot; "
                "use the dask executor."
            )
        if not isinstance(method, AbstractIterativeMethod):
            raise ConfigurationError(
                f"Method '{cells[0].method}' cannot run as lanes; use the dask executor."
            )
        began = time.perf_counter()
        tasks = stack([experiment.task(cell) for cell in cells])
        seeds = np.array([cell.seed for cell in cells], np.uint32)
        models, _ = eqx.filter_vmap(initialise)(tasks, seeds)
        results = train_lanes(
            method,
            tasks,
            models,
            budget=budget,
            schedule=log_schedule(budget.iterations),
            probe=lambda tasks, models, _: {"test_error": _test_errors(tasks, models)},
        )
        trained = stack([result.model for result in results])
        metrics = {name: np.asarray(v) for name, v in _metrics(tasks, trained).items()}
        seconds = (time.perf_counter() - began) / len(cells)
        return [
            summarise(result, {n: float(v[lane]) for n, v in metrics.items()}, budget, seconds)
            for lane, result in enumerate(results)
        ]


def stack(trees: Sequence[PyTree]) -> PyTree:
    """Stack the arrays of equal trees along a new first axis."""
    arrays, static = zip(*(eqx.partition(tree, eqx.is_array) for tree in trees), strict=True)
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *arrays)
    return eqx.combine(stacked, static[0])


@eqx.filter_jit
def _test_errors(tasks: AbstractTask, models: PyTree) -> jax.Array:
    return eqx.filter_vmap(lambda task, model: task.test_error(model))(tasks, models)


@eqx.filter_jit
def _metrics(tasks: AbstractTask, models: PyTree) -> dict[str, jax.Array]:
    return eqx.filter_vmap(lambda task, model: task.metrics(model))(tasks, models)
