"""The notebooks on equations and on methods, run through papermill at the smallest size."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import xarray as xr

from regimekit import book
from regimekit.book import AT_ONCE, checkout, run_notebooks
from regimekit.errors import ConfigurationError
from regimekit.grids import EXPERIMENTS

FOLDER = checkout() / "notebooks"
SMALL = {
    "pinn_equations": {"experiments": ["pinn-reaction"], "more": []},
    "pinn_methods": {
        "experiments": ["pinn-convection-methods"],
        "more": [],
        "methods": ["lbfgs", "sgd"],
    },
    "node": {"experiments": ["node-pendulum", "node-pendulum-corrected"], "more": []},
    "operators": {"experiments": ["pino-darcy"], "more": []},
    "pinn_literature": {
        "experiments": [],
        "more": ["pinn-reaction-literature"],
        "methods": ["lbfgs"],
    },
    "landscapes": {"experiments": [], "more": ["resnet-digits"]},
    "pinn_causes": {"experiments": ["pinn-convection-float64"], "more": [], "methods": ["lbfgs"]},
}
MAPS = "Labels of the median over seeds, one panel a map."
SHOWN = {
    "pinn_equations": [MAPS, "pinn-reaction: paper. Set by hand"],
    "pinn_methods": [MAPS, "of all cells"],
    "node": [MAPS, "n_samples"],
    "operators": [MAPS, "pino-darcy"],
    "landscapes": ["ResNet for handwritten digits", "lambda_max_error"],
    "pinn_causes": [MAPS, "PINN for the convection equation in double precision"],
    "pinn_literature": ["Rathore et al. 2024", "PINN for reaction, where others have published"],
}


@pytest.mark.parametrize("name", SMALL)
def test_parameters_are_explained(name):
    cells = json.loads((FOLDER / f"{name}.ipynb").read_text())["cells"]
    tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    lines = "".join(tagged[0]["source"]).splitlines()
    names = [line.split(" = ")[0] for line in lines if " = " in line]
    prose = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    assert names[:5] == ["preset", "output", "executor", "workers", "scheduler"]
    for parameter in names:
        assert f"| `{parameter}` |" in prose


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_it_runs_to_its_end(name, tmp_path, monkeypatch):
    # To compile takes most of the time at this size.
    monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
    papermill = pytest.importorskip("papermill", reason="papermill comes with the extra 'book'")
    executed = tmp_path / "out.ipynb"
    common = {"preset": "smoke", "output": str(tmp_path), "executor": "serial"}
    papermill.execute_notebook(
        str(FOLDER / f"{name}.ipynb"),
        str(executed),
        parameters=common | SMALL[name],
        kernel_name="python3",
        progress_bar=False,
    )
    cells = json.loads(executed.read_text())["cells"]
    pages = "".join(json.dumps(c.get("outputs", "")) for c in cells)
    for text in SHOWN[name]:
        assert text in pages
    for experiment in SMALL[name]["experiments"] + SMALL[name].get("more", []):
        dataset = xr.load_dataset(tmp_path / "smoke" / f"{experiment}.nc")
        assert (dataset["status"] == 1).all()
        weights = xr.load_dataset(tmp_path / "smoke" / f"{experiment}-weights.nc")["weights"]
        precision = json.loads(dataset.attrs["configuration"])["settings"]["precision"]
        assert weights.dtype == precision
        assert precision == "float32" or (weights != weights.astype("float32")).any()


@pytest.fixture
def executions(monkeypatch):
    """What would be run, as lists of words; the notebooks in ``fails`` fail."""

    class Executions(list):
        def __init__(self):
            super().__init__()
            self.fails = set()

        def __call__(self, words, *, check, env):
            assert Path(env["IPYTHONDIR"]).is_dir()
            self.append(words)
            return subprocess.CompletedProcess(words, int(Path(words[1]).name in self.fails))

    pytest.importorskip("papermill", reason="papermill comes with the extra 'book'")
    executions = Executions()
    # For this module alone: dask runs programs too.
    monkeypatch.setattr(book, "subprocess", SimpleNamespace(run=executions))
    monkeypatch.setenv("REGIMEKIT_PROGRESS", "log")  # set by the function; restored here
    return executions


def test_reproduce_runs_every_notebook_and_says_where_it_is(executions, tmp_path, capsys):
    executed = run_notebooks("smoke", tmp_path, workers=1)
    notebooks = sorted(FOLDER.glob("*.ipynb"), reverse=True)
    assert sorted(words[1] for words in executions) == sorted(map(str, notebooks))
    given = [parameters_of(words) for words in executions]
    for parameters in given:
        assert parameters.keys() == {"preset", "output", "scheduler"}
        assert (parameters["preset"], parameters["output"]) == ("smoke", str(tmp_path))
    assert len({p["scheduler"] for p in given}) == 1  # one cluster serves them all
    assert executed == [tmp_path / "notebooks" / path.name for path in notebooks]
    assert sorted(words[2] for words in executions) == sorted(map(str, executed))
    printed = capsys.readouterr().out
    for number, path in enumerate(executed, 1):
        assert f"Notebook {number}/{len(notebooks)}: {path.name} -> {path}" in printed


def test_kernels_start_without_a_word_of_warning(tmp_path):
    pytest.importorskip("papermill", reason="papermill comes with the extra 'book'")
    source, target = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(6 * 7)")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(notebook, source)
    with book.kernel_settings() as settings:
        done = subprocess.run(
            [sys.executable, "-m", "papermill", source, target, "--no-progress-bar"],
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=True,
        )
    assert nbformat.read(target, as_version=4).cells[-1].outputs[0].text == "42\n"
    assert "encrypt" not in done.stderr


def parameters_of(words):
    return {words[i + 1]: words[i + 2] for i, w in enumerate(words) if w == "--parameters_raw"}


def test_a_notebook_that_fails_is_named_and_no_other_begins(executions, tmp_path):
    executions.fails |= {path.name for path in FOLDER.glob("*.ipynb")}
    with pytest.raises(RuntimeError, match="was not run to its end") as raised:
        run_notebooks("smoke", tmp_path, workers=1)
    begun = [Path(words[1]).name for words in executions]
    assert 1 <= len(begun) <= AT_ONCE
    assert any(name in str(raised.value) for name in begun)


def test_no_workers_are_refused_before_anything_is_written(monkeypatch, tmp_path):
    pytest.importorskip("papermill", reason="papermill comes with the extra 'book'")
    monkeypatch.setenv("REGIMEKIT_PROGRESS", "log")
    with pytest.raises(ConfigurationError, match="workers = 0 must be at least 1"):
        run_notebooks("smoke", tmp_path / "out", workers=0)
    assert not (tmp_path / "out").exists()


def test_every_experiment_is_in_a_notebook():
    text = "".join(path.read_text() for path in FOLDER.glob("*.ipynb"))
    assert all(f'\\"{name}\\"' in text for name in EXPERIMENTS)
