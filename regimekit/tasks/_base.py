"""The one interface that matters: a training problem as methods and diagnostics see it."""

import abc
from collections.abc import Mapping
from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree


class AbstractTask(eqx.Module):
    """A training problem: named blocks of residuals, their weights, and a test error.

    The loss is the sum over blocks of weight times the reduced residual. From the blocks follow the
    soft-penalty loss, multiplier methods, Gauss-Newton products and per-block curvature, with no
    special case per model family. A minibatch of a task is a task with fewer points.
    """

    weights: eqx.AbstractVar[Mapping[str, float | Float[Array, ""]]]

    @property
    @abc.abstractmethod
    def difficulty(self) -> Float[Array, ""]:
        """What :meth:`at` changes."""

    @abc.abstractmethod
    def init(self, key: PRNGKeyArray) -> eqx.Module:
        """Draw a new model; its parameters are its inexact arrays."""

    @abc.abstractmethod
    def residuals(self, model: PyTree) -> dict[str, Float[Array, "..."]]:
        """Residuals per sample, by block."""

    @abc.abstractmethod
    def metrics(self, model: PyTree) -> dict[str, Float[Array, ""]]:
        """Final figures of a trained model, by the names under which datasets store them.

        Contains ``test_error``: relative L2 on points or samples that training can never see.
        """

    @abc.abstractmethod
    def test_error(self, model: PyTree) -> Float[Array, ""]:
        """Relative L2 error on points or samples that training can never see."""

    @abc.abstractmethod
    def at(self, difficulty: float | Float[Array, ""]) -> Self:
        """Return the same task at another difficulty."""

    def ramped(self, difficulty: float) -> Self:
        """Return the same task at a difficulty that a curriculum passes through.

        As :meth:`at`, unless the way may lead through what would make no sense as its end.
        """
        return self.at(difficulty)

    @abc.abstractmethod
    def resample(self, key: PRNGKeyArray, radius: float | Float[Array, ""]) -> Self:
        """Return the same task with its collocation points moved at random within ``radius``."""

    @abc.abstractmethod
    def redraw(self, key: PRNGKeyArray) -> Self:
        """Return the same task with as many collocation points, drawn anew."""

    def reduce(self, block: str, residual: Float[Array, "..."]) -> Float[Array, ""]:
        """Reduce one block to a number; the mean square unless a task says otherwise."""
        del block
        return jnp.mean(residual**2)

    def square(self, block: str, residual: Float[Array, "..."]) -> Float[Array, ""]:
        """Mean square of one block, which multiplier methods complete; see :meth:`reduce`."""
        del block
        return jnp.mean(residual**2)

    def block_losses(self, model: PyTree) -> dict[str, Float[Array, ""]]:
        """Reduced residual of each block, without weights."""
        return {name: self.reduce(name, r) for name, r in self.residuals(model).items()}

    def loss(self, model: PyTree) -> Float[Array, ""]:
        """Weighted sum of the blocks: what methods minimise, a scalar."""
        losses = self.block_losses(model)
        return sum((self.weights[name] * value for name, value in losses.items()), jnp.zeros(()))

    def fresh_losses(self, model: PyTree) -> dict[str, Float[Array, ""]]:
        """Reduced residual on points that training never sees, of the blocks that have such."""
        del model
        return {}

    def train_losses(self, model: PyTree) -> dict[str, Float[Array, ""]]:
        """Reduced residual of each block and their unweighted sum, by their names in datasets."""
        losses = self.block_losses(model)
        found = {f"train_loss_{name}": value for name, value in losses.items()}
        return found | {"train_loss": sum(losses.values(), jnp.zeros(()))}


class AbstractSampledTask(AbstractTask):
    """A training problem on given samples, in batches; not moved or redrawn unless a task can."""

    @abc.abstractmethod
    def batch(self, index: Int[Array, ""]) -> Self:
        """Return the same task on one batch of its samples, in order and over again."""

    def resample(self, key: PRNGKeyArray, radius: float | Float[Array, ""]) -> Self:
        """Return the same task."""
        del key, radius
        return self

    def redraw(self, key: PRNGKeyArray) -> Self:
        """Return the same task."""
        del key
        return self
