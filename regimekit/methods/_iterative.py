"""The driver shared by methods that advance a state one iteration after the other."""

import abc
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from regimekit.methods._base import (
    AbstractMethod,
    Budget,
    Probe,
    StopReason,
    TrainResult,
    log_schedule,
    work,
)
from regimekit.tasks import AbstractTask


class IterativeState(eqx.Module):
    """Where an iterative method stands.

    Loss and gradient belong to ``params``; those of a method on batches, which evaluates one and
    then moves, to the parameters before its last step.
    """

    params: PyTree
    loss: Float[Array, ""]
    gradient: PyTree
    gradient_norm: Float[Array, ""]
    iteration: Int[Array, ""]
    evaluations: Int[Array, ""]
    hessian_products: Int[Array, ""]
    stop_reason: Int[Array, ""]
    inner: Any

    def moved(
        self, params: PyTree, loss: Float[Array, ""], gradient: PyTree, inner: Any
    ) -> "IterativeState":
        """Return the state after a step that cost one evaluation; the driver counts iterations."""
        return IterativeState(
            params=params,
            loss=loss,
            gradient=gradient,
            gradient_norm=global_norm(gradient),
            iteration=self.iteration,
            evaluations=self.evaluations + 1,
            hessian_products=self.hessian_products,
            stop_reason=self.stop_reason,
            inner=inner,
        )


class Limits(eqx.Module):
    """How far to advance; traced, so that one compilation serves every budget."""

    until: Int[Array, ""]
    evaluations: Int[Array, ""]


def limits(until: int, budget: Budget) -> Limits:
    """Limits as arrays."""
    return Limits(jnp.asarray(until), jnp.asarray(budget.evaluations))


LossAt = Callable[[Int[Array, ""]], Callable[[PyTree], Float[Array, ""]]]


class AbstractIterativeMethod(AbstractMethod):
    """A method given by one compiled step; subclasses say how a step is made.

    ``start`` and ``advance`` are pure functions of arrays, so they can be compiled once per shape
    and mapped over cells of one shape.
    """

    @abc.abstractmethod
    def init(self, params: PyTree, gradient: PyTree) -> Any:
        """Make the method's own state."""

    @abc.abstractmethod
    def step(self, state: IterativeState, loss: Any) -> IterativeState:
        """Make one iteration; ``loss`` maps parameters to the scalar loss."""

    def objective(self, task: AbstractTask, iteration: Int[Array, ""]) -> Any:
        """Return what an iteration minimises by its ``loss(model)``: the task, or a part of it."""
        del iteration
        return task

    def start(self, task: AbstractTask, model: PyTree) -> IterativeState:
        """Evaluate once and set up the state."""
        params, static = eqx.partition(model, eqx.is_inexact_array)
        loss, gradient = jax.value_and_grad(lambda p: task.loss(eqx.combine(p, static)))(params)
        zero = jnp.zeros((), jnp.int32)
        stop = jnp.where(jnp.isfinite(loss), StopReason.NONE, StopReason.DIVERGED)
        return IterativeState(
            params=params,
            loss=loss,
            gradient=gradient,
            gradient_norm=global_norm(gradient),
            iteration=zero,
            evaluations=zero + 1,
            hessian_products=zero,
            stop_reason=stop.astype(jnp.int32),
            inner=strongly_typed(self.init(params, gradient)),
        )

    def begin(self, task: AbstractTask, model: PyTree, budget: Budget) -> IterativeState:
        """Start one run; methods whose step can make the first evaluation too compile no other."""
        return within(budget, compiled_start(self, task, model))

    def advance(
        self, task: AbstractTask, static: PyTree, state: IterativeState, limits: Limits
    ) -> IterativeState:
        """Iterate until ``limits.until``, the evaluation budget or a reason to stop."""
        return self.iterate(self.losses(task, static), state, limits)

    def losses(self, task: AbstractTask, static: PyTree) -> LossAt:
        """Return what gives the loss of an iteration, as a function of the parameters."""

        def loss_at(iteration: Int[Array, ""]) -> Callable[[PyTree], Float[Array, ""]]:
            part = self.objective(task, iteration)
            return lambda params: part.loss(eqx.combine(params, static))

        return loss_at

    def iterate(self, loss_at: LossAt, state: IterativeState, limits: Limits) -> IterativeState:
        """Iterate, as :meth:`advance` does, on a loss that knows nothing of tasks."""

        def going(state: IterativeState) -> Array:
            running = state.stop_reason == StopReason.NONE
            return running & (state.iteration < limits.until)

        def body(state: IterativeState) -> IterativeState:
            new = self.step(state, loss_at(state.iteration))
            finite = jnp.isfinite(new.loss)
            # A diverged run keeps the parameters before the step; its loss shows that it diverged.
            params = jax.tree.map(
                lambda after, before: jnp.where(finite, after, before), new.params, state.params
            )
            spent = work(new.evaluations, new.hessian_products) >= limits.evaluations
            reason = jnp.where(
                (new.stop_reason == StopReason.NONE) & spent,
                StopReason.EVALUATION_BUDGET,
                new.stop_reason,
            )
            reason = jnp.where(finite, reason, StopReason.DIVERGED).astype(jnp.int32)
            return eqx.tree_at(
                lambda s: (s.params, s.iteration, s.stop_reason),
                new,
                (params, state.iteration + 1, reason),
            )

        return jax.lax.while_loop(going, body, state)

    def restart(self, task: AbstractTask, static: PyTree, state: IterativeState) -> IterativeState:
        """Go on with another task: evaluate there, and keep the method's own state."""

        def loss(params: PyTree) -> Float[Array, ""]:
            return task.loss(eqx.combine(params, static))

        value, gradient = jax.value_and_grad(loss)(state.params)
        stop = jnp.where(jnp.isfinite(value), StopReason.NONE, StopReason.DIVERGED)
        return eqx.tree_at(
            lambda s: (s.loss, s.gradient, s.gradient_norm, s.evaluations, s.stop_reason),
            state,
            (value, gradient, global_norm(gradient), state.evaluations + 1, stop.astype(jnp.int32)),
        )

    def train(
        self,
        task: AbstractTask,
        model: PyTree,
        *,
        key: PRNGKeyArray,
        budget: Budget,
        schedule: Sequence[int] | None = None,
        probe: Probe | None = None,
    ) -> TrainResult:
        """Train; see :meth:`AbstractMethod.train`. The key is not used: nothing is drawn."""
        del key
        static = eqx.filter(model, eqx.is_inexact_array, inverse=True)
        began = time.perf_counter()
        state = self.begin(task, model, budget)
        stops = schedule if schedule is not None else log_schedule(budget.iterations)
        recorder = Recorder(began)
        for until in sorted({min(stop, budget.iterations) for stop in stops} | {budget.iterations}):
            if until > 0:
                state = compiled_advance(self, task, static, state, limits(until, budget))
            recorder.record(task, eqx.combine(state.params, static), state, probe)
            if int(state.stop_reason) != StopReason.NONE:
                break
        reason = StopReason(int(state.stop_reason))
        if reason is StopReason.NONE:
            reason = StopReason.ITERATION_BUDGET
        return TrainResult(eqx.combine(state.params, static), recorder.history(), reason)


class Recorder:
    """Collects the history of a run; the probe's own time does not count as the method's."""

    def __init__(self, began: float):
        self._began = began
        self._probing = 0.0
        self._rows: list[dict[str, float]] = []

    def record(
        self, task: AbstractTask, model: PyTree, state: IterativeState, probe: Probe | None
    ) -> None:
        """Add one row."""
        state = jax.block_until_ready(state)
        now = time.perf_counter()
        row = _row(state, now - self._began - self._probing)
        if probe is not None:
            found = probe(task, model, int(row["iteration"]))
            row |= {name: float(value) for name, value in found.items()}
            self._probing += time.perf_counter() - now
        self._rows.append(row)

    def history(self) -> dict[str, Float[np.ndarray, " records"]]:
        """Return the rows as one float64 array per name."""
        return _columns(self._rows)


def _row(state: IterativeState, seconds: float) -> dict[str, float]:
    return {
        "iteration": float(state.iteration),
        "loss": float(state.loss),
        "gradient_norm": float(state.gradient_norm),
        "evaluations": float(state.evaluations),
        "hessian_products": float(state.hessian_products),
        "seconds": seconds,
    }


def _columns(rows: list[dict[str, float]]) -> dict[str, Float[np.ndarray, " records"]]:
    return {n: np.array([row[n] for row in rows], dtype=np.float64) for n in rows[0]}


def train_lanes(
    method: AbstractIterativeMethod,
    tasks: AbstractTask,
    models: PyTree,
    *,
    budget: Budget,
    schedule: Sequence[int],
    probe: Callable[[AbstractTask, PyTree, int], Mapping[str, Array]] | None = None,
) -> list[TrainResult]:
    """Train several models of one shape side by side, in one vmapped program.

    Parameters
    ----------
    method
        One method for all lanes.
    tasks, models
        One task and one model whose arrays have a leading axis of lanes.
    budget, schedule
        As in :meth:`AbstractMethod.train`.
    probe
        Called with all tasks and models; returns one value a lane under each name.

    Returns
    -------
    list of TrainResult
        One per lane. The wall time of each is an equal share.
    """
    params, static = eqx.partition(models, eqx.is_inexact_array)
    lanes = len(jax.tree.leaves(params)[0])
    began = time.perf_counter()
    states = within(budget, _start_lanes(method, tasks, models))
    rows: list[list[dict[str, float]]] = [[] for _ in range(lanes)]
    probing = 0.0
    for until in sorted({min(stop, budget.iterations) for stop in schedule} | {budget.iterations}):
        before = np.asarray(states.stop_reason)
        if until > 0:
            states = _advance_lanes(method, tasks, static, states, limits(until, budget))
        states = jax.block_until_ready(states)
        now = time.perf_counter()
        share = (now - began - probing) / lanes
        found = probe(tasks, eqx.combine(states.params, static), until) if probe else {}
        values = {name: np.asarray(value) for name, value in found.items()}
        probing += time.perf_counter() - now
        # On the host: slicing every array of every lane on the device takes longer than training.
        host = jax.device_get(states)
        for lane in range(lanes):
            if not rows[lane] or before[lane] == StopReason.NONE:
                extra = {name: float(value[lane]) for name, value in values.items()}
                rows[lane].append(_row(_lane(host, lane), share) | extra)
        if np.all(np.asarray(states.stop_reason) != StopReason.NONE):
            break
    results = []
    for lane in range(lanes):
        state = _lane(states, lane)
        reason = StopReason(int(state.stop_reason)) or StopReason.ITERATION_BUDGET
        model = eqx.combine(state.params, static)
        results.append(TrainResult(model, _columns(rows[lane]), reason))
    return results


def within(budget: Budget, state: IterativeState) -> IterativeState:
    """Stop at once if the evaluation at the start spent the budget."""
    # In numpy: the usual case, a larger budget, then needs no program of its own.
    reason = np.asarray(state.stop_reason)
    spent = (np.asarray(state.evaluations) >= budget.evaluations) & (reason == StopReason.NONE)
    if not spent.any():
        return state
    reason = np.where(spent, StopReason.EVALUATION_BUDGET, reason).astype(np.int32)
    return eqx.tree_at(lambda s: s.stop_reason, state, jnp.asarray(reason))


def _lane(tree: PyTree, lane: int) -> PyTree:
    return jax.tree.map(lambda leaf: leaf[lane], tree)


@eqx.filter_jit
def _start_lanes(method: AbstractIterativeMethod, tasks: AbstractTask, models: PyTree) -> PyTree:
    return eqx.filter_vmap(method.start)(tasks, models)


@eqx.filter_jit
def _advance_lanes(
    method: AbstractIterativeMethod,
    tasks: AbstractTask,
    static: PyTree,
    states: IterativeState,
    limits: Limits,
) -> IterativeState:
    return eqx.filter_vmap(method.advance, in_axes=(eqx.if_array(0), None, eqx.if_array(0), None))(
        tasks, static, states, limits
    )


def strongly_typed(tree: PyTree) -> PyTree:
    """Fix the types of arrays made from Python's numbers, which JAX else tells apart ("weak").

    After its first step a state has none of them, and the same program would be compiled twice.
    """
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, leaf.dtype), tree)


def global_norm(tree: PyTree) -> Float[Array, ""]:
    """Euclidean norm over all leaves."""
    return jnp.sqrt(sum((jnp.sum(leaf**2) for leaf in jax.tree.leaves(tree)), jnp.zeros(())))


compiled_start = eqx.filter_jit(AbstractIterativeMethod.start)


@eqx.filter_jit
def compiled_advance(
    method: AbstractIterativeMethod,
    task: AbstractTask,
    static: PyTree,
    state: IterativeState,
    limits: Limits,
) -> IterativeState:
    """Run the method's own ``advance``, compiled once per shape."""
    return method.advance(task, static, state, limits)


compiled_restart = eqx.filter_jit(AbstractIterativeMethod.restart)
