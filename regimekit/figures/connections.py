"""Barriers between seeds and their likeness, regime by regime."""

import numpy as np
import pandas as pd

from regimekit.figures.picture import Picture
from regimekit.figures.style import REGIME_COLOURS, REGIME_NAMES, new_figure
from regimekit.regimes import PAIR_MEASURES, REGIMES


def connections(table: pd.DataFrame, provenance: str) -> Picture:
    """Draw the measures of each pair of seeds by the regime of both, with medians.

    Parameters
    ----------
    table
        From :func:`regimekit.regimes.pair_table`.
    provenance
        Under the figure.
    """
    figure = new_figure(3.1 * len(PAIR_MEASURES), 3.8)
    panels = figure.subplots(1, len(PAIR_MEASURES), squeeze=False)[0]
    words = ["Pairs of seeds by the regime of both runs, one mark a pair, bars at medians."]
    for axes, (measure, unit) in zip(panels, PAIR_MEASURES.items(), strict=True):
        for place, regime in enumerate(REGIMES):
            values = np.array([], float)
            if len(table):
                values = table.loc[table["regime"] == regime.roman, measure].to_numpy(float)
            if not values.size:
                continue
            # Spread sideways by rank, so that equal values do not hide each other.
            ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
            aside = place + 0.5 * ((ranks * 0.618) % 1 - 0.5)
            axes.plot(
                aside,
                values,
                "o",
                color=REGIME_COLOURS[regime],
                markersize=5,
                markeredgecolor="black",
                markeredgewidth=0.4,
            )
            middle = float(np.median(values))
            axes.hlines(middle, place - 0.35, place + 0.35, color="black", linewidth=2)
            words.append(
                f"{measure}, {REGIME_NAMES[regime]}: median {middle:.2g}, from {values.min():.2g} "
                f"to {values.max():.2g} ({values.size} pairs)."
            )
        axes.set_xticks(range(len(REGIMES)), [regime.roman for regime in REGIMES])
        axes.set(title=measure, ylabel=unit, xlabel="regime", xlim=(-0.6, len(REGIMES) - 0.4))
    if len(words) == 1:
        words.append("No pair is of one regime.")
    return Picture(figure, " ".join(words), provenance)
