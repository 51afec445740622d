"""Loss and error along training, one run per regime."""

import numpy as np
import xarray as xr

from regimekit.figures.cells import describe, representative_cells, with_end, without
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_COLOURS, REGIME_LINES, REGIME_NAMES, new_figure
from regimekit.regimes import Thresholds


def loss_curves(dataset: xr.Dataset, thresholds: Thresholds, method: str = "lbfgs") -> Picture:
    """Draw training loss and test error along training for one run per regime."""
    figure = new_figure(10.0, 4.0)
    panels = figure.subplots(1, 2)
    words = [f"Training loss and test error against iteration for {method}."]
    chosen = representative_cells(dataset, thresholds, method)
    for regime, place in chosen.items():
        run = dataset.isel(place)
        histories = with_end(run)
        iteration = np.maximum(histories["iteration"].values, 0.7)
        for axes, name in zip(panels, ("history_loss", "history_test_error"), strict=True):
            values = histories[name].values
            kept = np.isfinite(values)
            axes.plot(
                iteration[kept],
                values[kept],
                REGIME_LINES[regime],
                color=REGIME_COLOURS[regime],
                linewidth=2,
                label=f"{REGIME_NAMES[regime]}: {describe(dataset, place)}",
            )
        words.append(
            f"{REGIME_NAMES[regime]} ({describe(dataset, place)}) ends at loss "
            f"{float(run['train_loss']):.1e} and error {float(run['test_error']):.1e}."
        )
    words += without(chosen)
    levels = (thresholds.train_loss, thresholds.test_error)
    titles = ("Training loss", "Test error (relative L2)")
    for axes, level, title in zip(panels, levels, titles, strict=True):
        axes.axhline(level, color="0.4", linewidth=0.8)
        axes.set(xscale="log", yscale="log", xlabel="iteration", title=title)
        axes.annotate(
            "threshold",
            (0.01, level),
            xycoords=("axes fraction", "data"),
            ha="left",
            va="top",
            fontsize="small",
            color="0.3",
        )
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", frameon=False, fontsize="small")
    return Picture(figure, " ".join(words), provenance_of(dataset, method, len(chosen)))
