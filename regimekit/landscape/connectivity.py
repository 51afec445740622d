"""Paths between two trained models: the straight line, and a trained Bezier curve."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from regimekit.errors import ConfigurationError
from regimekit.landscape.operators import Vector, check_pair, flat_view
from regimekit.tasks import AbstractTask


class Path(NamedTuple):
    """Loss along a path from one model (position 0) to another (position 1).

    Attributes
    ----------
    positions
        In [0, 1], both ends included.
    loss
        There.
    control
        Control point of the quadratic Bezier curve; the middle of the ends for the straight line.
    """

    positions: Float[np.ndarray, " positions"]
    loss: Float[np.ndarray, " positions"]
    control: Vector

    @property
    def highest(self) -> float:
        """Largest loss on the path; infinite if a loss is not finite."""
        return float(np.where(np.isfinite(self.loss), self.loss, np.inf).max())

    @property
    def barrier(self) -> float:
        """Largest loss on the path minus the larger loss of the ends: 0 where they connect."""
        return self.highest - float(max(self.loss[0], self.loss[-1]))

    @property
    def connectivity(self) -> float:
        """Mean loss of the ends minus the loss where the path is farthest from it.

        Negative for a barrier, positive where the path finds lower losses than the ends (Yang et
        al., Taxonomizing local versus global structure in neural network loss landscapes, NeurIPS
        2021, equation 2). The same with the ends swapped.
        """
        mean = 0.5 * (self.loss[0] + self.loss[-1])
        gaps = mean - self.loss
        return float(gaps[np.argmax(np.abs(gaps))])


def interpolate(task: AbstractTask, first: PyTree, second: PyTree, *, points: int = 21) -> Path:
    """Loss on the straight line between two models.

    Parameters
    ----------
    task
        Whose loss.
    first, second
        Models of one shape.
    points
        Positions on the line, at least 3.

    Raises
    ------
    ConfigurationError
        If the models differ in shape, are not finite or do not fit the task.
    """
    start, end = _ends(task, first, second, points)
    control = 0.5 * (start + end)
    return _path(task, first, (start, control, end), points)


def connect(
    task: AbstractTask,
    first: PyTree,
    second: PyTree,
    *,
    key: PRNGKeyArray,
    steps: int = 1000,
    learning_rate: float = 1e-2,
    points: int = 21,
    checks: int = 20,
) -> Path:
    """Train a quadratic Bezier curve of low loss between two models.

    The control point starts in the middle, where the curve is the straight line, and descends the
    mean loss over the curve by Adam, each step at one position of a stratified draw. Of all curves
    looked at on the way, the one whose largest loss is lowest is returned: the straight line is
    among them, so the result is never worse.

    Parameters
    ----------
    task
        Whose loss.
    first, second
        Models of one shape.
    key
        Of the positions.
    steps
        Of Adam; each is one gradient of the loss.
    learning_rate
        Of Adam at the start; it falls to zero along a cosine.
    points
        Positions at which a curve is judged, at least 3.
    checks
        How often along training.

    Raises
    ------
    ConfigurationError
        As for :func:`interpolate`, or if steps or checks are below 1.

    References
    ----------
    Garipov, Izmailov, Podoprikhin, Vetrov and Wilson, Loss surfaces, mode connectivity, and fast
    ensembling of DNNs, NeurIPS 2018.
    """
    if min(steps, checks) < 1:
        raise ConfigurationError(f"steps = {steps} and checks = {checks} must be at least 1.")
    start, end = _ends(task, first, second, points)
    best = interpolate(task, first, second, points=points)
    optimiser = optax.adam(optax.cosine_decay_schedule(learning_rate, steps))
    control = best.control
    state = optimiser.init(control)
    length = -(-steps // checks)
    for number in range(-(-steps // length)):
        positions = _stratified(jax.random.fold_in(key, number), length, start.dtype)
        control, state = _descend(
            task, first, (start, control, end), state, positions, learning_rate, steps
        )
        found = _path(task, first, (start, control, end), points)
        if found.highest < best.highest:
            best = found
    return best


def _ends(task: AbstractTask, first: PyTree, second: PyTree, points: int) -> tuple[Vector, Vector]:
    if points < 3:
        raise ConfigurationError(f"points = {points} must be at least 3.")
    shapes = [
        [leaf.shape for leaf in jax.tree.leaves(eqx.filter(m, eqx.is_inexact_array))]
        for m in (first, second)
    ]
    if shapes[0] != shapes[1]:
        raise ConfigurationError(
            "The two models have parameters of different shapes: a path needs models of one shape."
        )
    for model in (first, second):
        check_pair(task, model)
    return flat_view(first)[0], flat_view(second)[0]


def _bezier(ends: tuple[Vector, Vector, Vector], position: Float[Array, ""]) -> Vector:
    start, control, end = ends
    left = 1 - position
    return left**2 * start + 2 * left * position * control + position**2 * end


def _path(
    task: AbstractTask, model: PyTree, ends: tuple[Vector, Vector, Vector], points: int
) -> Path:
    positions = np.linspace(0.0, 1.0, points)
    loss = _along(task, model, ends, jnp.asarray(positions, ends[0].dtype))
    return Path(positions, np.asarray(loss, np.float64), ends[1])


@eqx.filter_jit
def _along(
    task: AbstractTask,
    model: PyTree,
    ends: tuple[Vector, Vector, Vector],
    positions: Float[Array, " positions"],
) -> Float[Array, " positions"]:
    _, rebuild = flat_view(model)
    return jax.lax.map(lambda p: task.loss(rebuild(_bezier(ends, p))), positions)


def _stratified(key: PRNGKeyArray, count: int, dtype: Any) -> Float[Array, " count"]:
    """One position in each of ``count`` equal parts of [0, 1], in random order."""
    order, within = jax.random.split(key)
    parts = jax.random.permutation(order, count)
    return ((parts + jax.random.uniform(within, (count,))) / count).astype(dtype)


@eqx.filter_jit
def _descend(
    task: AbstractTask,
    model: PyTree,
    ends: tuple[Vector, Vector, Vector],
    state: Any,
    positions: Float[Array, " positions"],
    learning_rate: float,
    steps: int,
) -> tuple[Vector, Any]:
    _, rebuild = flat_view(model)
    start, control, end = ends
    optimiser = optax.adam(optax.cosine_decay_schedule(learning_rate, steps))

    def loss(control: Vector, position: Float[Array, ""]) -> Float[Array, ""]:
        return task.loss(rebuild(_bezier((start, control, end), position)))

    def step(
        carry: tuple[Vector, Any], position: Float[Array, ""]
    ) -> tuple[tuple[Vector, Any], None]:
        control, state = carry
        updates, state = optimiser.update(jax.grad(loss)(control, position), state, control)
        return (control + updates, state), None

    return jax.lax.scan(step, (control, state), positions)[0]
