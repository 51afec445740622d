"""Curvature of operators against the difficulty of their problem, raw and freed of scales."""

import numpy as np
import xarray as xr

from regimekit.figures.landscape import curvature_provenance
from regimekit.figures.picture import Picture
from regimekit.figures.style import new_figure
from regimekit.regimes import sharpness_by_difficulty
from regimekit.regimes.sharpest import SHARPEST

_STYLES = (("-", "o"), ("--", "^"), (":", "s"), ("-.", "D"), ((0, (1, 4)), "v"))


def sharpest(curvature: xr.Dataset) -> Picture:
    """Draw medians over seeds of each measure of the largest eigenvalue, a line an amount of data.

    Parameters
    ----------
    curvature
        Of operators, as `regimekit curvature` makes it.

    Raises
    ------
    ConfigurationError
        If the curvature is not that of operators.
    """
    table = sharpness_by_difficulty(curvature).set_index("measure")
    method = str(curvature["method"].values[0])
    runs = curvature.isel(method=0)
    difficulty, data = (curvature.attrs[f"{dim}_axis"] for dim in ("difficulty", "data"))
    figure = new_figure(12.5, 6.0)
    grid = figure.subplots(2, len(SHARPEST) // 2, sharex=True).ravel()
    words = [f"Largest eigenvalue against {difficulty}, medians over seeds."]
    for axes, (measure, variable) in zip(grid, SHARPEST.items(), strict=True):
        values = runs[variable].median("seed").transpose("data", "difficulty")
        lines = [row for row in range(values.sizes["data"]) if bool(values[row].notnull().any())]
        for row, (line, marker) in zip(lines, _STYLES, strict=False):
            axes.plot(
                values[difficulty],
                values[row],
                linestyle=line,
                marker=marker,
                markersize=4,
                label=f"{data} = {int(values[data][row])}",
            )
        loss, _, part = measure.partition(", ")
        axes.set_title(f"{loss},\n{part}", fontsize="medium")
        axes.set(xscale="log", yscale="log")
        found = table.loc[measure]
        words.append(
            f"{measure}: from {found['easiest']:.2g} at the easiest to {found['hardest']:.2g} at "
            f"the hardest, rank correlation {found['correlation']:.2f}."
        )
    for axes in grid[len(grid) // 2 :]:
        axes.set_xlabel(f"{difficulty}")
    for axes in grid[:: len(grid) // 2]:
        axes.set_ylabel("largest eigenvalue")
    if np.isfinite(table["correlation"]).any():
        grid[0].legend(frameon=False, fontsize="small")
    return Picture(figure, " ".join(words), curvature_provenance(curvature, method))
