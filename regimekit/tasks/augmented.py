"""A task with some blocks of residuals shifted: the augmented Lagrangian of a task."""

from typing import Self

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from regimekit.tasks._base import AbstractTask


class Augmented(AbstractTask):
    r"""The task with residuals $r + s$ in place of r in some blocks, under a weight of their own.

    With shift $s = \lambda / \mu$ and weight $\mu / 2$, the mean square of a shifted block is
    $\langle \lambda, r \rangle + \frac{\mu}{2} \langle r, r \rangle$ plus a constant.

    Parameters
    ----------
    task
        The task; its figures and its other blocks stay as they are.
    shifts
        By block, one number for each residual.
    weight
        Weight of the shifted blocks; an array, so that its value needs no new compilation.
    """

    task: AbstractTask
    shifts: dict[str, Float[Array, "..."]]
    weights: dict[str, float | Float[Array, ""]]

    def __init__(
        self,
        task: AbstractTask,
        shifts: dict[str, Float[Array, "..."]],
        weight: Float[Array, ""],
    ):
        self.task, self.shifts = task, shifts
        self.weights = dict(task.weights) | dict.fromkeys(shifts, weight)

    @property
    def difficulty(self) -> Float[Array, ""]:
        """Difficulty of the task."""
        return self.task.difficulty

    def init(self, key: PRNGKeyArray) -> eqx.Module:
        """Draw a new model."""
        return self.task.init(key)

    def residuals(self, model: PyTree) -> dict[str, Float[Array, "..."]]:
        """Residuals by block, shifted where there is a shift."""
        found = self.task.residuals(model)
        return found | {name: found[name] + shift for name, shift in self.shifts.items()}

    def reduce(self, block: str, residual: Float[Array, "..."]) -> Float[Array, ""]:
        """Reduce a block as the task does; one with a shift to its mean square."""
        reduce = self.task.square if block in self.shifts else self.task.reduce
        return reduce(block, residual)

    def square(self, block: str, residual: Float[Array, "..."]) -> Float[Array, ""]:
        """Mean square of a block."""
        return self.task.square(block, residual)

    def metrics(self, model: PyTree) -> dict[str, Float[Array, ""]]:
        """Figures of the task, without shifts."""
        return self.task.metrics(model)

    def test_error(self, model: PyTree) -> Float[Array, ""]:
        """Test error of the task."""
        return self.task.test_error(model)

    def at(self, difficulty: float | Float[Array, ""]) -> Self:
        """Return the same with the task at another difficulty."""
        return eqx.tree_at(lambda t: t.task, self, self.task.at(difficulty))

    def ramped(self, difficulty: float) -> Self:
        """Return the same with the task at a difficulty that a curriculum passes through."""
        return eqx.tree_at(lambda t: t.task, self, self.task.ramped(difficulty))

    def resample(self, key: PRNGKeyArray, radius: float | Float[Array, ""]) -> Self:
        """Return the same with the task's points moved."""
        return eqx.tree_at(lambda t: t.task, self, self.task.resample(key, radius))

    def redraw(self, key: PRNGKeyArray) -> Self:
        """Return the same with the task's points drawn anew."""
        return eqx.tree_at(lambda t: t.task, self, self.task.redraw(key))
