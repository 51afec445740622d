"""Consolidated datasets: schema, partial grids, restoring, executors that agree."""

import contextlib
import json
import subprocess
import sys

import netCDF4
import numpy as np
import pytest
import xarray as xr
from distributed import Client
from helpers import synthetic_dataset

from regimekit.errors import ConfigurationError
from regimekit.grids import content_checksum, get_experiment, run
from regimekit.grids.dataset import CELL_DIMS, consolidate, restore
from regimekit.grids.device import cache_folder
from regimekit.grids.executors import BEGAN, COMPILED, TOPIC, local_cluster
from regimekit.grids.manifest import MANIFEST, leave_corners, progress_of, publish
from regimekit.grids.progress import LogProgress, Tracker, duration
from regimekit.grids.store import Store, write_atomically

EXPERIMENT = get_experiment("pinn-convection")
AXES = {"methods": ["adam"], "data": [100]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    run("pinn-convection", preset="smoke", output=folder, executor="serial", **AXES)
    return folder / "smoke"


@pytest.fixture
def dataset(folder) -> xr.Dataset:
    return xr.load_dataset(folder / "pinn-convection.nc")


@pytest.fixture
def weights(folder) -> xr.Dataset:
    return xr.load_dataset(folder / "pinn-convection-weights.nc")


@pytest.mark.slow
def test_schema(dataset, weights):
    assert dict(dataset.sizes) == {
        "difficulty": 2,
        "data": 1,
        "method": 1,
        "seed": 1,
        "iteration": 18,
    }
    for name, variable in dataset.variables.items():
        assert {"long_name", "units"} <= set(variable.attrs), name
    assert dataset["beta"].dims == ("difficulty",)
    assert weights["weights"].sizes["parameter"] == 5301
    assert json.loads(dataset.attrs["configuration"])["methods"]["adam"]["learning_rate"] == 1e-3
    assert dataset.attrs["content_sha256"] == content_checksum(dataset)


def test_the_synthetic_dataset_of_the_tests_has_the_same_schema(dataset):
    synthetic = synthetic_dataset()
    assert set(synthetic.variables) == set(dataset.variables)
    assert set(synthetic.attrs) == set(dataset.attrs)
    for name, variable in dataset.variables.items():
        assert synthetic[name].dims == variable.dims, name


def test_nothing_is_pickled(folder):
    files = list(folder.rglob("*.nc"))
    assert len(files) == 4
    for path in files:
        with netCDF4.Dataset(path) as file:
            assert not file.groups
            for name, variable in file.variables.items():
                kind = variable.dtype if variable.dtype is str else variable.dtype.kind
                assert kind in (str, *"fiuSb"), name


def test_wall_times_do_not_enter_the_checksum(dataset):
    other = dataset.copy(deep=True)
    other["seconds"] += 1
    other["history_seconds"] += 1
    assert content_checksum(other) == content_checksum(dataset)
    other["train_loss"] *= 1 + 1e-12
    assert content_checksum(other) != content_checksum(dataset)


def test_a_partial_dataset_opens_and_says_what_is_pending(folder, tmp_path):
    grid = EXPERIMENT.grid("smoke", methods=["adam"], data=[100], seeds=[0, 1])
    partial, weights = consolidate(EXPERIMENT, grid, Store(folder / "cells" / "pinn-convection"))
    assert progress_of(partial) == (2, 4)
    assert partial["status"].isel(seed=1).values.ravel().tolist() == [0, 0]
    assert partial["train_loss"].isel(seed=1).isnull().all()
    assert weights["weights"].isel(seed=1).isnull().all()


def test_seeds_not_planned_are_told_from_pending_ones(tmp_path):
    grid = EXPERIMENT.grid("published")
    dataset, _ = consolidate(EXPERIMENT, grid, Store(tmp_path))
    status = dataset["status"].transpose("data", "seed", ...).values
    assert (status[-1, 3:] == -1).all()
    assert (status[-1, :3] == 0).all()
    assert (status[0] == 0).all()


def test_restoring_brings_cells_back_as_they_were(dataset, weights, tmp_path):
    grid = EXPERIMENT.grid("smoke", methods=["adam"], data=[100], seeds=[0, 1])
    store = Store(tmp_path)
    store.prepare(4)
    assert restore(dataset, weights, grid, store) == 2
    assert restore(dataset, weights, grid, store) == 0
    again, weights_again = consolidate(EXPERIMENT, EXPERIMENT.grid("smoke", **AXES), store)
    assert again.attrs["content_sha256"] == dataset.attrs["content_sha256"]
    np.testing.assert_array_equal(weights_again["weights"], weights["weights"])
    assert again.attrs["git_commit"] == dataset.attrs["git_commit"]


def test_each_origin_is_named_once(dataset, weights, tmp_path):
    several = {"git_commit": "a, b", "machine": "X, 2 cores; Y, 4 cores"}
    store = Store(tmp_path)
    grid = EXPERIMENT.grid("smoke", **AXES)
    restore(dataset.assign_attrs(several), weights, grid, store)
    first = next(grid.cells())
    result, _ = store.read(first)
    store.write(first, result, {"git_commit": "b", "machine": "Y, 4 cores"})
    for again in consolidate(EXPERIMENT, grid, store):
        assert {name: again.attrs[name] for name in several} == several


def test_restoring_leaves_out_cells_of_another_configuration(dataset, weights, tmp_path):
    grid = EXPERIMENT.grid("quick", methods=["lbfgs"])
    dataset = dataset.assign_coords(method=["lbfgs"])
    assert restore(dataset, weights, grid, Store(tmp_path)) == 0


@pytest.mark.parametrize("altered", ["pinn-convection.nc", "pinn-convection-weights.nc"])
def test_an_altered_file_is_not_resumed_from(folder, dataset, tmp_path, altered):
    published, output = tmp_path / "data", tmp_path / "out"
    publish(folder, published)
    path = published / altered
    content = path.read_bytes()
    path.write_bytes(content[:-50] + bytes([content[-50] ^ 1]) + content[-49:])
    resume = {"preset": "smoke", "resume_from": published, "compute": False, **AXES}
    with pytest.raises(ConfigurationError, match=f"{altered} is not the file of the manifest"):
        run("pinn-convection", output=output, **resume)
    assert not output.exists()
    path.write_bytes(content)
    for _ in "with a manifest", "without":
        resumed = run("pinn-convection", output=output, **resume)
        assert resumed.attrs["content_sha256"] == dataset.attrs["content_sha256"]
        (published / MANIFEST).unlink(missing_ok=True)
        output = tmp_path / "again"


class TellingOfAnother(contextlib.AbstractContextManager):
    """Progress that, whenever it is shown, tells the scheduler of a cell that another run began."""

    def __init__(self, client):
        self.client, self.texts = client, []

    def __exit__(self, *details):
        pass

    def show(self, text, share, event):
        del share, event
        self.texts.append(text)
        began = {"state": BEGAN, "key": "another", "label": "another", "shape": ""}
        self.client.log_event(TOPIC, began)


@pytest.mark.slow
def test_executors_agree(dataset, tmp_path):
    with local_cluster(2) as cluster, Client(cluster) as client:
        address = cluster.scheduler_address
        there = {"preset": "smoke", "output": tmp_path / "a", "scheduler": address, **AXES}
        shown = TellingOfAnother(client)
        by_dask = run("pinn-convection", progress=shown, **there)
        events = [event for _, event in client.get_events(TOPIC)]
    assert by_dask.attrs["content_sha256"] == dataset.attrs["content_sha256"]
    # Two workers, but the second cell, of the same shape, does not wait on one of them.
    ours = [event["state"] for event in events if event["key"] != "another"]
    assert ours == [BEGAN, COMPILED] * 2
    # Another experiment may have cells on the same scheduler; they are not shown as ours.
    assert len(events) > len(ours)
    assert any("now adam" in text for text in shown.texts)
    assert not any("another" in text for text in shown.texts)
    both = {"preset": "smoke", "data": [100]}
    lanes = run("pinn-convection", output=tmp_path / "b", executor="lanes", **both)
    single = run("pinn-convection", output=tmp_path / "c", executor="serial", **both)
    for name in ("train_loss", "test_error", "fresh_residual"):
        np.testing.assert_allclose(lanes[name], single[name], rtol=5e-2, err_msg=name)
    np.testing.assert_array_equal(lanes["iterations"], single["iterations"])


# Run a cell of the seed given once told so, and print how many programs were compiled for it.
COMPILER = """
import sys
import jax
from regimekit.grids import get_experiment, run_cell
misses = []
def listen(event, **details):
    misses.extend([event] * (event == "/jax/compilation_cache/cache_misses"))
jax.monitoring.register_event_listener(listen)
seed = int(sys.argv[1])
grid = get_experiment("pinn-convection").grid("smoke", methods=["adam"], data=[100], seeds=[seed])
print("ready", flush=True)
sys.stdin.readline()
run_cell(next(grid.cells()))
print(len(misses))
"""


@pytest.mark.slow
def test_a_shape_compiles_once_for_all_processes(tmp_path, monkeypatch):
    monkeypatch.setenv("REGIMEKIT_CACHE", str(tmp_path))

    def programs() -> set[str]:
        return {p.name for p in (cache_folder() / "xla").iterdir() if p.name.endswith("-cache")}

    first = compiled_by_processes(0, 1)
    found = programs()
    assert sum("advance" in name for name in found) == 1, sorted(found)
    assert sum(first) == len(found), "a program was compiled twice"
    assert compiled_by_processes(2) == [0]


def compiled_by_processes(*seeds: int) -> list[int]:
    """Programs that processes compile which start a cell of one shape together."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [
        subprocess.Popen([sys.executable, "-c", COMPILER, str(seed)], **pipes) for seed in seeds
    ]
    try:
        for process in started:
            assert process.stdout.readline() == "ready\n"
        for process in started:
            process.stdin.write("go\n")
            process.stdin.flush()
        return [int(process.communicate()[0]) for process in started]
    finally:
        for process in started:
            process.kill()
            process.communicate()


class Lines:
    """Progress that keeps what it is shown."""

    def __init__(self):
        self.lines = []

    def __enter__(self):
        return self

    def __exit__(self, *details):
        pass

    def show(self, text, share, event):
        self.lines.append((text, share, event))


def test_progress_says_done_left_and_in_hand():
    shown = Lines()
    tracker = Tracker("grid", {"a": 1.0, "b": 3.0}, 5, shown)
    tracker.in_hand(["a"])
    tracker.done("a")
    tracker.done("b")
    texts = [text for text, _, _ in shown.lines]
    assert texts[0] == "grid: 0/2 cells (5 more were there), timing; now a"
    assert "1/2 cells" in texts[1]
    assert "to go" in texts[1]
    assert shown.lines[1][1] == 0.25
    assert "2/2 cells (5 more were there), took" in texts[2]


def test_a_log_gets_plain_lines(capsys):
    with LogProgress(interval=1000.0) as log:
        log.show("first", 0.0, True)
        log.show("waiting", 0.1, False)
        log.show("second", 0.5, True)
        log.show("last", 1.0, True)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["first", "last"]


def test_a_log_speaks_at_the_start_and_while_a_cell_takes_long(capsys):
    with LogProgress(interval=0.0, silence=0.0) as often, LogProgress(silence=1000.0) as seldom:
        for log in (often, seldom):
            log.show("0/1 cells", 0.0, False)
            log.show("0/1 cells, a while later", 0.0, False)
    lines = [line.split(" ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["0/1 cells", "0/1 cells, a while later", "0/1 cells"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(40.0, "40 s"), (200.0, "3 min 20 s"), (7500.0, "2 h 5 min")]
)
def test_durations_in_words(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize("measured", [0, 1])
def test_weights_of_runs_that_nothing_measures_are_published_for_three_corners(measured, tmp_path):
    values = np.arange(2 * 3 * 2 * 2 * 4, dtype=np.float32).reshape(2, 3, 2, 2, 4)
    path = tmp_path / "methods-weights.nc"
    write_atomically(
        xr.Dataset({"weights": ((*CELL_DIMS, "parameter"), values)}, attrs={"measured": measured}),
        path,
    )
    leave_corners(path)
    left = xr.load_dataset(path)["weights"].values
    there = ~np.isnan(left).any(-1)
    assert there.sum() == (values[..., 0].size if measured else 3 * 2)
    np.testing.assert_array_equal(left[there], values[there])
    assert there[1, 0, :, 0].all()


def test_no_weights_are_published_of_models_that_have_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr("regimekit.grids.manifest.FEW", 2)
    monkeypatch.setattr("regimekit.grids.manifest.MANY", 3)
    path = tmp_path / "large-weights.nc"
    values = np.ones((1, 1, 1, 1, 4), dtype=np.float32)
    write_atomically(xr.Dataset({"weights": ((*CELL_DIMS, "parameter"), values)}), path)
    leave_corners(path)
    left = xr.load_dataset(path)
    assert left["weights"].isnull().all()
    assert left.attrs["left_out"] == "All weights."


def test_what_is_not_measured_says_so():
    assert get_experiment("pinn-convection").measured
    assert not get_experiment("pinn-convection-methods").measured
    assert not get_experiment("node-pendulum-wide").measured
