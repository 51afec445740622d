"""What goes wrong in a long computation: nothing finished is lost, nothing false is kept."""

import contextlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from regimekit.errors import ConfigurationError, StoreError
from regimekit.grids import CellState, Grid, Store, content_checksum, get_experiment, run, run_cell
from regimekit.grids.dataset import TIMES, consolidate
from regimekit.grids.executors import local_cluster
from regimekit.grids.lanes import run_lanes
from regimekit.grids.run import store_of
from regimekit.grids.store import BYTES_PER_CELL
from regimekit.methods import StopReason

EXPERIMENT = get_experiment("pinn-convection")
AXES = {"methods": ["adam"], "data": [100]}
SMALL = {"preset": "smoke", "executor": "serial", **AXES}

RUNNER = """
import sys
import regimekit
if __name__ == "__main__":
    regimekit.run("pinn-convection", preset="smoke", output=sys.argv[1], executor=sys.argv[2],
                  methods=["adam"], data=[100], seeds=list(range(8)))
"""


@pytest.fixture
def runner(tmp_path):
    """Start a runner in its own process."""
    script = tmp_path / "runner.py"
    script.write_text(RUNNER)
    started = []

    def start(output: Path, executor: str = "serial") -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, script, output, executor],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def same(a: xr.Dataset, b: xr.Dataset) -> bool:
    """Equal to the bit, wall times apart."""
    return a.drop_vars(TIMES).identical(b.drop_vars(TIMES).assign_attrs(a.attrs)) and (
        content_checksum(a) == content_checksum(b) == a.attrs["content_sha256"]
    )


def wait_for(condition, seconds: float = 120) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.02)


@pytest.mark.parametrize("lanes", [False, True])
@pytest.mark.parametrize("spent", [False, True])
def test_a_last_step_that_blows_up_is_a_diverged_run(lanes, spent):
    """A method on batches evaluates, then moves: none of the losses that it saw tells."""
    cell = next(iter(get_experiment("node-pendulum").grid("smoke").cells()))
    budget = {"iterations": 5, "evaluations": 2} if spent else {"iterations": 1}
    method = dict(cell.settings["method"]) | {"learning_rate": 1e37} | budget
    cell = replace(cell, settings=dict(cell.settings) | {"method": method})
    result = run_lanes([cell])[0] if lanes else run_cell(cell)
    seen = result.history["loss"][np.isfinite(result.history["evaluations"])]
    assert len(seen) == 2
    assert np.isfinite(seen).all()
    assert result.diverged
    assert result.stop_reason == StopReason.DIVERGED
    assert np.isnan([result.scalars["train_loss"], result.scalars["test_error"]]).all()


def test_where_the_system_tells_no_affinity_all_cores_are_used(monkeypatch):
    given = []

    @contextlib.contextmanager
    def cluster(**options):
        given.append(options["n_workers"])
        yield

    monkeypatch.setattr("distributed.LocalCluster", cluster)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    for number in (7, None):
        monkeypatch.setattr(os, "cpu_count", lambda number=number: number)
        with local_cluster():
            pass
    with local_cluster(3):
        pass
    assert given == [7, 1, 3]


@pytest.mark.main_path
@pytest.mark.slow
def test_killed_in_mid_grid_and_run_again(tmp_path, runner):
    output = tmp_path / "out"
    store = store_of("pinn-convection", "smoke", output)

    def finished() -> list[Path]:
        return sorted(store.folder.rglob("*.nc"))

    process = runner(output)
    wait_for(lambda: len(finished()) >= 3 or process.poll() is not None)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in finished()}
    assert 3 <= len(kept) < 16, "the runner was to be killed before its end"
    assert not (output / "smoke" / "pinn-convection.nc").exists()

    axes = AXES | {"seeds": list(range(8))}
    resumed = run("pinn-convection", preset="smoke", executor="serial", output=output, **axes)
    for path, time_of_writing in kept.items():
        assert path.stat().st_mtime_ns == time_of_writing, "a finished cell was computed again"
    whole = run(
        "pinn-convection", preset="smoke", executor="serial", output=tmp_path / "whole", **axes
    )
    assert same(resumed, whole)


@pytest.mark.main_path
@pytest.mark.slow
def test_a_killed_worker_costs_only_its_cell(tmp_path):
    from distributed import Client, LocalCluster

    from regimekit.grids import SINGLE_THREAD

    calm = run("pinn-convection", output=tmp_path / "a", **SMALL, seeds=[0, 1, 2, 3])
    import dask

    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": SINGLE_THREAD}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as cluster,
        Client(cluster) as client,
    ):
        victim = next(iter(client.run(os.getpid).values()))
        killer = multiprocessing.get_context("spawn").Process(
            target=_kill_after_first_cell, args=(victim, str(tmp_path / "b"))
        )
        killer.start()
        shaken = run(
            "pinn-convection",
            output=tmp_path / "b",
            scheduler=cluster.scheduler_address,
            seeds=[0, 1, 2, 3],
            **(SMALL | {"executor": "dask"}),
        )
        killer.join()
        assert killer.exitcode == 0
    assert same(calm, shaken)


def _kill_after_first_cell(victim: int, folder: str) -> None:
    wait_for(lambda: any(Path(folder).rglob("adam/*.nc")))
    os.kill(victim, signal.SIGKILL)


@pytest.mark.parametrize("damage", ["truncated", "altered", "no checksum"])
def test_damaged_cells_are_found_and_computed_again(tmp_path, damage):
    before = run("pinn-convection", output=tmp_path, **SMALL)
    cells = list(EXPERIMENT.grid("smoke", **AXES).cells())
    store = store_of("pinn-convection", "smoke", tmp_path)
    path = store.path(cells[0])
    content = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "altered":
        path.write_bytes(content[:-50] + bytes([content[-50] ^ 1]) + content[-49:])
    else:
        path.with_suffix(".sha256").unlink()
    assert [store.state(c) for c in cells] == [CellState.BROKEN, CellState.COMPLETE]
    untouched = store.path(cells[1]).stat().st_mtime_ns
    assert same(before, run("pinn-convection", output=tmp_path, **SMALL))
    assert store.state(cells[0]) is CellState.COMPLETE
    assert store.path(cells[1]).stat().st_mtime_ns == untouched


def test_another_configuration_makes_a_cell_stale(tmp_path):
    run("pinn-convection", output=tmp_path, **SMALL)
    grid = EXPERIMENT.grid("smoke", **AXES)
    store = store_of("pinn-convection", "smoke", tmp_path)
    changed = Grid(
        **{
            **{name: getattr(grid, name) for name in grid.__dataclass_fields__},
            "settings": dict(grid.settings) | {"numerics": 999},
        }
    )
    assert {store.state(c) for c in changed.cells()} == {CellState.STALE}
    assert {store.state(c) for c in grid.cells()} == {CellState.COMPLETE}


def test_a_second_runner_says_so_and_stops(tmp_path):
    store = store_of("pinn-convection", "smoke", tmp_path)
    store.prepare(1)
    with store.locked(), pytest.raises(StoreError, match="Another run is writing"):
        run("pinn-convection", output=tmp_path, **SMALL)
    assert not list(store.folder.rglob("*.nc"))
    run("pinn-convection", output=tmp_path, **SMALL)


def test_what_a_killed_runner_left_half_written_is_removed(tmp_path):
    store = store_of("pinn-convection", "smoke", tmp_path)
    left = store.folder / "adam" / "difficulty=5,data=100,seed=0.123.partial"
    left.parent.mkdir(parents=True)
    beside = tmp_path / "smoke" / "pinn-convection-weights.123.partial"
    for path in (left, left.with_suffix(".partial-sha256"), beside):
        path.write_text("half")
    run("pinn-convection", output=tmp_path, **SMALL)
    assert not list(tmp_path.rglob("*.partial*"))


def test_no_room_is_said_before_computing(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StoreError, match="make room or choose another folder"):
        run("pinn-convection", output=tmp_path, **SMALL)
    assert not list(tmp_path.rglob("*.nc"))


def test_room_is_asked_for_missing_cells_only(tmp_path, monkeypatch):
    run("pinn-convection", output=tmp_path, **SMALL)
    usage = shutil.disk_usage(tmp_path)._replace(free=int(1.5 * BYTES_PER_CELL))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    run("pinn-convection", output=tmp_path, **SMALL)
    cells = EXPERIMENT.grid("smoke", **AXES).cells()
    store_of("pinn-convection", "smoke", tmp_path).path(next(cells)).unlink()
    run("pinn-convection", output=tmp_path, **SMALL)


@pytest.mark.parametrize("said", ["by the system", "by NetCDF's library"])
def test_a_disk_that_fills_up_leaves_what_was_finished(tmp_path, monkeypatch, said):
    written = []
    full = shutil.disk_usage(tmp_path)._replace(free=0)
    original = xr.Dataset.to_netcdf

    def second_fails(self, path, *args, **kwargs):
        if written and said == "by the system":
            raise OSError(28, "No space left on device")
        if written:
            monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
            raise RuntimeError("NetCDF: HDF error")
        written.append(path)
        return original(self, path, *args, **kwargs)

    monkeypatch.setattr(xr.Dataset, "to_netcdf", second_fails)
    with pytest.raises(StoreError, match="No space left on device"):
        run("pinn-convection", output=tmp_path, **SMALL)
    monkeypatch.undo()
    store = store_of("pinn-convection", "smoke", tmp_path)
    states = [store.state(c) for c in EXPERIMENT.grid("smoke", **AXES).cells()]
    assert sorted(states) == ["complete", "missing"]
    assert not list(tmp_path.rglob("*.partial"))


def test_a_diverged_run_is_data(tmp_path):
    grid = EXPERIMENT.grid("smoke", **AXES)
    methods = {"adam": dict(grid.methods["adam"]) | {"learning_rate": 1e30}}
    grid = Grid("pinn-convection", "smoke", (5.0,), (100,), methods, (0,), grid.settings)
    (cell,) = grid.cells()
    store = Store(tmp_path)
    store.prepare(1)
    result = run_cell(cell)
    store.write(cell, result)
    dataset, weights = consolidate(EXPERIMENT, grid, store)
    assert result.diverged
    assert dataset["status"].item() == 2
    meanings = dataset["stop_reason"].attrs["flag_meanings"].split()
    assert meanings[dataset["stop_reason"].item()] == "diverged"
    for name in EXPERIMENT.metrics:
        assert np.isnan(dataset[name].item()), name
    assert dataset["history_loss"].notnull().any(), "its history is kept"
    assert np.isfinite(weights["weights"].values).all()


def test_an_error_in_one_cell_does_not_end_the_others(tmp_path, monkeypatch):
    from regimekit.grids import IncompleteRunError, executors

    def fails_at_30(cell):
        if cell.difficulty == 30:
            raise MemoryError("too large")
        return run_cell(cell)

    monkeypatch.setattr(executors, "run_cell", fails_at_30)
    with pytest.raises(IncompleteRunError, match="1 of 2 cells of pinn-convection failed"):
        run("pinn-convection", output=tmp_path, **SMALL)
    dataset = xr.load_dataset(tmp_path / "smoke" / "pinn-convection.nc")
    assert dataset["status"].values.ravel().tolist() == [1, 3]


def test_nothing_is_touched_by_a_mistake(tmp_path):
    for wrong in (
        {"preset": "none"},
        {"executor": "none"},
        {"difficulties": [-3.0]},
        {"data": [30_000]},
        {"workers": 0, "executor": "dask"},
        {"scheduler": "tcp://127.0.0.1:1", "workers": 2, "executor": "dask"},
    ):
        with pytest.raises(ConfigurationError):
            run("pinn-convection", output=tmp_path / "out", **(SMALL | wrong))
    assert not (tmp_path / "out").exists()


# Python loads this at the start of each process, workers included. It writes down what it refuses,
# as a library may catch the error.
GUARD = """
import os
import socket
def guarded(connect):
    def guard(self, address):
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
            with open(os.environ["REFUSED"], "a") as log:
                print(address, file=log)
            raise OSError(f"outside connection to {address}")
        return connect(self, address)
    return guard
for name in ("connect", "connect_ex"):
    setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
"""


@pytest.fixture
def without_network(tmp_path):
    """Run Python with all connections to elsewhere refused; returns how it ended and those."""
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    refused = tmp_path / "refused"
    path = [str(tmp_path / "guard"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {"PYTHONPATH": os.pathsep.join(path), "REFUSED": str(refused)}

    def start(*words: str | Path) -> tuple[subprocess.CompletedProcess, str]:
        refused.write_text("")
        done = subprocess.run(
            [sys.executable, *words],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done, refused.read_text()

    return start


@pytest.mark.parametrize("through", ["this process", "a child"])
def test_a_use_of_the_network_would_be_noticed(without_network, through):
    # An address that is kept for documentation: nobody has it.
    call = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    if through == "a child":
        call = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {call!r}])"
    _, refused = without_network("-c", call)
    assert "192.0.2.1" in refused


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["serial", "lanes", "dask"])
def test_no_network_is_used(tmp_path, without_network, executor):
    script = tmp_path / "runner.py"
    script.write_text(RUNNER)
    done, refused = without_network(script, tmp_path / "out", executor)
    assert done.returncode == 0, done.stderr
    assert not refused
    assert (tmp_path / "out" / "smoke" / "pinn-convection.nc").exists()
