"""What regimes of operators are made of, on made-up maps of which the answer is known."""

import re

import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset

from regimekit.errors import ConfigurationError
from regimekit.regimes import (
    budget_table,
    floor_claim,
    floor_summary,
    floor_table,
    leaving_claim,
    load_reference,
    paper_thresholds,
    thresholds_for,
)

PAPER = paper_thresholds("pinn-convection")


def with_floor(share: float) -> xr.Dataset:
    dataset = synthetic_dataset()
    trained = xr.full_like(dataset["train_loss"], 2.0)
    return dataset.assign(
        train_loss_pde=trained, train_loss_data=trained, residual_floor=share * trained
    )


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.9, "reproduced"), (0.3, "partly"), (0.01, "not reproduced")]
)
def test_the_share_of_the_floor_decides(share, verdict):
    dataset = with_floor(share)
    claim = floor_claim(dataset, id="4.2", statement="Floor.", method="lbfgs")
    assert claim.verdict == verdict
    assert claim.statistic == pytest.approx(share)
    found = floor_summary(dataset, "lbfgs")
    assert (found["hardest"], found["floor"]) == pytest.approx((2.0, 2.0 * share))


def test_the_floor_is_read_where_there_are_most_data_of_those_run():
    dataset = with_floor(0.5)
    dataset["train_loss_pde"][:, -1] = np.nan
    table = floor_table(dataset, "lbfgs")
    assert set(table["n"]) == {int(dataset[dataset.attrs["data_axis"]].values[-2])}


def test_a_map_without_a_residual_has_no_floor():
    with pytest.raises(ConfigurationError, match="no residual of the exact solutions"):
        floor_table(synthetic_dataset(), "lbfgs")


def test_a_change_explains_what_leaves_with_it():
    fixed = synthetic_dataset()
    healed = fixed.assign(train_loss=fixed["train_loss"] * 0 + PAPER.train_loss / 10)

    def claim(before, after):
        words = {"id": "4.3", "statement": "Budget.", "change": "more iterations"}
        return leaving_claim(before, after, PAPER, method="lbfgs", **words)

    claims = [claim(fixed, other) for other in (healed, fixed)]
    assert [c.verdict for c in claims] == ["reproduced", "not reproduced"]
    assert [c.statistic for c in claims] == [1.0, 0.0]
    assert re.search(r"leave it with more iterations, \d+ to III$", claims[0].measure)
    assert claims[1].measure.endswith("leave it with more iterations")
    assert claim(healed, fixed).verdict == "not tested"


def test_the_budget_table_has_the_shared_cells_that_both_have_run():
    fixed = synthetic_dataset()
    part = fixed.isel(difficulty=[1, 3], data=[0, 2])
    assert len(budget_table(fixed, part, "lbfgs")) == 4


@pytest.mark.parametrize("name", ["fno-advection-diffusion", "fno-poisson", "pino-darcy"])
def test_published_maps_of_operators_get_harder_and_have_thresholds(name):
    reference = load_reference(name)
    poor = reference["test_error"].isel(data=0).values
    assert poor[-1] > poor[0]
    rich = reference["test_error"].isel(difficulty=-1).values
    assert rich[-1] < rich[0]
    level = paper_thresholds(name)
    assert float(reference["train_loss"].min()) <= level.train_loss
    assert float(reference["train_loss"].max()) > level.train_loss


@pytest.mark.parametrize("variant", ["epochs", "longer"])
def test_budgets_have_the_thresholds_of_their_map(variant):
    dataset = synthetic_dataset()
    dataset.attrs["experiment"] = f"fno-advection-diffusion-{variant}"
    assert thresholds_for(dataset) == paper_thresholds("fno-advection-diffusion")
