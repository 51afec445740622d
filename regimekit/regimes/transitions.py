"""Where, in numbers, one regime gives way to another along a row or a column of the map."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import axis_names, log10
from regimekit.regimes.labels import Regime
from regimekit.regimes.medians import regime_map
from regimekit.regimes.thresholds import Thresholds

_COLUMNS = {
    "transition": "str",
    "along": "str",
    "at": "float64",
    "position": "float64",
    "position_low": "float64",
    "position_high": "float64",
    "before": "float64",
    "after": "float64",
    "direction": "str",
    "steepness": "float64",
}


def transitions(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    factors: tuple[float, float] = (0.8, 1.2),
    train_variable: str = "train_loss",
    test_variable: str = "test_error",
) -> pd.DataFrame:
    """Every change of label between neighbouring cells of a method's map.

    See `transition_table` for the columns.

    Raises
    ------
    ConfigurationError
        As `regime_map`; and if an axis has values that are not positive.
    """
    cells = regime_map(
        dataset, thresholds, method, train_variable=train_variable, test_variable=test_variable
    )
    return transition_table(cells, thresholds, factors=factors)


def transition_table(
    cells: xr.Dataset,
    thresholds: Thresholds,
    *,
    factors: tuple[float, float] = (0.8, 1.2),
) -> pd.DataFrame:
    """Every change of label between neighbouring cells, located and measured.

    I/II and II/III are crossings of the training loss, I/III of the test error. The position is
    where log10 of that value meets log10 of the threshold, with both the value and the axis
    interpolated on a logarithmic scale between the two cells.

    Parameters
    ----------
    cells
        `train_loss`, `test_error`, `label` over (difficulty, data), as `regime_map` returns.
    thresholds
        Those of the labels.
    factors
        The two scalings of the threshold that make the band.

    Returns
    -------
    table
        One row a crossing, all of them, also where a row of the map crosses back and forth:

        - `transition`: "I/II", "II/III" or "I/III";
        - `along`: the axis walked along (its physical name), and `at`: the other axis's value;
        - `position`: the axis value at the crossing; `position_low`, `position_high`: the same for
          the threshold times the first and the second factor, namely the crossing in the same
          direction nearest to the first one (NaN if the row never reaches that level);
        - `before`, `after`: axis values of the two cells;
        - `direction`: for instance "I->II", towards larger axis values;
        - `steepness`: |difference of log10 value| between the two cells: decades a grid step.
    """
    difficulty, data = axis_names(cells)
    logs = {
        name: log10(np.asarray(cells[name].transpose("difficulty", "data").values, float))
        for name in ("train_loss", "test_error")
    }
    labels = cells["label"].transpose("difficulty", "data").values
    axes = {name: np.asarray(cells[name].values, float) for name in (difficulty, data)}
    for name, axis in axes.items():
        if not (axis > 0).all():
            raise ConfigurationError(
                f"Positions along '{name}' are interpolated in its logarithm, so its values must "
                "be positive."
            )
    records = []
    for along, across, flip in ((difficulty, data, False), (data, difficulty, True)):
        order = np.argsort(axes[along], kind="stable")
        for i in np.argsort(axes[across], kind="stable"):
            pick = (i, order) if flip else (order, i)
            line = {name: field[pick] for name, field in logs.items()}
            for record in _crossings(labels[pick], line, axes[along][order], thresholds, factors):
                records.append({"along": along, "at": axes[across][i], **record})
    return pd.DataFrame(records, columns=list(_COLUMNS)).astype(_COLUMNS)


def _crossings(labels, logs, axis, thresholds, factors):
    """Records of the label changes along one row or column, in ascending order of its axis."""
    for k in range(len(axis) - 1):
        pair = (Regime(int(labels[k])), Regime(int(labels[k + 1])))
        if pair[0] == pair[1] or Regime.UNDEFINED in pair:
            continue
        variable = "train_loss" if Regime.UNDER_TRAINED in pair else "test_error"
        values, level = logs[variable], getattr(thresholds, variable)
        here = k + _fraction(values[k], values[k + 1], np.log10(level))
        rising = bool(values[k + 1] > values[k])
        low, high = (_nearest(values, np.log10(f * level), rising, here) for f in factors)
        yield {
            "transition": "/".join(sorted((regime.roman for regime in pair), key=len)),
            "position": _axis_value(axis, here),
            "position_low": _axis_value(axis, low),
            "position_high": _axis_value(axis, high),
            "before": axis[k],
            "after": axis[k + 1],
            "direction": f"{pair[0].roman}->{pair[1].roman}",
            "steepness": abs(float(values[k + 1]) - float(values[k])),
        }


def _fraction(first: float, second: float, level: float) -> float:
    """How far from the first cell to the second the level is met, 0 to 1."""
    if np.isfinite(first) and np.isfinite(second):
        return float((level - first) / (second - first))
    # Next to an infinite value all of the step happens beside the finite one.
    return 0.0 if np.isfinite(first) else 1.0


def _nearest(values: np.ndarray, level: float, rising: bool, here: float) -> float:
    """Index position of the crossing of a level nearest to a given one; NaN if there is none."""
    found = []
    for k in range(len(values) - 1):
        first, second = (values[k], values[k + 1]) if rising else (values[k + 1], values[k])
        if first <= level < second:
            found.append(k + _fraction(values[k], values[k + 1], level))
    return min(found, key=lambda position: abs(position - here), default=float("nan"))


def _axis_value(axis: Float[np.ndarray, " cells"], position: float) -> float:
    """Value of an axis at an index position, interpolated in its logarithm."""
    if np.isnan(position):
        return position
    return float(np.exp(np.interp(position, np.arange(len(axis)), np.log(axis))))


def transition_summary(table: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Median and range of the position, and median steepness, of each kind of crossing.

    Parameters
    ----------
    table
        From `transitions`, whole or a selection of its rows.
    by
        Further columns to group by, such as "source" of a comparison.

    Returns
    -------
    summary
        Indexed by transition and axis: `crossings`, `position` (median), `position_min`,
        `position_max`, `band` (median of the high over the low end of the threshold band, as a
        ratio >= 1) and `steepness` (median, decades a grid step).
    """
    ends = table[["position_low", "position_high"]]
    ratio = ends.max(axis=1, skipna=False) / ends.min(axis=1, skipna=False)
    groups = table.assign(band=ratio).groupby([*by, "transition", "along"])
    return groups.agg(
        crossings=("position", "size"),
        position=("position", "median"),
        position_min=("position", "min"),
        position_max=("position", "max"),
        band=("band", "median"),
        steepness=("steepness", "median"),
    )
