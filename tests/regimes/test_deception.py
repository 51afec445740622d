"""Correlations of curvature with loss on made-up maps whose answer is known."""

import numpy as np
import pytest
import xarray as xr
from helpers import CELL_DIMS, synthetic_dataset

from regimekit.errors import ConfigurationError
from regimekit.regimes import (
    curvature_correlations,
    deception_claims,
    paper_thresholds,
    sharpening_phases,
)

PAPER = paper_thresholds("pinn-convection")


def curvature_of(dataset, power, noise=0.05):
    """Largest eigenvalue as a power of the loss; the filter-normalised one against it."""
    rng = np.random.default_rng(0)
    loss = dataset["train_loss"]
    factor = np.exp(noise * rng.normal(size=loss.shape))
    found = xr.Dataset(
        {
            "lambda_max": (CELL_DIMS, loss.values**power * factor),
            "trace": (CELL_DIMS, 3 * loss.values**power * factor),
            "filter_normalised": (CELL_DIMS, loss.values ** (-power) * factor),
        },
        {name: dataset[name] for name in dataset.coords if name != "iteration"},
    )
    found.attrs = dict(dataset.attrs)
    return found


@pytest.mark.parametrize(("power", "verdicts"), [(-1, (0, 1)), (1, (1, 0))])
def test_the_sign_by_regime_is_found(power, verdicts):
    dataset = synthetic_dataset()
    table = curvature_correlations(dataset, curvature_of(dataset, power), PAPER, "lbfgs")
    claims = deception_claims(table)
    words = ("reproduced", "not reproduced")
    assert [c.id for c in claims] == ["3.1", "3.1", "3.2", "3.2"]
    assert [c.verdict for c in claims] == [words[verdicts[i % 2]] for i in range(4)]
    for claim in claims:
        assert claim.interval[0] <= claim.statistic <= claim.interval[1]
    rows = table.set_index(["group", "measure", "against"])
    total = rows.loc[("all", "lambda_max", "train_loss"), "n"]
    parts = [rows.loc[(g, "lambda_max", "train_loss"), "n"] for g in ("I", "II", "III")]
    assert sum(parts) == total == int((dataset["status"].sel({"method": "lbfgs"}) == 1).sum())


def test_curvature_without_relation_gives_no_deception():
    dataset = synthetic_dataset()
    table = curvature_correlations(dataset, curvature_of(dataset, 0.0, 1.0), PAPER, "lbfgs")
    assert abs(table["correlation"]).max() < 0.35
    assert all(c.verdict in ("partly", "not reproduced") for c in deception_claims(table))


def test_runs_not_measured_are_left_out():
    dataset = synthetic_dataset()
    curvature = curvature_of(dataset, -1.0)
    for name in ("lambda_max", "trace", "filter_normalised"):
        curvature[name][{"seed": slice(1, None)}] = np.nan
    table = curvature_correlations(dataset, curvature, PAPER, "lbfgs")
    assert table["n"].max() == 72
    curvature["lambda_max"][:] = np.nan
    curvature["filter_normalised"][:] = np.nan
    table = curvature_correlations(dataset, curvature, PAPER, "lbfgs")
    assert {c.verdict for c in deception_claims(table)} == {"not tested"}


def test_phases_of_a_trajectory():
    step = np.arange(40.0)
    loss = 10.0 ** (-0.1 * step)
    sharp = np.where(step < 20, 10 ** (0.05 * step), 10 ** (1.0 - 0.05 * (step - 20)))
    phases = sharpening_phases(loss, sharp)
    assert list(phases["kind"]) == ["apart", "together"]
    assert phases["last"][0] in (17, 18, 19)
    assert phases["first"][1] in (20, 21, 22)
    assert phases["sharpness_factor"][0] > 5
    assert phases["loss_factor"].max() < 1
    gaps = loss.copy()
    gaps[::4] = np.nan
    assert list(sharpening_phases(gaps, sharp)["kind"]) == ["apart", "together"]
    assert sharpening_phases(loss[:5], sharp[:5]).empty


def test_bad_input_is_one_sentence():
    dataset = synthetic_dataset()
    curvature = curvature_of(dataset, 1.0)
    with pytest.raises(ConfigurationError, match="has no variable 'trace'"):
        curvature_correlations(dataset, curvature.drop_vars("trace"), PAPER, "lbfgs")
    with pytest.raises(ConfigurationError, match="both must be of one experiment"):
        curvature_correlations(
            dataset, curvature.assign_attrs(experiment="pinn-wave"), PAPER, "lbfgs"
        )
    with pytest.raises(ConfigurationError, match="measure it again"):
        curvature_correlations(dataset, curvature.isel(seed=[0]), PAPER, "lbfgs")
    with pytest.raises(ConfigurationError, match="window = 4 must be odd"):
        sharpening_phases(np.ones(9), np.ones(9), window=4)
    with pytest.raises(ConfigurationError, match="9 losses and 8 values"):
        sharpening_phases(np.ones(9), np.ones(8))


def test_curvature_of_other_cells_is_not_joined_by_position():
    dataset = synthetic_dataset()
    turned = curvature_of(dataset, 1).isel(difficulty=slice(None, None, -1))
    with pytest.raises(ConfigurationError, match="other values of beta"):
        curvature_correlations(dataset, turned, PAPER, "lbfgs")
