"""Explicit integrators of autonomous vector fields."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Float

Field = Callable[[Float[Array, "*samples size"]], Float[Array, "*samples size"]]


def advance(
    field: Field, state: Float[Array, "*samples size"], step: float, integrator: str
) -> Float[Array, "*samples size"]:
    """Make one step of an explicit integrator."""
    first = field(state)
    if integrator == "euler":
        return state + step * first
    second = field(state + step / 2 * first)
    third = field(state + step / 2 * second)
    fourth = field(state + step * third)
    return state + step / 6 * (first + 2 * second + 2 * third + fourth)


def rollout(
    field: Field,
    start: Float[Array, " size"],
    samples: int,
    step: float,
    integrator: str,
    substeps: int = 1,
) -> Float[Array, "samples size"]:
    """Follow a field from a state; one row a sample, the start included.

    Parameters
    ----------
    substeps
        Steps of the integrator between two samples.
    """

    def once(state: Array, _: None) -> tuple[Array, Array]:
        def within(_: Array | int, state: Array) -> Array:
            return advance(field, state, step / substeps, integrator)

        return jax.lax.fori_loop(0, substeps, within, state), state

    return jax.lax.scan(once, start, None, length=samples)[1]
