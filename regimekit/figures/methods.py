"""Training methods, and equations, side by side."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.colors import BoundaryNorm, ListedColormap, SymLogNorm

from regimekit.errors import ConfigurationError
from regimekit.figures.axes import draw_cells, dress, hatch_cells
from regimekit.figures.cells import (
    describe,
    method_index,
    representative_cells,
    with_end,
    without,
)
from regimekit.figures.live import cells_of_methods
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import (
    METHOD_STYLES,
    REGIME_COLOURS,
    REGIME_INK,
    REGIME_NAMES,
    new_figure,
)
from regimekit.regimes import (
    REGIMES,
    Regime,
    Thresholds,
    map_summary,
    paired_differences,
    seed_median,
    winners,
)
from regimekit.regimes.methods import TIE

COLUMNS = 3


def label_maps(maps: Sequence[tuple[str, xr.Dataset, Thresholds, str]]) -> Picture:
    """Draw labels of several maps as small multiples.

    Parameters
    ----------
    maps
        For each panel its title, the dataset, its thresholds and the training method.

    Raises
    ------
    ConfigurationError
        If there is no map.
    """
    if not maps:
        raise ConfigurationError("There is no map to draw: give at least one.")
    columns = min(COLUMNS, len(maps))
    rows = -(-len(maps) // columns)
    figure = new_figure(3.6 * columns + 0.4, 3.1 * rows + 0.2)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    colours = ListedColormap([REGIME_COLOURS[r] for r in REGIMES])
    norm = BoundaryNorm([0.5, 1.5, 2.5, 3.5], 3)
    words = ["Labels of the median over seeds, one panel a map."]
    for axes, (title, dataset, thresholds, method) in zip(panels, maps, strict=False):
        runs = dataset.isel(method=method_index(dataset, method))
        summary = map_summary(runs, thresholds).transpose("data", "difficulty", ...)
        values = summary["label"].values.astype(float)
        diverged = (summary["n_diverged"] > 0).values
        known = np.where(values == Regime.UNDEFINED, np.nan, values)
        draw_cells(axes, known, norm, colours, uncrossed=diverged)
        hatch_cells(axes, diverged)
        for row, column in np.argwhere(values > 0):
            regime = Regime(int(values[row, column]))
            text = axes.text(column, row, regime.roman, ha="center", va="center", fontsize=7)
            text.set_color(REGIME_INK[regime])
        dress(axes, dataset, title)
        axes.tick_params(labelsize="x-small")
        counts = ", ".join(f"{int((values == r).sum())} in {r.roman}" for r in REGIMES)
        words.append(f"{title}: {counts}, {int(diverged.sum())} cells with a diverged seed.")
        if not (values > 0).any():
            words.append("No cell of it has a label.")
    for axes in panels[len(maps) :]:
        axes.set_visible(False)
    return Picture(figure, " ".join(words), _sources(maps))


def _sources(maps: Sequence[tuple[str, xr.Dataset, Thresholds, str]]) -> str:
    """One provenance line a dataset: of the one method shown, or of all runs."""
    methods: dict[int, set[str]] = {}
    datasets = {}
    for _, dataset, _, method in maps:
        datasets[id(dataset)] = dataset
        methods.setdefault(id(dataset), set()).add(method)
    return " ".join(
        provenance_of(dataset, next(iter(methods[key])) if len(methods[key]) == 1 else None)
        for key, dataset in datasets.items()
    )


def winner_map(dataset: xr.Dataset, baseline: str = "lbfgs") -> Picture:
    """Draw which method has the lowest median test error in each cell, and by how much.

    The colour is the winner's error over the baseline's, in decades; a star marks cells where
    another method lies within a factor of 1.25 of the winner.
    """
    found = winners(dataset)
    names = [str(m) for m in dataset["method"].values]
    base = seed_median(dataset["test_error"].isel(method=method_index(dataset, baseline)))
    gain = np.log10((found["best"] / base).transpose("data", "difficulty").values)
    winner = found["winner"].transpose("data", "difficulty").values
    tied = found["tied"].transpose("data", "difficulty").values
    figure = new_figure(10.0, 5.4)
    axes = figure.subplots()
    finite = gain[np.isfinite(gain)]
    deepest = max(1.0, float(-finite.min()) if finite.size else 1.0)
    norm = SymLogNorm(0.1, vmin=-deepest, vmax=0)
    mesh = draw_cells(axes, np.where(winner >= 0, gain, np.nan), norm, "viridis")
    for row, column in np.argwhere(winner >= 0):
        star = "*" if tied[row, column] > 1 else ""
        text = axes.text(column, row, names[winner[row, column]].replace("-", "-\n") + star)
        shade = norm(gain[row, column])
        text.set(ha="center", va="center", fontsize=6.5, color="white" if shade < 0.6 else "black")
    dress(axes, dataset, f"Best method of each cell (* another within a factor of {TIE:g})")
    figure.colorbar(mesh, ax=axes, label=f"log10 of its test error over that of {baseline}")
    counts = {name: int((winner == i).sum()) for i, name in enumerate(names)}
    alone = {name: int(((winner == i) & (tied == 1)).sum()) for i, name in enumerate(names)}
    words = "; ".join(f"{n} in {c} cells, alone in {alone[n]}" for n, c in counts.items() if c)
    alt = f"Method with the lowest median test error in each cell: {words or 'none yet'}. "
    alt += f"Cells compared: {int((winner >= 0).sum())} of {winner.size}."
    live = cells_of_methods(dataset)
    return Picture(figure, alt, provenance_of(dataset), live=live, panels=[axes])


def method_differences(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    baseline: str = "lbfgs",
    labels: xr.DataArray | None = None,
) -> Picture:
    """Draw the paired difference of each method from the baseline, one panel a regime.

    Points are medians over cells of log10 of the ratio of test errors; bars are 95 % bootstrap
    intervals over cells. See :func:`regimekit.regimes.paired_differences`.

    Raises
    ------
    ConfigurationError
        If there is no other method than the baseline.
    """
    if dataset.sizes["method"] < 2:
        raise ConfigurationError(
            f"The dataset of {dataset.attrs['experiment']} has one method: a difference needs two."
        )
    table = paired_differences(dataset, thresholds, baseline, labels=labels)
    names = list(dict.fromkeys(table["method"]))
    figure = new_figure(10.5, 0.34 * len(names) + 1.8)
    panels = figure.subplots(1, 3, sharey=True)
    words = [f"Test error of each method against {baseline}, in decades, by regime."]
    for axes, regime in zip(panels, REGIMES, strict=True):
        rows = table[table["regime"] == regime.roman].set_index("method")
        for i, name in enumerate(names):
            row = rows.loc[name]
            if not np.isfinite(row["median"]):
                if np.isinf(row["median"]):
                    axes.text(
                        0.02, i, "diverged", transform=axes.get_yaxis_transform(), va="center"
                    )
                    words.append(f"{name} in {regime.roman}: most runs diverged.")
                continue
            ends = np.array([row["lower"], row["upper"]], float)
            known = np.where(np.isfinite(ends), ends, row["median"])
            axes.plot(known, [i, i], color=REGIME_COLOURS[regime], linewidth=3)
            if np.isposinf(ends[1]):  # cells where most runs diverged
                axes.plot(row["median"], i, ">", color=REGIME_COLOURS[regime], markersize=11)
            axes.plot(row["median"], i, "o", color="black", markersize=5)
            known = np.isfinite(row["lower"])  # one cell has no interval
            interval = f" ({row['lower']:+.2f} to {row['upper']:+.2f})" if known else ""
            words.append(
                f"{name} in {regime.roman}: {row['median']:+.2f}{interval}, "
                f"{row['cells']:.0f} cells."
            )
        axes.axvline(0, color="0.4", linewidth=0.8)
        axes.locator_params(axis="x", nbins=4)
        cells = int(rows["cells"].max())
        if not cells:
            words.append(f"No cell is in {REGIME_NAMES[regime]}.")
        axes.set_title(f"{REGIME_NAMES[regime]} ({cells} cells)", fontsize="medium")
        axes.set_xlabel(f"log10 of test error over {baseline}'s")
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    return Picture(figure, " ".join(words), provenance_of(dataset))


def cost_curves(dataset: xr.Dataset, thresholds: Thresholds, baseline: str = "lbfgs") -> Picture:
    """Draw test error against cost for every method, on one cell per regime of the baseline.

    Cost is evaluations of loss and gradient, a Hessian product counted as two.
    """
    chosen = representative_cells(dataset, thresholds, baseline)
    figure = new_figure(11.0, 4.6)
    panels = figure.subplots(1, max(len(chosen), 1), squeeze=False, sharey=True)[0]
    words = [f"Test error against cost by method, on one cell per regime of {baseline}."]
    for axes, (regime, place) in zip(panels, chosen.items(), strict=False):
        ends = []
        for i, name in enumerate(str(m) for m in dataset["method"].values):
            run = dataset.isel(place | {"method": i})
            along = with_end(run)
            cost = (along["history_evaluations"] + 2 * along["history_hessian_products"]).values
            error = along["history_test_error"].values
            kept = np.isfinite(cost) & np.isfinite(error)
            axes.plot(cost[kept], error[kept], label=name, **METHOD_STYLES.get(name, {}))
            if kept.any():
                ends.append(f"{name} {float(run['test_error']):.1e}")
        axes.set(xscale="log", yscale="log", xlabel="cost (evaluations)")
        axes.set_title(f"{REGIME_NAMES[regime]}\n{describe(dataset, place)}", fontsize="small")
        words.append(f"{REGIME_NAMES[regime]}, {describe(dataset, place)}: {', '.join(ends)}.")
    words += without(chosen)
    panels[0].set_ylabel("test error (relative L2)")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=5, frameon=False)
    shown = len(chosen) * dataset.sizes["method"]
    return Picture(figure, " ".join(words), provenance_of(dataset, shown=shown))
