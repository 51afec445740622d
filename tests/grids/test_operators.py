"""Budgets of the maps of operators, and that a stored map with unequal budgets is restored."""

import numpy as np
import pytest
import xarray as xr

import regimekit
from regimekit.grids import EXPERIMENTS, get_experiment
from regimekit.grids.operators import GROWTH, OperatorExperiment
from regimekit.methods import MinibatchAdam


def lengths(name, preset="published"):
    experiment = get_experiment(name)
    grid = experiment.grid(preset, seeds=[0])
    return {
        cell.data: experiment.method(cell)[1].iterations
        for cell in grid.cells()
        if cell.difficulty == grid.difficulties[0]
    }


@pytest.mark.parametrize("name", ["fno-advection-diffusion", "fno-poisson"])
def test_a_fixed_budget_is_that_of_every_run_and_the_longer_one_five_times_it(name):
    fixed = lengths(name)
    longer = lengths(f"{name}-longer")
    assert len(set(fixed.values())) == 1
    assert set(longer) <= set(fixed)
    assert longer == {n: 5 * fixed[n] for n in longer}


def test_the_original_budget_grows_with_the_samples_around_the_fixed_one():
    fixed, grown = lengths("fno-advection-diffusion"), lengths("fno-advection-diffusion-epochs")
    least, most = min(grown), max(grown)
    assert grown[most] / grown[least] == pytest.approx((most / least) ** GROWTH, rel=0.01)
    assert np.sqrt(grown[most] * grown[least]) == pytest.approx(fixed[least], rel=0.01)
    # 1000 iterations with 128 samples and 9600 with 16 384, in the original.
    growth = (16_384 / 128) ** GROWTH
    assert growth == pytest.approx(9.6, rel=0.03)


def test_the_learning_rate_falls_alike_over_every_length():
    experiment = get_experiment("fno-advection-diffusion-epochs")
    for cell in experiment.grid("published", difficulties=[0.2], seeds=[0]).cells():
        method, budget = experiment.method(cell)
        assert budget.iterations / method.updates == pytest.approx(10, abs=0.4)


@pytest.mark.slow
def test_runs_of_unequal_length_are_restored(tmp_path):
    options = {"preset": "smoke", "executor": "serial", "difficulties": [0.2]}
    name = "fno-advection-diffusion-epochs"
    made = regimekit.run(name, output=tmp_path / "first", **options)
    assert len(set(made["iterations"].values.ravel())) == 2
    again = regimekit.run(
        name,
        output=tmp_path / "second",
        resume_from=tmp_path / "first" / "smoke",
        compute=False,
        **options,
    )
    xr.testing.assert_identical(made["history_loss"], again["history_loss"])
    assert (again["status"] == 1).all()


@pytest.mark.parametrize("preset", ["quick", "published", "paper"])
def test_every_run_sees_all_of_its_samples(preset):
    operators = [e for e in EXPERIMENTS.values() if isinstance(e, OperatorExperiment)]
    assert len(operators) > 5
    for experiment in operators:
        for cell in experiment.grid(preset, seeds=[0]).cells():
            method, budget = experiment.method(cell)
            if isinstance(method, MinibatchAdam):
                batch = min(cell.settings["task"]["batch_size"], cell.data)
                steps = method.updates if method.from_first else budget.iterations
                assert steps * batch >= cell.data, cell.label
