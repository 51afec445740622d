"""Rank correlation of two maps, with an interval."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rank correlation with a bootstrap interval.

    Attributes
    ----------
    value
        Between -1 and 1; NaN for fewer than three pairs or when one side is constant.
    lower, upper, confidence
        Percentile interval over resampled pairs, and its coverage.
    n
        Number of pairs in which both values are there.
    """

    value: float
    lower: float
    upper: float
    confidence: float
    n: int


def rank_correlation(
    first: Float[np.ndarray, " pairs"],
    second: Float[np.ndarray, " pairs"],
    *,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> RankCorrelation:
    """Spearman's rank correlation; equal values share the mean of their ranks.

    Being about ranks, it is the same for values and for their logarithms.

    Parameters
    ----------
    first, second
        Pairs in which either is NaN are left out.
    resamples, confidence, seed
        Of the bootstrap over pairs. Neighbouring cells of a map are alike, so the interval is
        rather too narrow than too wide.

    Source: C. Spearman, Amer. J. Psychology 15 (1904) 72-101.
    """
    there = ~(np.isnan(first) | np.isnan(second))
    first, second = first[there], second[there]
    n = int(first.size)
    value = spearman(first, second)
    if np.isnan(value):
        return RankCorrelation(value, value, value, confidence, n)
    drawn = np.random.default_rng(seed).integers(0, n, (resamples, n))
    draws = np.array([spearman(first[pick], second[pick]) for pick in drawn])
    draws = draws[~np.isnan(draws)]
    tail = 0.5 * (1 - confidence)
    lower, upper = np.quantile(draws, [tail, 1 - tail]) if draws.size else (np.nan, np.nan)
    return RankCorrelation(value, float(lower), float(upper), confidence, n)


def spearman(first: Float[np.ndarray, " pairs"], second: Float[np.ndarray, " pairs"]) -> float:
    """Spearman's rank correlation of values without NaN; NaN when it is not defined."""
    if first.size < 3:
        return float("nan")
    a, b = (_mean_ranks(values) for values in (first, second))
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(a @ b / norm, -1.0, 1.0)) if norm > 0 else float("nan")


def _mean_ranks(values: Float[np.ndarray, " pairs"]) -> Float[np.ndarray, " pairs"]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - 0.5 * (counts - 1))[place]
