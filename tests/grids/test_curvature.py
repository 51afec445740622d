"""Curvature of stored runs: brought back right, measured once, resumed, refused in a sentence."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.grids import content_checksum, run
from regimekit.grids.curvature import EDGES, measure_grid
from regimekit.grids.diagnose import diagnose
from regimekit.grids.manifest import progress_of, publish, verify
from regimekit.grids.operator_curvature import OPERATOR_VARIABLES, measure_parts, subsampled
from regimekit.grids.store import write_atomically
from regimekit.grids.stored import find_place, is_stored, retrained_run, stored_run
from regimekit.landscape import Effort, Hessian, flat_view, lambda_max, parameter_slices
from regimekit.models import MLP
from regimekit.problems import AdvectionDiffusion
from regimekit.regimes import paper_thresholds
from regimekit.tasks import PINN, OperatorLearning, SquaredErrors

EFFORT = Effort(2, 6, 1.0, 5, 2, 2)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Two runs of the smallest preset, as they are on disk."""
    folder = tmp_path_factory.mktemp("runs")
    axes = {"difficulties": [5.0, 30.0], "data": [100], "methods": ["adam"]}
    run("pinn-convection", preset="smoke", output=folder, executor="serial", **axes)
    names = ("pinn-convection", "pinn-convection-weights")
    return [xr.load_dataset(folder / "smoke" / f"{n}.nc") for n in names]


@pytest.mark.slow
def test_a_stored_run_is_brought_back(stored):
    dataset, weights = stored
    place = find_place(dataset, 30.0, 100, "adam", 0)
    task, model = stored_run(dataset, weights, place)
    losses = task.metrics(model)
    for name in ("train_loss", "test_error"):
        np.testing.assert_allclose(losses[name], dataset[name].isel(place), rtol=1e-4)
    assert float(task.difficulty) == 30


def test_weights_that_were_not_kept_are_said_to_be_missing(stored):
    dataset, weights = stored
    place = find_place(dataset, 30.0, 100, "adam", 0)
    with pytest.raises(ConfigurationError, match="were not kept"):
        stored_run(dataset, weights * np.nan, place)


def test_arrays_that_are_not_trained_are_those_of_the_model(stored, monkeypatch):
    class Scaled(eqx.Module):
        network: MLP
        table: jax.Array

        def __call__(self, points):
            return self.network(points) * self.table[0]

    dataset, weights = stored
    place, init = find_place(dataset, 30.0, 100, "adam", 0), PINN.init
    _, plain = stored_run(dataset, weights, place)
    monkeypatch.setattr(PINN, "init", lambda self, key: Scaled(init(self, key), jnp.array([7, 8])))
    _, model = stored_run(dataset, weights, place)
    assert model.table.tolist() == [7, 8]
    points = jnp.ones((3, 2))
    np.testing.assert_array_equal(model(points), 7 * plain(points))


@pytest.mark.slow
def test_a_grid_is_measured_once_and_resumed(stored, tmp_path, capsys):
    dataset, weights = stored
    found = measure_grid(dataset, weights, tmp_path, effort=EFFORT)
    assert progress_of(found) == (2, 2)
    files = sorted(tmp_path.rglob("*.nc"))
    times = [file.stat().st_mtime_ns for file in files]
    again = measure_grid(dataset, weights, tmp_path, effort=EFFORT)
    assert [file.stat().st_mtime_ns for file in files] == times
    assert content_checksum(again) == content_checksum(found) == found.attrs["content_sha256"]
    files[0].write_bytes(b"broken")
    measure_grid(dataset, weights, tmp_path, effort=EFFORT)
    changed = [f.stat().st_mtime_ns != t for f, t in zip(files, times, strict=True)]
    assert changed == [True, False]

    for name, variable in found.variables.items():
        assert "long_name" in variable.attrs, name
        assert "units" in variable.attrs, name
    np.testing.assert_allclose(found["density"].sum("bin").values, 1.0, rtol=1e-6)
    assert found.sizes["bin"] == len(EDGES) - 1
    task, model = stored_run(dataset, weights, find_place(dataset, 30.0, 100, "adam", 0))
    value, bound = lambda_max(Hessian(task, model), key=jax.random.key(5), tolerance=1e-4)
    stored_value = found["eigenvalues"].isel(difficulty=1, data=0, method=0, seed=0)
    assert float(stored_value[0]) == pytest.approx(value, rel=0.02)
    assert bound < 1e-3 * value
    # As published data: beside nothing, with a checksum of the file and of its content.
    source = tmp_path / "published"
    source.mkdir()
    write_atomically(found, source / "pinn-convection-curvature.nc", compress=True)
    publish(source, tmp_path / "data")
    assert verify(tmp_path / "data") == {"pinn-convection-curvature.nc": "ok"}


def test_a_run_whose_weights_are_not_kept_is_trained_again(stored):
    dataset, weights = stored
    place = find_place(dataset, 30.0, 100, "adam", 0)
    _, kept = stored_run(dataset, weights, place)
    gone = weights.copy(deep=True)
    gone["weights"][place] = np.nan
    assert is_stored(weights, place)
    assert not is_stored(gone, place)
    _, model, difference = retrained_run(dataset, place)
    assert difference < 1e-6
    np.testing.assert_allclose(flat_view(model)[0], flat_view(kept)[0], rtol=1e-5, atol=1e-6)
    dataset = dataset.copy(deep=True)
    dataset["status"][place] = 2
    with pytest.raises(ConfigurationError, match="is not done, or it diverged"):
        retrained_run(dataset, place)


@pytest.mark.slow
def test_of_an_operator_parts_are_held_fixed():
    small = {"width": 2, "modes": 2, "layers": 1}
    task = OperatorLearning(AdvectionDiffusion(1.0, 32), 3, 1, **small)
    assert subsampled(task).train.solutions.shape == (3, 32, 32)
    model, effort = task.init(jax.random.key(0)), Effort(1, 24, 1e-4, 2, 2, 2)
    found = measure_parts(task, model, key=jax.random.key(1), effort=effort)
    assert {*found, "retrained", "retrained_difference"} == {*OPERATOR_VARIABLES, "products"}
    assert found["squares_output_bias"] == pytest.approx(2, rel=1e-5)
    rows = np.eye(flat_view(model)[0].size, dtype=np.float32)
    hessian = Hessian(SquaredErrors(task), model)
    matrix = np.asarray(jax.jit(jax.vmap(hessian.product()))(rows))
    names = parameter_slices(model)
    last, layer = (names[f"network.head[1].{part}"].start for part in ("bias", "weight"))
    for name, kept in (("without_bias", last), ("without_layer", layer)):
        largest = np.linalg.eigvalsh(matrix[:kept, :kept])[-1]
        assert found[f"squares_{name}"] == pytest.approx(largest, rel=1e-3)
    assert 0 < found["without_layer"] <= found["without_bias"] * (1 + 1e-3)
    assert found["squares_lambda_max"] == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-3)


def test_diagnosis_says_label_and_error_bars(stored):
    found = diagnose(
        *stored,
        paper_thresholds("pinn-convection"),
        difficulty=30.0,
        data=100,
        method="adam",
        effort=EFFORT,
    )
    text = "\n".join(found.lines())
    assert "regime II by the thresholds 'paper'" in text
    assert "largest eigenvalue" in text
    assert "error at most" in text
    assert "+-" in text
    assert found.curvature.loss == pytest.approx(found.train_loss, rel=1e-4)


def test_what_cannot_be_measured_is_said(stored, tmp_path):
    dataset, weights = stored
    with pytest.raises(ConfigurationError, match=r"no beta = 7.0; it has 5.0, 30.0"):
        find_place(dataset, 7.0, 100, "adam", 0)
    with pytest.raises(ConfigurationError, match="no method 'lbfgs'; it has adam"):
        measure_grid(dataset, weights, tmp_path, methods=["lbfgs"])
    diverged = dataset.copy(deep=True)
    diverged["status"][:] = 2
    place = find_place(dataset, 5.0, 100, "adam", 0)
    with pytest.raises(ConfigurationError, match="is not done, or it diverged"):
        stored_run(diverged, weights, place)
    with pytest.raises(ConfigurationError, match=r"weights have 9 parameters, .* 5301"):
        stored_run(dataset, weights.isel(parameter=slice(0, 9)), place)
    assert progress_of(measure_grid(diverged, weights, tmp_path)) == (0, 0)
