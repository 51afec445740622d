"""Otsu's split of a set of numbers in two, exactly, and the evidence for it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Split:
    """A split of values in a low and a high class, with its evidence.

    Attributes
    ----------
    value
        The threshold, in the units of the values.
    lower, upper
        Bootstrap interval of the threshold over the cells of the grid (same units).
    confidence
        Coverage of that interval, between 0 and 1.
    separation
        Share of the variance of the log10 values that lies between the two classes (0 to 1).
    p_value
        Share of normal samples, of as many values as there are cells, that separate as well.
    low, high
        Geometric means of the two classes.
    n_values, n_cells
        How many runs, in how many cells of the grid, were used.
    """

    value: float
    lower: float
    upper: float
    confidence: float
    separation: float
    p_value: float
    low: float
    high: float
    n_values: int
    n_cells: int


def otsu_split(values: Float[np.ndarray, " values"]) -> tuple[float, float]:
    """Split finite numbers in two classes so that the variance between the classes is largest.

    Every split between two distinct neighbours of the sorted values is tried, so there is no
    histogram and no bin width. In one dimension this is also the exact two-means clustering.

    Parameters
    ----------
    values
        Finite, at least two of them distinct. Take logarithms first if the scale is logarithmic.

    Returns
    -------
    level, separation
        The middle between the highest value of the low class and the lowest of the high class;
        and the share of the variance that lies between the classes (0 to 1).

    Raises
    ------
    ValueError
        If there are no two distinct values.

    Source: N. Otsu, A threshold selection method from gray-level histograms, IEEE Trans. SMC 9
    (1979) 62-66.
    """
    ordered = np.sort(values)
    if ordered.size < 2 or ordered[0] == ordered[-1]:
        raise ValueError("A split needs at least two distinct values.")
    shares = between_class_shares(ordered)
    last_low = int(np.argmax(shares))
    level = ordered[last_low] + 0.5 * (ordered[last_low + 1] - ordered[last_low])
    return float(level), float(shares[last_low])


def between_class_shares(
    ordered: Float[np.ndarray, "*batch values"],
) -> Float[np.ndarray, "*batch values-1"]:
    """Share of the variance between the classes, for every split of sorted values.

    With centred values x and their partial sums S_k, the variance between the first k values and
    the other n - k is S_k^2 / (k (n - k)). Splits inside a run of equal values count as -1: no
    threshold makes them.
    """
    n = ordered.shape[-1]
    # Scale to [0, 1] first: squares of tiny or huge numbers would lose the answer.
    low, high = ordered[..., :1], ordered[..., -1:]
    centred = (ordered - low) / (high - low)
    centred = centred - centred.mean(axis=-1, keepdims=True)
    partial = np.cumsum(centred, axis=-1)[..., :-1]
    size = np.arange(1, n)
    total = (centred**2).sum(axis=-1, keepdims=True) / n
    shares = partial**2 / (size * (n - size)) / total
    splittable = ordered[..., 1:] > ordered[..., :-1]
    return np.where(splittable, np.clip(shares, 0.0, 1.0), -1.0)


def separation_p_value(
    separation: float, n_cells: int, *, samples: int = 1000, seed: int = 0
) -> float:
    """How often one normal population would separate as well as the values did.

    Any values can be split in two; a split of a normal sample already explains about 2/pi of the
    variance. So the share is compared with what simulated normal samples reach (in one dimension
    the normal's mean and width do not matter).

    Parameters
    ----------
    separation
        Share of the variance between the classes, as observed.
    n_cells
        Size of the simulated samples. Take the number of cells rather than of runs: the seeds of
        one cell are not independent draws.
    samples, seed
        How many samples are simulated, and from which seed.

    Returns
    -------
    p
        Between 1/(samples + 1) and 1. Small: two classes. It tests against *one normal
        population*; a flat distribution separates better than that (3/4) and is let through.

    Source: the one-dimensional case of SigClust (Liu, Hayes, Nobel and Marron, J. Amer. Statist.
    Assoc. 103 (2008) 1281-1293).
    """
    draws = np.sort(np.random.default_rng(seed).standard_normal((samples, n_cells)), axis=-1)
    reached = between_class_shares(draws).max(axis=-1)
    return float((1 + np.count_nonzero(reached >= separation)) / (1 + samples))
