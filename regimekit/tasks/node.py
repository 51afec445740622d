"""Neural ordinary differential equations, with and without a physics term, on the pendulum."""

import math
from collections.abc import Callable, Sequence
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.models import VectorField
from regimekit.problems import TEST_HORIZON, Pendulum, advance, check_solver, rollout, solve
from regimekit.tasks._base import AbstractSampledTask

Field = Callable[[Float[Array, "*samples size"]], Float[Array, "*samples size"]]

BATCH = 32


class NODE(AbstractSampledTask):
    """Neural ODE on one orbit of the pendulum, trained to make single steps.

    The block ``data`` is the error of one integrator step from each sample to the next, ``physics``
    the error of the field itself at the samples, times the step; it makes the PINODE. With a
    ``solver``, ``data`` is instead the error of a solve from the first sample (of all, or of a
    batch) along the others, which is trained by differentiating through it.

    Parameters
    ----------
    problem
        The pendulum.
    n_samples
        Samples of the training orbit.
    physics
        Whether to have the block ``physics``; needs the representation ``state``.
    representation
        ``state`` (theta, omega), or ``embedded``, the original's three coordinates.
    integrator
        ``euler``, the original's, or ``rk4``.
    accuracy
        Of the data, see :meth:`regimekit.problems.Pendulum.trajectory`.
    start, test_start
        Angles in radians from which the training and the test orbit are released. Several training
        orbits if ``start`` is a sequence; the pairs are shared out among them.
    window
        Samples of each training orbit, from all of which the pairs are taken evenly: the same
        number of pairs sees more of an orbit. If not given, the pairs are the first ones.
    step
        Time between two samples.
    solver
        Of the solve, see :func:`regimekit.problems.solve`; single steps if not given.
    solver_step
        Its step; ``step`` if not given.
    adjoint
        How it is differentiated.
    width
        Of the network, see :class:`regimekit.models.VectorField`.
    padded
        Length that the arrays of samples are filled up to, at least ``n_samples``: tasks of one
        length share their compiled programs. A multiple of 32 above ``n_samples`` if not given.

    Raises
    ------
    ConfigurationError
        If a name is unknown, the solver's step is not in (0, step], there are fewer than two
        samples or more than ``padded`` or than the orbits have, or the physics is asked for in the
        embedded representation, or a solve along samples that do not follow each other.

    References
    ----------
    Chen et al., Neural ordinary differential equations, NeurIPS 2018. Set-up: Wang et al., ICML
    2026, arXiv 2605.29153.
    """

    problem: Pendulum
    inputs: Float[Array, "padded size"]
    targets: Float[Array, "padded size"]
    pairs: Int[Array, ""]
    test: Float[Array, "times size"]
    weights: dict[str, float]
    representation: str = eqx.field(static=True)
    integrator: str = eqx.field(static=True)
    accuracy: str = eqx.field(static=True)
    start: tuple[float, ...] = eqx.field(static=True)
    window: int | None = eqx.field(static=True)
    test_start: float = eqx.field(static=True)
    step: float = eqx.field(static=True)
    solver: str | None = eqx.field(static=True)
    solver_step: float = eqx.field(static=True)
    adjoint: str = eqx.field(static=True)
    width: int = eqx.field(static=True)

    def __init__(
        self,
        problem: Pendulum,
        n_samples: int,
        *,
        physics: bool = False,
        representation: str = "state",
        integrator: str = "rk4",
        accuracy: str = "converged",
        start: float | Sequence[float] = 1.7,
        window: int | None = None,
        test_start: float = 1.2,
        step: float = 0.05,
        solver: str | None = None,
        solver_step: float | None = None,
        adjoint: str = "checkpoint",
        width: int = 10,
        padded: int | None = None,
    ):
        if integrator not in ("euler", "rk4"):
            raise ConfigurationError(f"integrator = {integrator!r} must be euler or rk4.")
        if physics and representation == "embedded":
            raise ConfigurationError(
                "The physics term is written for the representation 'state', not 'embedded'."
            )
        if padded is None:
            padded = BATCH * math.ceil(n_samples / BATCH)
        if padded < n_samples or padded % BATCH:
            raise ConfigurationError(
                f"padded = {padded} must be a multiple of {BATCH} and at least the {n_samples} "
                "samples."
            )
        self.problem = problem
        self.representation, self.integrator, self.accuracy = representation, integrator, accuracy
        self.start = tuple(start) if isinstance(start, Sequence) else (start,)
        self.window, self.test_start, self.step = window, test_start, step
        check_samples(n_samples, len(self.start), window)
        self.solver, self.adjoint = solver, adjoint
        self.solver_step = step if solver_step is None else solver_step
        if solver is not None:
            check_solver(solver, self.solver_step, step, adjoint)
            if window is not None or len(self.start) > 1:
                raise ConfigurationError(
                    "A solve follows one orbit from sample to sample: leave window out, and give "
                    "one start."
                )
        self.width = width
        self.weights = {"data": 1.0} | ({"physics": 1.0} if physics else {})
        self.pairs = jnp.asarray(n_samples - 1)
        *found, self.test = self._orbits(n_samples - 1)
        self.inputs, self.targets = (_fill(rows, padded) for rows in found)

    def _orbits(
        self, pairs: int
    ) -> tuple[
        Float[np.ndarray, "pairs size"], Float[np.ndarray, "pairs size"], Float[Array, "times size"]
    ]:
        """Inputs and targets from the training orbits, and the test orbit."""
        kind = {"accuracy": self.accuracy, "representation": self.representation}
        before, after = [], []
        for orbit, share in enumerate(shared_out(pairs, len(self.start))):
            samples = share + 1 if self.window is None else self.window
            states = self.problem.trajectory(self.start[orbit], samples, self.step, **kind)
            first = np.rint(np.linspace(0, samples - 2, share)).astype(int)
            before.append(states[first])
            after.append(states[first + 1])
        samples = round(TEST_HORIZON / self.step)
        test = self.problem.trajectory(self.test_start, samples, self.step, **kind)
        return np.concatenate(before), np.concatenate(after), jnp.asarray(test, float)

    @property
    def difficulty(self) -> Float[Array, ""]:
        """Inverse damping."""
        return self.problem.difficulty

    def init(self, key: PRNGKeyArray) -> VectorField:
        """Draw a new vector field."""
        return VectorField(self.inputs.shape[1], self.width, key=key)

    def residuals(self, model: Field) -> dict[str, Float[Array, "padded size"]]:
        """Errors of single steps (``data``) and of the field (``physics``), by sample.

        Rows that only fill up the arrays are zero, and the others scaled up, so that the mean
        square is that over the samples.
        """
        there = jnp.arange(len(self.inputs)) < self.pairs
        share = len(self.inputs) / jnp.maximum(jnp.sum(there), 1)
        scale = jnp.where(there, jnp.sqrt(share), 0.0)[:, None]
        if self.solver is None:
            stepped = advance(model, self.inputs, self.step, self.integrator)
            found = {"data": scale * (stepped - self.targets)}
        else:
            # A solve may fail beyond the samples, where it is not looked at.
            apart = jnp.where(there[:, None], self._solved(model) - self.targets, 0)
            found = {"data": scale * apart}
        if "physics" in self.weights:
            exact = self.problem.field(self.inputs)
            found["physics"] = scale * self.step * (model(self.inputs) - exact)
        return found

    def _solved(self, model: Field) -> Float[Array, "padded size"]:
        """States along a solve from the first input, to be compared with the targets."""
        assert self.solver is not None
        settings = (self.solver, self.solver_step, self.adjoint)
        return solve(model, self.inputs[0], len(self.inputs) + 1, self.step, *settings)[1:]

    def batch(self, index: Int[Array, ""]) -> Self:
        """Return the same task on one window of 32 samples, in order and over again."""
        first = BATCH * (index % ((self.pairs + BATCH - 1) // BATCH))
        return eqx.tree_at(
            lambda task: (task.inputs, task.targets, task.pairs),
            self,
            (
                jax.lax.dynamic_slice_in_dim(self.inputs, first, BATCH),
                jax.lax.dynamic_slice_in_dim(self.targets, first, BATCH),
                jnp.minimum(self.pairs - first, BATCH),
            ),
        )

    def test_error(self, model: Field) -> Float[Array, ""]:
        """Relative L2 error of a rollout along the test orbit, the mean over the coordinates."""
        return _by_component(self._follow(model), self.test)

    def _follow(self, model: Field) -> Float[Array, "times size"]:
        return rollout(model, self.test[0], len(self.test), self.step, self.integrator)

    def metrics(self, model: Field) -> dict[str, Float[Array, ""]]:
        """Losses by block; errors of steps and rollouts, beside those of the exact field."""
        found = self.train_losses(model)
        orbit, stepped = self._follow(model), advance(model, self.test, self.step, self.integrator)
        found["test_error"] = _by_component(orbit, self.test)
        found["test_error_joint"] = jnp.linalg.norm(orbit - self.test) / jnp.linalg.norm(self.test)
        found["test_error_step"] = jnp.mean((stepped[:-1] - self.test[1:]) ** 2)
        finer = rollout(model, self.test[0], len(self.test), self.step, self.integrator, 4)
        found["test_error_refined"] = _by_component(finer, self.test)
        if self.representation == "state":
            exact = rollout(
                self.problem.field, self.test[0], len(self.test), self.step, self.integrator
            )
            found["test_error_floor"] = _by_component(exact, self.test)
            energies = self.problem.energy(orbit), self.problem.energy(self.test)
            found["energy_error"] = jnp.abs(energies[0][-1] - energies[1][-1]) / energies[1][0]
            omega = self.inputs[:, 1]
            force = model(self.inputs)[:, 1] + jnp.sin(self.inputs[:, 0])
            there = jnp.arange(len(omega)) < self.pairs
            squares = jnp.sum(jnp.where(there, omega**2, 0))
            found["damping"] = -jnp.sum(jnp.where(there, force * omega, 0)) / squares
        else:
            for name in ("test_error_floor", "energy_error", "damping"):
                found[name] = jnp.full((), jnp.nan)
        return found

    def at(self, difficulty: float | Float[Array, ""]) -> Self:
        """Return the task for the pendulum at another inverse damping, with orbits of its own."""
        moved = eqx.tree_at(lambda task: task.problem, self, self.problem.at(float(difficulty)))
        *found, test = moved._orbits(int(self.pairs))
        inputs, targets = (_fill(rows, len(self.inputs)) for rows in found)
        return eqx.tree_at(
            lambda task: (task.inputs, task.targets, task.test), moved, (inputs, targets, test)
        )


def shared_out(pairs: int, orbits: int) -> list[int]:
    """Pairs of samples that each of several orbits has."""
    return [(pairs + orbits - 1 - orbit) // orbits for orbit in range(orbits)]


def check_samples(n_samples: int, orbits: int, window: int | None) -> None:
    """Refuse more samples than the training orbits have, or so few that an orbit has no pair.

    Raises
    ------
    ConfigurationError
        If an orbit has no pair of samples to give, or fewer than are asked for.
    """
    shares = shared_out(n_samples - 1, orbits)
    if min(shares) < 1:
        raise ConfigurationError(
            f"n_samples = {n_samples} leaves an orbit without a pair to learn from: {orbits} "
            f"orbit{'s need' if orbits > 1 else ' needs'} at least {orbits + 1}."
        )
    if window is not None and max(shares) > window - 1:
        raise ConfigurationError(
            f"n_samples = {n_samples} is more than {orbits} orbits of {window} samples have: "
            f"{orbits * (window - 1) + 1} at most."
        )


def _fill(rows: Float[np.ndarray, "rows size"], length: int) -> Float[Array, "length size"]:
    filler = np.repeat(rows[-1:], length - len(rows), axis=0)
    return jnp.asarray(np.concatenate([rows, filler]), float)


def _by_component(
    found: Float[Array, "times size"], truth: Float[Array, "times size"]
) -> Float[Array, ""]:
    errors = jnp.linalg.norm(found - truth, axis=0) / jnp.linalg.norm(truth, axis=0)
    return jnp.mean(errors)
