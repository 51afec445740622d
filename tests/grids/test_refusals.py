"""What cannot be run is refused in one sentence, before anything is computed or touched."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from regimekit.errors import ConfigurationError, StoreError
from regimekit.grids import CellState, Store, get_experiment, run, run_cell
from regimekit.grids.executors import DaskExecutor
from regimekit.grids.run import store_of

EXPERIMENT = get_experiment("pinn-convection")
SMALL = {"preset": "smoke", "methods": ["adam"], "data": [100]}
SERIAL = SMALL | {"executor": "serial"}

# Wrong types are given in a process without the type-checking hook, which would speak first.
WRONG_TYPES = """
import json
import sys
import regimekit
from regimekit.errors import ConfigurationError
output, mistakes = sys.argv[1], json.loads(sys.argv[2])
said = []
for mistake in mistakes:
    options = {"preset": "smoke", "output": output, "executor": "serial"} | mistake
    try:
        regimekit.run(options.pop("experiment", "pinn-convection"), **options)
        said.append("nothing")
    except ConfigurationError as error:
        said.append(str(error))
    except Exception as error:
        said.append(repr(error))
print(json.dumps(said))
"""

MISTAKES = [
    ({"experiment": 2.5}, "Unknown experiment 2.5"),
    ({"experiment": ["pinn-convection"]}, "Unknown experiment ['pinn-convection']"),
    ({"preset": True}, "Unknown preset True"),
    ({"executor": 2.5}, "Unknown executor 2.5"),
    ({"output": 2.5}, "output = 2.5 must be the path"),
    ({"resume_from": True}, "resume_from = True must be the path"),
    ({"data": "many"}, "data = 'many' must be a list"),
    ({"data": ["many"]}, "'many' is not an amount of data"),
    ({"data": [2.5]}, "2.5 is not an amount of data"),
    ({"data": [True]}, "True is not an amount of data"),
    ({"seeds": 3}, "seeds = 3 must be a list"),
    ({"seeds": [2.5]}, "2.5 is not a seed"),
    ({"seeds": [2**32]}, "4294967296 is not a seed"),
    ({"difficulties": ["many"]}, "'many' is not a difficulty"),
    ({"difficulties": [True]}, "True is not a difficulty"),
    ({"difficulties": [float("inf")]}, "inf is not a difficulty"),
    ({"difficulties": [10**400]}, "A whole number beyond 1e308 is not a difficulty"),
    ({"methods": "adam"}, "methods = 'adam' must be a list"),
    ({"methods": [["adam"]]}, "Unknown training method '['adam']'"),
    ({"workers": "many", "executor": "dask"}, "workers = 'many' must be a whole number"),
    ({"workers": True, "executor": "dask"}, "workers = True must be a whole number"),
]


def test_wrong_types_are_refused_in_one_sentence(tmp_path):
    output = tmp_path / "out"
    mistakes = json.dumps([mistake for mistake, _ in MISTAKES])
    done = subprocess.run(
        [sys.executable, "-c", WRONG_TYPES, output, mistakes],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    for (mistake, expected), sentence in zip(MISTAKES, said, strict=True):
        assert sentence.startswith(expected), mistake
        assert sentence.endswith("."), mistake
        assert "\n" not in sentence, mistake
    assert not output.exists()


@pytest.mark.parametrize("name", ["pinn-diffusion", ""])
def test_an_unknown_experiment_is_refused(name, tmp_path):
    with pytest.raises(ConfigurationError, match="`regimekit list` shows all"):
        run(name, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_under_a_file_is_refused_before_computing(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(StoreError, match=r"Results cannot be written to .* choose another folder"):
        run("pinn-convection", output=file, **SERIAL)
    assert file.read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    def silent(address, timeout):
        raise OSError(f"Timed out trying to connect to {address} after {timeout}")

    # The real client tries for its whole timeout, and is then slow to go.
    monkeypatch.setattr("distributed.Client", silent)
    cells = list(EXPERIMENT.grid("smoke", methods=["adam"], data=[100]).cells())
    with pytest.raises(ConfigurationError, match="No dask scheduler answers at tcp://nobody:8786"):
        list(DaskExecutor(scheduler="tcp://nobody:8786").run(cells, lambda labels: None))


# A port without a listener, a listener that is no scheduler, and addresses that are none.
UNREACHABLE = """
import socket
import sys
import time
import regimekit
from regimekit.errors import ConfigurationError
closed, other = socket.socket(), socket.socket()
for each in (closed, other):
    each.bind(("127.0.0.1", 0))
other.listen()
ports = [f"tcp://127.0.0.1:{each.getsockname()[1]}" for each in (closed, other)]
for address in [*ports, "tcp://127.0.0.1", "tcp://127.0.0.1:many", "nowhere://127.0.0.1:1"]:
    began = time.monotonic()
    try:
        regimekit.run("pinn-convection", preset="smoke", output=sys.argv[1], scheduler=address)
    except ConfigurationError as error:
        assert str(error).startswith(f"No dask scheduler answers at {address}: start one"), error
    else:
        raise AssertionError(address)
    assert time.monotonic() - began < 15, address
"""


@pytest.mark.slow
def test_an_unreachable_scheduler_is_refused_before_anything_is_touched(tmp_path):
    output = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", UNREACHABLE, output], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "nothing of the failed connection is left to complain later"
    assert not output.exists()


def test_difficulties_that_are_nearly_equal_have_files_of_their_own():
    grid = EXPERIMENT.grid("smoke", difficulties=[30.0, 30.0000001], seeds=[0])
    assert len({cell.label for cell in grid.cells()}) == 8
    # The names that published results have.
    cell = EXPERIMENT.grid("published").cell(5.0, 100, "lbfgs", 0)
    assert cell.label == "lbfgs/difficulty=5,data=100,seed=0"


def test_a_disk_that_is_full_at_the_checksum_leaves_nothing_half_done(tmp_path, monkeypatch):
    (cell, *_) = EXPERIMENT.grid("smoke", methods=["adam"], data=[100]).cells()
    store = Store(tmp_path)
    store.prepare(1)
    result = run_cell(cell)
    original = Path.write_text

    def full(path, *args, **kwargs):
        if "sha256" not in path.name:
            return original(path, *args, **kwargs)
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StoreError, match="No space left on device"):
        store.write(cell, result)
    monkeypatch.undo()
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]
    assert store.state(cell) is CellState.MISSING
    store.write(cell, result)
    assert store.state(cell) is CellState.COMPLETE


def test_stale_cells_are_computed_again(tmp_path, monkeypatch):
    run("pinn-convection", output=tmp_path, **SERIAL)
    from regimekit.grids import pinn_convection

    monkeypatch.setitem(pinn_convection.SETTINGS, "numerics", 999)
    cells = list(EXPERIMENT.grid("smoke", methods=["adam"], data=[100]).cells())
    store = store_of("pinn-convection", "smoke", tmp_path)
    assert [store.state(cell) for cell in cells] == [CellState.STALE] * 2
    dataset = run("pinn-convection", output=tmp_path, **SERIAL)
    assert [store.state(cell) for cell in cells] == [CellState.COMPLETE] * 2
    found = set(dataset["fingerprint"].values.ravel().tolist())
    assert found == {cell.fingerprint for cell in cells}
