"""The command line end to end: what a user types, sees and gets."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr
from helpers import synthetic_dataset

from regimekit import cli, datasets
from regimekit.errors import ConfigurationError, StoreError
from regimekit.grids import EXPERIMENTS
from regimekit.grids.manifest import publish, verify
from regimekit.grids.store import write_atomically

TINY = ["--difficulty", "5", "--data", "100", "--method", "adam", "--executor", "serial"]


@pytest.fixture
def command(monkeypatch, capsys):
    """Run a command in this process; returns (exit code, stdout, stderr)."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["regimekit", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def published(tmp_path) -> Path:
    """A folder as `regimekit run` leaves it, with a synthetic dataset."""
    source = tmp_path / "published"
    source.mkdir()
    dataset = synthetic_dataset()
    write_atomically(dataset, source / "pinn-convection.nc", compress=True)
    weights = xr.Dataset({"weights": ("parameter", [1.0, 2.0])})
    write_atomically(weights, source / "pinn-convection-weights.nc")
    return source


def test_run_writes_a_dataset_and_a_rerun_computes_nothing(command, tmp_path):
    code, out, err = command(
        "run", "pinn-convection", "--preset", "smoke", "--output", tmp_path, *TINY
    )
    assert code == 0, err
    path = tmp_path / "smoke" / "pinn-convection.nc"
    assert f"1 of 1 runs in {path}" in out
    dataset = xr.load_dataset(path)
    assert dataset["status"].item() == 1
    cell = next((tmp_path / "smoke" / "cells").rglob("*.nc"))
    before = cell.stat().st_mtime_ns
    code, out, _ = command(
        "run", "pinn-convection", "--preset", "smoke", "--output", tmp_path, *TINY
    )
    assert code == 0
    assert cell.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["pinn-convektion"], "Unknown experiment 'pinn-convektion'; did you mean pinn-convection"),
        (["heat"], "Unknown experiment 'heat'; `regimekit list` shows all"),
        (["pinn-convection", "--preset", "quik"], "Unknown preset 'quik'"),
        (["pinn-convection", "--difficulty", "-3"], "beta = -3.0"),
        (["pinn-convection", "--data", "25501"], "n_collocation = 25501 is outside 1 ... 25500"),
        (["pinn-convection", "--method", "sdg"], "Unknown training method 'sdg'"),
        (["pinn-convection", "--executor", "gpu"], "Unknown executor 'gpu'"),
        (["pinn-convection", "--workers", "0"], "workers = 0 must be at least 1"),
        (["pinn-convection", "--resume-from", "nowhere"], "to resume from"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(command, tmp_path, words, says):
    output = tmp_path / "results"
    code, out, err = command("run", *words, "--output", output)
    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert out == ""
    assert not output.exists()


def test_wrong_type_on_the_command_line_is_exit_code_2(command, tmp_path):
    code, _, err = command("run", "pinn-convection", "--data", "many", "--output", tmp_path / "r")
    assert code == 2
    assert "Invalid value for '--data'" in err
    assert not (tmp_path / "r").exists()


def test_unwritable_output_is_said_before_computing(command, tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    code, _, err = command("run", "pinn-convection", "--preset", "smoke", "--output", file, *TINY)
    assert code == 1
    assert "Results cannot be written" in err


def test_the_program_itself_reports_a_mistake(tmp_path):
    program = Path(sys.executable).parent / "regimekit"
    done = subprocess.run(
        [program, "run", "pinn-convection", "--preset", "none"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("regimekit: Unknown preset 'none'")
    assert list(tmp_path.iterdir()) == []


def test_wrong_type_in_a_notebook_parameter_is_one_sentence(tmp_path):
    said = {
        "Unknown preset 3": {"preset": 3},
        "workers = 'two' must be a whole number": {"workers": "two"},
        "output = 5 must be the path of a folder": {"output": 5},
        "100.5 is not an amount of data": {"data": [100.5]},
        "'fast' is not a difficulty": {"difficulties": ["fast"]},
        "seeds = 3 must be a list": {"seeds": 3},
    }
    # In its own process: here the import hook would stop a wrong type before our own check.
    script = tmp_path / "script.py"
    script.write_text(
        "import traceback, regimekit\n"
        f"for arguments in {list(said.values())!r}:\n"
        "    try:\n"
        "        regimekit.run('pinn-convection', **arguments)\n"
        "    except Exception:\n"
        "        print(traceback.format_exc().splitlines()[-1])\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    for says, last in zip(said, done.stdout.splitlines(), strict=True):
        assert last.startswith("regimekit.errors.ConfigurationError: ")
        assert says in last
    assert [p.name for p in tmp_path.iterdir()] == ["script.py"]


def test_list_shows_whole_names_and_what_is_computed(command, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    command("run", "pinn-convection", "--preset", "smoke", "--output", tmp_path, *TINY)
    code, out, _ = command("list", "--output", tmp_path)
    assert code == 0
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if "/" in line}
    assert set(EXPERIMENTS) <= set(rows)
    assert max(map(len, out.splitlines())) <= 80
    assert rows["pinn-convection"][1].split("/")[0] == "1"
    assert all(count.startswith("0/") for count in rows["node-pendulum"][1:])


def test_list_of_one_shows_its_axes_and_methods(command, tmp_path):
    code, out, _ = command("list", "pinn-convection", "--output", tmp_path)
    assert code == 0
    for said in (
        "smoke",
        "quick",
        "published",
        "paper",
        "convection speed",
        "lbfgs, adam",
        "25000",
    ):
        assert said in out
    code, _, err = command("list", "heat")
    assert code == 2
    assert "Unknown experiment 'heat'" in err


def test_doctor_finds_a_damaged_cell(command, tmp_path, monkeypatch):
    monkeypatch.setenv("REGIMEKIT_DATA", str(tmp_path / "data"))
    command("run", "pinn-convection", "--preset", "smoke", "--output", tmp_path, *TINY)
    code, out, _ = command("doctor", "--output", tmp_path)
    assert code == 0
    assert "1 complete" in out
    cell = next((tmp_path / "smoke" / "cells").rglob("*.nc"))
    cell.write_bytes(cell.read_bytes()[:-100])
    code, out, _ = command("doctor", "--output", tmp_path)
    assert code == 1
    assert f"broken: {cell}" in out


def test_publish_writes_a_manifest_that_finds_changes(published, tmp_path):
    target = tmp_path / "data"
    manifest = publish(published, target, partial=True)
    assert json.loads((target / "manifest.json").read_text()) == manifest
    assert set(verify(target).values()) == {"ok"}
    file = target / "pinn-convection.nc"
    file.write_bytes(file.read_bytes() + b"x")
    assert verify(target)["pinn-convection.nc"] == "altered"
    file.unlink()
    assert verify(target)["pinn-convection.nc"] == "missing"


def test_publish_refuses_pending_runs_and_damaged_files(published, tmp_path):
    path = published / "pinn-convection.nc"
    dataset = xr.load_dataset(path)
    dataset["status"][0, 0, 0, 0] = 0
    write_atomically(dataset, path)
    with pytest.raises(ConfigurationError, match="runs: run it to its end"):
        publish(published, tmp_path / "data")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(StoreError, match="does not agree with its checksum"):
        publish(published, tmp_path / "data", partial=True)
    assert not (tmp_path / "data").exists()


def test_datasets_are_found_by_name(published, monkeypatch):
    monkeypatch.setenv("REGIMEKIT_DATA", str(published))
    assert datasets.available("pinn-convection")
    assert "train_loss" in datasets.load("pinn-convection")
    with pytest.raises(ConfigurationError, match="There is no dataset 'fno-poisson'"):
        datasets.load("fno-poisson")


def test_map_draws_and_describes(command, published, tmp_path):
    target = tmp_path / "map.png"
    code, out, err = command("map", published / "pinn-convection.nc", "--output", target)
    assert code == 0, err
    assert target.read_bytes().startswith(b"\x89PNG")
    assert f"Map: {target}" in out
    code, _, err = command("map", published / "pinn-convection.nc", "--method", "sgd")
    assert code == 2
    assert "has no method 'sgd'" in err


def test_claims_are_judged_by_the_folder_that_is_named(command, published):
    code, out, err = command("claims", "--data", published, "--evidence")
    assert code == 0, err
    assert "reproduced" in out
    assert "not tested" in out
    code, _, err = command("claims", "--data", published / "nowhere")
    assert code == 2
    assert err.startswith("regimekit: There is no folder")


def test_a_map_without_lbfgs_is_drawn_for_the_method_it_has(command, tmp_path):
    dataset = synthetic_dataset(methods=("adam",))
    write_atomically(dataset, tmp_path / "pinn-convection.nc")
    code, out, err = command("map", tmp_path / "pinn-convection.nc")
    assert code == 0, err
    assert "adam" in out


def test_paths_writes_a_dataset_of_what_can_be_paired(command, published, tmp_path):
    file = published / "pinn-convection.nc"
    dataset = xr.load_dataset(file)
    dataset["status"][:] = 2
    write_atomically(dataset, file)
    code, out, err = command("paths", file, "--output", tmp_path, "--data", 100)
    assert code == 0, err
    written = tmp_path / "published" / "pinn-convection-paths.nc"
    assert f"0 of 0 pairs in {written}" in out
    assert xr.load_dataset(written).attrs["method"] == "lbfgs"
    write_atomically(dataset.isel(seed=[0]), file)
    code, _, err = command("paths", file, "--output", tmp_path)
    assert code == 2
    assert "has no seed = 1; it has 0" in err
