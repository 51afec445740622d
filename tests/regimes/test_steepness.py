"""How sharp boundaries are, on maps whose steps are known."""

import numpy as np
import pytest
from helpers import synthetic_dataset

from regimekit.regimes import (
    MEASURES,
    Thresholds,
    crossings,
    crossings_of_families,
    overall_verdict,
    paper_thresholds,
    sharper_claims,
    steepness,
)

T = Thresholds(1e-3, 0.1, "test", "Made up.")


def a_map(loss_step, seeds=(0, 1, 2), scatter=0.0, shift=0):
    """Losses and errors that rise by so many decades from one speed to the next, at any amount.

    The loss is 1e-3 between the third and the fourth speed, and the error 0.1.
    """
    dataset = synthetic_dataset(
        (1.0, 10.0, 100.0, 1000.0, 1e4, 1e5), (100, 200, 500), ("lbfgs",), seeds
    )
    noise = np.random.default_rng(0).normal(scale=scatter, size=dataset["train_loss"].shape)
    place = np.arange(6.0).reshape(-1, 1, 1, 1) - 2.5 + shift
    dataset["train_loss"][:] = 10 ** (-3 + loss_step * place + noise)
    dataset["test_error"][:] = 10 ** (-1 + 0.5 * loss_step * place + 0.5 * noise)
    return dataset


def test_steps_are_those_that_were_put_in():
    table = crossings(a_map(2.0), T, "lbfgs")
    # Three amounts by three seeds, all between 100 and 1000.
    assert len(table) == 9
    assert set(table["transition"]) == {"I/II"}
    assert set(table["before"]) == {100.0}
    np.testing.assert_allclose(table["loss_step"], 1.0)  # half of the decades of a mean square
    np.testing.assert_allclose(table["error_step"], 1.0)
    np.testing.assert_allclose(table["loss_decade"], 1.0)
    norms = crossings(a_map(2.0), T, "lbfgs", squared=False)
    np.testing.assert_allclose(norms["loss_step"], 2.0)


def test_a_finer_grid_has_smaller_steps_and_the_same_decades():
    coarse = a_map(2.0)
    fine = coarse.assign_coords(beta=coarse["beta"] ** 0.5)
    table = crossings(fine, T, "lbfgs")
    np.testing.assert_allclose(table["loss_step"], 1.0)
    np.testing.assert_allclose(table["loss_decade"], 2.0)


def test_the_loss_does_not_tell_one_from_three():
    dataset = a_map(2.0)
    fitted = dataset.assign(train_loss=dataset["train_loss"] * 0 + 1e-6)
    table = crossings(fitted, T, "lbfgs")
    assert set(table["transition"]) == {"I/III"}
    assert table["loss_step"].isna().all()
    np.testing.assert_allclose(table["error_step"], 1.0)


def test_each_seed_has_its_own_boundary():
    dataset = a_map(2.0, seeds=(0, 1))
    # The second seed fails one speed earlier: a median of both would have half of each step.
    early = a_map(2.0, seeds=(0, 1), shift=1)
    for name in ("train_loss", "test_error"):
        dataset[name][..., 1] = early[name][..., 1]
    table = crossings(dataset, T, "lbfgs")
    assert set(table.loc[table["seed"] == 0, "before"]) == {100.0}
    assert set(table.loc[table["seed"] == 1, "before"]) == {10.0}


def test_order_is_found_and_its_reverse_is_not():
    tables = {
        name: crossings(a_map(step, scatter=0.1), T, "lbfgs")
        for name, step in {"sharp": 3.0, "smooth": 0.8}.items()
    }
    found = sharper_claims(tables, "sharp", "smooth")
    assert [c.verdict for c in found] == ["reproduced"] * len(MEASURES)
    for claim in found:
        assert claim.interval[0] <= claim.statistic <= claim.interval[1]
    turned = sharper_claims(tables, "smooth", "sharp")
    assert overall_verdict(turned) == "not reproduced"
    assert turned[0].statistic == pytest.approx(-found[0].statistic)


def test_alike_is_not_sharper_for_sure():
    a = crossings(a_map(2.0, scatter=0.4), T, "lbfgs")
    b = a.assign(**{name: a[name] * 0.99 for name in MEASURES})
    assert {c.verdict for c in sharper_claims({"a": a, "b": b}, "a", "b")} == {"partly"}


def test_without_a_boundary_nothing_is_tested():
    flat = crossings(a_map(2.0, shift=-4), T, "lbfgs")
    assert not len(flat)
    tables = {"sharp": crossings(a_map(2.0), T, "lbfgs"), "flat": flat}
    assert overall_verdict(sharper_claims(tables, "sharp", "flat")) == "not tested"
    summary = steepness(tables).set_index(["family", "measure"])
    assert summary.loc[("flat", "loss_step"), "crossings"] == 0
    assert np.isnan(summary.loc[("flat", "loss_step"), "median"])
    row = summary.loc[("sharp", "loss_step")]
    assert row["lower"] == pytest.approx(1.0) == row["upper"]


def test_families_are_gathered_from_the_maps_there_are():
    convection = synthetic_dataset()
    tables = crossings_of_families({"pinn-convection": convection}.get)
    same = crossings(convection, paper_thresholds("pinn-convection"), "lbfgs")
    assert len(tables["PINN"]) == len(same) > 0
    assert not len(tables["FNO"])
