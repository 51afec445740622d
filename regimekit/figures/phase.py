"""Orbits that neural ODEs predict, beside the true ones."""

import json
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float

from regimekit.errors import ConfigurationError
from regimekit.figures.cells import describe, representative_cells, without
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_COLOURS, REGIME_NAMES, new_figure
from regimekit.models import VectorField, with_parameters
from regimekit.problems import TEST_HORIZON, Pendulum, rollout
from regimekit.regimes import Thresholds

COORDINATES = {
    "state": ("angle", "angular velocity"),
    "embedded": ("first coordinate", "second coordinate"),
}


def phase_portraits(
    dataset: xr.Dataset, weights: xr.Dataset, thresholds: Thresholds, method: str = "adam"
) -> Picture:
    """Draw the test orbit and its prediction, in time and in the phase plane, one run per regime.

    Parameters
    ----------
    dataset, weights
        Of one experiment with neural ODEs on the pendulum.
    thresholds
        By which runs are labelled.
    method
        Training method.

    Raises
    ------
    ConfigurationError
        If the dataset is not of such an experiment.
    """
    chosen = representative_cells(dataset, thresholds, method)
    rows = max(len(chosen), 1)
    figure = new_figure(8.5, 2.5 * rows + 0.3)
    panels = figure.subplots(rows, 2, squeeze=False, width_ratios=(2, 1))
    words = [f"Test orbits for {method}: exact (black) and predicted (coloured)."]
    for (left, right), (regime, place) in zip(panels, chosen.items(), strict=False):
        truth, predicted, step, names = orbits(dataset, weights, place)
        times = step * np.arange(len(truth))
        colour: dict[str, Any] = {"color": REGIME_COLOURS[regime], "linestyle": "--"}
        left.plot(times, truth[:, 0], color="black", label="exact")
        left.plot(times, predicted[:, 0], label="predicted", **colour)
        right.plot(truth[:, 0], truth[:, 1], color="black")
        right.plot(predicted[:, 0], predicted[:, 1], **colour)
        left.set_title(f"{REGIME_NAMES[regime]}: {describe(dataset, place)}", fontsize="small")
        left.set_ylabel(names[0])
        right.set_xlabel(names[0])
        right.set_ylabel(names[1])
        words.append(
            f"{REGIME_NAMES[regime]} ({describe(dataset, place)}): at the end of the orbit the "
            f"{names[0]} is {truth[-1, 0]:.2g} and predicted as {predicted[-1, 0]:.2g}; rollout "
            f"error {float(dataset['test_error'].isel(place)):.2g}."
        )
    panels[-1][0].set_xlabel("time")
    panels[0][0].legend(fontsize="small")
    return Picture(
        figure, " ".join(words + without(chosen)), provenance_of(dataset, method, len(chosen))
    )


def orbits(
    dataset: xr.Dataset, weights: xr.Dataset, place: dict[str, int]
) -> tuple[
    Float[np.ndarray, "times size"], Float[np.ndarray, "times size"], float, tuple[str, str]
]:
    """Return the exact and the predicted test orbit of a stored run, the step, and axis names.

    Raises
    ------
    ConfigurationError
        If the dataset is not of an experiment with neural ODEs on the pendulum.
    """
    settings = json.loads(dataset.attrs["configuration"])["settings"]
    if dataset.attrs["difficulty_axis"] != "inverse_damping":
        raise ConfigurationError(
            f"There is no orbit to draw for {dataset.attrs['experiment']!r}; there is for neural "
            "ODEs on the pendulum."
        )
    task = settings["task"]
    pendulum = Pendulum(float(dataset["inverse_damping"].values[place["difficulty"]]))
    samples = round(TEST_HORIZON / task["step"])
    truth = pendulum.trajectory(
        task["test_start"],
        samples,
        task["step"],
        accuracy=task["accuracy"],
        representation=task["representation"],
    )
    shapes = eqx.filter_eval_shape(
        lambda key: VectorField(truth.shape[1], task["width"], key=key), jax.random.key(0)
    )
    model = with_parameters(shapes, weights["weights"].isel(place).values)
    start = jnp.asarray(truth[0], jnp.float32)
    predicted = _followed(model, start, samples, task["step"], task["integrator"])
    return truth, np.asarray(predicted), task["step"], COORDINATES[task["representation"]]


# One program for all runs of a kind.
_followed = eqx.filter_jit(rollout)
