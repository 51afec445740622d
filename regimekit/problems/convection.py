"""One-dimensional convection, the problem on which PINN failures were first mapped."""

import math
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from regimekit.problems._base import AbstractProblem, Points, ScalarField, evaluate
from regimekit.problems._check import at_least
from regimekit.problems._derivatives import along


class Convection(AbstractProblem):
    r"""Convection $u_t + \beta u_x = 0$ on $[0, 2\pi] \times [0, 1]$, periodic in x.

    The initial condition is $u(x, 0) = \sin x$, so the solution is $\sin(x - \beta t)$: a wave that
    crosses the domain $\beta / 2\pi$ times. The difficulty is the speed $\beta$.

    Parameters
    ----------
    beta
        Speed, dimensionless, at least 0.

    Raises
    ------
    ConfigurationError
        If ``beta`` is a Python number that is negative or not finite.

    References
    ----------
    Krishnapriyan et al., Characterizing possible failure modes in physics-informed neural networks,
    NeurIPS 2021, section 3.1.
    """

    beta: Float[Array, ""]
    difficulty_name: str = eqx.field(static=True)
    x_range: ClassVar[tuple[float, float]] = (0.0, 2 * math.pi)
    t_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(self, beta: float | Float[Array, ""]):
        _check_speed(beta)
        self.difficulty_name = "beta"
        self.beta = jnp.asarray(beta, dtype=jnp.result_type(float))

    @property
    def difficulty(self) -> Float[Array, ""]:
        """The speed."""
        return self.beta

    def solution(self, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Exact solution sin(x - beta t) on rows (x, t)."""
        return jnp.sin(xt[:, 0] - self.beta * xt[:, 1])

    def residual(self, u: ScalarField, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Residual u_t + beta u_x, as one derivative along (beta, 1), not two partial ones."""
        return along(u, xt, (self.beta, 1.0))

    def constraints(self, u: ScalarField, points: Points) -> dict[str, Float[Array, "..."]]:
        """Periodicity of the value, u(0, t) = u(2 pi, t), and the initial condition u = sin x."""
        lower, upper, initial = evaluate(u, points.lower, points.upper, points.initial)
        return {"periodic": lower - upper, "initial": initial - jnp.sin(points.initial[:, 0])}

    def at(self, difficulty: float | Float[Array, ""]) -> "Convection":
        """Return the convection problem at another speed, refused as in the constructor."""
        _check_speed(difficulty)
        return eqx.tree_at(lambda p: p.beta, self, jnp.asarray(difficulty, self.beta.dtype))


def _check_speed(beta: float | Float[Array, ""]) -> None:
    at_least("beta", beta, 0, "speed for the convection problem", "such as 30")
