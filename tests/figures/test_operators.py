"""Fields of stored operator networks, on a small grid that is really run."""

import numpy as np
import pytest
import xarray as xr

import regimekit
from regimekit.errors import ConfigurationError
from regimekit.figures import operator_fields
from regimekit.grids import operator_fields_of
from regimekit.grids.manifest import publish

RUNS = {"easy, most data": {"difficulty": 0, "data": 1, "method": 0, "seed": 0}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    output = tmp_path_factory.mktemp("operators")
    regimekit.run("pino-darcy", preset="smoke", output=output, executor="serial", data=[5, 10])
    return output / "smoke"


def load(folder, name):
    return xr.load_dataset(folder / f"{name}.nc")


@pytest.mark.slow
def test_the_prediction_drawn_is_that_of_the_run(folder):
    dataset, weights = load(folder, "pino-darcy"), load(folder, "pino-darcy-weights")
    errors = [
        float(operator_fields_of(dataset, weights, RUNS, sample)["error"][0]) for sample in (0, 1)
    ]
    # At r = 1 all samples are one, and so are their errors.
    assert errors == pytest.approx([float(dataset["test_error"][0, 1, 0, 0])] * 2, rel=1e-3)
    fields = operator_fields_of(dataset, weights, RUNS)
    assert dict(fields.sizes) == {"run": 1, "y": 31, "x": 31}
    picture = operator_fields(fields, "Data: x, commit y, 1 of 4 runs.")
    assert "easy, most data: the solution lies between" in picture.alt
    assert f"relative error of this sample {errors[0]:.2g}" in picture.alt
    picture.figure.canvas.draw()


def test_weights_too_many_to_publish_are_those_of_three_corners(folder, tmp_path):
    entry = publish(folder, tmp_path)["pino-darcy-weights.nc"]
    weights, whole = load(tmp_path, "pino-darcy-weights"), load(folder, "pino-darcy-weights")
    there = ~np.isnan(weights["weights"].values).any(-1)[..., 0, 0]
    np.testing.assert_array_equal(there, [[False, True], [True, True]])
    np.testing.assert_array_equal(weights["weights"].values[0, 1], whole["weights"].values[0, 1])
    assert entry["bytes"] == (tmp_path / "pino-darcy-weights.nc").stat().st_size
    assert not list(tmp_path.glob("*.sha256"))
    dataset = load(tmp_path, "pino-darcy")
    gone = {"hard": {"difficulty": 0, "data": 0, "method": 0, "seed": 0}}
    fields = operator_fields_of(dataset, weights, gone)
    assert fields.sizes["run"] == 0
    with pytest.raises(ConfigurationError, match="no run whose fields could be drawn"):
        operator_fields(fields, "")
