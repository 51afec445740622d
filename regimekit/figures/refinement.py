"""Errors of rollouts against the step they are made with."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from regimekit.errors import ConfigurationError
from regimekit.figures.picture import Picture
from regimekit.figures.style import REGIME_COLOURS, REGIME_LINES, REGIME_NAMES, new_figure
from regimekit.regimes import REGIMES


def refinement_curves(tables: Mapping[str, pd.DataFrame], provenance: str) -> Picture:
    """Draw the median error of each regime against the fineness of the integration, map by map.

    Bars reach from one quartile to the other; the grey line is the exact field's error, in the
    median over the runs shown.

    Parameters
    ----------
    tables
        By the names of maps, as :func:`regimekit.regimes.refinement_table` makes them.
    provenance
        Where the runs are from.

    Raises
    ------
    ConfigurationError
        If no table has a row.
    """
    tables = {name: table for name, table in tables.items() if len(table)}
    if not tables:
        raise ConfigurationError("There is no rollout whose error could be drawn.")
    figure = new_figure(3.1 * len(tables) + 0.6, 3.6)
    panels = figure.subplots(1, len(tables), squeeze=False, sharey=True)[0]
    words = ["Median rollout error of the runs of each regime, with finer and finer steps."]
    for axes, (name, table) in zip(panels, tables.items(), strict=True):
        steps = list(dict.fromkeys(table["integration"]))
        for shift, regime in enumerate(REGIMES):
            part = table[table["regime"] == regime.roman]
            if not len(part):
                continue
            middle = part["error"].to_numpy()
            with np.errstate(invalid="ignore"):  # rollouts that overflow have infinite errors
                bars = np.abs(part[["lower", "upper"]].to_numpy().T - middle)
            axes.errorbar(
                np.arange(len(steps)) + 0.08 * (shift - 1),
                middle,
                np.where(np.isfinite(bars), bars, 0.0),
                color=REGIME_COLOURS[regime],
                linestyle=REGIME_LINES[regime],
                marker="o",
                capsize=3,
                label=REGIME_NAMES[regime],
            )
            words.append(
                f"{name}, {REGIME_NAMES[regime]} ({int(part['runs'].iloc[0])} runs): "
                f"{middle[0]:.2g} with the step of training, {middle[-1]:.2g} at the end."
            )
        floor = table.groupby("integration", sort=False)["floor"].median().to_numpy()
        # The exact field by an exact integration has rounding left, which would fill the figure.
        shown = np.isfinite(floor) & (floor > 1e-3)
        if shown.any():
            axes.plot(np.flatnonzero(shown), floor[shown], color="0.5", label="exact field")
        axes.set_xticks(range(len(steps)), [s.replace(", ", ",\n") for s in steps])
        axes.tick_params(axis="x", labelsize="x-small", rotation=30)
        axes.set(yscale="log")
        axes.set_title(name, fontsize="small")
    panels[0].set_ylabel("rollout error")
    handles = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        list(handles.values()), list(handles), fontsize="small", loc="outside upper center", ncols=4
    )
    return Picture(figure, " ".join(words), provenance)
