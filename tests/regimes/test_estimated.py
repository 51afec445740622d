"""Thresholds found from the data."""

import numpy as np
import pytest
from helpers import synthetic_dataset, with_status

from regimekit.errors import ConfigurationError
from regimekit.regimes import data_thresholds, label_cells, paper_thresholds


@pytest.fixture(scope="module")
def dataset():
    return synthetic_dataset()


def test_found_between_the_groups(dataset) -> None:
    found = data_thresholds(dataset, method="lbfgs")
    assert found.name == "data"
    assert "Otsu" in found.provenance
    for split, value in (
        (found.train_split, found.train_loss),
        (found.test_split, found.test_error),
    ):
        assert split.low < split.lower <= value <= split.upper < split.high
        assert split.value == value
        assert split.separation > 0.7
        assert split.p_value < 0.01
    assert found.test_split.n_cells == 72
    assert found.test_split.n_values == 9 * (6 * 5 + 2 * 3)
    high = dataset["test_error"].sel({"method": "lbfgs"}) > found.test_error
    assert found.train_split.n_values == int(high.sum())


def test_labels_agree_with_the_published_thresholds_where_groups_are_clear(dataset) -> None:
    run = dataset.sel({"method": "lbfgs"})
    ours = label_cells(run, data_thresholds(dataset, method="lbfgs"))
    theirs = label_cells(run, paper_thresholds())
    assert float((ours == theirs).mean()) > 0.99


def test_loss_threshold_ignores_runs_that_solved_the_problem(dataset) -> None:
    found = data_thresholds(dataset, method="lbfgs", resamples=10)
    solved = dataset["test_error"] <= found.test_error
    other = dataset.assign(train_loss=dataset["train_loss"].where(~solved, 1e-30))
    again = data_thresholds(other, method="lbfgs", resamples=10)
    assert again.train_loss == found.train_loss
    assert again.train_split == found.train_split


def test_says_when_a_split_is_doubtful(dataset) -> None:
    rng = np.random.default_rng(0)
    losses = dataset["train_loss"].copy(data=10 ** rng.normal(size=dataset["status"].shape))
    found = data_thresholds(dataset.assign(train_loss=losses), method="lbfgs", resamples=10)
    assert found.train_split is not None
    assert found.train_split.p_value > 0.05
    assert "training losses of these runs could be one population" in found.provenance


def test_units_of_the_loss_do_not_matter(dataset) -> None:
    found = data_thresholds(dataset, method="lbfgs", resamples=10)
    scaled = dataset.assign(train_loss=1000.0 * dataset["train_loss"])
    again = data_thresholds(scaled, method="lbfgs", resamples=10)
    assert again.train_loss == pytest.approx(1000 * found.train_loss)
    assert again.test_error == pytest.approx(found.test_error)


def test_same_seed_same_interval(dataset) -> None:
    a, b = (data_thresholds(dataset, method="adam", resamples=50, seed=7) for _ in range(2))
    assert a == b


def test_no_method_pools_all(dataset) -> None:
    pooled = data_thresholds(dataset, resamples=10)
    assert pooled.test_split.n_values == 2 * 9 * 36
    assert "all methods" in pooled.provenance


def test_infinite_losses_and_empty_cells_are_left_out(dataset) -> None:
    spoilt = with_status(dataset, 2, difficulty=0, data=0)
    spoilt["test_error"][1, 0] = np.inf
    found = data_thresholds(spoilt, method="lbfgs", resamples=10)
    assert found.test_split.n_cells == 70


def test_refuses_too_few_cells(dataset) -> None:
    few = dataset.isel(difficulty=[0, -1], data=[0, -1])
    with pytest.raises(ConfigurationError, match="4 cells have finite test errors"):
        data_thresholds(few, method="lbfgs")


def test_refuses_constant_values(dataset) -> None:
    constant = dataset.assign(train_loss=0.0 * dataset["train_loss"] + 1e-3)
    with pytest.raises(ConfigurationError, match="are all equal"):
        data_thresholds(constant, method="lbfgs")


def test_refuses_one_population(dataset) -> None:
    rng = np.random.default_rng(0)
    one = dataset.assign(
        train_loss=dataset["train_loss"].copy(data=10 ** rng.normal(size=dataset["status"].shape))
    )
    with pytest.raises(ConfigurationError, match="look like one population"):
        data_thresholds(one, method="lbfgs", significance=0.05)


def test_refuses_an_empty_dataset(dataset) -> None:
    with pytest.raises(ConfigurationError, match="0 cells have finite"):
        data_thresholds(with_status(dataset, 0), method="lbfgs")
