"""Curvature along training: in the dataset, restored from it, and without effect on the run."""

import jax
import numpy as np
import pytest
import xarray as xr

import regimekit
from regimekit.errors import ConfigurationError
from regimekit.grids import get_experiment
from regimekit.grids.cell import run_cell
from regimekit.grids.lanes import run_lanes
from regimekit.grids.spec import Cell
from regimekit.grids.stored import find_place, stored_run
from regimekit.landscape import Hessian, lambda_max

AXES = {"preset": "smoke", "executor": "serial", "difficulties": [5.0], "methods": ["adam"]}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dynamics")
    return regimekit.run("pinn-convection-dynamics", output=folder, **AXES), folder


@pytest.mark.slow
def test_a_run_has_its_curvature_along_training(runs):
    dataset, folder = runs
    experiment = get_experiment("pinn-convection-dynamics")
    for name, (long_name, _) in experiment.probed.items():
        found = dataset[f"history_{name}"]
        assert np.isfinite(found).all(), name
        assert found.attrs["long_name"] == f"{long_name} along training"
    weights = xr.load_dataset(folder / "smoke" / "pinn-convection-dynamics-weights.nc")
    task, model = stored_run(dataset, weights, find_place(dataset, 5.0, 100, "adam", 0))
    value, _ = lambda_max(Hessian(task, model), key=jax.random.key(5), tolerance=1e-4)
    last = dataset.isel(iteration=-1).squeeze()
    assert float(last["history_lambda_max"]) == pytest.approx(value, rel=0.02)
    assert float(last["history_curvature_products"]) >= 16 + 1 + 8 + 1


def test_looking_changes_nothing(runs):
    dataset, _ = runs
    seen = next(get_experiment("pinn-convection-dynamics").grid("smoke", **_axes()).cells())
    settings = {name: value for name, value in seen.settings.items() if name != "probe"}
    plain = Cell("pinn-convection", seen.difficulty, seen.data, "adam", seen.seed, settings)
    alone = run_cell(plain)
    np.testing.assert_array_equal(dataset["history_loss"].squeeze(), alone.history["loss"])
    assert "lambda_max" not in alone.history


def test_it_is_restored_from_a_dataset(runs, tmp_path):
    dataset, folder = runs
    again = regimekit.run(
        "pinn-convection-dynamics",
        output=tmp_path,
        resume_from=folder / "smoke",
        compute=False,
        **AXES,
    )
    assert again.attrs["content_sha256"] == dataset.attrs["content_sha256"]
    np.testing.assert_array_equal(again["history_trace"], dataset["history_trace"])


def test_lanes_cannot_look():
    cells = list(get_experiment("pinn-convection-dynamics").grid("smoke", **_axes()).cells())
    with pytest.raises(ConfigurationError, match="looks at each run along training"):
        run_lanes(cells)


def _axes():
    return {name: AXES[name] for name in ("difficulties", "methods")}
