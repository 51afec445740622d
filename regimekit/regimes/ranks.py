"""Spearman's rank correlation with a bootstrap interval."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class RankCorrelation:
    """A rank correlation and its bootstrap interval.

    Attributes
    ----------
    value
        Spearman's rho, -1 to 1; NaN for fewer than two pairs or a constant side.
    lower, upper
        Percentile interval over resampled pairs.
    confidence
        Coverage of the interval.
    n
        Number of pairs.
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
    resamples: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> RankCorrelation:
    """Spearman's rank correlation of paired values; ties share their mean rank.

    Parameters
    ----------
    first, second
        Paired values; pairs with a NaN are left out.
    resamples, confidence, seed
        Of the bootstrap over pairs. Neighbouring cells of a map resemble each other, so the
        interval is narrower than it would be for independent pairs.

    Source: C. Spearman, Amer. J. Psychol. 15 (1904) 72-101; percentile bootstrap, Efron 1979.
    """
    known = ~(np.isnan(first) | np.isnan(second))
    first, second = first[known], second[known]
    n = int(first.size)
    if n < 2:
        nan = float("nan")
        return RankCorrelation(nan, nan, nan, confidence, n)
    rng = np.random.default_rng(seed)
    draws = np.array(
        [_spearman(first[k], second[k]) for k in rng.integers(0, n, size=(resamples, n))]
    )
    draws = draws[np.isfinite(draws)]
    tail = 0.5 * (1 - confidence)
    lower, upper = np.quantile(draws, [tail, 1 - tail]) if draws.size else (np.nan, np.nan)
    return RankCorrelation(_spearman(first, second), float(lower), float(upper), confidence, n)


def _spearman(first: np.ndarray, second: np.ndarray) -> float:
    ranks = np.stack([_mean_ranks(first), _mean_ranks(second)])
    ranks = ranks - ranks.mean(axis=1, keepdims=True)
    scale = np.sqrt((ranks**2).sum(axis=1))
    if not scale.all():
        return float("nan")
    return float(np.clip((ranks[0] @ ranks[1]) / (scale[0] * scale[1]), -1, 1))


def _mean_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, equal values sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - 0.5 * (counts - 1))[inverse]
