"""Contour lines of a map in index space, from the raw values."""

from collections.abc import Sequence

import numpy as np
from contourpy import contour_generator
from jaxtyping import Float

#: Decades beyond the level that stand for an infinite logarithm: the line then meets the finite
#: neighbour, which is the limit of the crossing.
_FAR = 1e6


def boundary(
    values: Float[np.ndarray, "rows columns"],
    level: float,
    *,
    x: Sequence[float] | Float[np.ndarray, " columns"] | None = None,
    y: Sequence[float] | Float[np.ndarray, " rows"] | None = None,
) -> list[Float[np.ndarray, "points 2"]]:
    """Contour a map at one level, linearly between cell centres and without smoothing.

    Parameters
    ----------
    values
        The map, usually log10 of a loss or an error. NaN cells are left out, and with them every
        square of four cell centres that they belong to.
    level
        In the units of the values. A value equal to the level counts as low, as in the labels.
    x, y
        Positions of the columns and rows, increasing; by default 0, 1, 2, ... since the axes of a
        regime map are categorical.

    Returns
    -------
    lines
        Each of shape (points, 2) with columns x and y; a closed line repeats its first point. No
        line where the map has fewer than two rows or columns, or does not cross the level.
    """
    rows, columns = values.shape
    if rows < 2 or columns < 2:
        return []
    finite = np.clip(values, level - _FAR, level + _FAR)
    generator = contour_generator(
        x=np.arange(columns, dtype=float) if x is None else np.asarray(x, float),
        y=np.arange(rows, dtype=float) if y is None else np.asarray(y, float),
        z=np.ma.masked_invalid(finite),
        name="serial",
        corner_mask=False,
    )
    return [np.asarray(line, float) for line in generator.lines(level)]


def clip_lines(
    lines: list[Float[np.ndarray, "_ 2"]],
    values: Float[np.ndarray, "rows columns"],
    level: float,
) -> list[Float[np.ndarray, "_ 2"]]:
    """The parts of contour lines (in index space) at which another map is low.

    The error's contour is a boundary between I and III only. Along the boundary of regime II the
    error rises too, so that its contour runs beside that of the loss; there it bounds nothing. So
    a segment is kept if one of its ends lies between two cells outside II, and only up to the
    place where the loss reaches its threshold.

    Parameters
    ----------
    lines
        From `boundary` with default positions: every vertex lies on a line between two neighbours.
    values
        log10 training loss, shape (rows, columns).
    level
        log10 of its threshold.
    """
    bounded = np.clip(values, level - _FAR, level + _FAR)
    pieces: list[list[np.ndarray]] = []
    for line in lines:
        along = np.array([_on_edge(bounded, point) for point in line])
        free = np.array([_both_low(values, level, point) for point in line])
        joined = False
        for k in range(len(line) - 1):
            segment = _low_part(line[k : k + 2], along[k : k + 2] - level)
            if segment is None or not (free[k] or free[k + 1]):
                joined = False
                continue
            start, end = segment
            if not (joined and np.array_equal(pieces[-1][-1], start)):
                pieces.append([start])
            pieces[-1].append(end)
            joined = True
    return [np.array(piece) for piece in pieces]


def _neighbours(point: Float[np.ndarray, "2"]) -> tuple[tuple[int, int], tuple[int, int], float]:
    """The two cells (row, column) that a vertex lies between, and how far along."""
    nearest = np.rint(point)
    # One coordinate is a whole number but for round-off; the other says how far along.
    across = int(np.argmax(np.abs(point - nearest)))
    start = nearest.astype(int)
    start[across] = int(np.floor(point[across]))
    end = start.copy()
    share = float(point[across]) - int(start[across])
    end[across] += share > 0
    return (int(start[1]), int(start[0])), (int(end[1]), int(end[0])), share


def _on_edge(values: Float[np.ndarray, "rows columns"], point: Float[np.ndarray, "2"]) -> float:
    first, second, share = _neighbours(point)
    return float((1 - share) * values[first] + share * values[second])


def _both_low(
    values: Float[np.ndarray, "rows columns"], level: float, point: Float[np.ndarray, "2"]
) -> bool:
    first, second, _ = _neighbours(point)
    return bool(values[first] <= level and values[second] <= level)


def _low_part(
    segment: Float[np.ndarray, "2 2"], excess: Float[np.ndarray, "2"]
) -> Float[np.ndarray, "2 2"] | None:
    """The part of a segment at which the excess, linear along it, is not positive."""
    low = excess <= 0
    if low.all():
        return segment
    if not low.any() or np.isnan(excess).any():
        return None
    cut = segment[0] + (segment[1] - segment[0]) * excess[0] / (excess[0] - excess[1])
    return np.array([segment[0], cut] if low[0] else [cut, segment[1]])
