"""Every experiment at every preset: cells that can be built, and budgets that can be compared."""

import json

import equinox as eqx
import jax
import numpy as np
import pytest

import regimekit
from regimekit.errors import ConfigurationError
from regimekit.grids import EXPERIMENTS, PRESETS
from regimekit.methods import AbstractMethod, Budget
from regimekit.tasks import AbstractTask


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_grids_are_sound(name, preset):
    experiment = EXPERIMENTS[name]
    grid = experiment.grid(preset)
    json.dumps(grid.configuration(), allow_nan=False)
    cells = list(grid.cells())
    assert len({cell.label for cell in cells}) == len({c.fingerprint for c in cells}) == len(cells)
    # Each value of an axis once: what a task is made of are not their pairs.
    places = {("difficulty", cell.difficulty): cell for cell in cells}
    places |= {("data", cell.data): cell for cell in cells}
    if (name, preset) == ("resnet-digits", "paper"):
        places = {}  # images that everybody has to bring
    for cell in places.values():
        task = jax.eval_shape(lambda cell=cell: experiment.task(cell))
        assert isinstance(task, AbstractTask)
    for cell in {cell.method: cell for cell in cells}.values():
        method, budget = experiment.method(cell)
        assert isinstance(method, AbstractMethod)
        assert budget.evaluations > 1
        assert budget.iterations > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_figures_of_a_task_are_those_that_are_announced(name):
    experiment = EXPERIMENTS[name]
    task = experiment.task(next(iter(experiment.grid("smoke").cells())))
    model = task.init(jax.random.key(0))
    found = eqx.filter_eval_shape(lambda t, m: t.metrics(m), task, model)
    assert set(found) == set(experiment.metrics)
    assert all(f"train_loss_{block}" in found for block in task.weights)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_run_can_begin(name):
    experiment = EXPERIMENTS[name]
    task = experiment.task(list(experiment.grid("smoke").cells())[-1])
    loss = eqx.filter_jit(lambda t, m: t.loss(m))(task, task.init(jax.random.key(0)))
    assert 0 < float(loss) < float("inf")


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name.endswith("-methods")])
@pytest.mark.parametrize("preset", PRESETS)
def test_all_methods_have_one_budget(name, preset):
    experiment = EXPERIMENTS[name]
    budgets = {experiment.method(cell)[1] for cell in experiment.grid(preset).cells()}
    assert len(budgets) == 1
    assert isinstance(next(iter(budgets)), Budget)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"experiment": "pinn-wave-mode", "difficulties": [2.5]}, "whole number"),
        ({"experiment": "pinn-wave", "difficulties": [-1.0]}, "c = -1.0 is not a speed"),
        ({"experiment": "pinn-reaction", "difficulties": [-1.0]}, "rho = -1.0 is not a rate"),
        ({"experiment": "pinn-reaction", "data": [30_000]}, "n_collocation = 30000 is outside"),
        ({"experiment": "pinn-reaction-diffusion", "difficulties": [-1.0]}, "not a diffusivity"),
        ({"experiment": "pinn-wave-methods", "methods": ["adamw"]}, "Unknown training method"),
        ({"experiment": "pinn-reaction", "methods": ["alm"]}, "this preset has lbfgs"),
        ({"experiment": "node-pendulum-density", "data": [400]}, "more than 1 orbits of 365"),
        ({"experiment": "pinode-pendulum-orbits", "data": [3]}, "4 orbits need at least 5"),
        ({"experiment": "resnet-digits", "difficulties": [1.0]}, "label_noise = 1.0 must lie in"),
        ({"experiment": "resnet-digits", "data": [2_000]}, "n_images = 2000 is outside 1 ... 1297"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_touched(options, message, tmp_path):
    axes = {name: value for name, value in options.items() if name != "experiment"}
    with pytest.raises(ConfigurationError, match=message) as refusal:
        regimekit.run(options["experiment"], preset="smoke", output=tmp_path / "out", **axes)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_every_method_runs_to_an_end(tmp_path):
    axes = {"preset": "smoke", "output": tmp_path, "executor": "serial", "difficulties": [5.0]}
    dataset = regimekit.run("pinn-convection-methods", **axes)
    assert (dataset["status"] == 1).all()
    assert np.isfinite(dataset["test_error"]).all()
    spent = dataset["evaluations"] + 2 * dataset["hessian_products"]
    # A Newton step is not broken off: it may pass the budget by one solve and one search.
    assert float(spent.max()) < 200 + 2 * 100 + 40
    products = dataset["hessian_products"].max(["difficulty", "data", "seed"])
    used = [str(m) for m in dataset["method"].values[products.values > 0]]
    assert used == ["nncg", "adam-lbfgs-nncg"]
    again = regimekit.run("pinn-convection-methods", **axes)
    assert again.attrs["content_sha256"] == dataset.attrs["content_sha256"]
