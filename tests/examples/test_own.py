"""The worked examples: an equation, a method, data and a network of one's own."""

import importlib.util
from pathlib import Path
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import regimekit
from regimekit.errors import ConfigurationError
from regimekit.grids import EXPERIMENTS, get_experiment
from regimekit.methods import AbstractMethod, make_method
from regimekit.plugins import own_class
from regimekit.regimes import thresholds_for

FOLDER = Path(__file__).parents[2] / "examples"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def at_the_examples(monkeypatch):
    monkeypatch.chdir(FOLDER)
    monkeypatch.syspath_prepend(str(FOLDER))


def test_the_exact_solution_satisfies_the_equation(getkey):
    heat = load("own_equation").Heat(2.0)
    rows = jax.random.uniform(getkey(), (50, 2))
    assert float(jnp.abs(heat.residual(heat.solution, rows)).max()) < 1e-5
    assert float(heat.at(3.0).difficulty) == 3.0


@pytest.mark.slow
def test_a_map_of_ones_own_runs_by_name(at_the_examples, tmp_path):
    dataset = regimekit.run(
        "own_equation:HeatMap", preset="smoke", output=tmp_path, executor="serial", data=[100]
    )
    assert (dataset["status"] == 1).all()
    assert (tmp_path / "smoke" / "own_equation.HeatMap.nc").exists()
    assert thresholds_for(dataset).name == "convection"
    for preset in ("quick", "published", "paper"):
        grid = get_experiment("own_equation:HeatMap").grid(preset)
        assert len(list(grid.cells())) > 4
    again = regimekit.run(
        "own_equation:HeatMap", preset="smoke", output=tmp_path, executor="serial", data=[100]
    )
    assert again.attrs["content_sha256"] == dataset.attrs["content_sha256"]


@pytest.mark.slow
def test_a_method_of_ones_own_lowers_the_loss(at_the_examples):
    own = load("own_method")
    assert own.main(100) < own.main(1)
    method = make_method("bold", {"kind": "own_method:BoldDriver", "first": 1e-2})
    assert isinstance(method, AbstractMethod)
    assert method.first == 1e-2


@pytest.mark.slow
def test_measurements_bring_the_error_down():
    errors = load("own_data").main(FOLDER / "measurements.csv", iterations=2000)
    assert errors["with data"] < 0.5 * errors["equation"]


@pytest.mark.slow
def test_a_network_of_ones_own_is_judged():
    own = load("own_network")
    few, many = (own.main(inside, 1000, curvature=False) for inside in (50, 1000))
    assert few.train_loss < 1e-4 < few.fresh["equation"]
    assert few.growth["equation"] > 100
    assert many.growth["equation"] < 10
    assert "is a sign of regime III" in "\n".join(few.lines())


def test_the_measurements_are_what_they_are_said_to_be():
    table = np.loadtxt(FOLDER / "measurements.csv", delimiter=",", skiprows=1)
    error = table[:, 2] - np.sin(table[:, 0] - 20 * table[:, 1])
    assert 0.01 < error.std() < 0.03


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:Heat", "There is no module 'no_such_module'"),
        ("own_equation:Cold", "names no class"),
        (":Heat", "names no class"),
        ("own_equation:Heat", "is not a subclass of Experiment"),
    ],
)
def test_a_wrong_name_is_refused(name, message, at_the_examples):
    with pytest.raises(ConfigurationError, match=message):
        get_experiment(name)


def test_an_experiment_must_know_its_own_name(at_the_examples, monkeypatch):
    module = own_class("own_equation:HeatMap", object)
    monkeypatch.setattr(module, "name", "heat")
    with pytest.raises(ConfigurationError, match="its name must be 'own_equation:HeatMap'"):
        get_experiment("own_equation:HeatMap")
    assert "heat" not in EXPERIMENTS
