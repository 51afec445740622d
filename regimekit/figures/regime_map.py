"""The regime map: training loss and test error over difficulty x data, with the boundaries."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from regimekit.figures.axes import draw_cells, dress, hatch_cells, log_norm, mark_handles
from regimekit.figures.cells import method_index
from regimekit.figures.live import cells_of_map
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_NAMES, TEST_LINE, TRAIN_LINE, new_figure
from regimekit.regimes import REGIMES, Boundaries, Regime, Thresholds, boundaries, map_summary

_HALO = [patheffects.withStroke(linewidth=3, foreground="white")]


def regime_map(dataset: xr.Dataset, thresholds: Thresholds, method: str = "lbfgs") -> Picture:
    """Draw the regime map of one method.

    Colours are medians over seeds. The boundaries are contours of the raw map at the thresholds,
    with nothing smoothed; thin lines are the same at thresholds 20 % lower and higher. A label
    stands in the middle of the largest connected part of its regime.

    Parameters
    ----------
    dataset
        Of one experiment; cells not run may be missing.
    thresholds
        Levels of training loss and test error.
    method
        Training method.

    Returns
    -------
    Picture
        Two panels side by side.
    """
    runs = dataset.isel(method=method_index(dataset, method))
    summary = map_summary(runs, thresholds).transpose("data", "difficulty", ...)
    lines = boundaries(dataset, thresholds, method)
    figure = new_figure(10.5, 4.6)
    panels = figure.subplots(1, 2)
    quantities = {
        "train_loss": ("Training loss", thresholds.train_loss),
        "test_error": ("Test error (relative L2)", thresholds.test_error),
    }
    diverged = (summary["n_diverged"] > 0).values
    missing = (summary["label"] == Regime.UNDEFINED).values & ~diverged
    for axes, (name, (title, level)) in zip(panels, quantities.items(), strict=True):
        values = summary[name].values
        mesh = draw_cells(axes, values, log_norm(values), uncrossed=diverged)
        hatch_cells(axes, diverged)
        draw_boundaries(axes, lines)
        write_labels(axes, summary["label"].values, 17.0)
        dress(axes, dataset, f"{title}, median over seeds")
        bar = figure.colorbar(mesh, ax=axes, pad=0.02)
        bar.ax.axhline(level, color="black", linewidth=1.5)
        bar.ax.axhline(level, color="white", linewidth=0.5)
    figure.legend(
        handles=_handles(thresholds, bool(diverged.any()), bool(missing.any())),
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize="small",
    )
    figure.suptitle(f"{dataset.attrs['title']}: {method}, thresholds '{thresholds.name}'")
    return Picture(
        figure,
        _alt(dataset, summary, thresholds, method),
        provenance_of(dataset, method),
        live=cells_of_map(runs, thresholds),
        panels=list(panels),
    )


def draw_boundaries(axes: Axes, lines: Boundaries, *, bands: bool = True) -> None:
    """Draw both boundaries, with their bands or without, on a white halo, in index space."""
    for contour, style in ((lines.train, TRAIN_LINE), (lines.test, TEST_LINE)):
        for band in (contour.lower, contour.higher) if bands else ():
            _draw(axes, band, style, 0.7)
        _draw(axes, contour.lines, style, 2.0)


def write_labels(axes: Axes, labels: np.ndarray, size: float) -> None:
    """Write I, II and III, each once, where its regime is widest; size in points."""
    for regime, (row, column) in label_places(labels).items():
        text = axes.text(column, row, regime.roman, ha="center", va="center", zorder=5)
        text.set(fontsize=size, fontweight="bold", path_effects=_HALO)


def _draw(axes: Axes, lines: Iterable[np.ndarray], style: Any, width: float) -> None:
    halo = [patheffects.withStroke(linewidth=width + 1.6, foreground="white")]
    for line in lines:
        drawn = Line2D(line[:, 0], line[:, 1], color="black", linestyle=style, linewidth=width)
        drawn.set(path_effects=halo, zorder=4)
        axes.add_line(drawn)


def label_places(labels: np.ndarray) -> dict[Regime, tuple[int, int]]:
    """Place each regime's label: the cell of its largest connected part that is deepest inside.

    Parameters
    ----------
    labels
        Values of :class:`Regime`, rows by columns.

    Returns
    -------
    dict
        Row and column for each regime that occurs.
    """
    from scipy import ndimage

    places = {}
    for regime in REGIMES:
        parts, count = ndimage.label(labels == regime)
        if count == 0:
            continue
        sizes = np.bincount(parts.ravel())[1:]
        part = parts == 1 + int(np.argmax(sizes))
        depth = ndimage.distance_transform_edt(np.pad(part, 1))[1:-1, 1:-1]
        deepest = np.argwhere(depth == depth.max())
        centre = np.argwhere(part).mean(axis=0)
        row, column = deepest[np.argmin(((deepest - centre) ** 2).sum(axis=1))]
        places[regime] = (int(row), int(column))
    return places


def _handles(thresholds: Thresholds, diverged: bool, missing: bool) -> list[Line2D | Patch]:
    def line(style: Any, width: float, label: str) -> Line2D:
        return Line2D([], [], color="black", linestyle=style, linewidth=width, label=label)

    handles: list[Line2D | Patch] = [
        line(TRAIN_LINE, 2.0, f"training loss = {thresholds.train_loss:.2g}"),
        line(TEST_LINE, 2.0, f"test error = {thresholds.test_error:.2g}, outside II"),
        line("-", 0.7, "both at ±20 %; raw contours, no smoothing"),
    ]
    return handles + mark_handles(missing, diverged)


def _alt(dataset: xr.Dataset, summary: xr.Dataset, thresholds: Thresholds, method: str) -> str:
    difficulty, data = dataset.attrs["difficulty_axis"], dataset.attrs["data_axis"]
    labels = summary["label"].values
    total = int((labels != Regime.UNDEFINED).sum())
    parts = [
        f"Two maps of {difficulty} against {data} for {method}: training loss and test error, "
        f"at thresholds {thresholds.train_loss:.2g} and {thresholds.test_error:.2g}."
    ]
    for regime in REGIMES:
        cells = np.argwhere(labels == regime)
        if cells.size == 0:
            parts.append(f"No cell is in regime {REGIME_NAMES[regime]}.")
            continue
        columns = dataset[difficulty].values[cells[:, 1]]
        rows = dataset[data].values[cells[:, 0]]
        parts.append(
            f"Regime {REGIME_NAMES[regime]}: {len(cells)} of {total} cells, {difficulty} "
            f"{columns.min():g} to {columns.max():g}, {data} {rows.min():g} to {rows.max():g}."
        )
    diverged = int((summary["n_diverged"] > 0).sum())
    parts.append(f"Cells without a label: {labels.size - total}; with a diverged seed: {diverged}.")
    return " ".join(parts)
