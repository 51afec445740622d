"""Claim 3.7 and surfaces, on made-up pairs of seeds whose regime and measures are known."""

import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset

from regimekit.errors import ConfigurationError
from regimekit.regimes import connection_claims, pair_table, paper_thresholds, roughness_claim

PAPER = paper_thresholds("pinn-convection")
BETAS, POINTS, PAIRS = (5.0, 8.0, 50.0, 70.0), (100, 5000, 10_000), ((0, 1), (1, 2), (2, 0))
DIMS = ("difficulty", "data", "pair")


def runs():
    return synthetic_dataset(BETAS, POINTS, ("lbfgs",), (0, 1, 2), fewer_seeds={})


def paths(two=(0.0, 0.0), *, spread=0.01, rough=1.0, experiment="pinn-convection"):
    """Pairs; those of hard, data-rich cells are ``two`` = (decades, CKA) away from the others."""
    rng = np.random.default_rng(0)
    shape = (len(BETAS), len(POINTS), len(PAIRS))
    hard = np.zeros(shape)
    hard[2:, 1:] = 1
    noise = [spread * rng.normal(size=shape) for _ in range(3)]
    barrier = 1 + hard * two[0] + noise[0]
    found = xr.Dataset(
        {
            "loss_first": (DIMS, np.full(shape, 1e-3)),
            "loss_second": (DIMS, np.full(shape, 1e-4)),
            "line_highest": (DIMS, 1e-3 * 10 ** (barrier + 1)),
            "curve_highest": (DIMS, 1e-3 * 10**barrier),
            "linear_cka": (DIMS, 0.5 + hard * two[1] + noise[1]),
            "output_distance": (DIMS, 0.5 - hard * two[1] + noise[2]),
            "roughness": (DIMS, rough + noise[2]),
            "status": (DIMS, np.ones(shape, np.int8)),
        },
        {
            "beta": ("difficulty", list(BETAS)),
            "n_collocation": ("data", list(POINTS)),
            "first_seed": ("pair", [a for a, _ in PAIRS]),
            "second_seed": ("pair", [b for _, b in PAIRS]),
        },
    )
    found.attrs = {
        "experiment": experiment,
        "method": "lbfgs",
        "difficulty_axis": "beta",
        "data_axis": "n_collocation",
    }
    return found


def verdicts(found, regime):
    claims = connection_claims(pair_table(runs(), found, PAPER), resamples=300)
    return [claim.verdict for claim in claims if f"Regime {regime} " in claim.statement]


def test_a_pair_has_the_regime_of_both_runs_and_barriers_in_decades():
    dataset = runs()
    dataset["test_error"][{"difficulty": 0, "data": 1, "seed": 0}] = 2.0
    table = pair_table(dataset, paths(spread=0.0), PAPER)
    assert len(table) == 4 * 3 * 3
    easy = table[(table["difficulty"] == 5.0) & (table["data"] == 5000)].set_index("pair")
    assert list(easy["regime"]) == ["", "I", ""]
    assert set(table.loc[table["difficulty"] == 70.0, "regime"]) == {"II", "III"}
    np.testing.assert_allclose(table["barrier of the line"], 2.0)
    np.testing.assert_allclose(table["barrier of the curve"], 1.0)


def test_regimes_that_differ_are_told_apart_in_either_direction():
    assert verdicts(paths((2.0, -0.3)), "II") == ["reproduced"] * 4
    assert verdicts(paths((-0.5, 0.3)), "II") == ["reproduced"] * 4
    assert verdicts(paths((2.0, 0.0), spread=0.1), "II")[:2] == ["reproduced"] * 2


def test_regimes_that_are_alike_are_not():
    found = verdicts(paths(spread=0.3), "II")
    assert found.count("not reproduced") >= 3


def test_a_regime_of_one_cell_is_not_tested():
    found = paths((2.0, -0.3)).isel(difficulty=[0, 1, 2], data=[0, 1])
    assert verdicts(found, "II") == ["not tested"] * 4
    empty = paths()
    empty["status"][:] = 0
    assert verdicts(empty, "III") == ["not tested"] * 4


def test_maps_of_two_experiments_are_not_mixed():
    with pytest.raises(ConfigurationError, match="both must be of one experiment"):
        pair_table(runs(), paths(experiment="pinn-wave"), PAPER)


def test_rougher_is_rougher():
    pairs = [(2.0, 1.0), (1.03, 1.0), (1.0, 2.0)]
    found = [roughness_claim(paths(rough=a), paths(rough=b)).verdict for a, b in pairs]
    assert found == ["reproduced", "partly", "not reproduced"]
    nothing = paths()
    nothing["roughness"][:] = np.nan
    assert roughness_claim(nothing, paths()).verdict == "not tested"


def test_infinite_barriers_on_both_sides_are_no_verdict():
    found = paths((2.0, 0.0))
    found["line_highest"][:] = np.inf
    claims = connection_claims(pair_table(runs(), found, PAPER), resamples=100)
    assert {c.verdict for c in claims if np.isnan([c.statistic, *c.interval]).any()} <= {
        "not tested"
    }
    assert any(c.verdict == "not tested" for c in claims)
