"""Where the runs of a grid end: the distribution of losses and errors, with the thresholds."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.colors import to_rgba
from matplotlib.patches import Patch

from regimekit.figures.cells import method_index
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_COLOURS, REGIME_HATCHES, REGIME_NAMES, new_figure
from regimekit.regimes import REGIMES, Regime, Thresholds, label_cells


def loss_distribution(
    dataset: xr.Dataset, thresholds: Thresholds, method: str = "lbfgs"
) -> Picture:
    """Draw histograms of training loss and test error over all runs, by regime."""
    import seaborn  # Brings scipy.stats, which takes as long to import as JAX; one figure needs it.

    runs = dataset.isel(method=method_index(dataset, method))
    labels = label_cells(runs, thresholds)
    figure = new_figure(10.0, 3.6)
    panels = figure.subplots(1, 2)
    handles = regimes = [
        Patch(facecolor=REGIME_COLOURS[r], hatch=REGIME_HATCHES[r], label=REGIME_NAMES[r])
        for r in REGIMES
    ]
    for patch in regimes:
        patch.set_edgecolor("white")
    words = [f"Histograms over all runs of {method}."]
    for axes, name, level in zip(
        panels,
        ("train_loss", "test_error"),
        (thresholds.train_loss, thresholds.test_error),
        strict=True,
    ):
        values = runs[name].transpose(*labels.dims).values
        names = labels.values
        finite = np.isfinite(values) & (values > 0) & (names != Regime.UNDEFINED)
        if not finite.any():
            words.append(f"{name}: no run has a label.")
            continue
        table = pd.DataFrame(
            {"value": values[finite], "regime": [REGIME_NAMES[Regime(r)] for r in names[finite]]}
        )
        seaborn.histplot(
            table,
            x="value",
            hue="regime",
            hue_order=[REGIME_NAMES[r] for r in REGIMES],
            palette=[REGIME_COLOURS[r] for r in REGIMES],
            multiple="stack",
            log_scale=True,
            bins=30,
            edgecolor="white",
            alpha=1,
            legend=False,
            ax=axes,
        )
        hatches = {to_rgba(REGIME_COLOURS[r]): REGIME_HATCHES[r] for r in REGIMES}
        for bar in axes.patches:
            bar.set_hatch(hatches[bar.get_facecolor()])
        drawn = axes.axvline(level, color="black", linestyle="--", label="threshold")
        handles = [*regimes, drawn]
        axes.set(xlabel=runs[name].attrs["long_name"], ylabel="runs")
        below = int((values[finite] <= level).sum())
        words.append(f"{name}: {below} of {int(finite.sum())} runs at or below {level:.2g}.")
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return Picture(figure, " ".join(words), provenance_of(dataset, method))
