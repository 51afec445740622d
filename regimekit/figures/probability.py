"""How sure a label is: its share of seeds, cell by cell, and its dependence on the thresholds."""

import xarray as xr
from matplotlib.colors import Normalize

from regimekit.figures.axes import draw_cells, dress
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
    runs = dataset.isel(method=dataset["method"].values.tolist().index(method))
    share = label_probability(label_cells(runs, thresholds))
    figure = new_figure(11.0, 3.9)
    panels = figure.subplots(1, 3, sharey=True)
    words = [f"Share of seeds in each regime, for {method}."]
    for axes, regime in zip(panels, REGIMES, strict=True):
        values = share.sel(regime=regime.roman).transpose("data", "difficulty").values
        mesh = draw_cells(axes, values, Normalize(0, 1))
        dress(axes, dataset, REGIME_NAMES[regime])
        certain, split = int((values == 1).sum()), int(((values > 0) & (values < 1)).sum())
        words.append(f"{REGIME_NAMES[regime]}: all seeds in {certain} cells, some in {split}.")
    for axes in panels[1:]:
        axes.set_ylabel("")
    figure.colorbar(mesh, ax=panels, label="share of seeds", pad=0.01)
    return Picture(figure, " ".join(words), provenance_of(dataset))


def sensitivity(dataset: xr.Dataset, thresholds: Thresholds) -> Picture:
    """Draw the share of cells that change label when thresholds are scaled."""
    table = threshold_sensitivity(dataset, thresholds)
    figure = new_figure(8.5, 3.6)
    methods = [str(m) for m in table["method"].values]
    panels = figure.subplots(1, len(methods), squeeze=False, sharey=True)[0]
    styles = {"both": "o-", "train_loss": "s--", "test_error": "^:"}
    words = ["Share of cells whose label changes when thresholds are scaled."]
    for axes, method in zip(panels, methods, strict=True):
        for which in table["which"].values:
            row = table["cells_changed"].sel({"which": which, "method": method})
            axes.plot(
                range(row.sizes["factor"]),
                100 * row.values,
                styles.get(str(which), "o-"),
                label=str(which),
            )
            if str(which) == "both":
                shares = ", ".join(
                    f"{100 * float(v):.0f} % at factor {float(f):g}"
                    for f, v in zip(row["factor"].values, row.values, strict=True)
                )
                words.append(f"{method}: {shares}.")
        axes.set_xticks(range(table.sizes["factor"]), [f"x{f:g}" for f in table["factor"].values])
        axes.set(xlabel="factor on the threshold", title=method)
        axes.set_ylim(bottom=0)
    panels[0].set_ylabel("cells that change label (%)")
    panels[0].legend(title="scaled threshold", frameon=False, fontsize="small")
    return Picture(figure, " ".join(words), provenance_of(dataset))
