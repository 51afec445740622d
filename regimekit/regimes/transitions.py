"""Where the label changes along the rows and columns of a map, as numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float, Int

from regimekit.regimes._dataset import axis_names, log10
from regimekit.regimes.labels import Regime
from regimekit.regimes.thresholds import Thresholds

COLUMNS = (
    *("along", "at", "transition", "order", "low_side", "high_side", "variable"),
    *("before", "after", "position", "at_lower", "at_higher", "displacement", "steepness"),
)


def transitions(
    regime_map: xr.Dataset, thresholds: Thresholds, *, band: float = 0.2
) -> pd.DataFrame:
    """Every change of label between neighbouring cells of a map, along both axes.

    Between two cells the position is interpolated: log10 of the deciding variable is taken as
    linear in the logarithm of the axis (in the axis itself if it has values that are not
    positive). A change to or from II is decided by the training loss, one between I and III by
    the test error. Cells without a label are skipped, so that the two cells may lie further
    apart; `before` and `after` say how far.

    Parameters
    ----------
    regime_map
        From `regime_map`: `train_loss`, `test_error`, `label` over (difficulty, data).
    thresholds
        Those of the labels.
    band
        0.2 also gives the positions for the deciding threshold times 0.8 and 1.2.

    Returns
    -------
    table
        One row a change, with the columns

        - `along`: name of the axis that is followed; `at`: value of the other axis;
        - `transition`: "I/II", "I/III" or "II/III"; `order`: 0 for the first of this kind on
          this row or column of the map, 1 for the next ...; `low_side`, `high_side`: regimes
          at the smaller and the larger axis value;
        - `variable`: which variable decides;
        - `before`, `after`: axis values of the two cells; `position`: between them;
        - `at_lower`, `at_higher`: position with the threshold lowered and raised (NaN where that
          crossing is off the grid); `displacement`: grid steps between these two;
        - `steepness`: decades of the deciding variable per grid step at the change.
    """
    label = regime_map["label"].transpose("difficulty", "data").values
    logs = {
        name: log10(np.asarray(regime_map[name].transpose("difficulty", "data").values, float))
        for name in ("train_loss", "test_error")
    }
    names = axis_names(regime_map)
    axes = [np.asarray(regime_map[name].values, float) for name in names]
    rows = []
    for followed in (0, 1):
        for k, at in enumerate(axes[1 - followed]):
            line = np.take(label, k, axis=1 - followed)
            values = {name: np.take(log, k, axis=1 - followed) for name, log in logs.items()}
            seen: dict[str, int] = {}
            for change in _changes(line):
                row = _row(change, line, values, axes[followed], thresholds, band)
                row |= {"along": names[followed], "at": float(at)}
                row["order"] = seen.get(row["transition"], 0)
                seen[row["transition"]] = row["order"] + 1
                rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def transition_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Per axis and kind of transition: how many, where, how steep, how far the band moves them.

    Parameters
    ----------
    table
        From `transitions`.

    Returns
    -------
    summary
        Index (along, transition); columns `count`, `median_position`, `smallest_position`,
        `largest_position`, `median_steepness`, `median_displacement`.
    """
    return table.groupby(["along", "transition"]).agg(
        count=("position", "size"),
        median_position=("position", "median"),
        smallest_position=("position", "min"),
        largest_position=("position", "max"),
        median_steepness=("steepness", "median"),
        median_displacement=("displacement", "median"),
    )


def _changes(line: Int[np.ndarray, " cells"]) -> list[tuple[int, int]]:
    """Pairs of successive labelled cells with different labels."""
    labelled = np.flatnonzero(line != Regime.UNDEFINED)
    pairs = zip(labelled[:-1].tolist(), labelled[1:].tolist(), strict=True)
    return [(i, j) for i, j in pairs if line[i] != line[j]]


def _row(
    change: tuple[int, int],
    line: Int[np.ndarray, " cells"],
    values: dict[str, Float[np.ndarray, " cells"]],
    axis: Float[np.ndarray, " cells"],
    thresholds: Thresholds,
    band: float,
) -> dict[str, Any]:
    i, j = change
    low_side, high_side = Regime(int(line[i])), Regime(int(line[j]))
    with_two = Regime.UNDER_TRAINED in (low_side, high_side)
    variable = "train_loss" if with_two else "test_error"
    threshold = getattr(thresholds, variable)
    level = float(np.log10(threshold))
    logs = values[variable]
    centre = _Crossing(i, j, _share(float(logs[i]), float(logs[j]), level))
    lower, higher = (
        _crossing(logs, i, j, level + float(np.log10(factor))) for factor in (1 - band, 1 + band)
    )
    return {
        "transition": "/".join(r.roman for r in sorted((low_side, high_side))),
        "low_side": low_side.roman,
        "high_side": high_side.roman,
        "variable": variable,
        "before": float(axis[i]),
        "after": float(axis[j]),
        "position": centre.on(axis),
        "at_lower": lower.on(axis),
        "at_higher": higher.on(axis),
        "displacement": abs(higher.steps - lower.steps),
        "steepness": abs(float(logs[j] - logs[i])) / (j - i),
    }


@dataclass(frozen=True)
class _Crossing:
    """A place between two cells of a line: `share` of the way from cell `i` to cell `j`."""

    i: int
    j: int
    share: float

    @property
    def steps(self) -> float:
        """Fractional index along the line."""
        return self.i + (self.j - self.i) * self.share

    def on(self, axis: Float[np.ndarray, " cells"]) -> float:
        """Axis value, interpolated on the logarithmic scale where there is one."""
        ends = axis[[self.i, self.j]]
        if (axis > 0).all():
            return float(ends[0] * (ends[1] / ends[0]) ** self.share)
        return float(ends[0] + (ends[1] - ends[0]) * self.share)


def _crossing(logs: Float[np.ndarray, " cells"], i: int, j: int, level: float) -> _Crossing:
    """Where the values cross a level, between cells i and j or beyond them.

    A shifted level may not lie between the two values: then it is followed, over the cells that
    have a value, in the direction in which it moved. The share is NaN if it is never crossed.
    """
    if logs[i] > logs[j]:  # the same from the other end
        last = len(logs) - 1
        mirrored = _crossing(logs[::-1], last - j, last - i, level)
        return _Crossing(last - mirrored.j, last - mirrored.i, 1 - mirrored.share)
    cells = np.flatnonzero(~np.isnan(logs)).tolist()
    k = cells.index(i)
    while k >= 0 and logs[cells[k]] > level:
        k -= 1
    while 0 <= k < len(cells) - 1 and logs[cells[k + 1]] <= level:
        k += 1
    if not 0 <= k < len(cells) - 1:
        return _Crossing(i, j, float("nan"))
    i, j = cells[k], cells[k + 1]
    return _Crossing(i, j, _share(float(logs[i]), float(logs[j]), level))


def _share(start: float, end: float, level: float) -> float:
    """How far from `start` to `end` the level lies; an infinite end takes all of the way."""
    if np.isinf(start) or np.isinf(end):
        return 0.5 if np.isinf(start) and np.isinf(end) else float(np.isinf(start))
    return min(max((level - start) / (end - start), 0.0), 1.0) if end != start else 0.0
