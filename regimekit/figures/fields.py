"""The predicted field beside the exact one, one run per regime."""

import json

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float

from regimekit.errors import ConfigurationError
from regimekit.figures.cells import describe, representative_cells, without
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_NAMES, new_figure
from regimekit.models import MLP, with_parameters
from regimekit.problems import Convection
from regimekit.regimes import Thresholds

_PROBLEMS = {"pinn-convection": Convection}


def predicted_and_exact(
    dataset: xr.Dataset, weights: xr.Dataset, thresholds: Thresholds, method: str = "lbfgs"
) -> Picture:
    """Draw exact solution, prediction and their difference for one run per regime.

    Parameters
    ----------
    dataset, weights
        Of one experiment.
    thresholds
        By which runs are labelled.
    method
        Training method.
    """
    chosen = representative_cells(dataset, thresholds, method)
    figure = new_figure(10.0, 2.1 * max(len(chosen), 1) + 0.4)
    words = [f"Exact, predicted and error fields over x and t for {method}."]
    panels = figure.subplots(max(len(chosen), 1), 3, squeeze=False, sharex=True, sharey=True)
    for row, (regime, place) in zip(panels, chosen.items(), strict=False):
        x, t, exact, predicted = fields(dataset, weights, place)
        for axes, values, name in zip(
            row,
            (exact, predicted, predicted - exact),
            ("exact u", "predicted u", "predicted - exact"),
            strict=True,
        ):
            limit = 1.0 if name != "predicted - exact" else float(np.abs(values).max())
            mesh = axes.pcolormesh(
                t, x, values, vmin=-limit, vmax=limit, cmap="RdBu_r", rasterized=True
            )
            figure.colorbar(mesh, ax=axes, pad=0.02, extend=_beyond(values, limit))
            axes.set_title(name, fontsize="small")
        row[0].set_ylabel("x")
        row[1].set_title(
            f"{REGIME_NAMES[regime]}: {describe(dataset, place)}\npredicted u", fontsize="small"
        )
        words.append(
            f"{REGIME_NAMES[regime]} ({describe(dataset, place)}): predicted values from "
            f"{predicted.min():.2g} to {predicted.max():.2g}, largest error "
            f"{np.abs(predicted - exact).max():.2g}, relative L2 error "
            f"{float(dataset['test_error'].isel(place)):.2g}."
        )
    words += without(chosen)
    for axes in panels[-1]:
        axes.set_xlabel("t")
    return Picture(figure, " ".join(words), provenance_of(dataset, method, len(chosen)))


def _beyond(values: Float[np.ndarray, "x t"], limit: float) -> str:
    """Which ends of a colour scale the values pass by more than 1 %: those get an arrow."""
    above, below = bool(values.max() > 1.01 * limit), bool(values.min() < -1.01 * limit)
    return {(0, 0): "neither", (1, 0): "max", (0, 1): "min", (1, 1): "both"}[above, below]


def fields(
    dataset: xr.Dataset, weights: xr.Dataset, place: dict[str, int], n_x: int = 129, n_t: int = 101
) -> tuple[
    Float[np.ndarray, " x"],
    Float[np.ndarray, " t"],
    Float[np.ndarray, "x t"],
    Float[np.ndarray, "x t"],
]:
    """Evaluate the exact and the predicted field of one stored run on a regular grid.

    Raises
    ------
    ConfigurationError
        If the experiment has no field that this function knows.
    """
    experiment = dataset.attrs["experiment"]
    if experiment not in _PROBLEMS:
        raise ConfigurationError(
            f"There is no field to draw for {experiment!r}; there is for {', '.join(_PROBLEMS)}."
        )
    network = json.loads(dataset.attrs["configuration"])["settings"]["network"]
    problem = _PROBLEMS[experiment](
        float(dataset[dataset.attrs["difficulty_axis"]].values[place["difficulty"]])
    )
    shapes = eqx.filter_eval_shape(lambda key: MLP(2, **network, key=key), jax.random.key(0))
    model = with_parameters(shapes, weights["weights"].isel(place).values)
    x = np.linspace(*problem.x_range, n_x)
    t = np.linspace(*problem.t_range, n_t)
    rows = np.stack([a.ravel() for a in np.meshgrid(x, t, indexing="ij")], axis=1)
    points = jnp.asarray(rows, jnp.float32)
    exact = np.asarray(problem.solution(points), np.float64).reshape(n_x, n_t)
    predicted = np.asarray(model(points), np.float64).reshape(n_x, n_t)
    return x, t, exact, predicted
