"""One-dimensional reaction without diffusion."""

import math
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from regimekit.problems._base import AbstractProblem, Points, ScalarField, evaluate
from regimekit.problems._check import at_least
from regimekit.problems._derivatives import along


class Reaction(AbstractProblem):
    r"""Logistic reaction $u_t = \rho u (1 - u)$ on $[0, 2\pi] \times [0, 1]$, periodic in x.

    From $u(x, 0) = h(x) = \exp(-\frac12 ((x - \pi) / (\pi / 4))^2)$ each x evolves on its own, to
    $h e^{\rho t} / (h e^{\rho t} + 1 - h)$. The difficulty is the rate $\rho$: u = 0 satisfies the
    equation as well, and a network that has left the initial line may follow it.

    Parameters
    ----------
    rho
        Rate, dimensionless, at least 0.

    Raises
    ------
    ConfigurationError
        If ``rho`` is a Python number that is negative or not finite.

    References
    ----------
    Krishnapriyan et al., Characterizing possible failure modes in physics-informed neural networks,
    NeurIPS 2021, section 3.2.
    """

    rho: Float[Array, ""]
    difficulty_name: str = eqx.field(static=True)
    x_range: ClassVar[tuple[float, float]] = (0.0, 2 * math.pi)
    t_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(self, rho: float | Float[Array, ""]):
        at_least("rho", rho, 0, "rate for the reaction problem", "such as 5")
        self.difficulty_name = "rho"
        self.rho = jnp.asarray(rho, dtype=jnp.result_type(float))

    @property
    def difficulty(self) -> Float[Array, ""]:
        """The rate."""
        return self.rho

    def initial(self, x: Float[Array, " points"]) -> Float[Array, " points"]:
        """Value at t = 0."""
        return jnp.exp(-0.5 * ((x - math.pi) / (math.pi / 4)) ** 2)

    def solution(self, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Exact solution on rows (x, t)."""
        grown = self.initial(xt[:, 0]) * jnp.exp(self.rho * xt[:, 1])
        return grown / (grown + 1 - self.initial(xt[:, 0]))

    def residual(self, u: ScalarField, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Residual u_t - rho u (1 - u)."""
        value = u(xt)
        return along(u, xt, (0.0, 1.0)) - self.rho * value * (1 - value)

    def constraints(self, u: ScalarField, points: Points) -> dict[str, Float[Array, "..."]]:
        """Periodicity of the value, u(0, t) = u(2 pi, t), and the initial condition."""
        lower, upper, initial = evaluate(u, points.lower, points.upper, points.initial)
        return {
            "periodic": lower - upper,
            "initial": initial - self.initial(points.initial[:, 0]),
        }

    def at(self, difficulty: float | Float[Array, ""]) -> "Reaction":
        """Return the reaction problem at another rate, refused as in the constructor."""
        at_least("rho", difficulty, 0, "rate for the reaction problem", "such as 5")
        return eqx.tree_at(lambda p: p.rho, self, jnp.asarray(difficulty, self.rho.dtype))
