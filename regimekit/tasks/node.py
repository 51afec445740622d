"""Neural ordinary differential equations, with and without a physics term, on the pendulum."""

import math
from collections.abc import Callable
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from regimekit.errors import ConfigurationError
from regimekit.models import VectorField
from regimekit.problems import Pendulum, advance, embed, rollout
from regimekit.tasks._base import AbstractTask

Field = Callable[[Float[Array, "*samples size"]], Float[Array, "*samples size"]]

BATCH = 32
TEST_HORIZON = 20.0
"""Length of the test orbit, in units of time; the original's."""


class NODE(AbstractTask):
    """Neural ODE on one orbit of the pendulum, trained to make single steps.

    The block ``data`` is the error of one integrator step from each sample to the next, ``physics``
    the error of the field itself at the samples, times the step; it makes the PINODE.

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
        Angles in radians from which the training and the test orbit are released.
    step
        Time between two samples.
    width, depth
        Of the network.
    padded
        Length that the arrays of samples are filled up to, at least ``n_samples``: tasks of one
        length share their compiled programs. A multiple of 32 above ``n_samples`` if not given.

    Raises
    ------
    ConfigurationError
        If a name is unknown, there are fewer than two samples or more than ``padded``, or the
        physics is asked for in the embedded representation.

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
    start: float = eqx.field(static=True)
    test_start: float = eqx.field(static=True)
    step: float = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    padded: int = eqx.field(static=True)

    def __init__(
        self,
        problem: Pendulum,
        n_samples: int,
        *,
        physics: bool = False,
        representation: str = "state",
        integrator: str = "rk4",
        accuracy: str = "converged",
        start: float = 1.7,
        test_start: float = 1.2,
        step: float = 0.05,
        width: int = 10,
        depth: int = 3,
        padded: int | None = None,
    ):
        if representation not in ("state", "embedded"):
            raise ConfigurationError(
                f"representation = {representation!r} must be state or embedded."
            )
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
        self.start, self.test_start, self.step = start, test_start, step
        self.width, self.depth, self.padded = width, depth, padded
        orbit = self._orbit(start, n_samples)
        self.pairs = jnp.asarray(n_samples - 1)
        self.inputs, self.targets = (_fill(rows, padded) for rows in (orbit[:-1], orbit[1:]))
        self.test = jnp.asarray(self._orbit(test_start, round(TEST_HORIZON / step)), float)
        self.weights = {"data": 1.0} | ({"physics": 1.0} if physics else {})

    def _orbit(self, start: float, samples: int) -> Float[np.ndarray, "samples size"]:
        orbit = self.problem.trajectory(start, samples, self.step, accuracy=self.accuracy)
        return embed(orbit) if self.representation == "embedded" else orbit

    @property
    def difficulty(self) -> Float[Array, ""]:
        """Inverse damping."""
        return self.problem.difficulty

    def init(self, key: PRNGKeyArray) -> VectorField:
        """Draw a new vector field."""
        return VectorField(self.inputs.shape[1], self.width, self.depth, key=key)

    def residuals(self, model: Field) -> dict[str, Float[Array, "padded size"]]:
        """Errors of single steps (``data``) and of the field (``physics``), by sample.

        Rows that only fill up the arrays are zero, and the others scaled up, so that the mean
        square is that over the samples.
        """
        return self._residuals(model, self.inputs, self.targets, 0)

    def _residuals(
        self,
        model: Field,
        inputs: Float[Array, "rows size"],
        targets: Float[Array, "rows size"],
        first: int | Int[Array, ""],
    ) -> dict[str, Float[Array, "rows size"]]:
        there = first + jnp.arange(len(inputs)) < self.pairs
        share = len(inputs) / jnp.maximum(jnp.sum(there), 1)
        scale = jnp.where(there, jnp.sqrt(share), 0.0)[:, None]
        found = {"data": scale * (advance(model, inputs, self.step, self.integrator) - targets)}
        if "physics" in self.weights:
            found["physics"] = scale * self.step * (model(inputs) - self.problem.field(inputs))
        return found

    def batch(self, index: Int[Array, ""]) -> "Batch":
        """Return one of the windows of 32 samples, in order and over again."""
        windows = (self.pairs + BATCH - 1) // BATCH
        return Batch(self, BATCH * (index % windows))

    def test_error(self, model: Field) -> Float[Array, ""]:
        """Relative L2 error of a rollout along the test orbit, the mean over the coordinates."""
        return _by_component(self._follow(model), self.test)

    def _follow(self, model: Field) -> Float[Array, "times size"]:
        return rollout(model, self.test[0], len(self.test), self.step, self.integrator)

    def metrics(self, model: Field) -> dict[str, Float[Array, ""]]:
        """Losses by block; errors of steps and rollouts, beside those of the exact field."""
        losses = self.block_losses(model)
        found = {f"train_loss_{name}": value for name, value in losses.items()}
        found["train_loss"] = sum(losses.values(), jnp.zeros(()))
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
        return type(self)(
            self.problem.at(float(difficulty)),
            int(self.pairs) + 1,
            physics="physics" in self.weights,
            representation=self.representation,
            integrator=self.integrator,
            accuracy=self.accuracy,
            start=self.start,
            test_start=self.test_start,
            step=self.step,
            width=self.width,
            depth=self.depth,
            padded=self.padded,
        )

    def resample(self, key: PRNGKeyArray, radius: float | Float[Array, ""]) -> Self:
        """Return the same task: samples are measured, they cannot be moved."""
        del key, radius
        return self

    def redraw(self, key: PRNGKeyArray) -> Self:
        """Return the same task: samples are measured, they cannot be drawn."""
        del key
        return self


class Batch(eqx.Module):
    """A window of a NODE's samples: a loss, for methods that take steps on parts of the data."""

    task: NODE
    first: Int[Array, ""]

    def loss(self, model: PyTree) -> Float[Array, ""]:
        """Weighted sum of the blocks over the window."""
        task = self.task
        inputs, targets = (
            jax.lax.dynamic_slice_in_dim(rows, self.first, BATCH)
            for rows in (task.inputs, task.targets)
        )
        blocks = task._residuals(model, inputs, targets, self.first)
        return sum((task.weights[n] * jnp.mean(r**2) for n, r in blocks.items()), jnp.zeros(()))


def _fill(rows: Float[np.ndarray, "rows size"], length: int) -> Float[Array, "length size"]:
    filler = np.repeat(rows[-1:], length - len(rows), axis=0)
    return jnp.asarray(np.concatenate([rows, filler]), float)


def _by_component(
    found: Float[Array, "times size"], truth: Float[Array, "times size"]
) -> Float[Array, ""]:
    errors = jnp.linalg.norm(found - truth, axis=0) / jnp.linalg.norm(truth, axis=0)
    return jnp.mean(errors)
