"""The damped nonlinear pendulum: trajectories for neural ODEs."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from regimekit.errors import ConfigurationError

#: Tolerances of the trajectories: converged ones, and scipy's defaults, which the original used.
_SOLVERS = {
    "converged": {"method": "DOP853", "rtol": 1e-12, "atol": 1e-12},
    "reference": {"method": "RK45", "rtol": 1e-3, "atol": 1e-6},
}


TEST_HORIZON = 20.0
"""Length of the test orbit, in units of time; the original's."""


class Pendulum(eqx.Module):
    r"""Pendulum $\dot\theta = \omega$, $\dot\omega = -b \omega - \sin\theta$.

    The difficulty is $1 / b$: the weaker the damping, the longer and the less linear the motion.
    Time is in units of $\sqrt{l / g}$, angles in radians.

    Parameters
    ----------
    inverse_damping
        $1 / b$, above 0.

    Raises
    ------
    ConfigurationError
        If ``inverse_damping`` is a Python number that is not finite or not above 0.

    References
    ----------
    Strogatz, Nonlinear Dynamics and Chaos, CRC Press 2015, sections 6.7 and 8.6.
    """

    inverse_damping: Float[Array, ""]
    difficulty_name: str = eqx.field(static=True)

    def __init__(self, inverse_damping: float | Float[Array, ""]):
        _check(inverse_damping)
        self.difficulty_name = "inverse_damping"
        # A number also where a function is only traced: trajectories are computed on the host.
        with jax.ensure_compile_time_eval():
            self.inverse_damping = jnp.asarray(inverse_damping, dtype=jnp.result_type(float))

    @property
    def difficulty(self) -> Float[Array, ""]:
        """The inverse damping."""
        return self.inverse_damping

    @property
    def damping(self) -> Float[Array, ""]:
        """The coefficient b."""
        return 1 / self.inverse_damping

    def field(self, state: Float[Array, "*samples 2"]) -> Float[Array, "*samples 2"]:
        """Time derivative of states (theta, omega)."""
        theta, omega = state[..., 0], state[..., 1]
        return jnp.stack([omega, -self.damping * omega - jnp.sin(theta)], axis=-1)

    def energy(self, state: Float[Array, "*samples 2"]) -> Float[Array, "*samples"]:
        """Energy omega^2 / 2 + 1 - cos theta; constant without damping."""
        return state[..., 1] ** 2 / 2 + 1 - jnp.cos(state[..., 0])

    def at(self, difficulty: float | Float[Array, ""]) -> "Pendulum":
        """Return the pendulum at another inverse damping."""
        return Pendulum(difficulty)

    def trajectory(
        self,
        start: float,
        samples: int,
        step: float,
        *,
        accuracy: str = "converged",
        representation: str = "state",
    ) -> Float[np.ndarray, "samples size"]:
        """Release the pendulum at rest and follow it, in double precision on the host.

        Parameters
        ----------
        start
            Angle at t = 0, in radians.
        samples
            How many, at least 2, the start included.
        step
            Time between two samples, above 0.
        accuracy
            ``converged`` (DOP853 at 1e-12), or ``reference``: RK45 at scipy's default tolerances,
            as the original's data are.
        representation
            ``state`` (theta, omega), or ``embedded``, see :func:`embed`.

        Returns
        -------
        array
            One row a sample, float64.

        Raises
        ------
        ConfigurationError
            If there are fewer than two samples, the step is not above 0, or a name is unknown.
        """
        if representation not in ("state", "embedded"):
            raise ConfigurationError(
                f"representation = {representation!r} must be state or embedded."
            )
        if accuracy not in _SOLVERS:
            raise ConfigurationError(
                f"accuracy = {accuracy!r} must be one of {', '.join(_SOLVERS)}."
            )
        if samples < 2:
            raise ConfigurationError(
                f"A horizon of {samples} samples has no pair to learn from: it needs at least 2."
            )
        if not (math.isfinite(step) and step > 0):
            raise ConfigurationError(f"The time step {step} must be above 0, such as 0.05.")
        from scipy.integrate import solve_ivp  # Half a second that other problems need not spend.

        b = 1 / float(self.inverse_damping)
        times = step * np.arange(samples)
        solution = solve_ivp(
            lambda t, y: (y[1], -b * y[1] - math.sin(y[0])),
            (0.0, times[-1]),
            (start, 0.0),
            t_eval=times,
            **_SOLVERS[accuracy],
        )
        return embed(solution.y.T) if representation == "embedded" else solution.y.T


def embed(state: Float[np.ndarray, "*samples 2"]) -> Float[np.ndarray, "*samples 3"]:
    """Put states on the unit sphere the way the original does, omega being the azimuth.

    This is no embedding: all states with theta = 0 fall on one point, and (theta, omega) on
    (-theta, omega + pi).
    """
    theta, omega = state[..., 0], state[..., 1]
    parts = [np.sin(theta) * np.cos(omega), np.sin(theta) * np.sin(omega), -np.cos(theta)]
    return np.stack(parts, axis=-1)


def _check(inverse_damping: float | Float[Array, ""]) -> None:
    if isinstance(inverse_damping, int | float) and not (
        math.isfinite(inverse_damping) and inverse_damping > 0
    ):
        raise ConfigurationError(
            f"inverse_damping = {inverse_damping} is not an inverse damping 1/b: it must be a "
            "finite number above 0, such as 8."
        )
