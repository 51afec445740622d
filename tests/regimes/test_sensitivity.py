"""How many labels change when thresholds are scaled."""

import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset, with_status

from regimekit.errors import ConfigurationError
from regimekit.regimes import Thresholds, paper_thresholds, threshold_sensitivity


def test_hand_made_map() -> None:
    runs = xr.Dataset(
        {
            "train_loss": (("cell", "seed"), [[0.9], [1.1], [0.1], [np.nan]]),
            "test_error": (("cell", "seed"), [[0.1], [0.1], [1.1], [1.0]]),
        }
    )
    found = threshold_sensitivity(runs, Thresholds(1.0, 1.0, "x", "Made up."), (0.8, 1.0, 1.2))
    shares = found["cells_changed"]
    assert found["n_cells"] == 3
    # 0.8 pushes the first into II; 1.2 pulls the second out of II and the third into I.
    np.testing.assert_allclose(shares.sel(which="train_loss"), [1 / 3, 0, 1 / 3])
    np.testing.assert_allclose(shares.sel(which="test_error"), [0, 0, 1 / 3])
    np.testing.assert_allclose(shares.sel(which="both"), [1 / 3, 0, 2 / 3])
    np.testing.assert_allclose(found["runs_changed"], shares)


def test_shares_grow_with_the_change_of_one_threshold() -> None:
    found = threshold_sensitivity(synthetic_dataset(), paper_thresholds(), (1.1, 1.5, 3.0, 30.0))
    alone = found["runs_changed"].sel(which=["train_loss", "test_error"])
    assert bool((alone.diff("factor") >= 0).all())
    assert float(alone.max()) > 0
    assert bool(((alone >= 0) & (alone <= 1)).all())


def test_default_factors_and_methods() -> None:
    found = threshold_sensitivity(synthetic_dataset(), paper_thresholds())
    assert found["cells_changed"].dims == ("which", "factor", "method")
    np.testing.assert_array_equal(found["factor"], [0.5, 0.8, 0.9, 1.1, 1.2, 1.5])


def test_nothing_labelled_is_unknown_rather_than_zero() -> None:
    found = threshold_sensitivity(with_status(synthetic_dataset(), 0), paper_thresholds(), (1.2,))
    assert bool(found["cells_changed"].isnull().all())


def test_refuses_a_factor_that_is_not_positive() -> None:
    with pytest.raises(ConfigurationError, match="positive finite number"):
        threshold_sensitivity(synthetic_dataset(), paper_thresholds(), (0.0,))
