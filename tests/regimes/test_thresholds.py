"""Pairs of thresholds: what they accept, what is published."""

import numpy as np
import pytest
from helpers import synthetic_dataset

from regimekit.errors import ConfigurationError
from regimekit.regimes import Thresholds, data_thresholds, paper_thresholds


@pytest.mark.parametrize(
    ("experiment", "train_loss", "test_error"),
    [
        ("pinn-convection", 0.004, 0.23),
        ("pinn-reaction", 0.028, 0.23),
        ("pinn-wave", 0.01, 0.33),
    ],
)
def test_published(experiment: str, train_loss: float, test_error: float) -> None:
    thresholds = paper_thresholds(experiment)
    assert (thresholds.train_loss, thresholds.test_error) == (train_loss, test_error)
    assert thresholds.name == "paper"
    assert "2605.29153" in thresholds.provenance


def test_unknown_experiment() -> None:
    with pytest.raises(ConfigurationError, match=r"'pinn-heat'; they are for: pinn-convection"):
        paper_thresholds("pinn-heat")


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_refuses_what_cannot_be_a_threshold(bad: float) -> None:
    with pytest.raises(ConfigurationError, match="test_error must be a positive finite number"):
        Thresholds(1.0, bad, "x", "Made up.")


def test_scaled() -> None:
    scaled = paper_thresholds().scaled(0.5, 2)
    assert (scaled.train_loss, scaled.test_error) == (0.002, 0.46)
    assert "Scaled by 0.5 (train) and 2 (test)" in scaled.provenance


def test_scaled_drops_the_evidence_of_the_unscaled() -> None:
    found = data_thresholds(synthetic_dataset(), method="lbfgs", resamples=10)
    assert found.train_split is not None
    assert found.scaled(1.2).train_split is None
