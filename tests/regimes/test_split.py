"""Otsu's split against brute force, and the evidence for two classes."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from regimekit.regimes import otsu_split
from regimekit.regimes.split import separation_p_value

# Multiples of 1/8, so that sums and shifts are exact.
samples = arrays(float, st.integers(2, 30), elements=st.integers(-400, 400).map(lambda k: k / 8))


def brute_force(values: np.ndarray) -> float:
    """Largest share of variance between two classes, over all thresholds."""
    best = 0.0
    for level in np.unique(values)[:-1]:
        low, high = values[values <= level], values[values > level]
        within = low.size * low.var() + high.size * high.var()
        best = max(best, 1 - within / (values.size * values.var()))
    return best


@given(samples)
def test_best_of_all_splits(values: np.ndarray) -> None:
    assume(np.ptp(values) > 0)
    level, separation = otsu_split(values)
    assert separation == pytest.approx(brute_force(values), abs=1e-9)
    low, high = values[values <= level], values[values > level]
    assert low.size
    assert high.size
    within = low.size * low.var() + high.size * high.var()
    assert 1 - within / (values.size * values.var()) == pytest.approx(separation, abs=1e-9)


@given(samples, st.permutations(range(30)))
def test_order_does_not_matter(values: np.ndarray, order: list[int]) -> None:
    assume(np.ptp(values) > 0)
    shuffled = values[[k for k in order if k < values.size]]
    assert otsu_split(shuffled) == otsu_split(values)


@given(samples, st.integers(-50, 50), st.sampled_from([0.25, 2.0, 16.0]))
def test_moves_with_shift_and_scale(values: np.ndarray, shift: int, scale: float) -> None:
    assume(np.ptp(values) > 0)
    level, separation = otsu_split(values)
    moved, same = otsu_split(scale * values + shift)
    assert same == pytest.approx(separation, abs=1e-12)
    assert moved == pytest.approx(scale * level + shift, abs=1e-9)


def test_two_far_groups() -> None:
    level, separation = otsu_split(np.array([-5.0, -5.2, -4.8, -2.0, -2.1]))
    assert level == pytest.approx(-3.45)
    assert separation > 0.97


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0, 2.0]])
def test_needs_two_distinct_values(values: list[float]) -> None:
    with pytest.raises(ValueError, match="two distinct values"):
        otsu_split(np.array(values, float))


def test_p_value_tells_two_groups_from_one() -> None:
    rng = np.random.default_rng(1)
    one = rng.normal(size=60)
    two = np.concatenate([one[:30], one[30:] + 8])
    assert separation_p_value(otsu_split(two)[1], 60) < 0.01
    assert separation_p_value(otsu_split(one)[1], 60) > 0.05


def test_p_value_is_calibrated_on_normal_samples() -> None:
    rng = np.random.default_rng(2)
    p = [separation_p_value(otsu_split(rng.normal(size=25))[1], 25, seed=3) for _ in range(200)]
    assert 0.01 <= np.mean(np.array(p) <= 0.05) <= 0.10
