"""One cell: from its description to its figures, its history and its weights."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree, UInt32

from regimekit.grids.device import one_compiler, precision, use_compilation_cache
from regimekit.grids.registry import get_experiment
from regimekit.grids.spec import Cell
from regimekit.methods import AbstractMethod, Budget, StopReason, TrainResult, log_schedule
from regimekit.tasks import AbstractTask

HISTORY = ("loss", "gradient_norm", "evaluations", "hessian_products", "seconds", "test_error")
"""What every cell records along training; an experiment's probe may add to it."""


@dataclass(frozen=True)
class CellResult:
    """What is kept of one cell.

    Attributes
    ----------
    scalars
        Final figures by their names in the dataset; NaN losses and errors if the run diverged.
    history
        By name, one value per entry of ``iterations``; NaN after the run stopped.
    iterations
        The recording schedule of the experiment.
    weights
        All parameters in one vector, in the order of ``jax.flatten_util.ravel_pytree``.
    stop_reason
        Value of :class:`regimekit.methods.StopReason`.
    diverged
        Whether the loss became NaN or infinite, that of the final model included.
    """

    scalars: dict[str, float]
    history: dict[str, Float[np.ndarray, " records"]]
    iterations: np.ndarray
    weights: Float[np.ndarray, " parameters"]
    stop_reason: int
    diverged: bool


_prepared: set[str] = set()


def run_cell(cell: Cell, prepared: Callable[[], None] = lambda: None) -> CellResult:
    """Train one cell and evaluate what came out; the same numbers whoever calls it.

    Parameters
    ----------
    cell
        What to train.
    prepared
        Called once all programs for cells of this shape are compiled.
    """
    use_compilation_cache()
    experiment = get_experiment(cell.experiment)
    with precision(cell.settings["precision"]):
        method, budget = experiment.method(cell)
        if cell.shape in _prepared:
            task = experiment.task(cell)
        else:
            with one_compiler(cell.shape):
                # To build a task compiles small programs of its own.
                task = experiment.task(cell)
                _prepare(task, method)
            _prepared.add(cell.shape)
        prepared()
        probe = experiment.probe(cell)

        def look(task: AbstractTask, model: PyTree, iteration: int) -> dict[str, float]:
            found = {"test_error": float(_test_error(task, model))}
            return found | (dict(probe(task, model, iteration)) if probe is not None else {})

        began = time.perf_counter()
        model, key = initialise(task, np.uint32(cell.seed))
        result = method.train(
            task,
            model,
            key=key,
            budget=budget,
            schedule=log_schedule(budget.iterations),
            probe=look,
        )
        metrics = {name: float(v) for name, v in _metrics(task, result.model).items()}
        seconds = time.perf_counter() - began
        # Within the precision of the run: outside, JAX would cut weights down to its default.
        return summarise(result, metrics, budget, seconds, tuple(experiment.probed))


def _prepare(task: AbstractTask, method: AbstractMethod) -> None:
    """Compile all that a cell of this shape needs, by running each program once."""
    model, key = initialise(task, np.uint32(0))
    method.rehearse(task, model, key)
    _test_error(task, model)
    _metrics(task, model)


# Equinox hands these options on to jax.jit, which its annotation does not say.
_any_jit: Any = eqx.filter_jit


# Little optimised: it runs once, and random draws are slow to compile. The numbers are the same.
@_any_jit(compiler_options={"xla_backend_optimization_level": 1})
def initialise(task: AbstractTask, seed: UInt32[Array, ""] | np.uint32) -> tuple[PyTree, Array]:
    """Draw a model, and the key that training may use, from the seed of a cell."""
    model_key, train_key = jax.random.split(jax.random.key(seed))
    return task.init(model_key), train_key


@eqx.filter_jit
def _test_error(task: AbstractTask, model: PyTree) -> Array:
    return task.test_error(model)


@eqx.filter_jit
def _metrics(task: AbstractTask, model: PyTree) -> dict[str, Array]:
    return task.metrics(model)


def summarise(
    result: TrainResult,
    metrics: dict[str, float],
    budget: Budget,
    seconds: float,
    probed: tuple[str, ...] = (),
) -> CellResult:
    """Put a training result and the final metrics into the form that is stored.

    ``probed`` names what the history has besides :data:`HISTORY`.
    """
    # A method on batches looks at a loss before it moves, and so not at what its last step did.
    if not math.isfinite(metrics.get("train_loss", 0.0)):
        result = result._replace(stop_reason=StopReason.DIVERGED)
    history = result.history
    iterations = np.array(log_schedule(budget.iterations))
    at = np.searchsorted(iterations, history["iteration"])
    on_schedule = (at < len(iterations)) & (
        iterations[np.minimum(at, len(iterations) - 1)] == history["iteration"]
    )
    columns = {}
    for name in (*HISTORY, *probed):
        columns[name] = np.full(len(iterations), np.nan)
        columns[name][at[on_schedule]] = history[name][on_schedule]
    if result.diverged:
        metrics = dict.fromkeys(metrics, float("nan"))
    last = {
        name: float(history[name][-1])
        for name in ("gradient_norm", "evaluations", "hessian_products")
    }
    scalars = metrics | last | {"iterations": float(history["iteration"][-1]), "seconds": seconds}
    weights, _ = ravel_pytree(eqx.filter(result.model, eqx.is_inexact_array))
    return CellResult(
        scalars=scalars,
        history=columns,
        iterations=iterations,
        weights=np.asarray(weights),
        stop_reason=int(result.stop_reason),
        diverged=result.diverged,
    )
