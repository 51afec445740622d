"""Explicit integrators of autonomous vector fields: single steps of our own, solves by diffrax."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from regimekit.errors import ConfigurationError

SOLVERS = {"euler": "Euler", "heun": "Heun", "tsit5": "Tsit5", "dopri5": "Dopri5"}
"""Solvers of :func:`solve`, and their names in diffrax."""

ADJOINTS = {
    "checkpoint": "RecursiveCheckpointAdjoint",
    "direct": "DirectAdjoint",
    "backsolve": "BacksolveAdjoint",
}
"""Ways to differentiate :func:`solve`, and their names in diffrax."""

Field = Callable[[Float[Array, "*samples size"]], Float[Array, "*samples size"]]


def advance(
    field: Field,
    state: Float[Array, "*samples size"],
    step: float | Float[Array, ""],
    integrator: str,
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
    step: float | Float[Array, ""],
    integrator: str,
    substeps: int | Int[Array, ""] = 1,
) -> Float[Array, "samples size"]:
    """Follow a field from a state; one row a sample, the start included.

    Parameters
    ----------
    step, substeps
        Time between two samples, and steps of the integrator between them. As arrays, one program
        serves all.
    """

    def once(state: Array, _: None) -> tuple[Array, Array]:
        def within(_: Array | int, state: Array) -> Array:
            return advance(field, state, step / substeps, integrator)

        return jax.lax.fori_loop(0, substeps, within, state), state

    return jax.lax.scan(once, start, None, length=samples)[1]


def solve(
    field: Field,
    start: Float[Array, " size"],
    samples: int,
    interval: float,
    solver: str,
    step: float,
    adjoint: str = "checkpoint",
) -> Float[Array, "samples size"]:
    """Follow a field from a state by a solver of diffrax; differentiable in the field's parameters.

    Parameters
    ----------
    samples, interval
        One row a sample, the start included; time between two of them.
    solver
        One of `SOLVERS`.
    step
        Step of the solver, which is constant.
    adjoint
        One of `ADJOINTS`: through the steps with checkpoints, through all of them, or by solving
        the adjoint equation backwards, whose gradient is that of the continuous problem.

    Returns
    -------
    Array
        States by sample. Infinite or NaN where the solve failed, so that a run that trains through
        it ends as diverged.

    Raises
    ------
    ConfigurationError
        If a name is unknown, or the step is not in (0, interval].

    References
    ----------
    Kidger, On neural differential equations, PhD thesis, University of Oxford, 2021.
    """
    check_solver(solver, step, interval, adjoint)
    # Here, since only training through a solve needs it, and it takes a second to import.
    import diffrax

    times = interval * jnp.arange(samples)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, y, f: f(y)),
        getattr(diffrax, SOLVERS[solver])(),
        t0=0.0,
        t1=times[-1],  # not the product: rounded otherwise, it may lie before the last time
        dt0=step,
        y0=start,
        args=field,
        saveat=diffrax.SaveAt(ts=times),
        adjoint=getattr(diffrax, ADJOINTS[adjoint])(),
        max_steps=4 * samples * max(round(interval / step), 1),
        throw=False,
    )
    found: Float[Array, "samples size"] = solution.ys
    return found


def check_solver(solver: str, step: float, interval: float, adjoint: str) -> None:
    """Refuse settings that :func:`solve` cannot have.

    Raises
    ------
    ConfigurationError
        If a name is unknown, or the step is not in (0, interval].
    """
    for what, name, known in (("solver", solver, SOLVERS), ("adjoint", adjoint, ADJOINTS)):
        if name not in known:
            raise ConfigurationError(f"{what} = {name!r} is unknown; there are {', '.join(known)}.")
    if not 0 < step <= interval:
        raise ConfigurationError(
            f"The solver's step = {step} must be above 0 and at most {interval}, the time between "
            "two samples."
        )
