"""Where regime III ends along the data, on maps that follow a known law."""

import numpy as np
import pytest
from helpers import synthetic_dataset

from regimekit.regimes import (
    Thresholds,
    exponent,
    over_training_ends,
    points_per_period,
    sampling_claims,
)

T = Thresholds(1e-3, 0.1, "test", "Made up.")
BETAS = (5.0, 10.0, 20.0, 40.0)
POINTS = tuple(round(50 * 2**k) for k in range(11))


def a_map(power, beyond="I", scale=180.0):
    """Runs over-train below ``scale`` x speed^power points, and are in ``beyond`` from there on."""
    dataset = synthetic_dataset(BETAS, POINTS, ("lbfgs",), (0, 1))
    beta, n = dataset["beta"], dataset["n_collocation"]
    # One decade of the error, or of the loss, for each factor of ten from the boundary on.
    over = np.log10(n / (scale * beta**power)).expand_dims(method=1, seed=2)
    over = over.transpose(*dataset["train_loss"].dims).values
    dataset["test_error"][:] = 10 ** (-1 - over) if beyond == "I" else 1.0
    dataset["train_loss"][:] = 1e-6 if beyond == "I" else 10 ** (-3 + over)
    return dataset


@pytest.mark.parametrize("power", [0.0, 1.0, 1.5])
@pytest.mark.parametrize("beyond", ["I", "II"])
def test_the_exponent_is_the_one_that_was_put_in(power, beyond):
    ends = over_training_ends(a_map(power, beyond), T, "lbfgs")
    assert len(ends) == len(BETAS) * 2
    assert set(ends["into"]) == {beyond}
    np.testing.assert_allclose(ends["data"], 180 * ends["difficulty"] ** power, rtol=1e-6)
    found, interval = exponent(ends)
    assert found == pytest.approx(power, abs=1e-6)
    assert interval == pytest.approx((power, power), abs=1e-6)


def test_a_number_per_period_is_told_from_other_laws():
    by_power = {}
    for power in (1.0, 1.5, 0.0):
        first, second = sampling_claims(a_map(power), T, "lbfgs")
        assert second.verdict == "not tested"  # no column goes from III to II
        by_power[power] = first.verdict
    assert by_power[1.5] == "not reproduced"
    assert by_power[0.0] == "not reproduced"
    # Exact data have an interval without width, of which round-off decides; scatter decides here.
    noisy = a_map(1.0)
    noise = np.random.default_rng(1).normal(scale=0.05, size=noisy["test_error"].shape)
    noisy["test_error"][:] = noisy["test_error"].values * 10**noise
    assert sampling_claims(noisy, T, "lbfgs")[0].verdict == "reproduced"
    # Ends that are strewn over the axis: neither one nor zero can be told from them.
    strewn = a_map(0.5)
    shifts = np.random.default_rng(0).normal(scale=1.0, size=(len(BETAS), 2))
    strewn["test_error"][:] = strewn["test_error"].values * 10 ** shifts[:, None, None, :]
    undecided = sampling_claims(strewn, T, "lbfgs")[0]
    assert undecided.interval[0] < 0 < 1 < undecided.interval[1]
    assert undecided.verdict == "partly"


def test_columns_without_an_end_have_no_row():
    dataset = a_map(1.0)
    dataset["test_error"][0] = 1.0  # III with any number of points
    dataset["test_error"][1] = 1e-3  # none
    ends = over_training_ends(dataset, T, "lbfgs")
    assert set(ends["difficulty"]) == set(BETAS[2:])
    assert np.isnan(exponent(ends)[0])


def test_the_last_end_counts():
    dataset = a_map(1.0)
    dataset["test_error"][0, 8] = 1.0
    ends = over_training_ends(dataset, T, "lbfgs")
    assert (ends.loc[ends["difficulty"] == BETAS[0], "data"] > POINTS[8]).all()


def test_a_column_that_returns_to_iii_has_no_end():
    dataset = a_map(1.0)
    dataset["test_error"][0, -1] = 1.0
    ends = over_training_ends(dataset, T, "lbfgs")
    assert set(ends["difficulty"]) == set(BETAS[1:])


def test_points_per_period():
    ends = over_training_ends(a_map(1.0), T, "lbfgs")
    np.testing.assert_allclose(points_per_period(ends), 2 * np.pi * 180, rtol=1e-6)
