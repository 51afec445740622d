"""The notebooks on equations and on methods, run through papermill at the smallest size."""

import json

import pytest
import xarray as xr

from regimekit.book import checkout

FOLDER = checkout() / "notebooks"
SMALL = {
    "pinn_equations": {"experiments": ["pinn-reaction"]},
    "pinn_methods": {"experiments": ["pinn-convection-methods"], "methods": ["lbfgs", "sgd"]},
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
def test_it_runs_to_its_end(name, tmp_path):
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
    assert "Labels of the median over seeds, one panel a map." in pages
    for experiment in SMALL[name]["experiments"]:
        dataset = xr.load_dataset(tmp_path / "smoke" / f"{experiment}.nc", engine="h5netcdf")
        assert (dataset["status"] == 1).all()
