"""Sharpness against difficulty on made-up maps whose answer is known."""

import numpy as np
import pytest
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes import sharpest_claims, sharpness_by_difficulty
from regimekit.regimes.sharpest import SHARPEST


def curvature(power, noise=0.02):
    """Every measure as a power of the difficulty, the filter-normalised ones against it."""
    rng = np.random.default_rng(0)
    difficulty = np.array([1.0, 5.0, 20.0, 50.0, 100.0])
    dims = ("difficulty", "data", "method", "seed")
    variables = {}
    for name in SHARPEST.values():
        sign = -1 if "filter" in name else 1
        values = difficulty[:, None, None, None] ** (sign * power)
        variables[name] = (dims, values * np.exp(noise * rng.normal(size=(5, 3, 1, 2))))
    found = xr.Dataset(variables, {"K": ("difficulty", difficulty), "n": ("data", [8, 32, 64])})
    found["method"] = ["adam"]
    found.attrs = {"difficulty_axis": "K", "data_axis": "n", "experiment": "fno-poisson"}
    return found


@pytest.mark.parametrize("power", [-1.0, 1.0])
def test_the_sign_of_each_measure_is_found(power):
    table = sharpness_by_difficulty(curvature(power))
    assert (table["n"] == 15).all()
    for claim, name in zip(sharpest_claims(table, "Poisson"), SHARPEST, strict=True):
        falls = (power < 0) != ("filter" in name)
        assert claim.verdict == ("reproduced" if falls else "not reproduced"), name
        assert claim.interval[0] <= claim.statistic <= claim.interval[1]
    first = table.iloc[0]
    assert np.log10(first["hardest"] / first["easiest"]) == pytest.approx(2 * power, abs=0.05)


def test_without_relation_there_is_no_correlation():
    table = sharpness_by_difficulty(curvature(0.0, 1.0))
    assert abs(table["correlation"]).median() < 0.35
    assert (table["lower"] < 0).any()
    assert (table["upper"] > 0).any()
    alike = sharpness_by_difficulty(curvature(0.0, 0.0))
    assert {claim.verdict for claim in sharpest_claims(alike, "Poisson")} == {"not tested"}


def test_what_was_not_measured_is_left_out_and_other_curvature_refused():
    found = curvature(-1.0)
    found["squares_lambda_max"][1:] = np.nan
    found["squares_lambda_max"][:, 1:] = np.nan
    table = sharpness_by_difficulty(found).set_index("measure")
    assert table.loc["squared error, all parameters", "n"] == 1
    assert sharpest_claims(table.reset_index(), "Poisson")[0].verdict == "not tested"
    with pytest.raises(ConfigurationError, match="squares_lambda_max"):
        sharpness_by_difficulty(found.drop_vars("squares_lambda_max"))
