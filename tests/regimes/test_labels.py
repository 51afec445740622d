"""The rule of the labels: every run with its two numbers is in exactly one regime."""

import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from regimekit.errors import ConfigurationError
from regimekit.regimes import REGIMES, Regime, Thresholds, label_cells, label_values

ONE, TWO, THREE = REGIMES
SHAPE = (3, 4)

numbers = st.one_of(st.floats(0, 1e6), st.just(np.nan), st.just(np.inf))
maps = arrays(float, SHAPE, elements=numbers)
positive = st.floats(1e-8, 1e4)


def pair(train_loss: float, test_error: float) -> Thresholds:
    return Thresholds(train_loss, test_error, "test", "Made up.")


@pytest.mark.parametrize(
    ("loss", "error", "expected"),
    [
        (1e-5, 0.01, ONE),
        (1e-2, 0.01, TWO),
        (1e-2, 0.9, TWO),
        (1e-5, 0.9, THREE),
        (4e-3, 0.23, ONE),  # equal to a threshold counts as low
        (np.inf, np.nan, TWO),
        (np.inf, 0.1, TWO),
        (1e-5, np.inf, THREE),
        (1e-2, np.nan, TWO),
        (1e-5, np.nan, Regime.UNDEFINED),
        (np.nan, 0.9, Regime.UNDEFINED),
        (np.nan, np.nan, Regime.UNDEFINED),
        (0.0, 0.0, ONE),
    ],
)
def test_each_case(loss: float, error: float, expected: Regime) -> None:
    assert label_values(np.array([loss]), np.array([error]), pair(4e-3, 0.23))[0] == expected


@given(maps, maps, positive, positive)
def test_labels_partition_the_runs_that_have_numbers(loss, error, t_train, t_test) -> None:
    labels = label_values(loss, error, pair(t_train, t_test))
    assert np.isin(labels, list(Regime)).all()
    known = ~np.isnan(loss) & ~np.isnan(error)
    assert (labels[known] != Regime.UNDEFINED).all()
    assert (labels[np.isnan(loss)] == Regime.UNDEFINED).all()


@given(maps, maps, positive, positive, st.integers(-20, 20), st.integers(-20, 20))
def test_units_do_not_matter(loss, error, t_train, t_test, k, m) -> None:
    # Powers of two, so that scaling is exact.
    a, b = 2.0**k, 2.0**m
    before = label_values(loss, error, pair(t_train, t_test))
    after = label_values(a * loss, b * error, pair(a * t_train, b * t_test))
    np.testing.assert_array_equal(before, after)


@given(maps, maps, positive, positive, st.floats(1, 10))
def test_higher_loss_threshold_only_empties_regime_two(loss, error, t_train, t_test, up) -> None:
    before = label_values(loss, error, pair(t_train, t_test))
    after = label_values(loss, error, pair(up * t_train, t_test))
    assert ((after == TWO) <= (before == TWO)).all()
    kept = before != TWO
    np.testing.assert_array_equal(after[kept], before[kept])


@given(maps, maps, positive, positive, st.floats(1, 10))
def test_higher_error_threshold_moves_three_to_one_only(loss, error, t_train, t_test, up) -> None:
    before = label_values(loss, error, pair(t_train, t_test))
    after = label_values(loss, error, pair(t_train, up * t_test))
    changed = before != after
    assert (before[changed] == THREE).all()
    assert (after[changed] == ONE).all()


def test_dataset_keeps_dims_coordinates_and_says_its_thresholds() -> None:
    dataset = synthetic_dataset()
    labels = label_cells(dataset, pair(4e-3, 0.23))
    assert labels.dims == dataset["train_loss"].dims
    assert labels.dtype == np.int8
    xr.testing.assert_equal(labels["beta"], dataset["beta"])
    assert labels.attrs["train_threshold"] == 4e-3
    assert set(np.unique(labels)) == {0, 1, 2, 3}
    not_planned = dataset["status"].values == -1
    assert (labels.values[not_planned] == Regime.UNDEFINED).all()
    assert (labels.values[~not_planned] != Regime.UNDEFINED).all()


def test_order_of_dimensions_does_not_matter() -> None:
    dataset = synthetic_dataset()
    turned = dataset.assign(test_error=dataset["test_error"].transpose("seed", ...))
    xr.testing.assert_equal(
        label_cells(turned, pair(4e-3, 0.23)), label_cells(dataset, pair(4e-3, 0.23))
    )


def test_missing_variable_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no variable 'validation'"):
        label_cells(synthetic_dataset(), pair(1.0, 1.0), test_variable="validation")


def test_roman() -> None:
    assert [r.roman for r in REGIMES] == ["I", "II", "III"]
    assert Regime.UNDEFINED.roman == "–"
