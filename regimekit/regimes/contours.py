"""Boundary curves: contours of the raw map, and the part of them outside regime II."""

from collections.abc import Sequence

import contourpy
import numpy as np
from jaxtyping import Float, Int8

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import log10
from regimekit.regimes.labels import Regime


def boundary(
    values: Float[np.ndarray, "rows columns"],
    level: float | int,
    *,
    x: Sequence[float | int] | Float[np.ndarray, " columns"] | None = None,
    y: Sequence[float | int] | Float[np.ndarray, " rows"] | None = None,
) -> list[Float[np.ndarray, "points 2"]]:
    """Curves along which a map crosses a level.

    The map is contoured as it is: no smoothing and no filling of holes, so that a curve always
    runs between a cell above the level and a neighbour that is not. Between the two, log10 of the
    value is taken as linear.

    Parameters
    ----------
    values
        Positive values of the cells, row by row. Values that are not finite and positive are
        holes, and a curve stops at them.
    level
        Positive, in the units of the values.
    x, y
        Positions of the columns and the rows; by default their indices, because the axes of a
        regime map are categorical: equally spaced whatever the values.

    Returns
    -------
    curves
        Each an array of (x, y) points, in no particular order. None for a map with fewer than two
        rows or columns.

    Raises
    ------
    ConfigurationError
        If the level is not positive.
    """
    if not level > 0:
        raise ConfigurationError(f"A boundary needs a positive level, not {level}.")
    rows, columns = values.shape
    if rows < 2 or columns < 2:
        return []
    logs = log10(np.asarray(values, float))
    holes = ~np.isfinite(logs)
    generator = contourpy.contour_generator(
        np.arange(columns, dtype=float) if x is None else np.asarray(x, float),
        np.arange(rows, dtype=float) if y is None else np.asarray(y, float),
        np.ma.array(np.where(holes, 0.0, logs), mask=holes),
        name="serial",
        corner_mask=True,
        line_type=contourpy.LineType.Separate,
    )
    return [np.asarray(line, float) for line in generator.lines(float(np.log10(level)))]


def clip_to_trained(
    curves: list[Float[np.ndarray, "points 2"]],
    train_loss: Float[np.ndarray, "rows columns"],
    labels: Int8[np.ndarray, "rows columns"],
    level: float | int,
) -> list[Float[np.ndarray, "points 2"]]:
    """The parts of curves of the test error that separate regime I from regime III.

    A part is kept if the square of four cells it runs through has both a cell of I and a cell of
    III, and if the training loss there, interpolated as for its own boundary, is low. The first
    condition drops the pieces that only shadow the I/II boundary: the error crosses its threshold
    there too, but no cell of III lies beyond.

    Parameters
    ----------
    curves
        Of the test error, in index space (column, row).
    train_loss
        The map of losses on the same cells.
    labels
        Members of `Regime` for the cells.
    level
        Threshold on the loss.
    """
    excess = log10(np.asarray(train_loss, float)) - np.log10(level)
    pieces: list[np.ndarray] = []
    for curve in curves:
        for start, end in zip(curve[:-1], curve[1:], strict=True):
            piece = _low_part(start, end, excess, labels)
            if piece is None:
                continue
            if pieces and np.array_equal(pieces[-1][-1], piece[0]):
                pieces[-1] = np.vstack([pieces[-1], piece[1:]])
            else:
                pieces.append(piece)
    return pieces


def _low_part(start, end, excess, labels) -> np.ndarray | None:
    """The part of one straight segment to keep, or None."""
    square = _separating_square(0.5 * (start + end), labels)
    if square is None:
        return None
    at_start, at_end = (_interpolate(excess, square, point) for point in (start, end))
    # Written so that NaN (no loss known there) keeps nothing.
    if at_start <= 0 and at_end <= 0:
        return np.array([start, end])
    if at_start <= 0 < at_end:
        return np.array([start, start + (end - start) * at_start / (at_start - at_end)])
    if at_end <= 0 < at_start:
        return np.array([start + (end - start) * at_start / (at_start - at_end), end])
    return None


def _separating_square(point, labels) -> tuple[int, int] | None:
    """Lower corner (column, row) of a square that touches the point and has cells of I and III."""
    rows, columns = labels.shape
    for row in {int(np.floor(point[1])), int(np.ceil(point[1])) - 1}:
        for column in {int(np.floor(point[0])), int(np.ceil(point[0])) - 1}:
            if not (0 <= row < rows - 1 and 0 <= column < columns - 1):
                continue
            corners = labels[row : row + 2, column : column + 2]
            if (corners == Regime.WELL_TRAINED).any() and (corners == Regime.OVER_TRAINED).any():
                return column, row
    return None


def _interpolate(field, square, point) -> float:
    """Bilinear value in a square; with one corner unknown, linear on the other three."""
    column, row = square
    corners = field[row : row + 2, column : column + 2].copy()
    unknown = np.argwhere(~np.isfinite(corners))
    if len(unknown) > 1:
        return float("nan")
    if len(unknown) == 1:
        i, j = unknown[0]
        corners[i, j] = corners[1 - i, j] + corners[i, 1 - j] - corners[1 - i, 1 - j]
    s, t = point[0] - column, point[1] - row
    return float(np.array([1 - t, t]) @ corners @ np.array([1 - s, s]))
