"""What a regime is made of: how many of its cells leave it when one thing is mended."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import axis_names, select_method
from regimekit.regimes.claims import Claim, Verdict
from regimekit.regimes.labels import REGIMES, label_cells
from regimekit.regimes.medians import map_summary
from regimekit.regimes.probability import describe_share, wilson_interval
from regimekit.regimes.thresholds import Thresholds

REPAIRS = {
    "state": "injective coordinates",
    "rk4": "Runge-Kutta steps and converged data",
    "inside": "a test orbit within the training energies",
    "wide": "a network of width 64",
    "longer": "ten times the training",
    "solve": "training through a solve, with Runge-Kutta steps and converged data",
}
"""What is mended in the experiments of neural ODEs whose names end so, one thing at a time."""

CAUSES = {
    "float64": "double precision",
    "patient": "no tolerances and ten times the evaluations",
}
"""What is taken away in the experiments of the convection PINN whose names end so."""

COVERAGES = {
    "density": "the same samples over a long window",
    "orbits": "the same samples over a long window of four orbits",
}
"""Where the samples of neural ODEs lie in the experiments whose names end so."""

EXPLAINS, PARTLY_EXPLAINS = 0.5, 0.25
"""Shares from which a cause counts as the main one, and as one among others."""


def repair_effects(
    before: xr.Dataset,
    after: xr.Dataset,
    thresholds: Thresholds,
    method: str,
    *,
    by_run: bool = False,
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
    by_run
        Pair runs of equal seed in place of the medians of cells, whose seeds may differ. For maps
        whose seeds draw the same points and weights, so that one thing differs between a pair.

    Returns
    -------
    DataFrame
        One row for each regime: ``before`` and ``after`` (cells of it on the shared cells),
        ``left`` (share of the cells before that have another label after), its 95 % Wilson interval
        ``lower`` and ``upper`` (NaN without such cells), ``to_I``, ``to_II`` and ``to_III`` (where
        those cells are after), ``high`` (how many of them had an error above the threshold),
        ``rescued`` (how many of those have one below it after), ``loss`` and ``error`` (median over
        the cells before of the factor between the two maps' training losses and test errors).

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
    runs = [select_method(dataset, method) for dataset in (before, after)]
    if by_run:
        maps = [
            r[["train_loss", "test_error"]].assign(label=label_cells(r, thresholds)) for r in runs
        ]
    else:
        maps = [map_summary(r, thresholds) for r in runs]
    indexed = [
        m.assign_coords({"difficulty": m[names[0]].values, "data": m[names[1]].values})
        for m in maps
    ]
    old, new = xr.align(*indexed, join="inner")
    there = (old["label"].values > 0) & (new["label"].values > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = {
            short: new[name].values / old[name].values
            for short, name in (("loss", "train_loss"), ("error", "test_error"))
        }
    high = old["test_error"].values > thresholds.test_error
    low = new["test_error"].values <= thresholds.test_error
    rows = []
    for regime in REGIMES:
        was = there & (old["label"].values == regime)
        n = int(was.sum())
        left = np.array([np.mean(new["label"].values[was] != regime) if n else np.nan])
        lower, upper = wilson_interval(left, np.array([float(n)]))
        factors = {
            short: float(np.median(ratio[was])) if n else np.nan for short, ratio in ratios.items()
        }
        rows.append(
            {
                "regime": regime.roman,
                "before": n,
                "after": int((there & (new["label"].values == regime)).sum()),
                "left": float(left[0]),
                "lower": float(lower[0]),
                "upper": float(upper[0]),
                **{f"to_{r.roman}": int((was & (new["label"].values == r)).sum()) for r in REGIMES},
                "high": int((was & high).sum()),
                "rescued": int((was & high & low).sum()),
                **factors,
            }
        )
    return pd.DataFrame(rows)


def destinations(row: Mapping[str, Any] | pd.Series) -> str:
    """Say for which regimes cells left one, such as "14 to I and 19 to III"; empty if none left.

    Parameters
    ----------
    row
        Of the table of :func:`repair_effects`.
    """
    ways = [(r.roman, int(row[f"to_{r.roman}"])) for r in REGIMES if r.roman != row["regime"]]
    return " and ".join(f"{n} to {name}" for name, n in ways if n)


def left_in_words(row: Mapping[str, Any] | pd.Series) -> str:
    """Say how many cells left a regime, and for which ones.

    Parameters
    ----------
    row
        Of the table of :func:`repair_effects`.
    """
    cells, where = int(row["before"]), destinations(row)
    return describe_share(round(row["left"] * cells), cells) + (f", {where}" if where else "")


def leaving_claim(
    before: xr.Dataset,
    after: xr.Dataset,
    thresholds: Thresholds,
    *,
    id: str,
    statement: str,
    change: str,
    method: str = "adam",
    regime: str = "II",
    by_run: bool = False,
) -> Claim:
    """A regime is made of what one change takes away: its cells leave it with that change.

    "reproduced" if at least half of the shared cells in it leave it, "partly" from a quarter on,
    "not reproduced" else; "not tested" without such cells. The statistic is that share, with its
    95 % Wilson interval. Several causes may each be enough.

    Parameters
    ----------
    before, after, thresholds, method, by_run
        As for :func:`repair_effects`; by run, the share is one of runs.
    id, statement
        Of the claim.
    change
        What differs after, in words that follow "cells in II that leave it with".
    regime
        Which one, as a Roman number.
    """
    effects = repair_effects(before, after, thresholds, method, by_run=by_run)
    row = effects.set_index("regime").loc[regime].to_dict()
    cells, share = int(row["before"]), float(row["left"])
    what = "runs" if by_run else "cells"
    where = destinations(row | {"regime": regime})
    measure = f"share of {cells} shared {what} in {regime} that leave it with {change}"
    measure += f", {where}" if where else ""
    if not cells:
        nan = float("nan")
        return Claim(id, statement, measure, nan, (nan, nan), "not tested")
    interval = (float(row["lower"]), float(row["upper"]))
    return Claim(id, statement, measure, share, interval, explained(share))


def explained(share: float) -> Verdict:
    """Judge by how much of something a cause accounts for."""
    if share >= EXPLAINS:
        return "reproduced"
    return "partly" if share >= PARTLY_EXPLAINS else "not reproduced"
