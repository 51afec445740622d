"""One-dimensional convection, the problem on which PINN failures were first mapped."""

import math
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from regimekit.errors import ConfigurationError
from regimekit.problems._base import AbstractProblem, Points, ScalarField, evaluate


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
    difficulty_name: ClassVar[str] = "beta"
    x_range: ClassVar[tuple[float, float]] = (0.0, 2 * math.pi)
    t_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(self, beta: float | Float[Array, ""]):
        _check_speed(beta)
        self.beta = jnp.asarray(beta, dtype=jnp.result_type(float))

    def solution(self, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Exact solution sin(x - beta t) on rows (x, t)."""
        return jnp.sin(xt[:, 0] - self.beta * xt[:, 1])

    def residual(self, u: ScalarField, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Residual u_t + beta u_x, as one derivative along (beta, 1), not two partial ones."""
        direction = jnp.broadcast_to(jnp.stack([self.beta, jnp.ones_like(self.beta)]), xt.shape)
        return jax.jvp(u, (xt,), (direction.astype(xt.dtype),))[1]

    def constraints(self, u: ScalarField, points: Points) -> dict[str, Float[Array, "..."]]:
        """Periodicity of the value, u(0, t) = u(2 pi, t), and the initial condition u = sin x."""
        lower, upper, initial = evaluate(u, points.lower, points.upper, points.initial)
        return {"periodic": lower - upper, "initial": initial - jnp.sin(points.initial[:, 0])}

    def at(self, difficulty: float | Float[Array, ""]) -> "Convection":
        """Return the convection problem at another speed, refused as in the constructor."""
        _check_speed(difficulty)
        return eqx.tree_at(lambda p: p.beta, self, jnp.asarray(difficulty, self.beta.dtype))


def _check_speed(beta: float | Float[Array, ""]) -> None:
    # An array may be traced, and its value not known yet; only plain numbers are judged.
    if isinstance(beta, int | float) and not (math.isfinite(beta) and beta >= 0):
        raise ConfigurationError(
            f"beta = {beta} is not a speed for the convection problem: "
            "it must be a finite number of at least 0, such as 30."
        )
