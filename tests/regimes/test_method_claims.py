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


def test_what_the_paper_says_is_recognised():
    dataset, label = made(
        {
            "nncg": everywhere(10.0, WELL_TRAINED=0.5),
            "alm": everywhere(2.0, UNDER_TRAINED=0.1),
            "curriculum": everywhere(2.0, UNDER_TRAINED=0.5),
            "adam-lbfgs": everywhere(3.0, UNDER_TRAINED=0.7),
        }
    )
    found = verdicts(dataset, label)
    assert set(found.values()) == {"reproduced"}
    assert len(found) == 8
    assert found == verdicts(dataset)
    best = leaders(dataset, label).set_index("regime")
    assert best["method"].to_dict() == {"I": "nncg", "II": "alm", "III": "lbfgs"}
    assert (best["won"] == best["cells"]).all()


def test_the_contrary_is_recognised():
    dataset, label = made({"nncg": everywhere(1.5, UNDER_TRAINED=0.9, OVER_TRAINED=1e-4)})
    found = verdicts(dataset, label)
    assert found["NNCG has a lower test error than L-BFGS in regime I."] == "not reproduced"
    assert found["NNCG is worse than L-BFGS in regime II."] == "not reproduced"
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
    assert tested == {"NNCG has a lower test error than L-BFGS in regime I."}
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


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_number_is_the_difference_in_decades(factor):
    dataset, label = made({"alm": everywhere(factor)})
    claim = next(c for c in method_claims(dataset, PAPER, labels=label) if c.id == "2.4")
    assert claim.statistic == pytest.approx(np.log10(factor))
    assert claim.interval == pytest.approx((np.log10(factor), np.log10(factor)))
