"""Every figure: on whole, partial and one-sided data, with words that have the numbers."""

import re

import jax
import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset, with_status
from jax.flatten_util import ravel_pytree
from matplotlib import pyplot

from regimekit import figures
from regimekit.errors import ConfigurationError
from regimekit.figures.fields import fields
from regimekit.figures.regime_map import label_places
from regimekit.models import MLP
from regimekit.regimes import Regime, label_cells, load_reference, map_summary, paper_thresholds

PAPER = paper_thresholds("pinn-convection")
DRAWN = {
    "regime_map": lambda ds: figures.regime_map(ds, PAPER),
    "loss_curves": lambda ds: figures.loss_curves(ds, PAPER),
    "label_probabilities": lambda ds: figures.label_probabilities(ds, PAPER),
    "sensitivity": lambda ds: figures.sensitivity(ds, PAPER),
    "loss_distribution": lambda ds: figures.loss_distribution(ds, PAPER),
    "against_reference": lambda ds: figures.against_reference(ds, load_reference(), PAPER),
}


@pytest.fixture(scope="module")
def dataset() -> xr.Dataset:
    return synthetic_dataset()


@pytest.mark.parametrize("name", DRAWN)
def test_figures_have_words_and_leave_nothing_open(dataset, name, tmp_path):
    picture = DRAWN[name](dataset)
    assert len(picture.alt) > 60
    assert re.search(r"\d", picture.alt)
    assert re.search(r"preset published, commit .* of .* runs\.", picture.provenance)
    html = picture._repr_html_()
    assert html.count("<img ") == 1
    assert 'alt="' in html
    picture.save(tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").stat().st_size > 1000
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("name", DRAWN)
def test_partial_data_are_drawn(dataset, name):
    partial = with_status(with_status(dataset, 0, data=[-1]), 2, difficulty=[0], data=[0])
    picture = DRAWN[name](partial)
    assert picture._repr_html_()


def test_a_regime_that_does_not_occur_is_said(dataset):
    easy = dataset.isel(difficulty=[0, 1], data=[-3, -2])
    picture = figures.regime_map(easy, PAPER)
    assert "No cell is in regime II under-trained." in picture.alt
    assert list(figures.representative_cells(easy, PAPER)) == [Regime.WELL_TRAINED]


def test_words_are_escaped(dataset):
    picture = figures.regime_map(dataset, PAPER)
    other = figures.Picture(picture.figure, 'a "quoted" <word>', "x & y")
    assert 'alt="a &quot;quoted&quot; &lt;word&gt;"' in other._repr_html_()
    assert "x &amp; y" in other._repr_html_()


def test_alt_text_counts_the_cells(dataset):
    labels = map_summary(dataset.sel({"method": "lbfgs"}), PAPER)["label"]
    found = re.findall(
        r"Regime (I+) [\w-]+: (\d+) of (\d+) cells", figures.regime_map(dataset, PAPER).alt
    )
    assert {roman: int(count) for roman, count, _ in found} == {
        regime.roman: int((labels == regime).sum()) for regime in Regime if regime
    }


def test_labels_stand_in_cells_of_their_regime(dataset):
    labels = map_summary(dataset.sel({"method": "lbfgs"}), PAPER)["label"].values
    places = label_places(labels)
    assert set(places) == {r for r in Regime if r}
    for regime, place in places.items():
        assert labels[place] == regime


def test_representative_runs_carry_their_label(dataset):
    labels = label_cells(dataset, PAPER)
    chosen = figures.representative_cells(dataset, PAPER, "adam")
    assert set(chosen) == {r for r in Regime if r}
    for regime, place in chosen.items():
        assert int(labels.isel(place)) == regime


def test_fields_are_those_of_the_stored_weights(dataset):
    model = MLP(2, 50, 3, key=jax.random.key(3))
    flat, _ = ravel_pytree(model)
    dims = ("difficulty", "data", "method", "seed", "parameter")
    shape = tuple(dataset.sizes[d] for d in dims[:-1])
    weights = xr.Dataset({"weights": (dims, np.broadcast_to(flat, (*shape, flat.size)))})
    place = {"difficulty": 1, "data": 2, "method": 0, "seed": 0}
    x, t, exact, predicted = fields(dataset, weights, place, n_x=5, n_t=4)
    beta = float(dataset["beta"][1])
    np.testing.assert_allclose(exact, np.sin(x[:, None] - beta * t[None, :]), atol=1e-5)
    rows = jax.numpy.array([[x[3], t[2]]], dtype="float32")
    assert predicted[3, 2] == pytest.approx(float(model(rows)[0]), abs=1e-5)
    picture = figures.predicted_and_exact(dataset, weights, PAPER)
    assert "III over-trained" in picture.alt


def test_fields_of_an_unknown_experiment_are_refused(dataset):
    with pytest.raises(ConfigurationError, match="There is no field to draw"):
        fields(dataset.assign_attrs(experiment="darcy"), xr.Dataset(), {})
