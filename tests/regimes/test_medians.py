"""Medians over seeds and the summary of a map."""

import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset, with_status
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from regimekit.errors import ConfigurationError
from regimekit.regimes import Regime, map_summary, paper_thresholds, regime_map, seed_median

numbers = st.one_of(st.floats(1e-9, 1e9), st.just(np.nan))


def seeds(values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), dims=("cell", "seed"))


@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=numbers))
def test_median_of_logs(values: np.ndarray) -> None:
    found = seed_median(seeds(values)).values
    for cell, median in zip(values, found, strict=True):
        finite = cell[~np.isnan(cell)]
        if finite.size:
            assert np.log10(median) == pytest.approx(np.median(np.log10(finite)), abs=1e-9)
        else:
            assert np.isnan(median)


def test_infinite_and_zero_take_part() -> None:
    found = seed_median(seeds([[1.0, np.inf, np.inf], [0.0, 0.0, 3.0], [np.inf, 1.0, 2.0]]))
    np.testing.assert_array_equal(found, [np.inf, 0.0, 2.0])


def test_without_seeds_unchanged() -> None:
    values = xr.DataArray([1.0, 2.0], dims="cell")
    xr.testing.assert_identical(seed_median(values), values)


def test_map_names_a_method() -> None:
    dataset = synthetic_dataset()
    found = regime_map(dataset, paper_thresholds(), "lbfgs", test_variable="test_error_lattice")
    assert found["label"].dims == ("difficulty", "data")
    assert set(np.unique(found["label"])) == {1, 2, 3}
    np.testing.assert_allclose(
        found["test_error"], seed_median(dataset["test_error_lattice"]).isel(method=0)
    )
    with pytest.raises(ConfigurationError, match="several methods"):
        regime_map(dataset, paper_thresholds())
    with pytest.raises(ConfigurationError, match="no runs of method 'sgd'"):
        regime_map(dataset, paper_thresholds(), "sgd")
    alone = regime_map(dataset.sel({"method": ["lbfgs"]}), paper_thresholds())
    xr.testing.assert_equal(alone["label"], found["label"])


def test_summary_counts_seeds() -> None:
    dataset = with_status(synthetic_dataset(), 2, difficulty=0, data=0, seed=0)
    dataset = with_status(dataset, 0, difficulty=1)
    summary = map_summary(dataset, paper_thresholds())
    first = summary.isel(difficulty=0, data=0, method=0)
    assert first["n_diverged"] == 1
    assert first["n_seeds"] == 4
    # A diverged seed is a failure, not an absence.
    assert first["success_rate"] == pytest.approx(0.8)
    assert first["label_share"] == 1.0
    pending = summary.isel(difficulty=1)
    assert pending["success_rate"].isnull().all()
    assert (pending["label"] == Regime.UNDEFINED).all()
    assert int(summary["n_seeds"].isel(difficulty=0, data=-1, method=0)) == 3


def test_bimodal_cell_gets_the_label_of_its_majority() -> None:
    dataset = synthetic_dataset()
    cell = {"difficulty": 0, "data": 0, "method": 0}
    dataset["train_loss"][cell] = [1e-5, 1e-5, 1e-5, 1.0, 1.0]
    dataset["test_error"][cell] = [1e-3, 1e-3, 1e-3, 1.0, 1.0]
    summary = map_summary(dataset, paper_thresholds()).isel(cell)
    assert summary["label"] == Regime.WELL_TRAINED
    assert summary["label_share"] == pytest.approx(0.6)
    assert summary["train_loss"] == pytest.approx(1e-5)
