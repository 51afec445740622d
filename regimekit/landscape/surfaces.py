"""Slices of the loss along one or two directions, and how rough they are."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from regimekit.errors import ConfigurationError
from regimekit.landscape.operators import Vector, check_pair, flat_view
from regimekit.landscape.sharpness import filter_norms
from regimekit.tasks import AbstractTask


class Surface(NamedTuple):
    """Loss on a grid of offsets along one or two directions.

    Attributes
    ----------
    offsets
        Along each direction; 0 is the model.
    loss
        One axis a direction.
    """

    offsets: Float[np.ndarray, " offsets"]
    loss: Float[np.ndarray, "..."]

    def roughness(self) -> float:
        """Mean variation of the log loss along rays from the centre, over its range on the ray.

        1 where every ray rises (or falls) steadily, and more the more often it turns. Rays are the
        half rows and half columns through the centre.
        """
        with np.errstate(divide="ignore"):
            heights = np.log10(self.loss)
        centre = int(np.argmin(np.abs(self.offsets)))
        lines = []
        for axis in range(heights.ndim):
            line = np.moveaxis(heights, axis, 0)[(slice(None), *([centre] * (heights.ndim - 1)))]
            lines += [line[centre:], line[centre::-1]]
        shares = [
            np.abs(np.diff(line)).sum() / np.ptp(line)
            for line in lines
            if line.size > 1 and np.all(np.isfinite(line)) and np.ptp(line) > 0
        ]
        return float(np.mean(shares)) if shares else float("nan")


def random_directions(
    model: PyTree, count: int, *, key: PRNGKeyArray
) -> Float[Array, "count parameters"]:
    """Draw orthonormal directions, uniformly."""
    flat, _ = flat_view(model)
    if not 1 <= count <= flat.size:
        raise ConfigurationError(f"count = {count} is outside 1 ... {flat.size} parameters.")
    return jnp.linalg.qr(jax.random.normal(key, (flat.size, count), flat.dtype))[0].T


def filter_normalised(
    directions: Float[Array, "count parameters"], model: PyTree
) -> Float[Array, "count parameters"]:
    """Give each filter of each direction the norm that this filter has in the model.

    Filters are those of :func:`regimekit.landscape.filter_norms`. The second direction stays
    orthogonal to the first only about; it is not forced to be, since that would change its norms.

    References
    ----------
    Li, Xu, Taylor, Studer and Goldstein, Visualizing the loss landscape of neural nets, NeurIPS
    2018, section 4.
    """
    _, rebuild = flat_view(model)
    wanted = filter_norms(model)
    has = jax.vmap(lambda direction: filter_norms(rebuild(direction)))(directions)
    return directions * jnp.where(has > 0, wanted / jnp.where(has > 0, has, 1), 0)


def slice_1d(
    task: AbstractTask,
    model: PyTree,
    direction: Vector,
    offsets: Float[np.ndarray, " offsets"],
) -> Surface:
    """Loss along a line through the model.

    Raises
    ------
    ConfigurationError
        If the direction has not the model's number of parameters, or model and task do not fit.
    """
    directions = jnp.asarray(direction)[None]
    loss = _losses(task, model, directions, np.asarray(offsets)[:, None])
    return Surface(np.asarray(offsets, float), loss)


def slice_2d(
    task: AbstractTask,
    model: PyTree,
    directions: Float[Array | np.ndarray, "2 parameters"],
    offsets: Float[np.ndarray, " offsets"],
) -> Surface:
    """Loss on a square through the model; the first axis goes along the first direction.

    Raises
    ------
    ConfigurationError
        As for :func:`slice_1d`.
    """
    first, second = np.meshgrid(offsets, offsets, indexing="ij")
    places = np.stack([first.ravel(), second.ravel()], axis=1)
    loss = _losses(task, model, jnp.asarray(directions), places).reshape(first.shape)
    return Surface(np.asarray(offsets, float), loss)


def _losses(
    task: AbstractTask,
    model: PyTree,
    directions: Float[Array, "count parameters"],
    places: Float[np.ndarray, "places count"],
) -> Float[np.ndarray, " places"]:
    check_pair(task, model)
    flat, _ = flat_view(model)
    if directions.shape[1] != flat.size:
        raise ConfigurationError(
            f"The directions have {directions.shape[1]} entries, the model {flat.size} parameters."
        )
    found = losses_at(task, model, directions, jnp.asarray(places, flat.dtype))
    return np.asarray(found, np.float64)


@eqx.filter_jit
def losses_at(
    task: AbstractTask,
    model: PyTree,
    directions: Float[Array, "count parameters"],
    places: Float[Array, "places count"],
) -> Float[Array, " places"]:
    """Loss at the model plus combinations of directions, one after the other."""
    flat, rebuild = flat_view(model)
    return jax.lax.map(lambda place: task.loss(rebuild(flat + place @ directions)), places)
