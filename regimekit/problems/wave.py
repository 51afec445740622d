"""The one-dimensional wave equation with two modes."""

import math
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from regimekit.errors import ConfigurationError
from regimekit.problems._base import AbstractProblem, Points, ScalarField, evaluate
from regimekit.problems._check import at_least
from regimekit.problems._derivatives import along, along_both

REFERENCE_SPEED = 2.0
"""The speed that the reference's training loss uses whatever the speed of its solution is."""


class Wave(AbstractProblem):
    r"""Wave equation $u_{tt} = c^2 u_{xx}$ on $[0, 1] \times [0, 1]$, fixed at both ends.

    The string starts at rest in $\sin \pi x + \frac12 \sin \beta \pi x$, so the solution is
    $\sin \pi x \cos c \pi t + \frac12 \sin \beta \pi x \cos c \beta \pi t$. The difficulty is the
    number $\beta$ of the second mode, or the speed $c$.

    Parameters
    ----------
    beta
        Half waves of the second mode, a whole number of at least 1: any other breaks the boundary
        condition. A curriculum passes through others on its way, see :meth:`ramped`; arrays, whose
        values may not be known yet, are not judged.
    c
        Speed, dimensionless, at least 0.
    difficulty_name
        Which of the two is the difficulty, ``beta`` or ``c``.
    reference_residual
        Train on $u_{tt} - 4 u_{xx}$ whatever $c$ is, as the reference implementation does; the
        solution still has the speed c. A defect, kept so that its effect can be shown.

    Raises
    ------
    ConfigurationError
        If ``beta`` or ``c`` is a Python number out of range, or the difficulty's name is neither.

    References
    ----------
    Rathore et al., Challenges in training PINNs: a loss landscape perspective, ICML 2024, section 2
    (c = 2, beta = 5).
    """

    beta: Float[Array, ""]
    c: Float[Array, ""]
    difficulty_name: str = eqx.field(static=True)
    reference_residual: bool = eqx.field(static=True)
    x_range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    t_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(
        self,
        beta: float | Float[Array, ""] = 5.0,
        c: float | Float[Array, ""] = 2.0,
        *,
        difficulty_name: str = "beta",
        reference_residual: bool = False,
    ):
        if difficulty_name not in ("beta", "c"):
            raise ConfigurationError(
                f"The wave problem's difficulty is 'beta' or 'c', not {difficulty_name!r}."
            )
        _check_mode(beta)
        _check_speed(c)
        self.beta = jnp.asarray(beta, dtype=jnp.result_type(float))
        self.c = jnp.asarray(c, dtype=jnp.result_type(float))
        self.difficulty_name = difficulty_name
        self.reference_residual = reference_residual

    @property
    def difficulty(self) -> Float[Array, ""]:
        """The number of half waves of the second mode, or the speed."""
        return self.beta if self.difficulty_name == "beta" else self.c

    def initial(self, x: Float[Array, " points"]) -> Float[Array, " points"]:
        """Value at t = 0."""
        return jnp.sin(math.pi * x) + jnp.sin(self.beta * math.pi * x) / 2

    def solution(self, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Exact solution on rows (x, t)."""
        x, angle = math.pi * xt[:, 0], math.pi * self.c * xt[:, 1]
        first, second = jnp.sin(x) * jnp.cos(angle), jnp.sin(self.beta * x)
        return first + second * jnp.cos(self.beta * angle) / 2

    def residual(self, u: ScalarField, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Residual u_tt - c^2 u_xx, as one derivative along (c, 1) and then (-c, 1)."""
        speed = jnp.asarray(REFERENCE_SPEED, xt.dtype) if self.reference_residual else self.c
        return along_both(u, xt, (speed, 1.0), (-speed, 1.0))

    def constraints(self, u: ScalarField, points: Points) -> dict[str, Float[Array, "..."]]:
        """Value at both ends, and value and velocity at t = 0."""
        lower, upper, initial = evaluate(u, points.lower, points.upper, points.initial)
        return {
            "lower": lower,
            "upper": upper,
            "initial": initial - self.initial(points.initial[:, 0]),
            "velocity": along(u, points.initial, (0.0, 1.0)),
        }

    def at(self, difficulty: float | Float[Array, ""]) -> "Wave":
        """Return the problem at another second mode or speed, refused as in the constructor."""
        if self.difficulty_name == "beta":
            _check_mode(difficulty)
            return eqx.tree_at(lambda p: p.beta, self, jnp.asarray(difficulty, self.beta.dtype))
        _check_speed(difficulty)
        return eqx.tree_at(lambda p: p.c, self, jnp.asarray(difficulty, self.c.dtype))

    def ramped(self, difficulty: float) -> "Wave":
        """Return the problem at any mode or speed of at least 0, whole or not.

        A mode that is not whole breaks the boundary condition, but is only passed through.
        """
        if self.difficulty_name != "beta":
            return self.at(difficulty)
        at_least("beta", difficulty, 0, "number of half waves for the wave problem", "such as 5")
        return self.at(jnp.asarray(difficulty, self.beta.dtype))


def _check_speed(c: float | Float[Array, ""]) -> None:
    at_least("c", c, 0, "speed for the wave problem", "such as 2")


def _check_mode(beta: float | Float[Array, ""]) -> None:
    at_least("beta", beta, 1, "number of half waves for the wave problem", "such as 5")
    if isinstance(beta, int | float) and beta != round(beta):
        raise ConfigurationError(
            f"beta = {beta} half waves do not fit between the fixed ends of the wave problem: "
            "it must be a whole number, such as 5."
        )
