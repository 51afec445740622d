"""Verdicts on claims: reproduced, turned round, moved, and with nothing to judge by."""

import numpy as np
import pytest
from helpers import synthetic_dataset, with_status

from regimekit.regimes import (
    Claim,
    Thresholds,
    layout_claims,
    load_reference,
    overall_verdict,
    paper_thresholds,
    position_claims,
    signed_verdict,
    stability_claims,
)

PAPER = paper_thresholds()
JUDGES = (layout_claims, stability_claims, position_claims)


def verdicts(claims: list[Claim]) -> list[str]:
    return [claim.verdict for claim in claims]


@pytest.mark.parametrize("judge", JUDGES)
def test_a_map_like_the_published_one_reproduces(judge) -> None:
    claims = judge(synthetic_dataset(), PAPER, "lbfgs")
    # That I is data-rich shows in a map like this, but does not stand out from its few cells.
    expected = [
        "partly" if "I lies where data" in c.statement and "II" not in c.statement else "reproduced"
        for c in claims
    ]
    assert verdicts(claims) == expected
    for claim in claims:
        assert claim.interval[0] <= claim.statistic <= claim.interval[1]


@pytest.mark.parametrize("judge", JUDGES)
def test_no_label_no_verdict(judge) -> None:
    claims = judge(with_status(synthetic_dataset(), 0), PAPER, "lbfgs")
    assert claims
    assert overall_verdict(claims) == "not tested"
    assert all(np.isnan(claim.statistic) for claim in claims)


def test_the_published_map_has_its_boundaries_where_it_says() -> None:
    read = load_reference().expand_dims(method=["lbfgs"], seed=[0])
    claims = position_claims(read, PAPER, "lbfgs", test_variable="test_error")
    assert verdicts(claims) == ["reproduced"] * 3


def test_a_map_turned_round_is_not_reproduced() -> None:
    dataset = synthetic_dataset()
    turned = dataset.isel(difficulty=slice(None, None, -1), data=slice(None, None, -1))
    turned = turned.assign_coords(beta=dataset["beta"], n_collocation=dataset["n_collocation"])
    assert overall_verdict(layout_claims(turned, PAPER, "lbfgs")) == "not reproduced"
    assert overall_verdict(position_claims(turned, PAPER, "lbfgs")) == "not reproduced"


def test_order_of_cells_does_not_matter() -> None:
    dataset = synthetic_dataset()
    turned = dataset.isel(difficulty=slice(None, None, -1))
    for judge in (layout_claims, position_claims):
        a, b = (judge(d, PAPER, "lbfgs") for d in (dataset, turned))
        np.testing.assert_allclose([c.statistic for c in a], [c.statistic for c in b])


def test_a_regime_that_does_not_occur_is_not_tested() -> None:
    easy = synthetic_dataset().isel(difficulty=slice(0, 2))
    claims = layout_claims(easy, PAPER, "lbfgs")
    assert claims[2].verdict == "not tested"
    # The published positions lie beyond speeds of 5 to 8.
    assert verdicts(position_claims(easy, PAPER, "lbfgs")) == ["not tested"] * 3


def test_a_threshold_amid_the_values_is_not_stable() -> None:
    dataset = synthetic_dataset(betas=(20.0, 25.0), collocation=(1000, 2000), methods=("lbfgs",))
    dataset["train_loss"][:] = np.linspace(0.5, 1.5, 4).reshape(2, 2, 1, 1)
    dataset["test_error"][:] = 1e-3
    claims = stability_claims(dataset, Thresholds(1.0, 0.5, "amid", "Made up."))
    # Values of 0.5, 0.83, 1.17 and 1.5: a threshold of 1.2 moves one of four, one of 0.8 as well.
    assert claims[0].statistic == pytest.approx(0.25)
    assert claims[0].interval == pytest.approx((0.0456, 0.6994), abs=1e-4)
    assert claims[0].verdict == "not reproduced"


def test_positions_are_measured_in_grid_steps() -> None:
    dataset = synthetic_dataset()
    moved = dataset.assign_coords(beta=dataset["beta"] * 2)
    at, shifted = (position_claims(d, PAPER, "lbfgs") for d in (dataset, moved))
    assert at[0].verdict == "reproduced"
    assert shifted[0].statistic > 1
    assert shifted[0].verdict == "not reproduced"


def test_a_boundary_that_is_not_there_is_infinitely_far() -> None:
    dataset = synthetic_dataset()
    # Everything is learnt: no boundary at all, on lines whose cells all have labels.
    learnt = dataset.assign({n: dataset[n] * 1e-9 for n in ("train_loss", "test_error_lattice")})
    claims = position_claims(learnt, PAPER, "lbfgs")
    assert [claim.statistic for claim in claims] == [np.inf] * 3
    assert overall_verdict(claims) == "not reproduced"


def test_lines_with_pending_cells_say_nothing_without_their_boundary() -> None:
    dataset = with_status(synthetic_dataset(), 0, difficulty=slice(4, None))
    assert position_claims(dataset, PAPER, "lbfgs")[0].verdict == "not tested"


def test_other_experiments_have_no_published_positions() -> None:
    other = synthetic_dataset().assign_attrs(experiment="pinn-wave")
    assert position_claims(other, PAPER, "lbfgs") == []
    assert overall_verdict([]) == "not tested"


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (["reproduced", "not tested"], "partly"),
        (["not reproduced", "not tested"], "not reproduced"),
        (["reproduced", "not reproduced"], "partly"),
        (["partly", "partly"], "partly"),
    ],
)
def test_parts_make_a_whole(parts, whole) -> None:
    claims = [Claim("0", "", "", 0.0, (0.0, 0.0), verdict) for verdict in parts]
    assert overall_verdict(claims) == whole


@pytest.mark.parametrize(
    ("value", "interval", "sign", "verdict"),
    [
        (0.5, (0.1, 0.9), 1, "reproduced"),
        (0.5, (-0.1, 0.9), 1, "partly"),
        (0.5, (0.1, 0.9), -1, "not reproduced"),
        (-0.5, (-0.9, -0.1), -1, "reproduced"),
        (-0.5, (-0.9, 0.1), -1, "partly"),
        (0.0, (0.0, 0.0), 1, "not reproduced"),
        (0.5, (0.0, 0.9), 1, "partly"),
        (np.nan, (0.1, 0.9), 1, "not tested"),
        (0.5, (np.nan, np.nan), 1, "not tested"),
    ],
)
def test_a_verdict_by_the_side_of_zero(value, interval, sign, verdict) -> None:
    assert signed_verdict(value, interval, sign) == verdict
