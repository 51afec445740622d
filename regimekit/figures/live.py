"""What a reader can ask a figure of the book: the numbers behind it, for the scripts of the page.

A static picture says everything at once and nothing twice; these data let ``book/_static/maps.js``
and ``surface.js`` answer for one cell, or from another side. They are taken from the dataset of the
figure, and are plain enough to be written as JSON.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from regimekit.figures.axes import number, physical
from regimekit.figures.cells import with_end
from regimekit.figures.style import REGIME_NAMES, VALUES
from regimekit.regimes import (
    REGIMES,
    Regime,
    Thresholds,
    label_cells,
    label_probability,
    map_summary,
    winners,
)

#: Points of a small loss curve, and colours of a surface: as many as can be seen.
CURVE_POINTS, COLOURS = 24, 16

#: Position of a cell in a dataset; its words and, where there is one, its curve.
Place = dict[str, int]
Answer = tuple[list[str], dict[str, Any] | None]


def cells_of_map(runs: xr.Dataset, thresholds: Thresholds) -> dict[str, Any]:
    """Words and a loss curve for each cell of a map.

    Parameters
    ----------
    runs
        Of one method.
    thresholds
        By which cells are labelled.

    Returns
    -------
    dict
        ``cells``, rows from the bottom of the map, each with ``lines`` of words and, where there
        is a history, a ``curve`` of iterations and losses; ``level``, the threshold of the loss.
    """
    summary = map_summary(runs, thresholds).transpose("data", "difficulty", ...)
    share = label_probability(label_cells(runs, thresholds))
    share = share.transpose("data", "difficulty", "regime")

    def answer(where: str, place: Place) -> Answer:
        return _words(where, summary.isel(place), share.isel(place)), _curve(runs.isel(place))

    return _cells(runs, answer, _short(thresholds.train_loss))


def cells_of_methods(dataset: xr.Dataset) -> dict[str, Any]:
    """Words for each cell of a map of winners: the median of every method, and the best one's loss.

    Parameters
    ----------
    dataset
        Of several methods.

    Returns
    -------
    dict
        As that of :func:`cells_of_map`, without a ``level``.
    """
    found = winners(dataset).transpose("data", "difficulty", "method")
    names = [str(name) for name in dataset["method"].values]

    def answer(where: str, place: Place) -> Answer:
        medians = found["median"].isel(place).values
        best = int(found["winner"].isel(place))
        says = names[best] if best >= 0 else "fewer than two methods to compare"
        each = [
            f"{names[i]} " + (f"{medians[i]:.2g}" if np.isfinite(medians[i]) else "diverged")
            for i in np.argsort(medians)
            if not np.isnan(medians[i])
        ]
        words = [f"{where}: {says}"]
        words += [f"Median test error: {', '.join(each)}"] if each else []
        return words, _curve(dataset.isel(place).isel(method=best)) if best >= 0 else None

    return _cells(dataset, answer, None)


def _cells(
    dataset: xr.Dataset, answer: Callable[[str, Place], Answer], level: float | None
) -> dict[str, Any]:
    """Ask for each cell, rows from the bottom of the map; ``level`` is a threshold of the loss."""
    difficulty, data = physical(dataset)
    cells = []
    for row in range(data.size):
        line = []
        for column in range(difficulty.size):
            where = (
                f"{difficulty.name} = {number(difficulty.values[column])}, "
                f"{data.name} = {number(data.values[row])}"
            )
            lines, curve = answer(where, {"difficulty": column, "data": row})
            line.append({"lines": lines, "curve": curve})
        cells.append(line)
    return {"kind": "cells", "cells": cells, "level": level}


def _words(where: str, cell: xr.Dataset, share: xr.DataArray) -> list[str]:
    label = Regime(int(cell["label"]))
    seeds = int(share["n_seeds"])
    diverged = int(cell["n_diverged"])
    if label is Regime.UNDEFINED:
        words = [f"{where}: no label"]
    else:
        words = [f"{where}: regime {REGIME_NAMES[label]}"]
    if np.isfinite(float(cell["train_loss"])):
        words.append(
            f"Medians: training loss {float(cell['train_loss']):.2g}, "
            f"test error {float(cell['test_error']):.2g}"
        )
    if seeds:
        shares = [
            f"{regime.roman} {float(share.sel(regime=regime.roman)):.0%}" for regime in REGIMES
        ]
        words.append(f"Label over {seeds} seed{'s' if seeds > 1 else ''}: {', '.join(shares)}")
    if diverged:
        words.append(f"Diverged: {diverged} seed{'s' if diverged > 1 else ''}")
    return words


def _curve(cell: xr.Dataset) -> dict[str, Any] | None:
    """Loss along the training of the median seed, at few iterations."""
    if "history_loss" not in cell:
        return None
    final = np.atleast_1d(cell["train_loss"].values)
    if not np.isfinite(final).any():
        return None
    # A run that is there, not a mean over runs: the lower one of two middle seeds.
    order = np.argsort(np.where(np.isfinite(final), final, np.inf))
    seed = int(order[(np.isfinite(final).sum() - 1) // 2])
    along = with_end(cell.isel(seed=seed))
    history, iterations = along["history_loss"].values, along["iteration"].values
    there = np.flatnonzero(np.isfinite(history) & (history > 0))
    if there.size < 2:
        return None
    there = there[np.unique(np.linspace(0, there.size - 1, CURVE_POINTS).round().astype(int))]
    return {
        "seed": int(np.atleast_1d(cell["seed"].values)[seed]),
        "iteration": [int(i) for i in iterations[there]],
        "loss": [_short(value) for value in history[there]],
    }


def places(panels: Sequence[Axes]) -> list[list[float]]:
    """Left, top, width and height of axes as shares of the figure, once it has been drawn."""
    boxes = []
    for axes in panels:
        figure = axes.figure
        box = axes.get_window_extent().transformed(figure.transSubfigure.inverted())
        boxes.append([round(v, 5) for v in (box.x0, 1 - box.y1, box.width, box.height)])
    return boxes


def surfaces(
    panels: Mapping[
        str, tuple[Float[np.ndarray, " offsets"], Float[np.ndarray, "offsets offsets"]]
    ],
) -> dict[str, Any]:
    """Heights of surfaces, log10 of the loss, on one scale of heights and colours.

    Parameters
    ----------
    panels
        By title: offsets along both directions, and the loss.
    """
    shown = []
    for title, (offsets, loss) in panels.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = np.log10(loss)
        rows = [[round(float(h), 3) if np.isfinite(h) else None for h in row] for row in heights]
        ends = [_short(offsets[0]), _short(offsets[-1])]
        shown.append({"title": title, "ends": ends, "heights": rows})
    colours = [to_hex(colormaps[VALUES](x)) for x in np.linspace(0, 1, COLOURS)]
    return {"kind": "surfaces", "surfaces": shown, "colours": colours}


def _short(value: float) -> float:
    return float(f"{value:.3g}")
