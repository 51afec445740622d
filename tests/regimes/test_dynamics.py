"""Claim 3.3 on made-up training curves of which one knows how loss and sharpness move."""

import numpy as np
import pytest
from helpers import CELL_DIMS, synthetic_dataset

from regimekit.errors import ConfigurationError
from regimekit.regimes import (
    correlations_within_runs,
    dynamics_claims,
    paper_thresholds,
    phases_of_runs,
    trajectory_claims,
)

PAPER = paper_thresholds("pinn-convection")


def dataset(sharpness, methods=("lbfgs",)):
    """Runs whose sharpness is a function of the loss and of a random generator."""
    found = synthetic_dataset((5.0, 10.0, 30.0, 50.0), (100, 2000, 5000), methods, (0, 1, 2, 3))
    rng = np.random.default_rng(1)
    found["history_lambda_max"] = (
        (*CELL_DIMS, "iteration"),
        sharpness(found["history_loss"].values, rng),
    )
    return found


def verdict(sharpness):
    claims = dynamics_claims(dataset(sharpness), PAPER)
    assert [claim.id for claim in claims] == ["3.3", "3.3"]
    for claim in claims:
        assert claim.interval[0] <= claim.statistic <= claim.interval[1]
    (found,) = {claim.verdict for claim in claims}
    return found


def test_a_common_fall_is_found_and_dated():
    found = dataset(lambda loss, rng: 100 * loss**0.5)
    table = phases_of_runs(found, PAPER)
    assert len(table) == int((found["status"] == 1).sum())
    assert set(table["kind"]) == {"together"}
    assert table["counts"].all()
    np.testing.assert_allclose(table["sharpness_factor"], table["loss_factor"] ** 0.5)
    assert set(table["regime"]) <= {"I", "II", "III", ""}
    assert verdict(lambda loss, rng: 100 * loss**0.5) == "reproduced"


def test_a_contrary_move_does_not_count():
    """Progressive sharpening: the loss falls, the sharpness rises."""
    table = phases_of_runs(dataset(lambda loss, rng: 1 / loss), PAPER)
    assert set(table["kind"]) == {"apart"}
    assert verdict(lambda loss, rng: 1 / loss) == "not reproduced"


def test_noise_is_no_phase():
    """Correlations over few records are often large by chance; such phases must not count."""
    assert verdict(lambda loss, rng: 10 ** (0.1 * rng.normal(size=loss.shape))) == "not reproduced"
    # However large the noise is.
    assert verdict(lambda loss, rng: 10 ** rng.normal(size=loss.shape)) == "not reproduced"


def test_a_common_move_too_small_to_matter_does_not_count():
    assert verdict(lambda loss, rng: 1 + 0.01 * loss) == "not reproduced"


def test_how_much_is_a_common_move_is_a_choice_that_shows():
    easy = dataset(lambda loss, rng: loss**0.05).isel(difficulty=slice(2))
    claims = dynamics_claims(easy, PAPER)
    assert [claim.verdict for claim in claims] == ["not reproduced", "reproduced"]
    with pytest.raises(ConfigurationError, match=r"factor = 1.0 must be above 1, such as 2"):
        phases_of_runs(dataset(lambda loss, rng: loss), PAPER, factor=1.0)


def test_a_run_without_a_phase_has_a_row():
    table = phases_of_runs(dataset(lambda loss, rng: np.ones_like(loss)), PAPER)
    assert set(table["kind"]) == {"none"}
    assert not table["counts"].any()
    assert (table["records"] == 0).all()


def test_seeds_of_a_cell_are_no_cells():
    """Runs of one cell resemble each other, so more of them make the interval no narrower."""
    found = dataset(lambda loss, rng: 100 * loss**0.5)
    few, many = dynamics_claims(found.isel(seed=[0]), PAPER)[0], dynamics_claims(found, PAPER)[0]
    assert few.interval == many.interval
    assert "of 12 runs of lbfgs, averaged over 12 cells" in few.measure
    assert "of 48 runs of lbfgs, averaged over 12 cells" in many.measure


def test_one_part_a_method_and_none_without_runs():
    both = dataset(lambda loss, rng: loss, ("lbfgs", "adam"))
    both["status"][{"method": 1}] = 0
    claims = dynamics_claims(both, PAPER)
    assert [claim.verdict for claim in claims] == ["reproduced"] * 2 + ["not tested"] * 2
    with pytest.raises(ConfigurationError, match="no variable 'history_lambda_max'"):
        phases_of_runs(synthetic_dataset(), PAPER, "lbfgs")


@pytest.mark.parametrize(("power", "verdicts"), [(-1.0, "reproduced"), (1.0, "not reproduced")])
def test_the_sign_within_runs_is_told_by_regime(power, verdicts):
    found = dataset(lambda loss, rng: loss**power)
    table = correlations_within_runs(found, PAPER)
    assert len(table) == int((found["status"] == 1).sum())
    np.testing.assert_allclose(table["correlation"], np.sign(power))
    assert (table["records"] > 2).all()
    claims = trajectory_claims(found, PAPER)
    assert [claim.id for claim in claims] == ["3.1", "3.2"]
    low = table["regime"].isin(["I", "III"]).sum()
    assert f"share of {low} runs of lbfgs" in claims[0].measure
    there = [claim for claim in claims if claim.verdict != "not tested"]
    assert there
    assert {claim.verdict for claim in there} == {verdicts}


def test_without_records_there_is_no_sign():
    found = dataset(lambda loss, rng: np.full_like(loss, np.nan))
    assert correlations_within_runs(found, PAPER)["correlation"].isna().all()
    assert {claim.verdict for claim in trajectory_claims(found, PAPER)} == {"not tested"}
