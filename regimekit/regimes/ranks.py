"""Rank correlation of two maps, with an interval."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


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
    groups: Int[np.ndarray, " pairs"] | None = None,
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
    groups
        Which pairs belong together, as seeds of one cell do: the bootstrap draws groups with all
        their pairs. Without it, pairs.
    resamples, confidence, seed
        Of the bootstrap. Neighbouring cells of a map are alike, so the interval is rather too
        narrow than too wide.

    Source: C. Spearman, Amer. J. Psychology 15 (1904) 72-101.
    """
    there = ~(np.isnan(first) | np.isnan(second))
    first, second = first[there], second[there]
    n = int(first.size)
    value = spearman(first, second)
    if np.isnan(value):
        return RankCorrelation(value, value, value, confidence, n)
    rng = np.random.default_rng(seed)
    if groups is None:
        drawn = rng.integers(0, n, (resamples, n))
        draws = _pearson(_ranks_of_draws(first, drawn), _ranks_of_draws(second, drawn))
    else:
        times = _times_drawn(groups[there], resamples, rng)
        draws = _pearson(_ranks_of_times(first, times), _ranks_of_times(second, times), times)
    draws = draws[~np.isnan(draws)]
    tail = 0.5 * (1 - confidence)
    lower, upper = np.quantile(draws, [tail, 1 - tail]) if draws.size else (np.nan, np.nan)
    return RankCorrelation(value, float(lower), float(upper), confidence, n)


def spearman(first: Float[np.ndarray, " pairs"], second: Float[np.ndarray, " pairs"]) -> float:
    """Spearman's rank correlation of values without NaN; NaN when it is not defined."""
    return float(spearman_of_rows(first[None], second[None])[0])


def spearman_of_rows(
    first: Float[np.ndarray, "rows pairs"], second: Float[np.ndarray, "rows pairs"]
) -> Float[np.ndarray, " rows"]:
    """Spearman's rank correlation of each row of values without NaN; NaN where not defined."""
    if first.shape[1] < 3:
        return np.full(len(first), np.nan)
    return _pearson(_mean_ranks(first), _mean_ranks(second))


def _pearson(
    a: Float[np.ndarray, "rows pairs"],
    b: Float[np.ndarray, "rows pairs"],
    times: Int[np.ndarray, "rows pairs"] | int = 1,
) -> Float[np.ndarray, " rows"]:
    """Correlation of each row, whose pairs may be there several times, or not at all."""
    total = np.broadcast_to(times, a.shape).sum(axis=1, keepdims=True)
    a, b = (x - (times * x).sum(axis=1, keepdims=True) / total for x in (a, b))
    norm = np.sqrt((times * a * a).sum(axis=1) * (times * b * b).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(norm > 0, np.clip((times * a * b).sum(axis=1) / norm, -1.0, 1.0), np.nan)


def _times_drawn(
    groups: Int[np.ndarray, " pairs"], resamples: int, rng: np.random.Generator
) -> Int[np.ndarray, "rows pairs"]:
    """Draw groups again, as many as there are; how often each pair is in each draw."""
    _, member = np.unique(groups, return_inverse=True)
    many = int(member.max()) + 1
    drawn = rng.integers(0, many, (resamples, many)) + many * np.arange(resamples)[:, None]
    times = np.bincount(drawn.ravel(), minlength=resamples * many).reshape(resamples, many)
    return times[:, member]


def _ranks_of_times(
    values: Float[np.ndarray, " pairs"], times: Int[np.ndarray, "rows pairs"]
) -> Float[np.ndarray, "rows pairs"]:
    """Mean ranks of values that are there several times, or not at all."""
    _, place = np.unique(values, return_inverse=True)
    counts = np.zeros((len(times), int(place.max()) + 1), int)
    np.add.at(counts.T, place, times.T)
    last = counts.cumsum(axis=1)
    return (last - 0.5 * (counts - 1))[:, place]


def _ranks_of_draws(
    values: Float[np.ndarray, " pairs"], drawn: Int[np.ndarray, "rows pairs"]
) -> Float[np.ndarray, "rows pairs"]:
    """Rank every row of ``values[drawn]`` as `_mean_ranks` does, by counting and not by sorting."""
    _, place = np.unique(values, return_inverse=True)
    distinct = int(place.max()) + 1
    # Where a draw lies in a table of rows and distinct values.
    there = place[drawn] + distinct * np.arange(len(drawn))[:, None]
    counts = np.bincount(there.ravel(), minlength=len(drawn) * distinct)
    last = counts.reshape(len(drawn), distinct).cumsum(axis=1).ravel()
    return (last - 0.5 * (counts - 1))[there]


def _mean_ranks(values: Float[np.ndarray, "rows pairs"]) -> Float[np.ndarray, "rows pairs"]:
    """Rank every row; equal values share the mean of their ranks."""
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    columns = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    differs = ordered[:, 1:] != ordered[:, :-1]
    edge = np.ones((len(values), 1), bool)
    # Of each run of equal values, in sorted order: where it starts, and where it ends.
    start = np.maximum.accumulate(np.where(np.hstack([edge, differs]), columns, 0), axis=1)
    end = np.where(np.hstack([differs, edge]), columns, values.shape[1])
    end = np.minimum.accumulate(end[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, 0.5 * (start + end) + 1, axis=1)
    return ranks
