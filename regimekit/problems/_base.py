"""What every physical system provides: equation, constraints, reference solution, domain."""

import abc
from collections.abc import Callable
from typing import Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

ScalarField = Callable[[Float[Array, "points 2"]], Float[Array, " points"]]
"""A scalar field u(x, t), evaluated on rows (x, t)."""


def evaluate(u: ScalarField, *sets: Float[Array, "_ 2"]) -> list[Float[Array, " _"]]:
    """Evaluate a field on several sets of rows at once, which costs less than one by one."""
    ends = np.cumsum([len(rows) for rows in sets])[:-1]
    return jnp.split(u(jnp.concatenate(sets)), ends)


class Points(eqx.Module):
    """Where a space-time problem is imposed; every array has rows (x, t).

    Attributes
    ----------
    interior
        Collocation points, where the equation is imposed.
    initial
        Points at t = 0, where the initial condition is imposed.
    lower, upper
        Points at the two ends of the x interval, at the same times row by row.
    """

    interior: Float[Array, "interior 2"]
    initial: Float[Array, "initial 2"]
    lower: Float[Array, "boundary 2"]
    upper: Float[Array, "boundary 2"]


class AbstractProblem(eqx.Module):
    """A space-time problem on ``x_range`` x ``t_range`` with one difficulty parameter.

    The difficulty is an array leaf, so that a curriculum or a grid changes it without recompiling.
    """

    difficulty_name: eqx.AbstractVar[str]
    x_range: eqx.AbstractClassVar[tuple[float, float]]
    t_range: eqx.AbstractClassVar[tuple[float, float]]

    @property
    @abc.abstractmethod
    def difficulty(self) -> Float[Array, ""]:
        """The parameter that makes the problem hard."""

    @abc.abstractmethod
    def solution(self, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Exact or converged reference solution on rows (x, t)."""

    @abc.abstractmethod
    def residual(self, u: ScalarField, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Residual of the equation for the field ``u``; zero for the exact solution."""

    @abc.abstractmethod
    def constraints(self, u: ScalarField, points: Points) -> dict[str, Float[Array, "..."]]:
        """Residuals of the boundary and initial conditions, by name."""

    @abc.abstractmethod
    def at(self, difficulty: float | Float[Array, ""]) -> Self:
        """Return the same problem at another difficulty."""

    def ramped(self, difficulty: float) -> Self:
        """Return the same problem at a difficulty that a curriculum passes through.

        As :meth:`at`, unless the way may lead through what would make no sense as its end.
        """
        return self.at(difficulty)
