"""Physics-informed training of a network on a space-time problem."""

from collections.abc import Callable
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.models import MLP
from regimekit.problems import (
    AbstractProblem,
    Points,
    as_array,
    fresh_points,
    midpoint_lattice,
    reference_test_lattice,
    training_points,
)
from regimekit.tasks._base import AbstractTask
from regimekit.tasks._chunks import chunked_loss

Model = Callable[[Float[Array, "points 2"]], Float[Array, " points"]]


def relative_error(
    prediction: Float[Array, " points"], truth: Float[Array, " points"], order: int
) -> Float[Array, ""]:
    """Relative error in the L1 (``order`` 1) or L2 (``order`` 2) norm over the given points."""
    return jnp.linalg.norm(prediction - truth, order) / jnp.linalg.norm(truth, order)


class PINN(AbstractTask):
    """Physics-informed neural network: the ``pde`` block and the problem's constraint blocks.

    Parameters
    ----------
    problem
        Any space-time problem.
    n_collocation
        Number of collocation points, drawn from the training lattice.
    seed
        Seed of that draw.
    width, depth
        Units and number of hidden layers of the tanh network; 50 and 3 as in the reference.
    weights
        Weight of each block in the loss; 1 for a block not named.
    lattice
        Nodes of the training lattice along x and t.

    Raises
    ------
    ConfigurationError
        If there are more collocation points than the lattice has, a size is below 1, or a weight
        names no block of this problem.

    References
    ----------
    Raissi, Perdikaris and Karniadakis, Physics-informed neural networks, J. Comput. Phys. 378,
    2019.
    """

    problem: AbstractProblem
    points: Points
    weights: dict[str, float]
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    lattice: tuple[int, int] = eqx.field(static=True)

    def __init__(
        self,
        problem: AbstractProblem,
        n_collocation: int,
        seed: int = 0,
        *,
        width: int = 50,
        depth: int = 3,
        weights: dict[str, float] | None = None,
        lattice: tuple[int, int] = (257, 101),
    ):
        self.problem = problem
        self.points = training_points(problem, n_collocation, seed, *lattice)
        self.width, self.depth, self.lattice = width, depth, lattice
        names = jax.eval_shape(lambda p: _blocks(problem, lambda xt: xt[:, 0], p), self.points)
        unknown = set(weights or {}) - set(names)
        if unknown:
            raise ConfigurationError(
                f"Weight given for {sorted(unknown)}, but the blocks of this task are "
                f"{sorted(names)}."
            )
        self.weights = dict.fromkeys(names, 1.0) | (weights or {})

    @property
    def difficulty(self) -> Float[Array, ""]:
        """Difficulty of the problem."""
        return self.problem.difficulty

    def init(self, key: PRNGKeyArray) -> MLP:
        """Draw a new tanh network, in single precision: a run in double starts where that does."""
        drawn = MLP(2, self.width, self.depth, key=key, dtype=jnp.float32)
        return jax.tree.map(lambda leaf: leaf.astype(jnp.result_type(float)), drawn)

    def residuals(self, model: Model) -> dict[str, Float[Array, "..."]]:
        """Residuals of the equation (``pde``) and of each constraint, per point."""
        return _blocks(self.problem, model, self.points)

    def loss(self, model: Model) -> Float[Array, ""]:
        """Weighted sum of the mean squares; differentiable with respect to the model only."""
        return chunked_loss(model, self)

    def test_error(self, model: Model) -> Float[Array, ""]:
        """Relative L2 error on the midpoint lattice, which no training draw can touch."""
        rows = as_array(midpoint_lattice(self.problem, *self.lattice))
        return relative_error(model(rows), self.problem.solution(rows), 2)

    def fresh_residual(self, model: Model) -> Float[Array, ""]:
        """Mean squared residual of the equation on 20 000 fresh points."""
        rows = as_array(fresh_points(self.problem))
        return jnp.mean(self.problem.residual(model, rows) ** 2)

    def fresh_losses(self, model: Model) -> dict[str, Float[Array, ""]]:
        """Of the equation alone: its conditions are seen by training wherever they hold."""
        return {"pde": self.fresh_residual(model)}

    def metrics(self, model: Model) -> dict[str, Float[Array, ""]]:
        """Losses by block, test errors on both lattices and the residual on fresh points."""
        found = self.train_losses(model)
        lattices = {"test_error": midpoint_lattice, "test_error_lattice": reference_test_lattice}
        for name, lattice in lattices.items():
            rows = as_array(lattice(self.problem, *self.lattice))
            prediction, truth = model(rows), self.problem.solution(rows)
            found[name] = relative_error(prediction, truth, 2)
            found[f"{name}_l1"] = relative_error(prediction, truth, 1)
        found["fresh_residual"] = self.fresh_residual(model)
        return found

    def at(self, difficulty: float | Float[Array, ""]) -> Self:
        """Return the same task for the problem at another difficulty."""
        return eqx.tree_at(lambda task: task.problem, self, self.problem.at(difficulty))

    def ramped(self, difficulty: float) -> Self:
        """Return the same task for the problem that a curriculum passes through."""
        return eqx.tree_at(lambda task: task.problem, self, self.problem.ramped(difficulty))

    def resample(self, key: PRNGKeyArray, radius: float | Float[Array, ""]) -> Self:
        """Move each collocation point uniformly within +-radius (x and t), kept in the domain."""
        rows = self.points.interior
        moved = rows + radius * jax.random.uniform(key, rows.shape, rows.dtype, -1, 1)
        low = jnp.array([self.problem.x_range[0], self.problem.t_range[0]], rows.dtype)
        high = jnp.array([self.problem.x_range[1], self.problem.t_range[1]], rows.dtype)
        return eqx.tree_at(lambda task: task.points.interior, self, jnp.clip(moved, low, high))

    def redraw(self, key: PRNGKeyArray) -> Self:
        """Draw as many collocation points uniformly from the domain."""
        rows = self.points.interior
        low = jnp.array([self.problem.x_range[0], self.problem.t_range[0]], rows.dtype)
        high = jnp.array([self.problem.x_range[1], self.problem.t_range[1]], rows.dtype)
        drawn = low + (high - low) * jax.random.uniform(key, rows.shape, rows.dtype)
        return eqx.tree_at(lambda task: task.points.interior, self, drawn)


def _blocks(
    problem: AbstractProblem, model: Model, points: Points
) -> dict[str, Float[Array, "..."]]:
    return {"pde": problem.residual(model, points.interior)} | problem.constraints(model, points)
