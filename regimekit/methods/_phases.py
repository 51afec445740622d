"""Several methods, one after the other, as one training run."""

from collections.abc import Mapping, Sequence

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

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

_COUNTERS = ("iteration", "evaluations", "hessian_products", "seconds")


class Phases:
    """A run in phases: counters go on from one to the next, and there is one history.

    The history tells the loss of the *original* task, also where a phase trains on another one; the
    gradient's norm is that of the phase.

    Attributes
    ----------
    model
        The model as the last phase left it.
    reason
        Why the last phase stopped.
    """

    def __init__(
        self,
        task: AbstractTask,
        model: PyTree,
        key: PRNGKeyArray,
        budget: Budget,
        schedule: Sequence[int] | None,
        probe: Probe | None,
    ):
        self.model = model
        self.reason = StopReason.NONE
        self._task, self._key, self._budget, self._probe = task, key, budget, probe
        self._schedule = schedule if schedule is not None else log_schedule(budget.iterations)
        self._done = dict.fromkeys(_COUNTERS, 0.0)
        self._histories: list[dict[str, Float[np.ndarray, " records"]]] = []

    @property
    def left(self) -> int:
        """Evaluations left in the budget."""
        return int(
            self._budget.evaluations
            - work(self._done["evaluations"], self._done["hessian_products"])
        )

    @property
    def over(self) -> bool:
        """Whether nothing is left to spend, or the run diverged."""
        iterations = self._budget.iterations - self._done["iteration"]
        return self.left < 2 or iterations < 1 or self.reason is StopReason.DIVERGED

    def run(
        self, method: AbstractMethod, evaluations: int, task: AbstractTask | None = None
    ) -> TrainResult | None:
        """Spend at most so many evaluations on a method; on the original task if none is given.

        A phase of fewer than two evaluations is left out: the first one makes no step.
        """
        evaluations = min(evaluations, self.left)
        if self.over or evaluations < 2:
            return None
        before = dict(self._done)
        offset = int(before["iteration"])
        trained = self._task if task is None else task

        def probe(_: AbstractTask, model: PyTree, iteration: int) -> Mapping[str, float]:
            found = {} if task is None else {"loss": float(_loss(self._task, model))}
            if self._probe is not None:
                found |= self._probe(self._task, model, iteration + offset)
            return found

        first = not self._histories
        self._key, key = jax.random.split(self._key)
        result = method.train(
            trained,
            self.model,
            key=key,
            budget=Budget(evaluations, self._budget.iterations - offset),
            schedule=[s - offset for s in self._schedule if s > offset or (first and s == 0)],
            probe=probe,
        )
        history = {name: values + before.get(name, 0.0) for name, values in result.history.items()}
        self._histories.append(history)
        self._done = {name: float(history[name][-1]) for name in _COUNTERS}
        self.model, self.reason = result.model, result.stop_reason
        return result

    def result(self) -> TrainResult:
        """Put the phases together."""
        if not self._histories:  # the budget was too small for any phase
            row = dict.fromkeys(_COUNTERS, 0.0) | {"gradient_norm": float("nan")}
            row |= {"loss": float(_loss(self._task, self.model)), "evaluations": 1.0}
            if self._probe is not None:
                row |= self._probe(self._task, self.model, 0)
            self._histories.append({name: np.array([value]) for name, value in row.items()})
        names = self._histories[0]
        history = {n: np.concatenate([h[n] for h in self._histories]) for n in names}
        reason = StopReason.EVALUATION_BUDGET if self.reason is StopReason.NONE else self.reason
        return TrainResult(self.model, history, reason)


@eqx.filter_jit
def _loss(task: AbstractTask, model: PyTree) -> Float[Array, ""]:
    return task.loss(model)
