"""Curriculum: the easy problem first, then harder ones up to the target."""

import math
from collections.abc import Sequence

import jax
from jaxtyping import PRNGKeyArray, PyTree

from regimekit.errors import ConfigurationError
from regimekit.methods._base import AbstractMethod, Budget, Probe, TrainResult, require_counts
from regimekit.methods._phases import Phases
from regimekit.tasks import AbstractTask


class Curriculum(AbstractMethod):
    """Trains at rising difficulty, each stage from where the last one ended.

    Stage i of n trains at ``start + (target - start) i / n``; the last one is the task itself. All
    stages but the last share ``ramp`` of the budget equally.

    Parameters
    ----------
    method
        The method of every stage.
    stages
        Number of stages, at least 1; one stage is the method alone.
    start
        Difficulty from which the stages rise; it is not itself a stage.
    ramp
        Share of the evaluation budget for the stages before the last, in (0, 1).
    step
        Rise in difficulty from stage to stage, in place of a number of ``stages``.
    redraw
        Draw new collocation points for every stage, as the reference implementation does. The run
        then sees more points than its place on the data axis says.

    Raises
    ------
    ConfigurationError
        If a number is out of range; when training starts, if the steps lead away from the target.

    References
    ----------
    Krishnapriyan et al., Characterizing possible failure modes in physics-informed neural networks,
    NeurIPS 2021, section 4.
    """

    method: AbstractMethod
    stages: int = 10
    start: float = 0.0
    ramp: float = 0.5
    step: float | None = None
    redraw: bool = False

    def __check_init__(self) -> None:
        require_counts("A curriculum's", stages=self.stages)
        if not 0 < self.ramp < 1:
            raise ConfigurationError(
                f"A curriculum's ramp = {self.ramp} must lie between 0 and 1, such as 0.5."
            )
        if self.step is not None and not (math.isfinite(self.step) and self.step != 0):
            raise ConfigurationError(
                f"A curriculum with step = {self.step} never reaches its target: "
                "the step must be a number other than 0, such as 0.5."
            )

    def difficulties(self, target: float) -> list[float]:
        """Difficulty of each stage; the last one is exactly the target.

        Raises
        ------
        ConfigurationError
            If the steps lead away from the target.
        """
        if self.step is None:
            rise = target - self.start
            return [self.start + rise * i / self.stages for i in range(1, self.stages)] + [target]
        if (target - self.start) * self.step < 0:
            raise ConfigurationError(
                f"A curriculum from {self.start} in steps of {self.step} never reaches its target "
                f"{target}: the step must have the other sign."
            )
        count = math.ceil((target - self.start) / self.step - 1e-9)
        return [self.start + self.step * i for i in range(1, count)] + [target]

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
        """Train stage by stage; see :meth:`AbstractMethod.train`."""
        early = self.difficulties(float(task.difficulty))[:-1]
        phases = Phases(task, model, key, budget, schedule, probe)
        each = round(self.ramp * budget.evaluations / len(early)) if early else 0
        for i, difficulty in enumerate(early):
            stage = task.ramped(difficulty)
            if self.redraw:
                stage = stage.redraw(jax.random.fold_in(key, i))
            phases.run(self.method, each, stage)
        phases.run(self.method, phases.left)
        return phases.result()

    def rehearse(self, task: AbstractTask, model: PyTree, key: PRNGKeyArray) -> None:
        """Compile what training on a task of this shape needs."""
        self.method.rehearse(task, model, key)
