"""The published data are whole, say where they come from, and are what this code computes."""

import json

import numpy as np
import pytest
import xarray as xr
from published import DATA, NAMES

from regimekit.grids import content_checksum, get_experiment
from regimekit.grids.device import precision
from regimekit.grids.manifest import MEASURED, progress_of, read_manifest, verify


def test_there_are_published_data_and_no_others():
    assert "pinn-convection.nc" in NAMES
    assert {path.name for path in DATA.glob("*.nc")} == set(read_manifest(DATA))


def test_every_file_agrees_with_the_manifest():
    assert set(verify(DATA).values()) == {"ok"}


def test_a_dataset_says_where_it_comes_from(dataset):
    assert content_checksum(dataset) == dataset.attrs["content_sha256"]
    for commit in dataset.attrs["git_commit"].split(", "):
        assert len(commit) == 40, "only committed code may make published data"
    assert json.loads(dataset.attrs["versions"])["jax"]
    assert dataset.attrs["machine"]
    for name, variable in dataset.variables.items():
        assert "long_name" in variable.attrs, name
        assert "units" in variable.attrs, name


def test_what_is_measured_from_weights_says_where_it_comes_from():
    entries = read_manifest(DATA)
    measured = [name for name in entries if name.removesuffix(".nc").endswith(MEASURED)]
    assert "pinn-convection-curvature.nc" in measured
    for name in measured:
        of = next(name.removesuffix(f"{end}.nc") for end in MEASURED if f"{end}.nc" in name)
        assert f"{of}.nc" in entries, name
        found = xr.load_dataset(DATA / name)
        assert found.attrs["experiment"] == of
        assert all(len(commit) == 40 for commit in found.attrs["git_commit"].split(", ")), name
        for variable in found.variables.values():
            assert {"long_name", "units"} <= set(variable.attrs), name


def test_the_configuration_is_that_of_the_preset(dataset):
    grid = get_experiment(dataset.attrs["experiment"]).grid(dataset.attrs["preset"])
    stored = json.loads(dataset.attrs["configuration"])
    assert stored == json.loads(json.dumps(grid.configuration()))


def test_fingerprints_are_those_of_this_code(dataset):
    grid = get_experiment(dataset.attrs["experiment"]).grid(dataset.attrs["preset"])
    difficulties = dataset[dataset.attrs["difficulty_axis"]].values.tolist()
    amounts = dataset[dataset.attrs["data_axis"]].values.tolist()
    seen = 0
    for cell in grid.cells():
        at = {
            "difficulty": difficulties.index(cell.difficulty),
            "data": amounts.index(cell.data),
            "method": dataset["method"].values.tolist().index(cell.method),
            "seed": dataset["seed"].values.tolist().index(cell.seed),
        }
        stored = str(dataset["fingerprint"].isel(at).item())
        if stored:
            assert stored == cell.fingerprint, cell.label
            seen += 1
    assert seen == progress_of(dataset)[0]


@pytest.mark.slow
def test_weights_give_the_stored_figures(distinct):
    """Stored weights, evaluated now, reproduce the stored error and losses."""
    import equinox as eqx

    from regimekit.grids.stored import stored_run

    measure = eqx.filter_jit(lambda task, model: task.metrics(model))
    weights = xr.load_dataset(DATA / f"{distinct.attrs['experiment']}-weights.nc")
    configuration = json.loads(distinct.attrs["configuration"])
    done = np.argwhere(distinct["status"].values == 1)
    # Of large models only some runs have their weights published.
    there = [place for place in done if not np.isnan(weights["weights"].values[tuple(place)][0])]
    assert there
    # Of those with the least data, which is one shape, the first one and the last.
    least = min(place[1] for place in there)
    shape = [place for place in there if place[1] == least]
    for place in (shape[0], shape[-1]):
        at = dict(zip(("difficulty", "data", "method", "seed"), map(int, place), strict=True))
        with precision(configuration["settings"]["precision"]):
            metrics = measure(*stored_run(distinct, weights, at))
        for name, value in metrics.items():
            stored = float(distinct[name].isel(at))
            assert float(value) == pytest.approx(stored, rel=1e-2, abs=1e-7, nan_ok=True), name
