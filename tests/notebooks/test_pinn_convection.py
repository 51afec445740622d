"""The notebook through papermill, the command line and the library: one outcome."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr

import regimekit
from regimekit.book import checkout

NOTEBOOK = checkout() / "notebooks" / "pinn_convection.ipynb"


def test_parameters_are_tagged_and_explained():
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    names = [line.split(" = ")[0] for line in "".join(tagged[0]["source"]).splitlines()]
    prose = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    assert names == ["preset", "output", "executor", "workers", "scheduler"]
    for name in names:
        assert f"| `{name}` |" in prose


@pytest.mark.main_path
@pytest.mark.slow
def test_three_ways_one_outcome(tmp_path):
    papermill = pytest.importorskip("papermill", reason="papermill comes with the extra 'book'")
    executed = tmp_path / "out.ipynb"
    papermill.execute_notebook(
        str(NOTEBOOK),
        str(executed),
        parameters={"preset": "smoke", "output": str(tmp_path / "a"), "workers": 1},
        kernel_name="python3",
        progress_bar=False,
    )
    program = Path(sys.executable).parent / "regimekit"
    words = ["run", "pinn-convection", "--preset", "smoke", "--workers", "1"]
    words += ["--output", str(tmp_path / "b")]
    done = subprocess.run([program, *words], capture_output=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    assert b"cells" in done.stderr  # plain lines of progress, since this is no terminal
    direct = regimekit.run(
        "pinn-convection", preset="smoke", output=tmp_path / "c", executor="serial"
    )
    contents = {
        xr.load_dataset(tmp_path / way / "smoke" / "pinn-convection.nc").attrs["content_sha256"]
        for way in "abc"
    }
    assert contents == {direct.attrs["content_sha256"]}
    outputs = json.loads(executed.read_text())["cells"]
    pages = "".join(json.dumps(c.get("outputs", "")) for c in outputs)
    assert "Two maps of beta against n_collocation for lbfgs" in pages
