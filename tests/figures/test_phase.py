"""Orbits of stored runs, on a small grid that is really run."""

import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset

import regimekit
from regimekit.errors import ConfigurationError
from regimekit.figures import phase_portraits
from regimekit.figures.phase import orbits
from regimekit.grids import refined_rollouts
from regimekit.regimes import thresholds_for


@pytest.fixture(scope="module", params=["node-pendulum", "pinode-pendulum-corrected"])
def run(request, tmp_path_factory):
    output = tmp_path_factory.mktemp("node")
    dataset = regimekit.run(
        request.param, preset="smoke", output=output, executor="serial", difficulties=[1.0]
    )
    weights = xr.load_dataset(output / "smoke" / f"{request.param}-weights.nc")
    return dataset, weights


def test_the_orbit_drawn_is_the_one_that_was_measured(run):
    dataset, weights = run
    place = {"difficulty": 0, "data": 1, "method": 0, "seed": 0}
    truth, predicted, step, names = orbits(dataset, weights, place)
    error = np.linalg.norm(predicted - truth, axis=0) / np.linalg.norm(truth, axis=0)
    assert error.mean() == pytest.approx(float(dataset["test_error"].isel(place)), rel=1e-3)
    assert step == 0.05
    assert len(names) == 2


def test_refined_rollouts_begin_with_the_measured_error(run):
    dataset, weights = run
    found = refined_rollouts(dataset, weights)
    first = found["error"].isel(integration=0)
    measured = dataset["test_error"].isel(method=0)
    # The reference's data are those of a loose solver; errors here are against the exact orbit.
    close = {"node-pendulum": 0.1, "pinode-pendulum-corrected": 1e-3}
    np.testing.assert_allclose(first, measured, rtol=close[dataset.attrs["experiment"]])
    floors = found["floor"].values
    assert np.isnan(floors).all() or (floors[:, -1] < 1e-3).all()
    finer = dataset["test_error_refined"].isel(method=0)
    np.testing.assert_allclose(
        found["error"].isel(integration=2),
        finer,
        rtol=close[dataset.attrs["experiment"]],
    )
    with pytest.raises(ConfigurationError, match="no finished run of 'sgd'"):
        refined_rollouts(dataset, weights, "sgd")


def test_weights_that_were_not_kept_are_no_rollout(run):
    dataset, weights = run
    some = weights.copy(deep=True)
    some["weights"][{"data": 0}] = np.nan
    found = refined_rollouts(dataset, some)["error"]
    assert np.isnan(found.isel(data=0)).all()
    assert np.isfinite(found.isel(data=1)).all()
    with pytest.raises(ConfigurationError, match="has no weights of 'adam'"):
        refined_rollouts(dataset, weights * np.nan)


def test_words_say_what_is_drawn(run):
    dataset, weights = run
    picture = phase_portraits(dataset, weights, thresholds_for(dataset))
    assert "rollout error" in picture.alt
    assert dataset.attrs["experiment"] in picture.provenance
    picture.figure.canvas.draw()


def test_other_experiments_have_no_orbits():
    dataset, place = synthetic_dataset(), {"difficulty": 0, "data": 0, "method": 0, "seed": 0}
    with pytest.raises(ConfigurationError, match="There is no orbit to draw"):
        orbits(dataset, dataset, place)
