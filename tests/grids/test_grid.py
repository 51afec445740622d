"""Grids, cells and fingerprints."""

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
