"""What a training method is: task, model, key and budget in; trained model and history out."""

import abc
import enum
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Float, PRNGKeyArray, PyTree

from regimekit.errors import ConfigurationError
from regimekit.tasks import AbstractTask

Probe = Callable[[AbstractTask, PyTree, int], Mapping[str, float]]
"""Called on the recording schedule with (task, model, iteration); returns named scalars."""


class StopReason(enum.IntEnum):
    """Why a method stopped; the integer is what datasets store."""

    NONE = 0
    ITERATION_BUDGET = 1
    EVALUATION_BUDGET = 2
    GRADIENT_TOLERANCE = 3
    CHANGE_TOLERANCE = 4
    STALLED = 5
    DIVERGED = 6


HESSIAN_PRODUCT = 2
"""Evaluations that one product with the Hessian is counted as."""


def work(evaluations: Any, hessian_products: Any) -> Any:
    """Cost of a run so far, in evaluations of loss and gradient.

    Two for a Hessian product is what it costs in passes through the network: a gradient is
    one forward and one backward pass, and a product differentiates both.
    """
    return evaluations + HESSIAN_PRODUCT * hessian_products


class Budget(NamedTuple):
    """What a method may spend: evaluations of loss and gradient, and iterations.

    Products with the Hessian are charged to the evaluations, see :func:`work`.
    """

    evaluations: int
    iterations: int


class TrainResult(NamedTuple):
    """A trained model with how it came about.

    Attributes
    ----------
    model
        The trained model. If the run diverged, the last one whose loss was finite; of a method on
        batches, which sees a model's loss only in the step after it, the first one whose was not.
    history
        One entry per recorded iteration under each name: ``iteration``, ``loss``,
        ``gradient_norm``, ``evaluations``, ``hessian_products``, ``seconds`` and what the probe
        returned.
    stop_reason
        Why the method stopped.
    """

    model: PyTree
    history: dict[str, Float[np.ndarray, " records"]]
    stop_reason: StopReason

    @property
    def diverged(self) -> bool:
        """Whether a loss that the method saw was NaN or infinite."""
        return self.stop_reason is StopReason.DIVERGED


def require_counts(owner: str, least: int = 1, **counts: Any) -> None:
    """Refuse a setting of a method that should count something and does not.

    Parameters
    ----------
    owner
        Whose settings they are, as a sentence begins: "NNCG's".
    least
        The smallest count that makes sense.
    counts
        The settings, by name.

    Raises
    ------
    ConfigurationError
        If one is not a whole number of at least ``least``.
    """
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, Integral) or count < least:
            raise ConfigurationError(
                f"{owner} {name} = {count} must be a whole number of at least {least}."
            )


class AbstractMethod(eqx.Module):
    """A training method. Methods compose: a chain or a curriculum of methods is a method."""

    @abc.abstractmethod
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
        """Train ``model`` on ``task`` within ``budget``.

        Parameters
        ----------
        task
            The training problem.
        model
            Where to start; its parameters are its inexact arrays.
        key
            Random key, for methods that draw.
        budget
            Most evaluations and iterations to spend.
        schedule
            Iterations to record; ``log_schedule(budget.iterations)`` if not given.
        probe
            Called at each recorded iteration; what it returns joins the history.

        Returns
        -------
        TrainResult
            A diverged run is a result, not an error.
        """

    def rehearse(self, task: AbstractTask, model: PyTree, key: PRNGKeyArray) -> None:
        """Compile what training on a task of this shape needs, by making one step."""
        self.train(task, model, key=key, budget=Budget(2, 1), schedule=[0, 1])


def log_schedule(last: int, per_decade: int = 12) -> list[int]:
    """Recording schedule: 0 and about ``per_decade`` iteration numbers per decade up to ``last``.

    The numbers do not depend on ``last`` (which is added), so runs of different length share them.
    """
    powers = np.arange(0, np.log10(max(last, 1)) + 1e-9, 1 / per_decade)
    shared = [i for i in np.rint(10**powers).astype(int).tolist() if i < last]
    return sorted({0, *shared, last})
