"""Paths between stored seeds: measured once, on one loss for both ends, refused in a sentence."""

import jax
import numpy as np
import pytest
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.grids import content_checksum, run
from regimekit.grids.manifest import progress_of, publish, verify
from regimekit.grids.paths import PathEffort, measure_pair, measure_paths
from regimekit.grids.store import write_atomically
from regimekit.problems import Pendulum
from regimekit.tasks import NODE, Classification

EFFORT = PathEffort(steps=10, points=5, checks=2, rays=2, offsets=5, samples=50)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Three seeds of one cell, as they are on disk."""
    folder = tmp_path_factory.mktemp("runs")
    axes = {"difficulties": [5.0], "data": [100], "methods": ["adam"], "seeds": [0, 1, 2]}
    run("pinn-convection", preset="smoke", output=folder, executor="serial", **axes)
    names = ("pinn-convection", "pinn-convection-weights")
    return [xr.load_dataset(folder / "smoke" / f"{n}.nc") for n in names]


@pytest.mark.slow
def test_pairs_are_measured_once_and_resumed(stored, tmp_path):
    found = measure_paths(*stored, tmp_path, method="adam", effort=EFFORT)
    assert progress_of(found) == (3, 3)
    assert list(found["first_seed"].values) == [0, 1, 2]
    assert list(found["second_seed"].values) == [1, 2, 0]
    # All pairs are judged on points of both, so a model's loss depends on its partner a little.
    first, second = found["loss_first"].values.ravel(), found["loss_second"].values.ravel()
    np.testing.assert_allclose(np.roll(second, 1), first, rtol=0.5)
    assert (found["curve_highest"] <= found["line_highest"]).all()
    assert (found["line_highest"] >= np.maximum(found["loss_first"], found["loss_second"])).all()
    assert ((found["linear_cka"] > 0) & (found["linear_cka"] < 1)).all()
    files = sorted(tmp_path.rglob("*.nc"))
    times = [file.stat().st_mtime_ns for file in files]
    files[1].write_bytes(b"broken")
    again = measure_paths(*stored, tmp_path, method="adam", effort=EFFORT)
    changed = [f.stat().st_mtime_ns != t for f, t in zip(files, times, strict=True)]
    assert changed == [False, True, False]
    assert content_checksum(again) == content_checksum(found) == found.attrs["content_sha256"]
    for name, variable in found.variables.items():
        assert {"long_name", "units"} <= set(variable.attrs), name
    source = tmp_path / "published"
    source.mkdir()
    write_atomically(found, source / "pinn-convection-paths.nc", compress=True)
    publish(source, tmp_path / "data")
    assert verify(tmp_path / "data") == {"pinn-convection-paths.nc": "ok"}


def test_runs_that_are_not_done_have_no_pairs(stored, tmp_path):
    dataset, weights = stored[0].copy(deep=True), stored[1]
    dataset["status"][..., 1:] = 2
    found = measure_paths(dataset, weights, tmp_path, method="adam", effort=EFFORT)
    assert progress_of(found) == (0, 0)


@pytest.mark.slow
def test_a_model_is_connected_with_itself():
    task = Classification(20, channels=4, stages=1)
    model = task.init(jax.random.key(0))
    found = measure_pair(task, model, task, model, effort=EFFORT)
    assert found["linear_cka"] == pytest.approx(1)
    assert found["rbf_cka"] == pytest.approx(1)
    assert found["output_distance"] == 0
    assert found["line_highest"] == pytest.approx(found["loss_first"], rel=1e-5)
    assert found["loss_first"] == pytest.approx(float(task.loss(model)), rel=1e-5)


def test_one_loss_judges_both_ends():
    tasks = [Classification(20, seed, channels=4, stages=1) for seed in (0, 1)]
    models = [tasks[0].init(jax.random.key(seed)) for seed in (0, 1)]
    found = measure_pair(tasks[0], models[0], tasks[1], models[1], effort=EFFORT)
    swapped = measure_pair(tasks[1], models[1], tasks[0], models[0], effort=EFFORT)
    for name, model in zip(("loss_first", "loss_second"), models, strict=True):
        mean = np.mean([float(task.loss(model)) for task in tasks])
        assert found[name] == pytest.approx(mean, rel=1e-5)
    assert swapped["line_highest"] == pytest.approx(found["line_highest"], rel=1e-4)


def test_what_cannot_be_compared_is_said(stored, tmp_path):
    with pytest.raises(ConfigurationError, match=r"no beta = 7.0; it has 5.0"):
        measure_paths(*stored, tmp_path, method="adam", difficulties=[7.0])
    with pytest.raises(ConfigurationError, match=r"no seed = 9"):
        measure_paths(*stored, tmp_path, method="adam", pairs=[(0, 9)])
    task = NODE(Pendulum(2.0), 40)
    model = task.init(jax.random.key(0))
    with pytest.raises(ConfigurationError, match="not between NODE and NODE"):
        measure_pair(task, model, task, model, effort=EFFORT)
