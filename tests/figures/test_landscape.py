"""Figures of landscapes say in words what the numbers are."""

import numpy as np
import pytest
import xarray as xr
from helpers import CELL_DIMS, synthetic_dataset

from regimekit import figures
from regimekit.errors import ConfigurationError
from regimekit.regimes import paper_thresholds
from regimekit.regimes.sharpest import SHARPEST

PAPER = paper_thresholds("pinn-convection")


@pytest.fixture(scope="module")
def dataset():
    return synthetic_dataset()


@pytest.fixture
def curvature(dataset):
    loss = dataset["train_loss"].values
    found = xr.Dataset(
        {
            name: (CELL_DIMS, factor / loss)
            for name, factor in {"lambda_max": 1, "trace": 3, "filter_normalised": 10}.items()
        },
        {name: dataset[name] for name in dataset.coords if name != "iteration"},
    )
    found["status"] = dataset["status"]
    found.attrs = dict(dataset.attrs)
    return found


def test_maps_name_the_extremes(dataset, curvature):
    curvature["lambda_max"][{"difficulty": 3, "data": 2}] = 1e-12
    picture = figures.curvature_maps(curvature, "lbfgs")
    assert "from 1e-12 (beta 15, n_collocation 500)" in picture.alt
    assert picture._repr_html_()
    curvature["lambda_max"][:] = np.nan
    assert "No run is measured." in figures.curvature_maps(curvature, "lbfgs").alt


def test_sharpness_is_told_by_regime(dataset, curvature):
    picture = figures.sharpness_against_loss(dataset, curvature, PAPER, "lbfgs")
    assert "largest eigenvalue, II under-trained: median" in picture.alt
    assert "nan" not in picture.alt
    with pytest.raises(ConfigurationError, match="no runs of method 'sgd'"):
        figures.sharpness_against_loss(dataset, curvature, PAPER, "sgd")


def test_spectra_say_the_share_around_zero():
    edges = np.array([-1.0, -1e-3, -1e-6, 1e-6, 1e-3, 1.0])
    share = np.array([0.05, 0.05, 0.6, 0.2, 0.1])
    picture = figures.spectra(edges, {"PINN": (share, 0.1 * share)}, "Data: x.")
    assert "PINN: 60.0 % in the middle bin, 85.0 % within 1e-3, 10.0 % negative" in picture.alt
    assert picture._repr_html_()
    with pytest.raises(ConfigurationError, match="4 shares, the edges bound 5 bins"):
        figures.spectra(edges, {"PINN": (share[1:], share[1:])}, "Data: x.")


def test_surfaces_say_where_the_lowest_loss_is():
    offsets = np.linspace(-1, 1, 5)
    loss = 1e-3 + (offsets[:, None] - 0.5) ** 2 + offsets[None, :] ** 2
    picture = figures.loss_surfaces({"a model": (offsets, loss)}, "two directions", "Data: x.")
    assert "lowest 0.001 at (0.5, 0)" in picture.alt
    assert picture._repr_html_()


def test_sharpness_of_operators_is_told_by_measure():
    dims, difficulty = ("difficulty", "data", "method", "seed"), np.array([1.0, 10.0, 100.0])
    values = np.broadcast_to(2 / difficulty[:, None, None, None], (3, 2, 1, 2)).copy()
    found = xr.Dataset(
        dict.fromkeys(SHARPEST.values(), (dims, values)),
        {"K": ("difficulty", difficulty), "n": ("data", [8, 32]), "method": ["adam"]},
        {"difficulty_axis": "K", "data_axis": "n", "experiment": "fno-poisson", "preset": "x"},
    )
    found["status"] = (dims, np.ones(values.shape, np.int8))
    found.attrs["git_commit"] = "0" * 40
    picture = figures.sharpest(found)
    assert "squared error, all parameters: from 2 at the easiest to 0.02 at the" in picture.alt
    assert "rank correlation -1.00" in picture.alt
    found["lambda_max"][:, 1] = np.nan
    assert figures.sharpest(found)._repr_html_()
