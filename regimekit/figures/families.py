"""The maps of all families in one figure: the study at a glance."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from regimekit.errors import ConfigurationError
from regimekit.figures.axes import draw_cells, hatch_cells, mark_handles, number, physical
from regimekit.figures.cells import method_index
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.regime_map import draw_boundaries, write_labels
from regimekit.figures.style import TEST_LINE, TRAIN_LINE, VALUES, new_figure
from regimekit.regimes import REGIMES, Regime, Thresholds, boundaries, map_summary

Map = tuple[xr.Dataset, Thresholds, str]
"""A dataset, the thresholds of its labels, and the training method that is shown."""

#: Decades on either side of a threshold that colours tell apart.
REACH = 1.5
_ROWS = {"train_loss": "training loss", "test_error": "test error"}


def family_maps(families: Mapping[str, Mapping[str, Map]]) -> Picture:
    """Draw training loss over test error, one column a family, one pair of rows a protocol.

    Colours are medians over seeds in decades above or below the threshold of their map, so that
    one scale serves all of them. Boundaries are contours of the raw map, solid where the loss
    crosses its threshold and dashed where the error does, outside II; a label stands in the
    largest connected part of its regime. Axes have their symbols, words their names.

    Parameters
    ----------
    families
        For each family, by the title of its column, its maps by protocol. A protocol that a
        family has not leaves its place empty. Axes of all maps of a family should be alike.

    Returns
    -------
    Picture
        Its words count the cells of each regime for every map, with their median error.

    Raises
    ------
    ConfigurationError
        If there is no map.
    """
    protocols = list(dict.fromkeys(name for maps in families.values() for name in maps))
    if not protocols:
        raise ConfigurationError("There is no map to draw: give at least one family with a map.")
    figure = new_figure(1.75 * len(families) + 0.4, 3.3 * len(protocols) + 1.0)
    panels = figure.subplots(2 * len(protocols), len(families), squeeze=False)
    norm = Normalize(-REACH, REACH)
    words = [
        f"Maps of {len(families)} families, training loss over test error, in decades from the "
        "threshold of each map."
    ]
    sources, beyond, missing, diverged = [], [0, 0], False, False
    for column, (family, maps) in enumerate(families.items()):
        for pair, protocol in enumerate(protocols):
            both = panels[2 * pair : 2 * pair + 2, column]
            if protocol not in maps:
                for axes in both:
                    axes.set_axis_off()
                note = f"{family} has one protocol" if len(maps) == 1 else f"no {protocol} map"
                both[0].text(0.5, 0.5, note, ha="center", va="center", color="0.35", fontsize=8.5)
                continue
            dataset, thresholds, method = maps[protocol]
            runs = dataset.isel(method=method_index(dataset, method))
            summary = map_summary(runs, thresholds).transpose("data", "difficulty", ...)
            lines = boundaries(dataset, thresholds, method)
            out = (summary["n_diverged"] > 0).values
            unlabelled = (summary["label"] == Regime.UNDEFINED).values & ~out
            missing |= bool(unlabelled.any())
            diverged |= bool(out.any())
            for axes, (name, title) in zip(both, _ROWS.items(), strict=True):
                with np.errstate(divide="ignore"):
                    values = np.log10(summary[name].values / getattr(thresholds, name))
                beyond[0] += int((values < -REACH).sum())
                beyond[1] += int((values > REACH).sum())
                draw_cells(axes, values, norm, uncrossed=out)
                hatch_cells(axes, out)
                draw_boundaries(axes, lines, bands=False)
                write_labels(axes, summary["label"].values, 13.0)
                _dress(axes, dataset)
                axes.set_title(title, fontsize=9)
            both[0].set_title(f"$\\bf{{{family}}}$, {protocol}\ntraining loss", fontsize=9)
            both[0].set_xlabel("")
            words.append(_words(f"{family}, {protocol}", dataset, summary))
            sources.append(provenance_of(dataset, method))
    bar = figure.colorbar(
        ScalarMappable(norm, VALUES),
        ax=panels,
        location="bottom",
        extend={(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[
            (int(beyond[0] > 0), int(beyond[1] > 0))
        ],
        aspect=60,
        shrink=0.6,
        pad=0.02,
    )
    bar.set_label("decades above (+) or below (-) the threshold; dark is bad", fontsize=9)
    bar.ax.tick_params(labelsize=8.5)
    figure.legend(
        handles=_handles(missing, diverged),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=9,
    )
    return Picture(figure, " ".join(words), " ".join(sources))


def _dress(axes: Axes, dataset: xr.Dataset) -> None:
    """Few ticks, since a panel is small: the ends of an axis and its middle."""
    for coordinate, axis in zip(physical(dataset), (axes.xaxis, axes.yaxis), strict=True):
        last = coordinate.size - 1
        places = sorted({0, last // 2, last})
        axis.set_ticks(places, [number(coordinate.values[i]) for i in places], fontsize=8)
        name = coordinate.attrs.get("symbol") or coordinate.attrs["long_name"]
        axis.set_label_text(name, fontsize=9)
        axis.labelpad = 0
    difficulty, data = physical(dataset)
    axes.set(xlim=(-0.5, difficulty.size - 0.5), ylim=(-0.5, data.size - 0.5))
    axes.tick_params(length=2, pad=1)


def _words(name: str, dataset: xr.Dataset, summary: xr.Dataset) -> str:
    label = summary["label"].values
    parts = []
    for regime in REGIMES:
        error = summary["test_error"].values[label == regime]
        if error.size:
            parts.append(
                f"{error.size} cells in {regime.roman} (median error {np.median(error):.2g})"
            )
    total = int((label != Regime.UNDEFINED).sum())
    found = ", ".join(parts) if parts else "no cell has a label"
    axes = " and ".join(axis.attrs["long_name"] for axis in physical(dataset))
    return (
        f"{name}: {dataset.attrs['title']}, over {axes}, {total} of {label.size} cells labelled; "
        f"{found}."
    )


def _handles(missing: bool, diverged: bool) -> list[Line2D | Patch]:
    def line(style: Any, label: str) -> Line2D:
        return Line2D([], [], color="black", linestyle=style, label=label)

    handles: list[Line2D | Patch] = [
        line(TRAIN_LINE, "training loss at its threshold"),
        line(TEST_LINE, "test error at its threshold, outside II"),
    ]
    return handles + mark_handles(missing, diverged)
