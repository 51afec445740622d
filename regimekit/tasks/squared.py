"""Squared errors of operators, the loss that the original's curvature is of."""

from typing import Self

import equinox as eqx
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from regimekit.tasks._base import AbstractSampledTask
from regimekit.tasks.operator import Operator, OperatorLearning


class SquaredErrors(AbstractSampledTask):
    """Mean squared error of an operator's outputs over samples and nodes, in units of their scale.

    The original trains FNOs on the squared error summed over the nodes, without the scale; both
    factors are constants of a map's cell, so ours is that loss in units in which the second
    derivative by the output bias of a periodic FNO is 2. The equation of a physics-informed
    operator is left out.

    Parameters
    ----------
    inner
        The task, which trains on relative norms.
    """

    inner: OperatorLearning
    weights: dict[str, float]

    def __init__(self, inner: OperatorLearning):
        self.inner, self.weights = inner, {"data": 1.0}

    @property
    def difficulty(self) -> Float[Array, ""]:
        """Difficulty of the problem."""
        return self.inner.difficulty

    def init(self, key: PRNGKeyArray) -> eqx.Module:
        """Draw a new network."""
        return self.inner.init(key)

    def residuals(self, model: Operator) -> dict[str, Float[Array, "..."]]:
        """Errors per sample and node, in units of the root mean square of all solutions."""
        train = self.inner.train
        return {"data": (self.inner.predict(model, train) - train.solutions) / self.inner.scale}

    def metrics(self, model: PyTree) -> dict[str, Float[Array, ""]]:
        """Squared error by block, and the test error."""
        return self.train_losses(model) | {"test_error": self.test_error(model)}

    def test_error(self, model: Operator) -> Float[Array, ""]:
        """Mean relative L2 error of the test samples."""
        return self.inner.test_error(model)

    def at(self, difficulty: float | Float[Array, ""]) -> Self:
        """Return the same task at another difficulty."""
        return type(self)(self.inner.at(difficulty))

    def batch(self, index: Int[Array, ""]) -> Self:
        """Return the same task on one batch of its samples."""
        return type(self)(self.inner.batch(index))
