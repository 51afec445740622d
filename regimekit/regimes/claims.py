"""What the paper says about the map, judged by a dataset: one number and one verdict a claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from regimekit.regimes._dataset import axis_names
from regimekit.regimes.labels import Regime, label_cells
from regimekit.regimes.medians import regime_map
from regimekit.regimes.probability import wilson_interval
from regimekit.regimes.ranks import rank_correlation
from regimekit.regimes.thresholds import Thresholds
from regimekit.regimes.transitions import transitions

Verdict = Literal["reproduced", "partly", "not reproduced", "not tested"]

#: Largest share of cells that may change label for the map to count as stable, and as partly so.
STABLE, PARTLY_STABLE = 0.1, 0.2

#: Grid steps within which a boundary counts as lying where it is said to lie.
WITHIN = 1.0


@dataclass(frozen=True)
class Claim:
    """One testable statement, and what a dataset says to it.

    Attributes
    ----------
    id
        Number of the claim; the parts of a claim share it.
    statement
        What is claimed.
    measure
        What `statistic` and `interval` are.
    statistic, interval
        NaN where they could not be computed; infinite where a boundary that should be there is
        not.
    verdict
        By the criterion of the function that made it.
    """

    id: str
    statement: str
    measure: str
    statistic: float
    interval: tuple[float, float]
    verdict: Verdict


def signed_verdict(value: float, interval: tuple[float, float], sign: int = 1) -> Verdict:
    """The verdict of a claim that a number is positive, from the number and its interval.

    "reproduced" if the whole interval lies on the claimed side of zero, "partly" if only the number
    does, "not reproduced" if it does not; "not tested" if the number or an end is NaN.

    Parameters
    ----------
    value, interval
        The statistic and its 95 % interval.
    sign
        1 for a claim that it is positive, -1 that it is negative.
    """
    ends = sign * interval[0], sign * interval[1]
    if np.isnan([value, *ends]).any():
        return "not tested"
    if min(ends) > 0:
        return "reproduced"
    return "partly" if sign * value > 0 else "not reproduced"


def share_verdict(count: int | float, n: int) -> tuple[float, tuple[float, float], Verdict]:
    """Return a share, its 95 % Wilson interval, and the verdict on most of them having something.

    "reproduced" if the interval lies above one half, "not reproduced" if below, "partly" else; "not
    tested" of none.

    Parameters
    ----------
    count, n
        How many have it, of how many; the count need not be whole, such as a sum of shares.
    """
    if not n:
        return float("nan"), (float("nan"), float("nan")), "not tested"
    lower, upper = wilson_interval(np.array([count / n]), np.array([float(n)]))
    interval = float(lower[0]), float(upper[0])
    if interval[0] > 0.5:
        return count / n, interval, "reproduced"
    return count / n, interval, "not reproduced" if interval[1] < 0.5 else "partly"


def overall_verdict(parts: Sequence[Claim]) -> Verdict:
    """The verdict of a claim from those of its parts.

    "reproduced" if every part is, "not reproduced" if every tested part is that, "not tested" if
    no part is tested, and "partly" else; so an untested part keeps the whole from "reproduced".
    """
    verdicts = {part.verdict for part in parts}
    tested = verdicts - {"not tested"}
    if not tested:
        return "not tested"
    if verdicts == {"reproduced"}:
        return "reproduced"
    return "not reproduced" if tested == {"not reproduced"} else "partly"


def layout_claims(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> list[Claim]:
    """Claim 1.6: I is easy and data-rich, II is hard and data-rich, III is data-poor.

    The statistic is Spearman's rank correlation over cells between an axis and the indicator of
    the regime (1 where the median over seeds has the label), with its 95 % bootstrap interval
    over cells. "reproduced" if the interval lies wholly on the claimed side of zero, "partly" if
    only the correlation does, "not reproduced" if it does not; "not tested" if no labelled cell
    or every one of them is in the regime, so that nothing can be ranked.

    Parameters
    ----------
    dataset, thresholds, method
        Whose map.
    resamples, seed
        Of the bootstrap.
    """
    label = regime_map(dataset, thresholds, method)["label"].transpose("difficulty", "data")
    axes = [np.asarray(dataset[name].values, float) for name in axis_names(dataset)]
    difficulty, data = (grid.ravel() for grid in np.meshgrid(*axes, indexing="ij"))
    there = label.values.ravel() != Regime.UNDEFINED
    claims = []
    for regime, axis, values, sign, words in (
        (Regime.WELL_TRAINED, "difficulty", difficulty, -1, "lies where the task is easy"),
        (Regime.WELL_TRAINED, "data", data, 1, "lies where data are many"),
        (Regime.UNDER_TRAINED, "difficulty", difficulty, 1, "lies where the task is hard"),
        (Regime.UNDER_TRAINED, "data", data, 1, "lies where data are many"),
        (Regime.OVER_TRAINED, "data", data, -1, "lies where data are few"),
    ):
        indicator = (label.values.ravel() == regime).astype(float)
        found = rank_correlation(indicator[there], values[there], resamples=resamples, seed=seed)
        interval = found.lower, found.upper
        claims.append(
            Claim(
                "1.6",
                f"Regime {regime.roman} {words}.",
                f"rank correlation with the {axis} axis (95 % bootstrap over cells)",
                found.value,
                interval,
                signed_verdict(found.value, interval, sign),
            )
        )
    return claims


def stability_claims(
    dataset: xr.Dataset, thresholds: Thresholds, method: str | None = None, *, band: float = 0.2
) -> list[Claim]:
    """Claim 1.10: the map hardly depends on the thresholds, scaled by 20 % up or down.

    Two parts. The share of labelled cells whose median changes its label when both thresholds are
    scaled together, the larger of the two directions, with its Wilson interval: "reproduced" up
    to `STABLE`, "partly" up to `PARTLY_STABLE`. And the displacement of each boundary between the
    lowered and the raised threshold, in grid steps (infinite if one of them is off the grid):
    "reproduced" if the largest is at most one step, "partly" if the median is. "not tested" if no
    cell has a label, or no boundary is on the map.

    Parameters
    ----------
    dataset, thresholds, method
        Whose map.
    band
        0.2 for 20 %.
    """
    medians = regime_map(dataset, thresholds, method)
    labels = medians["label"].values
    n = int((labels != Regime.UNDEFINED).sum())
    changed = max(
        int((label_cells(medians, thresholds.scaled(f, f)).values != labels).sum())
        for f in (1 - band, 1 + band)
    )
    share = changed / n if n else float("nan")
    ends = wilson_interval(np.array([share]), np.array([float(n)]))
    within = float(ends[0][0]), float(ends[1][0])
    moved = transitions(medians, thresholds, band=band)["displacement"].to_numpy(float)
    # Off the grid: how far is not known, so it must not count as near.
    moved = np.where(np.isnan(moved), np.inf, moved)
    median, (nearest, farthest) = _median_and_range(moved)
    scaled = f"Scaling both thresholds by {100 * band:g} %"
    return [
        Claim(
            "1.10",
            f"{scaled} changes the label of at most {100 * STABLE:g} % of the cells.",
            f"share of {n} cells (95 % Wilson interval)",
            share,
            within,
            _verdict(n, share <= STABLE, share <= PARTLY_STABLE),
        ),
        Claim(
            "1.10",
            f"{scaled} moves no boundary by more than one grid step.",
            f"median of {moved.size} crossings, in grid steps (smallest to largest)",
            median,
            (nearest, farthest),
            _verdict(moved.size, farthest <= WITHIN, median <= WITHIN),
        ),
    ]


@dataclass(frozen=True)
class _Line:
    """A boundary of the published map: on which rows or columns it lies, and where on each."""

    transition: str
    followed: int  # 0: along the difficulty at fixed data; 1: along the data at fixed difficulty
    statement: str
    rows: tuple[float, float]  # fixed values, ends included
    low: tuple[float, float]  # smallest position at both ends of the rows, log-linear between
    high: tuple[float, float]  # largest

    def expected(self, at: float) -> tuple[float, float]:
        """Smallest and largest position on one row or column."""
        if not np.isfinite(self.rows[1]):
            return self.low[0], self.high[0]
        x = np.log(self.rows)
        low, high = (np.exp(np.interp(np.log(at), x, np.log(y))) for y in (self.low, self.high))
        return float(low), float(high)


#: Read off the published map of Wang et al. 2026 (arXiv 2605.29153), to about one grid step.
_PUBLISHED = {
    "pinn-convection": (
        _Line(
            "I/II",
            0,
            "I meets II near a speed of 25, from 2 000 points on.",
            (2000.0, np.inf),
            (25.0, 25.0),
            (25.0, 25.0),
        ),
        _Line(
            "II/III",
            1,
            "III meets II between 1 000 and 2 000 points, at speeds above 30.",
            (np.nextafter(30.0, np.inf), np.inf),
            (1000.0, 1000.0),
            (2000.0, 2000.0),
        ),
        _Line(
            "I/III",
            0,
            "I meets III near a speed of 10 at 100 points, rising to 25 at 2 000.",
            # At 2 000 points the boundary is the corner of all three, and may be of either kind.
            (100.0, np.nextafter(2000.0, 0.0)),
            (10.0, 25.0),
            (10.0, 25.0),
        ),
    )
}


def position_claims(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    test_variable: str = "test_error_lattice",
) -> list[Claim]:
    """Claim 1.12: the boundaries lie where the published figure has them.

    On every row or column that a published boundary crosses, the first change of label of that
    kind is taken, and its distance to the published position in grid steps of our axis (0 within
    a published range). A change that is not there, on a line whose cells all have a label, is
    infinitely far; lines that lack labels, or on which the published position is beyond our axis,
    say nothing. "reproduced" if the distance is at most one step on every line, "partly" if its
    median is, "not reproduced" else; "not tested" if no line says anything.

    Parameters
    ----------
    dataset, thresholds, method
        Whose map.
    test_variable
        By default the error that the original shows.

    Returns
    -------
    claims
        One a published boundary; none if the dataset's experiment has no published positions.
    """
    medians = regime_map(dataset, thresholds, method, test_variable=test_variable)
    table = transitions(medians, thresholds)
    claims = []
    for line in _PUBLISHED.get(str(dataset.attrs.get("experiment")), ()):
        distances = _distances(medians, table, line)
        median, ends = _median_and_range(distances)
        claims.append(
            Claim(
                "1.12",
                line.statement,
                f"median distance on {distances.size} lines of the grid, in grid steps "
                "(smallest to largest)",
                median,
                ends,
                _verdict(distances.size, ends[1] <= WITHIN, median <= WITHIN),
            )
        )
    return claims


def _distances(
    medians: xr.Dataset, table: pd.DataFrame, line: _Line
) -> Float[np.ndarray, " lines"]:
    """Distance in grid steps on every line of the grid that says something."""
    names = axis_names(medians)
    axis, fixed = (
        np.asarray(medians[names[k]].values, float) for k in (line.followed, 1 - line.followed)
    )
    labels = medians["label"].transpose("difficulty", "data").values
    order = np.argsort(axis)

    def step(value: float) -> float:
        return float(np.interp(np.log(value), np.log(axis[order]), np.arange(axis.size)))

    kind = (table["along"] == names[line.followed]) & (table["transition"] == line.transition)
    first = table[kind & (table["order"] == 0)].set_index("at")["position"]
    distances = []
    for k, at in enumerate(fixed.tolist()):
        if not line.rows[0] <= at <= line.rows[1]:
            continue
        low, high = line.expected(at)
        if high < axis.min() or low > axis.max():
            continue
        if at in first.index:
            position = step(float(first.loc[at]))
            distances.append(max(step(low) - position, position - step(high), 0.0))
        elif (np.take(labels, k, axis=1 - line.followed) != Regime.UNDEFINED).all():
            distances.append(np.inf)
    return np.array(distances, float)


def _median_and_range(
    values: Float[np.ndarray, " values"],
) -> tuple[float, tuple[float, float]]:
    if not values.size:
        return float("nan"), (float("nan"), float("nan"))
    return float(np.median(values)), (float(values.min()), float(values.max()))


def _verdict(n: int, wholly: bool, partly: bool) -> Verdict:
    if n == 0:
        return "not tested"
    return "reproduced" if wholly else "partly" if partly else "not reproduced"
