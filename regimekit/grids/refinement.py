"""Rollouts of stored neural ODEs with ever smaller steps: whether it is a field that was learnt."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Int

from regimekit.errors import ConfigurationError
from regimekit.grids.device import precision
from regimekit.grids.stored import cell_at, stored_run
from regimekit.landscape import flat_view
from regimekit.models import VectorField
from regimekit.problems import Pendulum, rollout
from regimekit.problems.stepping import Field
from regimekit.tasks import NODE

INTEGRATIONS: dict[str, tuple[str | None, int]] = {
    "step": (None, 1),
    "step / 2": (None, 2),
    "step / 4": (None, 4),
    "Runge-Kutta, step / 8": ("rk4", 8),
}
"""Integrator (None: that of training) and steps from a sample to the next; the last is exact."""


def refined_rollouts(dataset: xr.Dataset, weights: xr.Dataset, method: str = "adam") -> xr.Dataset:
    """Roll out all stored fields along the test orbit, with the step of training and finer ones.

    A field that solves the equation does so whatever the integrator, the better the finer its step.
    One that was fitted to the map from a sample to the next has the integrator's error in it, and
    leaves the orbit when that error goes.

    Parameters
    ----------
    dataset, weights
        Of one experiment with neural ODEs on the pendulum.
    method
        Whose runs.

    Returns
    -------
    Dataset
        ``error`` over (difficulty, data, seed, integration), the relative L2 error against the
        converged orbit, mean over coordinates; NaN for runs not done or whose weights were not
        kept, infinite for rollouts that overflow. ``floor`` over (difficulty, integration), that of
        the exact field; NaN in embedded coordinates, in which there is none.

    Raises
    ------
    ConfigurationError
        If the dataset is not of such an experiment, or has no finished run of the method with its
        weights.
    """
    names = [str(name) for name in dataset["method"].values]
    runs = dataset.isel(method=names.index(method)) if method in names else None
    if runs is None or not bool((runs["status"] == 1).any()):
        raise ConfigurationError(
            f"The dataset of {dataset.attrs['experiment']!r} has no finished run of {method!r}."
        )
    if dataset.attrs["difficulty_axis"] != "inverse_damping":
        raise ConfigurationError(
            f"{dataset.attrs['experiment']!r} has no rollouts; neural ODEs on the pendulum have."
        )
    runs = runs.transpose("difficulty", "data", "seed", ...)
    stored = weights["weights"].isel(method=names.index(method))
    of_method = stored.transpose("difficulty", "data", "seed", ...).values
    done = (runs["status"].values == 1) & np.isfinite(of_method).all(axis=-1)
    if not done.any():
        raise ConfigurationError(
            f"The dataset of {dataset.attrs['experiment']!r} has no weights of {method!r}: "
            "`regimekit run` keeps those of all runs."
        )
    shape = (*done.shape, len(INTEGRATIONS))
    errors, floors = np.full(shape, np.nan), np.full((shape[0], shape[-1]), np.nan)
    i, j, k = np.argwhere(done)[0]
    place = {"difficulty": int(i), "data": int(j), "seed": int(k)}
    place["method"] = names.index(method)
    with precision(cell_at(dataset, place).settings["precision"]):
        task, model = stored_run(dataset, weights, place)
        assert isinstance(task, NODE)
        _, rebuild = flat_view(model)
        fields = jax.vmap(rebuild)(jnp.asarray(of_method[done]))
        kind: dict[str, Any] = {"accuracy": "converged", "representation": task.representation}
        used = np.flatnonzero(done.any(axis=(1, 2)))
        problems = [task.problem.at(float(runs[runs.attrs["difficulty_axis"]][i])) for i in used]
        orbits = [
            p.trajectory(task.test_start, len(task.test), task.step, **kind) for p in problems
        ]
        truths = jnp.asarray(np.stack(orbits), task.test.dtype)
        of_run = truths[np.searchsorted(used, np.argwhere(done)[:, 0])]
        exact = jax.tree.map(lambda *parts: jnp.stack(parts), *problems)
        for column, (integrator, substeps) in enumerate(INTEGRATIONS.values()):
            how = (jnp.asarray(task.step), integrator or task.integrator, jnp.asarray(substeps))
            errors[done, column] = _errors(fields, of_run, *how)
            if task.representation == "state":
                floors[used, column] = _floors(exact, truths, *how)
    errors[np.isnan(errors) & done[..., None]] = np.inf
    words = {"long_name": "relative L2 error of the rollout against the exact orbit", "units": "1"}
    axes = [dataset.attrs[f"{dim}_axis"] for dim in ("difficulty", "data")]
    return xr.Dataset(
        {
            "error": (("difficulty", "data", "seed", "integration"), errors, words),
            "floor": (
                ("difficulty", "integration"),
                floors,
                words | {"long_name": "the same for the exact field"},
            ),
        },
        {name: dataset[name] for name in (*axes, "seed")} | {"integration": list(INTEGRATIONS)},
        {name: dataset.attrs[name] for name in ("experiment", "difficulty_axis", "data_axis")},
    )


@eqx.filter_jit
def _errors(
    fields: VectorField,
    truths: Float[Array, "runs times size"],
    step: Float[Array, ""],
    integrator: str,
    substeps: Int[Array, ""],
) -> Float[Array, " runs"]:
    """Errors of rollouts of several fields, whose parameters are stacked, each along its orbit.

    All of a map at once: a step of one small field takes a CPU about as long as one of hundreds.
    """
    return jax.vmap(lambda field, truth: _error(field, truth, step, integrator, substeps))(
        fields, truths
    )


@eqx.filter_jit
def _floors(
    problems: Pendulum,
    truths: Float[Array, "difficulties times size"],
    step: Float[Array, ""],
    integrator: str,
    substeps: Int[Array, ""],
) -> Float[Array, " difficulties"]:
    """The same for the exact fields."""
    return jax.vmap(
        lambda problem, truth: _error(problem.field, truth, step, integrator, substeps)
    )(problems, truths)


def _error(
    field: Field,
    truth: Float[Array, "times size"],
    step: Float[Array, ""],
    integrator: str,
    substeps: Int[Array, ""],
) -> Float[Array, ""]:
    """Error of the rollout of one field, the mean over the coordinates."""
    found = rollout(field, truth[0], len(truth), step, integrator, substeps)
    apart = jnp.linalg.norm(found - truth, axis=0) / jnp.linalg.norm(truth, axis=0)
    return jnp.mean(apart)
