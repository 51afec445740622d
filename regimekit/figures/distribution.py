"""Where the runs of a grid end: the distribution of losses and errors, with the thresholds."""

import numpy as np
import xarray as xr

from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_COLOURS, REGIME_NAMES, new_figure
from regimekit.regimes import REGIMES, Thresholds, label_cells


def loss_distribution(
    dataset: xr.Dataset, thresholds: Thresholds, method: str = "lbfgs"
) -> Picture:
    """Draw histograms of training loss and test error over all runs, by regime."""
    runs = dataset.isel(method=dataset["method"].values.tolist().index(method))
    labels = label_cells(runs, thresholds)
    figure = new_figure(10.0, 3.6)
    panels = figure.subplots(1, 2)
    words = [f"Histograms over all runs of {method}."]
    for axes, name, level in zip(
        panels,
        ("train_loss", "test_error"),
        (thresholds.train_loss, thresholds.test_error),
        strict=True,
    ):
        values = runs[name].transpose(*labels.dims).values
        finite = np.isfinite(values) & (values > 0)
        if not finite.any():
            continue
        bins = np.geomspace(values[finite].min(), values[finite].max() * 1.001, 31)
        groups = [values[finite & (labels.values == regime)] for regime in REGIMES]
        axes.hist(
            groups,
            bins,
            stacked=True,
            color=[REGIME_COLOURS[r] for r in REGIMES],
            label=[REGIME_NAMES[r] for r in REGIMES],
            edgecolor="white",
            linewidth=0.4,
        )
        axes.axvline(level, color="black", linestyle="--")
        axes.set(xscale="log", xlabel=runs[name].attrs["long_name"], ylabel="runs")
        below = int((values[finite] <= level).sum())
        words.append(f"{name}: {below} of {int(finite.sum())} runs at or below {level:.2g}.")
    panels[0].legend(frameon=False, fontsize="small")
    return Picture(figure, " ".join(words), provenance_of(dataset))
