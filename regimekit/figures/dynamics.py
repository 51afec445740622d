"""Loss and curvature along training, with the phases in which they move together."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from regimekit.figures.cells import describe, representative_cells, with_end, without
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_NAMES, new_figure
from regimekit.regimes import Thresholds, phases_of_runs

_TOP = {"history_loss": ("training loss", "-"), "history_test_error": ("test error", ":")}
_BOTTOM = {
    "history_lambda_max": ("largest eigenvalue", "-"),
    "history_trace": ("trace", "--"),
    "history_gradient_norm": ("gradient norm", ":"),
}


def curvature_curves(dataset: xr.Dataset, thresholds: Thresholds, method: str = "lbfgs") -> Picture:
    """Draw one run per regime: losses above, curvature below, against the iteration.

    Grey bands are phases in which loss and sharpness move together (dark where they count for
    claim 3.3), hatched ones those in which they move apart.

    Parameters
    ----------
    dataset
        With the curvature along training, such as `pinn-convection-dynamics`.
    thresholds
        By which runs are labelled.
    method
        Training method.
    """
    chosen = representative_cells(dataset, thresholds, method)
    table = phases_of_runs(dataset, thresholds, method)
    figure = new_figure(4.0 * max(len(chosen), 1) + 0.5, 6.0)
    panels = figure.subplots(2, max(len(chosen), 1), squeeze=False, sharex=True, sharey="row")
    words = [f"Loss and curvature along training by {method}, one run a regime."]
    axes_names = dataset.attrs["difficulty_axis"], dataset.attrs["data_axis"]
    for column, (regime, place) in enumerate(chosen.items()):
        run = dataset.isel(place)
        upper, lower = panels[:, column]
        _lines(upper, run, _TOP)
        _lines(lower, run, _BOTTOM)
        keys = {"difficulty": axes_names[0], "data": axes_names[1], "seed": "seed"}
        own = table
        for key, name in keys.items():
            own = own[own[key] == float(run[name])]
        words.append(f"{REGIME_NAMES[regime]} ({describe(dataset, place)}): {_in_words(run)}")
        iteration = np.maximum(run["iteration"].values, 0.7)
        for phase in own[own["kind"] != "none"].to_dict("records"):
            first, last = iteration[phase["first"]], iteration[phase["last"]]
            together = phase["kind"] == "together"
            for axes in (upper, lower):
                if together:
                    axes.axvspan(first, last, color="0.7" if phase["counts"] else "0.9", zorder=0)
                else:
                    axes.axvspan(
                        first, last, facecolor="none", edgecolor="0.8", hatch="///", zorder=0
                    )
            if phase["counts"] or not together:
                words.append(
                    f"From iteration {first:.0f} to {last:.0f} they move {phase['kind']}: "
                    f"the loss by a factor of {phase['loss_factor']:.2g}, the largest eigenvalue "
                    f"by {phase['sharpness_factor']:.2g}."
                )
        upper.set_title(f"{regime.roman}: {describe(dataset, place)}", fontsize="small")
        lower.set_xlabel("iteration")
    words += without(chosen)
    for axes in panels.ravel():
        axes.set(xscale="log", yscale="log")
    for axes in panels[:, 0]:
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize="small")
    return Picture(figure, " ".join(words), provenance_of(dataset, method, len(chosen)))


def _lines(axes: Axes, run: xr.Dataset, names: dict[str, tuple[str, str]]) -> None:
    run = with_end(run)
    iteration = np.maximum(run["iteration"].values, 0.7)
    for name, (label, style) in names.items():
        values = run[name].values
        kept = np.isfinite(values) & (values > 0)
        (line,) = axes.plot(iteration[kept], values[kept], style, linewidth=1.8, label=label)
        if f"{name}_error" in run:
            error = run[f"{name}_error"].values[kept]
            axes.fill_between(
                iteration[kept],
                np.maximum(values[kept] - error, 1e-3 * values[kept]),
                values[kept] + error,
                color=line.get_color(),
                alpha=0.25,
                linewidth=0,
            )


def _in_words(run: xr.Dataset) -> str:
    run = with_end(run)
    parts = []
    for name, label, end in (
        ("history_loss", "loss", "the end"),
        ("history_lambda_max", "largest eigenvalue", "the last record"),
    ):
        values = run[name].values
        values = values[np.isfinite(values)]
        parts.append(
            f"{label} {values[0]:.2g} at first, at most {values.max():.2g}, {values[-1]:.2g} at "
            f"{end}"
        )
    return "; ".join(parts) + "."
