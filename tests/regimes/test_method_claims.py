"""Verdicts on methods, on made-up maps where the right ones are known."""

import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset

from regimekit.regimes import Regime, leaders, map_summary, method_claims, paper_thresholds

PAPER = paper_thresholds("pinn-convection")
SIZE = {
    "betas": (5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 70.0),
    "collocation": (100, 500, 2000, 5000),
}


def made(factors: dict[str, dict[str, float]]) -> tuple[xr.Dataset, xr.DataArray]:
    """A map whose other methods have L-BFGS's errors, times a factor by regime."""
    dataset = synthetic_dataset(methods=("lbfgs", *factors), **SIZE)
    base = dataset.isel(method=0)
    label = map_summary(base, PAPER)["label"]
    for i, by_regime in enumerate(factors.values(), start=1):
        factor = sum((label == Regime[name]) * value for name, value in by_regime.items())
        error = (base["test_error"] * factor).transpose(*base["test_error"].dims)
        dataset["test_error"][{"method": i}] = error
        dataset["status"][{"method": i}] = base["status"]
    return dataset, label


def everywhere(factor: float, **others: float) -> dict[str, float]:
    return dict.fromkeys(("WELL_TRAINED", "UNDER_TRAINED", "OVER_TRAINED"), factor) | others


def verdicts(dataset: xr.Dataset, labels: xr.DataArray | None = None) -> dict[str, str]:
    return {c.statement: c.verdict for c in method_claims(dataset, PAPER, labels=labels)}


def unstable(dataset: xr.Dataset, label: xr.DataArray) -> xr.Dataset:
    """In regimes II and III, errors of NNCG that differ over seeds, the last of which diverged."""
    nncg = {"method": dataset["method"].values.tolist().index("nncg")}
    inside = label != Regime.WELL_TRAINED
    step = xr.DataArray(10.0 ** (2 * np.arange(dataset.sizes["seed"])), dims="seed")
    wide = xr.where(inside, step, 1)
    for name, values in (
        ("test_error", dataset["test_error"][nncg] * wide),
        ("status", xr.where(inside & (dataset["seed"] == dataset["seed"][-1]), 2, 1)),
    ):
        dims = dataset[name][nncg].dims
        dataset[name][nncg] = values.transpose(*dims)
    return dataset


def test_what_the_paper_says_is_recognised():
    dataset, label = made(
        {
            "nncg": everywhere(10.0, WELL_TRAINED=0.4),
            "alm": everywhere(2.0, UNDER_TRAINED=0.1),
            "curriculum": everywhere(2.0, UNDER_TRAINED=0.5),
            "adam-lbfgs": everywhere(3.0, UNDER_TRAINED=0.7),
        }
    )
    dataset = unstable(dataset, label)
    found = verdicts(dataset, label)
    assert set(found.values()) == {"reproduced"}
    assert len(found) == 11
    assert found == verdicts(dataset)
    best = leaders(dataset, label).set_index("regime")
    assert best["method"].to_dict() == {"I": "nncg", "II": "alm", "III": "lbfgs"}
    assert (best["won"] == best["cells"]).all()


def test_the_contrary_is_recognised():
    dataset, label = made({"nncg": everywhere(1.5, UNDER_TRAINED=0.9, OVER_TRAINED=1e-4)})
    errors = dataset["test_error"].isel(method=1)
    dataset["test_error"][{"method": 1}] = errors * 0 + errors.isel(seed=0)  # without a spread
    found = verdicts(dataset, label)
    assert found["NNCG has half of L-BFGS's test error in regime I."] == "not reproduced"
    for regime in ("II", "III"):
        assert (
            found[f"NNCG diverges more often than L-BFGS in regime {regime}."] == "not reproduced"
        )
        spread = f"NNCG spreads over seeds more than L-BFGS in regime {regime}."
        assert found[spread] == "not reproduced"
    assert found["No training method rescues regime III."] == "not reproduced"


def test_one_method_that_is_best_everywhere_settles_2_1():
    dataset, label = made({"nncg": everywhere(0.5), "alm": everywhere(2.0)})
    claim = method_claims(dataset, PAPER, labels=label)[0]
    assert (claim.id, claim.statistic, claim.verdict) == ("2.1", 1.0, "not reproduced")
    low, high = claim.interval
    assert low < claim.statistic <= high


def test_a_map_without_a_regime_says_nothing_about_it():
    dataset, label = made({"nncg": everywhere(0.5)})
    only = xr.where(label == Regime.WELL_TRAINED, label, Regime.UNDEFINED)
    claims = method_claims(dataset, PAPER, labels=only)
    tested = {c.statement for c in claims if c.verdict != "not tested"}
    assert tested == {"NNCG has half of L-BFGS's test error in regime I."}
    assert all(np.isnan(c.statistic) for c in claims if c.statement not in tested)


def test_few_cells_say_nothing():
    dataset, label = made({"nncg": everywhere(0.5), "alm": everywhere(0.1)})
    few = label.copy()
    for regime in (1, 2, 3):
        rows, columns = np.nonzero(label.transpose("difficulty", "data").values == regime)
        for i, j in list(zip(rows, columns, strict=True))[4:]:
            few[{"difficulty": int(i), "data": int(j)}] = int(Regime.UNDEFINED)
        assert int((few == regime).sum()) == 4
    claims = method_claims(dataset, PAPER, labels=few)
    assert {claim.verdict for claim in claims} == {"not tested"}
    assert len(claims) == len(verdicts(dataset, label))


@pytest.mark.parametrize(("factor", "verdict"), [(0.45, "reproduced"), (0.8, "partly")])
def test_a_lower_error_is_not_yet_half_of_it(factor, verdict):
    dataset, label = made({"nncg": everywhere(factor)})
    assert verdicts(dataset, label)["NNCG has half of L-BFGS's test error in regime I."] == verdict


def test_lbfgs_fails_in_ii_if_its_error_is_high_there():
    dataset, label = made({"alm": everywhere(1.0)})
    words = "L-BFGS ends above the error threshold in regime II."
    assert verdicts(dataset, label)[words] == "reproduced"
    dataset["test_error"][:] = PAPER.test_error / 2
    assert verdicts(dataset, label)[words] == "not reproduced"


def test_cells_where_every_method_diverged_are_not_rescued():
    dataset, label = made({"nncg": everywhere(1.0)})
    name = "No training method rescues regime III."
    before = next(c for c in method_claims(dataset, PAPER, labels=label) if c.statement == name)
    dataset["status"][{"difficulty": -1}] = 2
    after = next(c for c in method_claims(dataset, PAPER, labels=label) if c.statement == name)
    assert after.measure == before.measure  # of as many cells
    assert after.statistic == before.statistic == 0


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_number_is_the_difference_in_decades(factor):
    dataset, label = made({"alm": everywhere(factor)})
    claim = next(c for c in method_claims(dataset, PAPER, labels=label) if c.id == "2.4")
    assert claim.statistic == pytest.approx(np.log10(factor))
    assert claim.interval == pytest.approx((np.log10(factor), np.log10(factor)))
