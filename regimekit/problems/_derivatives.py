"""Directional derivatives of fields, in forward mode."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from regimekit.problems._base import ScalarField

Direction = tuple[float | Float[Array, ""], float | Float[Array, ""]]
"""Components along x and t."""


def along(
    u: ScalarField, xt: Float[Array, "points 2"], direction: Direction
) -> Float[Array, " points"]:
    """First derivative of ``u`` along (x, t) ``direction``; one forward pass."""
    return jax.jvp(u, (xt,), (_rows(direction, xt),))[1]


def along_both(
    u: ScalarField, xt: Float[Array, "points 2"], first: Direction, second: Direction
) -> Float[Array, " points"]:
    """Second derivative of ``u`` along two directions, forward over forward."""
    return along(lambda rows: along(u, rows, first), xt, second)


def _rows(direction: Direction, xt: Float[Array, "points 2"]) -> Float[Array, "points 2"]:
    return jnp.broadcast_to(jnp.stack([jnp.asarray(d, xt.dtype) for d in direction]), xt.shape)
