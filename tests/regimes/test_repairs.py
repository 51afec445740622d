"""What a repair does to regimes, on made-up maps."""

import re

import numpy as np
import pytest
from helpers import synthetic_dataset

from regimekit.errors import ConfigurationError
from regimekit.regimes import (
    describe_share,
    destinations,
    label_cells,
    leaving_claim,
    left_in_words,
    load_reference,
    paper_thresholds,
    repair_effects,
    thresholds_for,
)

PAPER = paper_thresholds("pinn-convection")


def test_nothing_leaves_when_nothing_is_mended():
    dataset = synthetic_dataset()
    table = repair_effects(dataset, dataset, PAPER, "lbfgs")
    assert table["regime"].tolist() == ["I", "II", "III"]
    assert (table["left"] == 0).all()
    assert (table["before"] == table["after"]).all()
    np.testing.assert_allclose(table[["loss", "error"]], 1.0)


def test_a_repair_of_the_loss_empties_ii():
    before = synthetic_dataset()
    after = before.assign(train_loss=before["train_loss"] * 1e-6)
    row = repair_effects(before, after, PAPER, "lbfgs").set_index("regime").loc["II"]
    assert (row["left"], row["after"]) == (1.0, 0)
    assert row["lower"] < 1 <= row["upper"] + 1e-9
    assert row["loss"] == pytest.approx(1e-6)
    # Only the loss fell: where the error was high it still is.
    assert (row["to_II"], row["rescued"]) == (0, 0)
    assert row["to_III"] == row["high"] > 0
    assert row["to_I"] + row["to_III"] == row["before"]


def test_data_that_lower_the_error_empty_iii_and_leave_ii():
    before = synthetic_dataset()
    after = before.assign(test_error=before["test_error"] * 1e-6)
    words = {"id": "4.6", "statement": "It goes.", "change": "data", "method": "lbfgs"}
    claims = [
        leaving_claim(before, after, PAPER, regime=regime, **words) for regime in ("II", "III")
    ]
    assert [claim.verdict for claim in claims] == ["not reproduced", "reproduced"]
    assert re.search(r"shared cells in III that leave it with data, \d+ to I$", claims[1].measure)
    row = repair_effects(before, after, PAPER, "lbfgs").set_index("regime").loc["III"]
    assert row["rescued"] == row["high"] == row["before"]


def test_destinations_leave_out_where_nothing_went():
    row = {"regime": "II", "to_I": 0, "to_II": 4, "to_III": 3}
    assert destinations(row) == "3 to III"
    assert destinations(row | {"to_I": 2}) == "2 to I and 3 to III"
    assert destinations(row | {"to_III": 0}) == ""


def test_words_for_what_left_name_the_share_and_where_it_went():
    row = {"regime": "II", "before": 7, "left": 3 / 7, "to_I": 0, "to_II": 4, "to_III": 3}
    assert left_in_words(row) == f"{describe_share(3, 7)}, 3 to III"
    stayed = row | {"left": 0.0, "to_III": 0}
    assert left_in_words(stayed) == describe_share(0, 7)


def test_only_shared_cells_are_compared():
    before = synthetic_dataset()
    after = before.isel(difficulty=slice(0, 3), data=slice(1, 4))
    table = repair_effects(before, after, PAPER, "lbfgs")
    assert table["before"].sum() == 9


def test_maps_over_other_axes_are_refused():
    other = synthetic_dataset().rename(beta="c")
    other.attrs["difficulty_axis"] = "c"
    with pytest.raises(ConfigurationError, match="have no cell in common"):
        repair_effects(synthetic_dataset(), other, PAPER, "lbfgs")


@pytest.mark.parametrize("name", ["node-pendulum", "pinode-pendulum"])
def test_published_maps_of_neural_odes_are_whole(name):
    reference = load_reference(name)
    assert dict(reference.sizes) == {"difficulty": 8, "data": 8}
    assert reference.attrs["difficulty_axis"] == "inverse_damping"
    hard = reference.isel(data=-1)
    assert float(hard["train_loss"].max()) > 10 * float(reference["train_loss"].min())


def test_repairs_have_the_thresholds_of_their_family():
    dataset = synthetic_dataset()
    dataset.attrs["experiment"] = "pinode-pendulum-rk4"
    assert thresholds_for(dataset).train_loss == paper_thresholds("pinode-pendulum").train_loss
    assert thresholds_for(dataset).name == "figure"


def test_runs_are_paired_by_their_seed():
    before = synthetic_dataset(seeds=(0, 1, 2), fewer_seeds={})
    after = before.isel(seed=[2, 0]).copy(deep=True)
    # Every run of seed 0 fits, and no other.
    after["train_loss"][..., 1] = 1e-9
    rows = repair_effects(before, after, PAPER, "lbfgs", by_run=True).set_index("regime")
    labels = label_cells(before.isel(method=0), PAPER)
    of_seed = (labels == 2).sum(("difficulty", "data")).values
    assert rows.loc["II", "before"] == of_seed[0] + of_seed[2]
    assert rows.loc["II", "left"] == pytest.approx(of_seed[0] / (of_seed[0] + of_seed[2]))


def test_a_claim_is_about_the_regime_that_it_names():
    before = synthetic_dataset()
    after = before.assign(test_error=before["test_error"] * 1e-6)
    words = {"id": "4.1", "statement": "It goes.", "change": "a smaller error"}
    by_regime = {
        regime: leaving_claim(
            before, after, PAPER, method="lbfgs", regime=regime, by_run=True, **words
        )
        for regime in ("II", "III")
    }
    assert by_regime["II"].verdict == "not reproduced"
    assert by_regime["III"].verdict == "reproduced"
    assert "shared runs in III that leave it with a smaller error" in by_regime["III"].measure
