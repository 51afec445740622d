"""How many points regime III asks for: where it ends along the data, column by column."""

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from regimekit.regimes._dataset import axis_names, select_method
from regimekit.regimes.claims import Claim, Verdict
from regimekit.regimes.labels import Regime
from regimekit.regimes.medians import regime_map
from regimekit.regimes.thresholds import Thresholds
from regimekit.regimes.transitions import transitions


def over_training_ends(
    dataset: xr.Dataset, thresholds: Thresholds, method: str | None = None
) -> pd.DataFrame:
    """The amount of data from which on a column of a seed's map has no regime III.

    Parameters
    ----------
    dataset, thresholds, method
        Whose maps.

    Returns
    -------
    DataFrame
        One row a seed and difficulty: ``difficulty``, ``seed``, ``data`` (interpolated between the
        two cells) and ``into`` ("I" or "II", the regime beyond). Columns wholly outside III, or in
        it with the most data, have no row.
    """
    runs = select_method(dataset, method)
    amount = axis_names(dataset)[1]
    rows = []
    for k, seed in enumerate(dataset["seed"].values.tolist()):
        cells = regime_map(runs.isel(seed=[k]), thresholds)
        found = transitions(cells, thresholds)
        returns = _ends_in_over_training(cells)
        along = found[(found["along"] == amount) & (found["low_side"] == "III")]
        for difficulty, column in along.groupby("at"):
            if float(str(difficulty)) in returns:
                continue
            last = column.loc[column["position"].idxmax()]
            rows.append(
                {
                    "difficulty": float(str(difficulty)),
                    "seed": seed,
                    "data": float(last["position"]),
                    "into": str(last["high_side"]),
                }
            )
    return pd.DataFrame(rows, columns=["difficulty", "seed", "data", "into"])


def _ends_in_over_training(cells: xr.Dataset) -> set[float]:
    """Difficulties whose last labelled cell along the data is in III."""
    axis = axis_names(cells)[0]
    found = set()
    for value, column in zip(
        cells[axis].values, cells["label"].transpose("difficulty", "data").values, strict=True
    ):
        known = column[column != Regime.UNDEFINED]
        if known.size and known[-1] == Regime.OVER_TRAINED:
            found.add(float(value))
    return found


def exponent(
    ends: pd.DataFrame, *, resamples: int = 1000, seed: int = 0
) -> tuple[float, tuple[float, float]]:
    """Exponent p of data = a difficulty^p, by least squares in logarithms.

    Parameters
    ----------
    ends
        From :func:`over_training_ends`.
    resamples, seed
        Of the bootstrap over columns of seeds' maps, for the 95 % interval.

    Returns
    -------
    exponent, interval
        NaN with fewer than three difficulties.
    """
    nan = float("nan")
    if ends["difficulty"].nunique() < 3:
        return nan, (nan, nan)
    x, y = (np.log(ends[name].to_numpy(float)) for name in ("difficulty", "data"))
    drawn = np.random.default_rng(seed).integers(0, x.size, (resamples, x.size))
    slopes = np.array([_slope(x[pick], y[pick]) for pick in drawn])
    lower, upper = np.nanquantile(slopes, [0.025, 0.975])
    return _slope(x, y), (float(lower), float(upper))


def _slope(x: Float[np.ndarray, " columns"], y: Float[np.ndarray, " columns"]) -> float:
    spread = x - x.mean()
    return float(spread @ y / (spread @ spread)) if np.ptp(x) > 0 else float("nan")


def sampling_claims(
    dataset: xr.Dataset, thresholds: Thresholds, method: str | None = None
) -> list[Claim]:
    """Claim 4.1: regime III ends at one number of points per period of the solution.

    At speed beta the solution has beta / 2 pi periods in unit time, so the points that a fixed
    number per period asks for rise in proportion to beta: the boundary's exponent would be 1, and
    2 if what counts were the distance of points along time. Two parts, for the columns that go from
    III to I and for those that go from III to II. "reproduced" if the interval of the exponent
    holds 1 and not 0, "partly" if it holds both, "not reproduced" if it leaves out 1; "not tested"
    with fewer than three speeds.

    Parameters
    ----------
    dataset, thresholds, method
        Whose maps; the difficulty is a speed.
    """
    ends = over_training_ends(dataset, thresholds, method)
    claims = []
    for into in ("I", "II"):
        part = ends[ends["into"] == into]
        slope, interval = exponent(part)
        verdict: Verdict = "not reproduced"
        if np.isnan(slope):
            verdict = "not tested"
        elif interval[0] <= 1 <= interval[1]:
            verdict = "reproduced" if interval[0] > 0 else "partly"
        claims.append(
            Claim(
                "4.1",
                f"Where III meets {into}, the points needed are in proportion to the speed.",
                f"exponent of the points over the speed in {len(part)} columns of III below {into} "
                "(95 % bootstrap over columns)",
                slope,
                interval,
                verdict,
            )
        )
    return claims


def points_per_period(ends: pd.DataFrame) -> pd.Series:
    """Points in the domain for each period of the convection's solution: 2 pi data / beta."""
    return 2 * np.pi * ends["data"] / ends["difficulty"]
