"""Random arrays of several shapes, drawn by one program."""

import math
from collections.abc import Callable, Sequence

import jax
from jaxtyping import Array, Float, Key


def drawn(
    draw: Callable[[Key[Array, ""], tuple[int, ...], Array], Float[Array, "..."]],
    keys: Key[Array, " arrays"],
    shapes: Sequence[tuple[int, ...]],
    scales: Float[Array, " arrays"],
) -> tuple[Float[Array, "..."], ...]:
    """Draw one array a key: ``draw(key, shape, scale)`` for each, compiled once for all.

    JAX's random generator counts the entries of an array, so a smaller one is the beginning of a
    larger one. All are therefore drawn as large as the largest and cut: the numbers are those of
    single draws to the last bit, and a program of random draws, which takes most of the time that
    a small network's first cell takes to begin, is compiled once in place of once a shape.

    Parameters
    ----------
    draw
        Draws from a key, entry by entry.
    keys
        One key an array.
    shapes
        Their shapes.
    scales
        What else ``draw`` takes of each, such as a standard deviation or a bound.
    """
    sizes = [math.prod(shape) for shape in shapes]
    rows = jax.vmap(lambda key, scale: draw(key, (max(sizes),), scale))(keys, scales)
    return tuple(
        row[:size].reshape(shape) for row, size, shape in zip(rows, sizes, shapes, strict=True)
    )
