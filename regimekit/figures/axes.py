"""Axes of a map: one square a cell, at equal distances, named by the physical values."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from regimekit.figures.style import DIVERGED, NOT_RUN, VALUES


def physical(dataset: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Coordinates of the difficulty and of the data axis."""
    return dataset[dataset.attrs["difficulty_axis"]], dataset[dataset.attrs["data_axis"]]


def axis_label(coordinate: xr.DataArray) -> str:
    """Long name with the symbol."""
    return f"{coordinate.attrs['long_name']} {coordinate.attrs.get('symbol', '')}".strip()


def number(value: float | np.number) -> str:
    """Print an axis value shortly: 5, 0.25, 25 000."""
    return f"{value:,.0f}".replace(",", " ") if value >= 1000 else f"{value:g}"


def dress(axes: Axes, dataset: xr.Dataset, title: str) -> None:
    """Label both axes of a map and set its limits."""
    difficulty, data = physical(dataset)
    axes.set_xticks(range(difficulty.size), [number(v) for v in difficulty.values])
    axes.set_yticks(range(data.size), [number(v) for v in data.values])
    axes.set_xlim(-0.5, difficulty.size - 0.5)
    axes.set_ylim(-0.5, data.size - 0.5)
    axes.set_xlabel(axis_label(difficulty))
    axes.set_ylabel(axis_label(data))
    axes.set_title(title, fontsize="medium")


def draw_cells(
    axes: Axes,
    values: Float[np.ndarray, "rows columns"],
    norm: Any,
    colours: Any = VALUES,
    uncrossed: np.ndarray | None = None,
) -> QuadMesh:
    """Draw one value a cell; cells without a value are grey, and crossed if not in the mask."""
    rows, columns = values.shape
    edges = np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5
    axes.set_facecolor(NOT_RUN)
    mesh = axes.pcolormesh(*edges, np.ma.masked_invalid(values), norm=norm, cmap=colours)
    missing = np.argwhere(~np.isfinite(values) & ~(False if uncrossed is None else uncrossed))
    axes.plot(missing[:, 1], missing[:, 0], "x", color="0.6", markersize=4, zorder=1)
    return mesh


def hatch_cells(axes: Axes, cells: np.ndarray) -> None:
    """Hatch the cells of a mask: their runs diverged."""
    for row, column in np.argwhere(cells):
        corner = (float(column) - 0.5, float(row) - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, zorder=2, **DIVERGED))


def mark_handles(missing: bool, diverged: bool) -> list[Line2D | Patch]:
    """Legend entries of the marks of :func:`draw_cells` and :func:`hatch_cells`, where drawn."""
    handles: list[Line2D | Patch] = []
    if missing:
        handles.append(
            Line2D([], [], color="0.6", marker="x", linestyle="", label="not run, or no value")
        )
    if diverged:
        handles.append(Patch(facecolor=NOT_RUN, label="a seed diverged", **DIVERGED))
    return handles


def log_norm(values: np.ndarray) -> LogNorm:
    """Logarithmic colour scale over the finite values."""
    finite = values[np.isfinite(values) & (values > 0)]
    if finite.size == 0:
        return LogNorm(1e-6, 1.0)
    low, high = float(finite.min()), float(finite.max())
    return LogNorm(low, high if high > low else low * 10)
