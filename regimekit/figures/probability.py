"""How sure a label is: its share of seeds, cell by cell, and its dependence on the thresholds."""

import numpy as np
import xarray as xr
from matplotlib.colors import Normalize

from regimekit.figures.axes import draw_cells, dress
from regimekit.figures.cells import method_index
from regimekit.figures.live import cells_of_map
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_NAMES, new_figure
from regimekit.regimes import (
    REGIMES,
    Thresholds,
    label_cells,
    label_probability,
    threshold_sensitivity,
)


def label_probabilities(
    dataset: xr.Dataset, thresholds: Thresholds, method: str = "lbfgs"
) -> Picture:
    """Draw the share of seeds in each regime, one panel a regime, with the number of seeds."""
    runs = dataset.isel(method=method_index(dataset, method))
    share = label_probability(label_cells(runs, thresholds))
    figure = new_figure(11.0, 3.9)
    panels = figure.subplots(1, 3, sharey=True)
    seeds = share["n_seeds"].transpose("data", "difficulty").values
    words = [
        f"Share of seeds in each regime, for {method}. {int((seeds > 0).sum())} cells have a "
        f"label, {int((seeds == 1).sum())} of them with one seed only; at most {seeds.max()} seeds."
    ]
    if not seeds.any():
        words = [f"Share of seeds in each regime, for {method}: no cell has a label."]
    for axes, regime in zip(panels, REGIMES, strict=True):
        values = share.sel(regime=regime.roman).transpose("data", "difficulty").values
        mesh = draw_cells(axes, values, Normalize(0, 1))
        dress(axes, dataset, REGIME_NAMES[regime])
        for row, column in np.argwhere(seeds > 0):
            ink = "white" if values[row, column] > 0.5 else "black"
            text = axes.text(column, row, str(seeds[row, column]), ha="center", va="center")
            text.set(fontsize=7, color=ink)
        certain, split = int((values == 1).sum()), int(((values > 0) & (values < 1)).sum())
        words.append(f"{REGIME_NAMES[regime]}: all seeds in {certain} cells, some in {split}.")
    for axes in panels[1:]:
        axes.set_ylabel("")
    figure.colorbar(mesh, ax=panels, label="share of seeds (in the cells: how many)", pad=0.01)
    return Picture(
        figure,
        " ".join(words),
        provenance_of(dataset, method),
        live=cells_of_map(runs, thresholds),
        panels=list(panels),
    )


def sensitivity(dataset: xr.Dataset, thresholds: Thresholds) -> Picture:
    """Draw the share of cells that change label when thresholds are scaled."""
    table = threshold_sensitivity(dataset, thresholds)
    figure = new_figure(8.5, 3.6)
    methods = [str(m) for m in table["method"].values]
    panels = figure.subplots(1, len(methods), squeeze=False, sharey=True)[0]
    styles = {"both": "o-", "train_loss": "s--", "test_error": "^:"}
    words = ["Share of cells whose label changes when thresholds are scaled."]
    for axes, method in zip(panels, methods, strict=True):
        cells = int(table["n_cells"].sel({"method": method}))
        axes.set(xlabel="factor on the threshold", title=f"{method}, {cells} cells")
        if not cells:
            words.append(f"{method}: no cell has a label.")
        for which in table["which"].values:
            row = table["cells_changed"].sel({"which": which, "method": method})
            axes.plot(
                range(row.sizes["factor"]),
                100 * row.values,
                styles.get(str(which), "o-"),
                label=str(which),
            )
            if str(which) == "both" and cells:
                shares = ", ".join(
                    f"{100 * float(v):.0f} % at factor {float(f):g}"
                    for f, v in zip(row["factor"].values, row.values, strict=True)
                )
                words.append(f"{method}, {cells} cells: {shares}.")
        axes.set_xticks(range(table.sizes["factor"]), [f"x{f:g}" for f in table["factor"].values])
    # At least 5 % high: no change at all must not be blown up to a scale of 0.05 %.
    largest = 100 * np.nan_to_num(table["cells_changed"].values).max()
    panels[0].set_ylim(0, max(5.0, 1.05 * float(largest)))
    panels[0].set_ylabel("cells that change label (%)")
    panels[0].legend(title="scaled threshold", frameon=False, fontsize="small")
    return Picture(figure, " ".join(words), provenance_of(dataset))
