"""Rank correlation against definitions and known values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from regimekit.regimes import rank_correlation
from regimekit.regimes.ranks import spearman

values = arrays(float, st.integers(3, 20), elements=st.integers(0, 9).map(float))


def test_known_value() -> None:
    # 1 - 6 sum d^2 / (n (n^2 - 1)) without ties: d = (0, 1, 1, 0), n = 4.
    assert spearman(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 9.0])) == (
        pytest.approx(0.8)
    )


def test_ties_share_their_rank() -> None:
    # Ranks (1.5, 1.5, 3) and (1, 2, 3): Pearson's correlation of these.
    expected = np.corrcoef([1.5, 1.5, 3.0], [1.0, 2.0, 3.0])[0, 1]
    assert spearman(np.array([4.0, 4.0, 7.0]), np.array([0.0, 1.0, 2.0])) == (
        pytest.approx(expected)
    )


@given(values)
def test_monotone_transform_is_perfect(a: np.ndarray) -> None:
    found = spearman(a, np.exp(a))
    assert np.isnan(found) if np.ptp(a) == 0 else found == pytest.approx(1.0)


@given(values, st.randoms())
def test_symmetric_and_bounded(a: np.ndarray, random) -> None:
    b = np.array(random.sample(list(a), len(a)))
    one, other = spearman(a, b), spearman(b, a)
    if not np.isnan(one):
        assert one == pytest.approx(other)
        assert -1 <= one <= 1


def test_copies_of_a_pair_are_no_more_evidence_if_they_are_drawn_together() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 12))
    once, thrice = rank_correlation(a, a + b), [np.repeat(x, 3) for x in (a, a + b)]
    together = rank_correlation(*thrice, groups=np.repeat(np.arange(12), 3))
    assert together.value == pytest.approx(once.value)
    assert (together.lower, together.upper) == pytest.approx((once.lower, once.upper))
    apart = rank_correlation(*thrice)
    assert apart.upper - apart.lower < 0.8 * (once.upper - once.lower)


def test_missing_pairs_are_left_out() -> None:
    a = np.array([1.0, 2.0, np.nan, 3.0, 5.0])
    b = np.array([1.0, 2.0, 3.0, np.nan, 4.0])
    found = rank_correlation(a, b, resamples=20)
    assert found.n == 3
    assert found.value == pytest.approx(1.0)


def test_undefined() -> None:
    found = rank_correlation(np.full(5, np.nan), np.ones(5))
    assert found.n == 0
    assert np.isnan(found.value)
    assert np.isnan(found.lower)
    assert np.isnan(rank_correlation(np.ones(5), np.arange(5.0)).value)


def test_interval_covers_the_value_and_narrows() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for n in (30, 300):
        a = rng.normal(size=n)
        found = rank_correlation(a, a + rng.normal(size=n), resamples=300)
        assert found.lower < found.value < found.upper
        widths.append(found.upper - found.lower)
    assert widths[1] < widths[0]


@given(values, st.randoms(use_true_random=False))
def test_interval_is_that_of_draws_ranked_one_by_one(a: np.ndarray, random) -> None:
    b = np.array([random.randint(0, 4) for _ in a], float)
    found = rank_correlation(a, b, resamples=50, seed=3)
    if np.isnan(found.value):
        return
    drawn = np.random.default_rng(3).integers(0, len(a), (50, len(a)))
    draws = np.array([spearman(a[row], b[row]) for row in drawn])
    expected = np.nanquantile(draws, [0.025, 0.975]) if np.isfinite(draws).any() else [np.nan] * 2
    np.testing.assert_allclose([found.lower, found.upper], expected, rtol=0, atol=1e-14)
