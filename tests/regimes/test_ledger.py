"""The ledger: every claim has a row, judged by the datasets there are and by no others."""

import re

import numpy as np
import pytest
from helpers import synthetic_dataset

from regimekit.grids import EXPERIMENTS
from regimekit.regimes import (
    LEDGER,
    agreement_claim,
    high_error_claim,
    ledger,
    occurrence_claim,
    paper_thresholds,
)
from regimekit.regimes.ledger import in_words

PAPER = paper_thresholds("pinn-convection")


def occurs(dataset, method="lbfgs"):
    return occurrence_claim(dataset, PAPER, method, id="1.1", statement="Three.")


def test_three_regimes_are_found_where_they_are():
    claim = occurs(synthetic_dataset())
    assert claim.verdict == "reproduced"
    assert claim.interval[0] < claim.statistic <= claim.interval[1]
    assert claim.statistic > 0.5
    assert re.search(r"^3 of 3 regimes, cells by median I \d+, II \d+, III \d+; ", claim.measure)


def test_labels_drawn_at_random_show_three_regimes_and_do_not_agree():
    dataset = synthetic_dataset(seeds=(0, 1), fewer_seeds={})
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, 3, dataset["train_loss"].shape)
    dataset["train_loss"][:] = np.where(drawn == 0, 10 * PAPER.train_loss, PAPER.train_loss / 10)
    dataset["test_error"][:] = np.where(drawn == 1, PAPER.test_error / 10, 10 * PAPER.test_error)
    assert occurs(dataset).verdict == "reproduced"
    chance = agreement_claim(dataset, PAPER, "lbfgs", id="1.1")
    assert chance.interval[0] < 0 < chance.interval[1]
    assert chance.verdict != "reproduced"
    real = agreement_claim(synthetic_dataset(), PAPER, "lbfgs", id="1.1")
    assert (real.verdict, real.statistic > 0.4) == ("reproduced", True)
    assert agreement_claim(synthetic_dataset(seeds=(0,)), PAPER, "lbfgs", id="1.1").verdict == (
        "not tested"
    )


def test_the_error_of_ii_is_judged_where_the_label_does_not_look():
    dataset = synthetic_dataset()

    def judged(found):
        return high_error_claim(found, PAPER, "lbfgs", statement="High.")

    assert (judged(dataset).statistic, judged(dataset).verdict) == (1.0, "reproduced")
    low = dataset.assign(test_error=dataset["test_error"].clip(max=PAPER.test_error / 2))
    assert (judged(low).statistic, judged(low).verdict) == (0.0, "not reproduced")
    assert judged(low).measure == judged(dataset).measure  # the same cells are II
    none = dataset.assign(train_loss=dataset["train_loss"].clip(max=PAPER.train_loss / 2))
    assert judged(none).verdict == "not tested"


def test_two_regimes_are_a_part_and_one_is_none():
    dataset = synthetic_dataset()
    without_ii = dataset.assign(train_loss=dataset["train_loss"].clip(max=PAPER.train_loss / 2))
    assert occurs(without_ii).verdict == "partly"
    assert occurs(without_ii).statistic == 0
    only_i = without_ii.assign(test_error=dataset["test_error"].clip(max=PAPER.test_error / 2))
    assert occurs(only_i).verdict == "not reproduced"


def test_one_seed_is_no_probability():
    claim = occurs(synthetic_dataset(seeds=(0,)))
    assert claim.verdict == "not tested"
    assert np.isnan(claim.statistic)


def test_every_row_can_be_judged_or_says_that_nothing_does():
    assert len({(entry.id, entry.dataset, entry.statement) for entry in LEDGER}) == len(LEDGER)
    for entry in LEDGER:
        assert (entry.dataset is None) == (entry.judge is None)
        name = (entry.dataset or "").removesuffix("-curvature").removesuffix("-paths")
        assert not name or name in EXPERIMENTS


def test_without_datasets_nothing_is_tested():
    rows = ledger(lambda name: None)
    assert set(rows["verdict"]) == {"not tested"}
    assert (rows["runs"] == "").all()


def test_each_claim_is_judged_by_its_own_dataset():
    convection = synthetic_dataset()
    methods = synthetic_dataset(methods=("lbfgs", "alm", "nncg", "curriculum", "adam-lbfgs"))
    methods.attrs["experiment"] = "pinn-convection-methods"
    have = {"pinn-convection": convection, "pinn-convection-methods": methods}
    rows = ledger(have.get).set_index(["claim", "dataset"])
    judged = rows[rows["verdict"] != "not tested"]
    assert set(judged.index.get_level_values("dataset")) == set(have)
    of_methods = judged.xs("pinn-convection-methods", level="dataset").index
    assert {"1.8", "1.9", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7"} <= set(of_methods)
    of_map = judged.xs("pinn-convection", level="dataset")
    assert list(of_map.index) == ["1.1", "1.6", "1.10", "1.12", "1.13", "4.1"]
    assert of_map["parts"]["1.6"] == 5
    assert 0 <= of_map["reproduced"]["1.6"] <= 5
    assert of_map["evidence"]["1.6"].count("rank correlation") == 5
    assert of_map["runs"]["1.1"].endswith(f"of {int((convection['status'] >= 0).sum())}")


@pytest.mark.parametrize("claim", [occurs(synthetic_dataset())])
def test_evidence_has_the_number_and_its_interval(claim):
    words = in_words(claim)
    assert f"{claim.statistic:.2g} ({claim.interval[0]:.2g} to {claim.interval[1]:.2g})" in words
    assert claim.measure in words
