"""Shares of seeds in each regime, and their intervals."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from regimekit.errors import ConfigurationError
from regimekit.regimes import describe_share, label_intervals, label_probability, wilson_interval

labelled = arrays(
    np.int8, st.tuples(st.integers(1, 3), st.integers(1, 6)), elements=st.integers(0, 3)
).map(lambda values: xr.DataArray(values, dims=("cell", "seed")))


@given(labelled)
def test_sums_to_one_where_there_is_a_label(labels: xr.DataArray) -> None:
    probability = label_probability(labels)
    assert probability.dims == ("regime", "cell")
    assert list(probability["regime"].values) == ["I", "II", "III"]
    there = (labels != 0).any("seed").values
    total = probability.sum("regime", skipna=False).values
    np.testing.assert_allclose(total[there], 1.0)
    assert np.isnan(total[~there]).all()
    np.testing.assert_array_equal(probability["n_seeds"], (labels != 0).sum("seed"))


@given(labelled, st.randoms())
def test_order_of_seeds_does_not_matter(labels: xr.DataArray, random) -> None:
    order = list(range(labels.sizes["seed"]))
    random.shuffle(order)
    xr.testing.assert_equal(label_probability(labels.isel(seed=order)), label_probability(labels))


@given(labelled)
def test_interval_contains_the_share(labels: xr.DataArray) -> None:
    found = label_intervals(labels)
    there = found["probability"].notnull()
    inside = (found["lower"] <= found["probability"]) & (found["probability"] <= found["upper"])
    assert bool((inside | ~there).all())
    assert bool(((found["lower"] >= 0) & (found["upper"] <= 1) | ~there).all())


def test_wilson_known_values() -> None:
    # 5 of 5, and 3 of 5, at 95 %: by the closed formula with z = 1.959964.
    lower, upper = wilson_interval(np.array([1.0, 0.6]), np.array([5.0, 5.0]))
    np.testing.assert_allclose(lower, [0.565518, 0.230724], atol=1e-6)
    np.testing.assert_allclose(upper, [1.0, 0.882379], atol=1e-6)


def test_a_share_is_stated_with_its_interval() -> None:
    assert describe_share(3, 5) == "3 of 5 (0.23 to 0.88)"
    assert describe_share(0, 0) == "no seeds"


def test_wilson_narrows_with_trials() -> None:
    lower, upper = wilson_interval(np.full(3, 0.5), np.array([4.0, 16.0, 64.0]))
    assert (np.diff(upper - lower) < 0).all()


def test_wilson_without_trials_is_unknown() -> None:
    lower, upper = wilson_interval(np.array([np.nan]), np.array([0.0]))
    assert np.isnan(lower[0])
    assert np.isnan(upper[0])


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_wilson_refuses_a_confidence_outside(confidence: float) -> None:
    with pytest.raises(ConfigurationError, match="strictly between 0 and 1"):
        wilson_interval(np.array([0.5]), np.array([4.0]), confidence)


def test_needs_seeds() -> None:
    with pytest.raises(ConfigurationError, match="dimension 'seed'"):
        label_probability(xr.DataArray(np.ones(3, np.int8), dims="cell"))
