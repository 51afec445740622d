"""Grids, cells and fingerprints."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regimekit.errors import ConfigurationError
from regimekit.grids import PRESETS, get_experiment

EXPERIMENT = get_experiment("pinn-convection")


def test_published_grid_is_the_planned_one():
    cells = list(EXPERIMENT.grid("published").cells())
    assert len(cells) == len(set(cells)) == 2 * 9 * (6 * 5 + 2 * 3)
    assert len({cell.label for cell in cells}) == len(cells)
    assert len({cell.fingerprint for cell in cells}) == len(cells)
    assert len({cell.shape for cell in cells}) == 2 * 8


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_built(preset):
    cell = next(EXPERIMENT.grid(preset).cells())
    assert EXPERIMENT.task(cell).points.interior.shape == (cell.data, 2)
    method, budget = EXPERIMENT.method(cell)
    assert type(method).__name__.lower() == cell.method
    assert budget.evaluations >= budget.iterations


def test_a_fingerprint_covers_what_decides_the_numbers():
    grid = EXPERIMENT.grid("published")
    cell = grid.cell(5.0, 100, "lbfgs", 0)
    # The same cell of another preset with equal settings is the same run.
    assert cell.fingerprint == EXPERIMENT.grid("quick").cell(5.0, 100, "lbfgs", 0).fingerprint
    others = [
        grid.cell(8.0, 100, "lbfgs", 0),
        grid.cell(5.0, 200, "lbfgs", 0),
        grid.cell(5.0, 100, "adam", 0),
        grid.cell(5.0, 100, "lbfgs", 1),
        EXPERIMENT.grid("smoke").cell(5.0, 100, "lbfgs", 0),
    ]
    assert cell.fingerprint not in {other.fingerprint for other in others}


@pytest.mark.parametrize(
    ("axes", "says"),
    [
        ({"difficulties": [-1.0]}, "beta = -1.0 is not a speed"),
        ({"difficulties": []}, "must name at least one value"),
        ({"data": [100, 100]}, "each once"),
        ({"data": [0]}, "n_collocation = 0 is outside"),
        ({"data": [25_501]}, "n_collocation = 25501 is outside"),
        ({"seeds": [-1]}, "-1 is not a seed"),
        ({"methods": ["sgd2"]}, "Unknown training method 'sgd2'"),
    ],
)
def test_axes_that_cannot_be_run_are_refused(axes, says):
    with pytest.raises(ConfigurationError, match=says):
        EXPERIMENT.grid("quick", **axes)


def test_seeds_that_are_asked_for_are_run_everywhere():
    grid = EXPERIMENT.grid("published", data=[25_000], seeds=[0, 1, 2, 3, 4])
    assert {c.seed for c in grid.cells()} == {0, 1, 2, 3, 4}
    assert len(list(grid.cells())) == 2 * 9 * 5
    assert grid.configuration()["fewer_seeds"] == {}
    # Without them, the preset's few; and a cell is the same whoever asked for it.
    planned = {c.label: c.fingerprint for c in EXPERIMENT.grid("published").cells()}
    assert len(list(EXPERIMENT.grid("published", data=[25_000]).cells())) == 2 * 9 * 3
    asked = {c.label: c.fingerprint for c in EXPERIMENT.grid("published", seeds=[1]).cells()}
    assert len(asked) == 2 * 9 * 8
    assert asked.items() <= planned.items()


def test_axes_are_put_in_rising_order():
    grid = EXPERIMENT.grid("quick", difficulties=[50.0, 5.0, 30.0], data=[2000, 100, 500])
    assert grid.difficulties == (5.0, 30.0, 50.0)
    assert grid.data == (100, 500, 2000)
    assert grid.configuration()["data"] == [100, 500, 2000]
    turned = replace(EXPERIMENT.grid("quick"), data=(2000, 500, 100))
    assert turned.override().data == (100, 500, 2000)
    with pytest.raises(ConfigurationError, match="each once"):
        EXPERIMENT.grid("quick", data=[500, 100, 500])


@given(seeds=st.lists(st.integers(0, 100), min_size=1, max_size=5, unique=True))
def test_cells_are_the_product_of_the_axes(seeds):
    grid = EXPERIMENT.grid("smoke", seeds=seeds)
    found = {(c.difficulty, c.data, c.method, c.seed) for c in grid.cells()}
    assert found == {
        (d, n, m, s)
        for d in grid.difficulties
        for n in grid.data
        for m in grid.methods
        for s in seeds
    }
