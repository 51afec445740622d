"""Thresholds chosen for a dataset."""

import pytest
from helpers import synthetic_dataset, with_status

from regimekit.errors import ConfigurationError
from regimekit.regimes import data_thresholds, paper_thresholds, thresholds_for


def test_published_thresholds_come_first():
    dataset = synthetic_dataset()
    assert thresholds_for(dataset) == paper_thresholds("pinn-convection")
    variant = dataset.assign_attrs(experiment="pinn-wave-methods")
    assert thresholds_for(variant) == paper_thresholds("pinn-wave")


def test_then_those_of_the_data_and_then_those_of_the_nearest_equation():
    dataset = synthetic_dataset().assign_attrs(experiment="pinn-heat")
    assert thresholds_for(dataset) == data_thresholds(dataset, method="lbfgs")
    empty = thresholds_for(with_status(dataset, 0))
    assert empty.name == "convection"
    assert empty.train_loss == paper_thresholds("pinn-convection").train_loss
    mode = thresholds_for(with_status(dataset.assign_attrs(experiment="pinn-wave-mode"), 0))
    assert mode.name == "wave"
    assert mode.test_error == paper_thresholds("pinn-wave").test_error


def test_a_map_without_lbfgs_has_the_thresholds_of_its_own_runs():
    dataset = synthetic_dataset(methods=("adam",)).assign_attrs(experiment="fno-heat")
    assert thresholds_for(dataset) == data_thresholds(dataset, method="adam")
    with pytest.raises(ConfigurationError, match="lbfgs"):
        thresholds_for(dataset, "lbfgs")
    few = thresholds_for(with_status(dataset, 0))
    assert few.name == "fno-poisson"
    assert few.train_loss == paper_thresholds("fno-poisson").train_loss
    stranger = thresholds_for(with_status(dataset.assign_attrs(experiment="transformer-text"), 0))
    assert (stranger.name, "a task of another kind" in stranger.provenance) == ("convection", True)
