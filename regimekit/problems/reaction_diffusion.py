"""One-dimensional reaction with diffusion."""

import math
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from regimekit.errors import ConfigurationError
from regimekit.problems._base import AbstractProblem, Points, ScalarField, evaluate
from regimekit.problems._check import at_least
from regimekit.problems._derivatives import along, along_both

MODES = 64
STEPS = 400


class ReactionDiffusion(AbstractProblem):
    r"""Fisher-type equation $u_t = \nu u_{xx} + \rho u (1 - u)$ on $[0, 2\pi] \times [0, 1]$.

    Periodic in x, from $u(x, 0) = \exp(-2 (x - \pi)^2)$. The reference solution is computed: Strang
    splitting into the exact logistic flow and exact diffusion of Fourier modes, second order in the
    step. The difficulty is the diffusivity $\nu$, or the rate $\rho$.

    Parameters
    ----------
    nu
        Diffusivity, dimensionless, at least 0.
    rho
        Rate, dimensionless, at least 0.
    difficulty_name
        Which of the two is the difficulty, ``nu`` or ``rho``.

    Raises
    ------
    ConfigurationError
        If ``nu`` or ``rho`` is a Python number that is negative or not finite, or the difficulty's
        name is neither.

    References
    ----------
    Krishnapriyan et al., Characterizing possible failure modes in physics-informed neural networks,
    NeurIPS 2021, section 3.2. Splitting: Strang, SIAM J. Numer. Anal. 5, 1968.
    """

    nu: Float[Array, ""]
    rho: Float[Array, ""]
    difficulty_name: str = eqx.field(static=True)
    x_range: ClassVar[tuple[float, float]] = (0.0, 2 * math.pi)
    t_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(
        self,
        nu: float | Float[Array, ""] = 2.0,
        rho: float | Float[Array, ""] = 5.0,
        *,
        difficulty_name: str = "nu",
    ):
        if difficulty_name not in ("nu", "rho"):
            raise ConfigurationError(
                "The reaction-diffusion problem's difficulty is 'nu' or 'rho', "
                f"not {difficulty_name!r}."
            )
        _check("nu", nu)
        _check("rho", rho)
        self.nu = jnp.asarray(nu, dtype=jnp.result_type(float))
        self.rho = jnp.asarray(rho, dtype=jnp.result_type(float))
        self.difficulty_name = difficulty_name

    @property
    def difficulty(self) -> Float[Array, ""]:
        """The diffusivity, or the rate."""
        return self.nu if self.difficulty_name == "nu" else self.rho

    def initial(self, x: Float[Array, " points"]) -> Float[Array, " points"]:
        """Value at t = 0."""
        return jnp.exp(-2 * (x - math.pi) ** 2)

    def solution(self, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Reference solution on rows (x, t): trigonometric in x, cubic between steps in t."""
        spectra = strang(self, MODES, STEPS)
        scaled = xt[:, 1] * STEPS
        first = jnp.clip(jnp.floor(scaled).astype(int) - 1, 0, STEPS - 3)
        offset = scaled - first
        modes = jnp.zeros((len(xt), MODES // 2 + 1), spectra.dtype)
        for i in range(4):  # Lagrange's polynomial through four steps
            others = [j for j in range(4) if j != i]
            share = math.prod(1 / (i - j) for j in others) * jnp.ones_like(offset)
            for j in others:
                share = share * (offset - j)
            modes = modes + share[:, None] * spectra[first + i]
        number = jnp.arange(MODES // 2 + 1)
        angle = xt[:, :1] * number
        # The first mode stands once in a real series, the others (and their conjugates) twice;
        # the last one stands for both of its signs.
        twice = jnp.where((number == 0) | (number == MODES // 2), 1.0, 2.0)
        real, imaginary = jnp.real(modes) * twice, jnp.imag(modes) * twice
        return jnp.sum(real * jnp.cos(angle) - imaginary * jnp.sin(angle), axis=1) / MODES

    def residual(self, u: ScalarField, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Residual u_t - nu u_xx - rho u (1 - u)."""
        value = u(xt)
        bend = along_both(u, xt, (1.0, 0.0), (1.0, 0.0))
        return along(u, xt, (0.0, 1.0)) - self.nu * bend - self.rho * value * (1 - value)

    def constraints(self, u: ScalarField, points: Points) -> dict[str, Float[Array, "..."]]:
        """Periodicity of the value, u(0, t) = u(2 pi, t), and the initial condition."""
        lower, upper, initial = evaluate(u, points.lower, points.upper, points.initial)
        return {
            "periodic": lower - upper,
            "initial": initial - self.initial(points.initial[:, 0]),
        }

    def at(self, difficulty: float | Float[Array, ""]) -> "ReactionDiffusion":
        """Return the problem at another diffusivity or rate, refused as in the constructor."""
        _check(self.difficulty_name, difficulty)
        value = jnp.asarray(difficulty, self.nu.dtype)
        return eqx.tree_at(lambda p: getattr(p, p.difficulty_name), self, value)


def strang(
    problem: ReactionDiffusion, modes: int, steps: int
) -> Complex[Array, "steps_and_1 half"]:
    """Fourier coefficients of the reference solution after each step, by Strang splitting.

    Parameters
    ----------
    problem
        Gives the equation and the initial values.
    modes
        Points of the periodic grid, an even number.
    steps
        Steps of equal length from t = 0 to 1.

    Returns
    -------
    Array
        Coefficients as ``jax.numpy.fft.rfft`` gives them, one row a time.
    """
    dt = 1.0 / steps
    x = jnp.arange(modes, dtype=problem.nu.dtype) * (2 * math.pi / modes)
    decay = jnp.exp(-problem.nu * dt * jnp.arange(modes // 2 + 1) ** 2)
    growth = jnp.exp(problem.rho * dt / 2)

    def react(u: Float[Array, " modes"]) -> Float[Array, " modes"]:
        return u * growth / (u * growth + 1 - u)

    def step(u: Float[Array, " modes"], _: None) -> tuple[Array, Array]:
        after = react(jnp.fft.irfft(decay * jnp.fft.rfft(react(u)), modes))
        return after, jnp.fft.rfft(after)

    first = problem.initial(x)
    spectra = jax.lax.scan(step, first, None, length=steps)[1]
    return jnp.concatenate([jnp.fft.rfft(first)[None], spectra])


def _check(name: str, value: float | Float[Array, ""]) -> None:
    what = {"nu": "diffusivity", "rho": "rate"}[name]
    at_least(name, value, 0, f"{what} for the reaction-diffusion problem", "such as 5")
