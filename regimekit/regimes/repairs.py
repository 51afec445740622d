"""What a regime is made of: how many of its cells leave it when one thing is mended."""

import numpy as np
import pandas as pd
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import axis_names, select_method
from regimekit.regimes.labels import REGIMES
from regimekit.regimes.medians import map_summary
from regimekit.regimes.probability import wilson_interval
from regimekit.regimes.thresholds import Thresholds

REPAIRS = {
    "state": "injective coordinates",
    "rk4": "Runge-Kutta steps and converged data",
    "inside": "a test orbit within the training energies",
    "wide": "a network of width 64",
    "longer": "ten times the training",
}
"""What is mended in the experiments of neural ODEs whose names end so, one thing at a time."""


def repair_effects(
    before: xr.Dataset, after: xr.Dataset, thresholds: Thresholds, method: str
) -> pd.DataFrame:
    """Compare the labels of two maps over the cells that both have.

    Parameters
    ----------
    before, after
        Maps with the same axes; cells are matched by their values.
    thresholds
        For both.
    method
        Training method.

    Returns
    -------
    DataFrame
        One row for each regime: ``before`` and ``after`` (cells of it on the shared cells),
        ``left`` (share of the cells before that have another label after), its 95 % Wilson interval
        ``lower`` and ``upper`` (NaN without such cells), ``loss`` and ``error`` (median over
        those cells of the factor between the two maps' training losses and test errors).

    Raises
    ------
    ConfigurationError
        If the maps have different axes.
    """
    names = axis_names(before)
    if axis_names(after) != names:
        raise ConfigurationError(
            f"Maps over {' x '.join(names)} and {' x '.join(axis_names(after))} have no cell in "
            "common."
        )
    maps = [map_summary(select_method(d, method), thresholds) for d in (before, after)]
    indexed = [
        m.assign_coords({"difficulty": m[names[0]].values, "data": m[names[1]].values})
        for m in maps
    ]
    old, new = xr.align(*indexed, join="inner")
    there = (old["label"].values > 0) & (new["label"].values > 0)
    rows = []
    for regime in REGIMES:
        was = there & (old["label"].values == regime)
        n = int(was.sum())
        left = np.array([np.mean(new["label"].values[was] != regime) if n else np.nan])
        lower, upper = wilson_interval(left, np.array([float(n)]))
        factors = {
            short: float(np.median((new[name] / old[name]).values[was])) if n else np.nan
            for short, name in (("loss", "train_loss"), ("error", "test_error"))
        }
        rows.append(
            {
                "regime": regime.roman,
                "before": n,
                "after": int((there & (new["label"].values == regime)).sum()),
                "left": float(left[0]),
                "lower": float(lower[0]),
                "upper": float(upper[0]),
                **factors,
            }
        )
    return pd.DataFrame(rows)
