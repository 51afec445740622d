"""Choosing a method by regime: rules with known worth, judged by runs they have not seen."""

import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset, with_status

from regimekit.errors import ConfigurationError
from regimekit.regimes import Regime, choice_by_regime, paper_thresholds, solved_cells

PAPER = paper_thresholds("pinn-convection")
#: Columns of difficulty: two regimes, each with half of the cells.
LABELS = xr.DataArray(
    np.repeat([[Regime.WELL_TRAINED], [Regime.UNDER_TRAINED]], [2, 2], axis=0).repeat(3, axis=1),
    dims=("difficulty", "data"),
)


def made(errors: np.ndarray) -> xr.Dataset:
    """A map of methods a and b with these test errors (difficulty, data, method, seed)."""
    seeds = range(errors.shape[3])
    dataset = synthetic_dataset(
        (1.0, 2.0, 3.0, 4.0), (100, 200, 300), ("a", "b"), seeds, fewer_seeds={}
    )
    dataset["test_error"] = (("difficulty", "data", "method", "seed"), errors)
    return dataset


def errors(seeds: int, specific: bool) -> np.ndarray:
    """Method b is ten times better in II, and in I ten times worse or a hundredth worse."""
    found = np.full((4, 3, 2, seeds), 0.1)
    found[:2, :, 1] = 1.0 if specific else 0.101
    found[2:, :, 1] = 0.01
    return found


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_choice_that_matters_gains_what_it_is_worth(seeds):
    table = choice_by_regime(made(errors(seeds, specific=True)), LABELS).set_index("regime")
    assert list(table.index) == ["I", "II", "all"]
    # Both are as good on the whole; whichever is fixed loses a decade in half of the cells, and in
    # all of them if each cell in turn is left out, since the others then prefer the wrong one.
    assert table.loc["all", "cells"] == 12
    assert table.loc["all", "seeds"] == seeds
    assert table.loc["all", "gain"] == pytest.approx(-0.5 if seeds > 1 else -1.0)
    assert table.loc["all", "upper"] < 0
    assert table.loc["all", "hindsight"] == pytest.approx(table.loc["all", "gain"])
    assert table.loc["I", "by_regime"] == "a"
    assert table.loc["II", "by_regime"] == "b"


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_method_for_all_is_enough_where_it_is(seeds):
    table = choice_by_regime(made(errors(seeds, specific=False)), LABELS).set_index("regime")
    assert table.loc["all", "fixed"] == "b"
    assert table.loc["II", "gain"] == 0
    assert table.loc["I", "gain"] == pytest.approx(-np.log10(1.01))
    assert table.loc["I", "better"] == 1


def test_luck_of_one_seed_is_worth_nothing_on_another():
    """A rule that were judged by the runs it chose by would gain here, every time."""
    rng = np.random.default_rng(0)
    gains = []
    for trial in range(40):
        noise = 10 ** rng.normal(size=(4, 3, 2, 2))
        table = choice_by_regime(made(noise), LABELS, seed=trial, resamples=10)
        gains.append(table.set_index("regime").loc["all", "gain"])
    assert abs(np.mean(gains)) < 3 * np.std(gains) / np.sqrt(len(gains))


def test_a_diverged_run_counts_as_the_worst_and_an_untried_cell_not_at_all():
    dataset = made(errors(2, specific=False))
    diverged = with_status(dataset, 2, method=[1], difficulty=[2, 3])
    table = choice_by_regime(diverged, LABELS).set_index("regime")
    assert table.loc["II", "by_regime"] == "a"
    assert table.loc["II", "hindsight"] == 0
    untried = with_status(dataset, 0, method=[1], difficulty=[2, 3])
    table = choice_by_regime(untried, LABELS)
    assert list(table["regime"]) == ["I", "all"]
    assert list(table["cells"]) == [6, 6]
    begun = with_status(dataset, 0, seed=[1], difficulty=[1, 2, 3])
    table = choice_by_regime(begun, LABELS)
    assert list(table["seeds"]) == [1, 1, 1]
    assert table["cells"].iloc[-1] == 12


def test_what_cannot_be_chosen_from_is_refused():
    dataset = made(errors(1, specific=True))
    with pytest.raises(ConfigurationError, match="at least two"):
        choice_by_regime(dataset.isel(method=[0]), LABELS)
    with pytest.raises(ConfigurationError, match="No labelled cell"):
        choice_by_regime(dataset, xr.zeros_like(LABELS))
    with pytest.raises(ConfigurationError, match="No labelled cell"):
        choice_by_regime(with_status(dataset, 0), LABELS)


def test_solved_cells_are_counted_with_their_interval():
    dataset = made(errors(2, specific=True))
    dataset = with_status(dataset, 2, method=[0], difficulty=[0], data=[0])
    dataset = with_status(dataset, 0, method=[0], difficulty=[0], data=[1])
    table = solved_cells(dataset, PAPER, LABELS).set_index(["method", "regime"])
    row = table.loc[("a", "I")]
    assert (row["solved"], row["cells"]) == (4, 5)
    assert row["lower"] < row["share"] == 0.8 < row["upper"]
    assert table.loc[("b", "I"), "solved"] == 0
    assert table.loc[("b", "II"), "share"] == 1
    assert table.loc[("a", "III"), "cells"] == 0
    assert np.isnan(table.loc[("a", "III"), "share"])
