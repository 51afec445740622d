"""Methods one after the other, each from where the last one ended."""

import math
from collections.abc import Sequence

from jaxtyping import PRNGKeyArray, PyTree

from regimekit.errors import ConfigurationError
from regimekit.methods._base import AbstractMethod, Budget, Probe, TrainResult
from regimekit.methods._phases import Phases
from regimekit.tasks import AbstractTask


class Chain(AbstractMethod):
    """Adam, then L-BFGS, then NNCG: or any other methods in a row.

    Parameters
    ----------
    methods
        The methods, in order.
    shares
        Share of the evaluation budget of each, above 0 and 1 together; equal shares if not given.
        What a method leaves over (it stalled) goes to the next ones.

    Raises
    ------
    ConfigurationError
        If there is no method, or the shares do not fit.

    References
    ----------
    Rathore et al., Challenges in training PINNs: a loss landscape perspective, ICML 2024.
    """

    methods: tuple[AbstractMethod, ...]
    shares: tuple[float, ...] | None = None

    def __check_init__(self) -> None:
        if not self.methods:
            raise ConfigurationError("A chain needs at least one method.")
        if self.shares is not None and (
            len(self.shares) != len(self.methods)
            or min(self.shares) <= 0
            or not math.isclose(sum(self.shares), 1)
        ):
            raise ConfigurationError(
                f"A chain's shares = {self.shares} must be one number above 0 for each of its "
                f"{len(self.methods)} methods, 1 together."
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
        """Train by each method in turn; see :meth:`AbstractMethod.train`."""
        phases = Phases(task, model, key, budget, schedule, probe)
        shares = self.shares or (1.0,) * len(self.methods)
        for i, method in enumerate(self.methods):
            phases.run(method, round(phases.left * shares[i] / sum(shares[i:])))
        return phases.result()

    def rehearse(self, task: AbstractTask, model: PyTree, key: PRNGKeyArray) -> None:
        """Compile what training on a task of this shape needs."""
        for method in self.methods:
            method.rehearse(task, model, key)
