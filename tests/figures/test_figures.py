"""Every figure: on whole, partial and one-sided data, with words that have the numbers."""

import io
import re

import jax
import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset, with_status
from jax.flatten_util import ravel_pytree
from matplotlib import pyplot
from matplotlib.colors import to_rgb

from regimekit import figures
from regimekit.errors import ConfigurationError
from regimekit.figures.axes import hatch_cells
from regimekit.figures.fields import _beyond, fields
from regimekit.figures.regime_map import label_places
from regimekit.figures.style import REGIME_COLOURS, new_figure
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
    "label_maps": lambda ds: figures.label_maps([("one", ds, PAPER, "lbfgs")] * 4),
    "winner_map": lambda ds: figures.winner_map(ds),
    "method_differences": lambda ds: figures.method_differences(ds, PAPER),
    "cost_curves": lambda ds: figures.cost_curves(ds, PAPER),
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
@pytest.mark.parametrize("few", ["method", "cell"])
def test_figures_of_little_are_figures(dataset, few, name):
    lbfgs = dataset["method"].values.tolist().index("lbfgs")
    place = {"method": {"method": [lbfgs]}, "cell": {"difficulty": [3], "data": [2]}}[few]
    if (few, name) == ("method", "method_differences"):
        with pytest.raises(ConfigurationError, match="a difference needs two"):
            DRAWN[name](dataset.isel(place))
    else:
        assert re.search(r"\d", DRAWN[name](dataset.isel(place)).alt)


@pytest.mark.parametrize("name", DRAWN)
def test_provenance_counts_the_runs_that_are_shown(dataset, name):
    planned = {"lbfgs": 9 * (6 * 5 + 2 * 3), "all": 2 * 9 * (6 * 5 + 2 * 3)}
    done = with_status(dataset, 0, method=[0], difficulty=[0], data=[0])
    every = f"{planned['all'] - 5} of {planned['all']} planned runs."
    ends = {
        **dict.fromkeys(("sensitivity", "winner_map", "method_differences"), every),
        "cost_curves": f"6 of {planned['all'] - 5} finished runs.",
        "loss_curves": f"3 of {planned['lbfgs'] - 5} finished lbfgs runs.",
    }
    end = ends.get(name, f"{planned['lbfgs'] - 5} of {planned['lbfgs']} planned lbfgs runs.")
    assert DRAWN[name](done).provenance.endswith(", " + end)


def test_words_of_the_comparison_count_both_maps_and_name_what_differs(dataset):
    alt = DRAWN["against_reference"](dataset).alt
    ours, theirs = re.findall(
        r"(\d+) cells I well-trained, (\d+) cells II under-trained, (\d+) cells III over-trained, "
        r"(\d+) without a label",
        alt,
    )
    assert sum(map(int, ours)) == 72
    assert sum(map(int, theirs)) == 144
    assert "beta 10 and n_collocation 100 (ours I, published III)" in alt
    # Everything differs: too many to name.
    swapped = dataset.assign(train_loss=dataset["train_loss"] * 0 + 1)
    assert re.search(r"\d\d cells differ, too many", DRAWN["against_reference"](swapped).alt)


@pytest.mark.parametrize("name", DRAWN)
def test_partial_data_are_drawn(dataset, name):
    partial = with_status(with_status(dataset, 0, data=[-1]), 2, difficulty=[0], data=[0])
    picture = DRAWN[name](partial)
    assert picture._repr_html_()


def test_one_cell_has_a_difference_and_no_interval(dataset):
    one = dataset.isel(difficulty=[0], data=[-1])
    alt = figures.method_differences(one, PAPER).alt
    assert re.search(r"adam in I: [+-]\d\.\d\d, 1 cells\.", alt)
    assert "nan" not in alt


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


def test_diverged_cells_are_visibly_hatched(dataset):
    drawn = []
    for cells in (np.zeros((2, 2), bool), np.ones((2, 2), bool)):
        figure = new_figure(2.0, 2.0)
        axes = figure.subplots()
        axes.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5))
        hatch_cells(axes, cells)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="raw")
        drawn.append(buffer.getvalue())
    assert drawn[0] != drawn[1]
    alt = figures.regime_map(with_status(dataset, 2, difficulty=[0], data=[0]), PAPER).alt
    assert "Cells without a label: 1; with a diverged seed: 1." in alt


def test_regimes_differ_in_grey():
    def lightness(colour: str) -> float:
        return float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114)))

    greys = sorted(lightness(colour) for colour in REGIME_COLOURS.values())
    assert np.diff(greys).min() > 0.1


@pytest.mark.parametrize("status", [0, 2])
@pytest.mark.parametrize("name", DRAWN)
def test_a_method_without_a_label_is_said_in_words(dataset, name, status):
    picture = DRAWN[name](with_status(dataset, status))
    assert "nan" not in picture.alt
    assert re.search("[Nn]o|none", picture.alt)
    assert picture._repr_html_()


@pytest.mark.parametrize(
    "name", ["regime_map", "loss_curves", "label_probabilities", "loss_distribution"]
)
def test_an_unknown_method_is_refused(dataset, name):
    with pytest.raises(ConfigurationError, match="no runs of method 'sgd'"):
        getattr(figures, name)(dataset, PAPER, "sgd")


def test_a_cell_with_one_seed_is_said(dataset):
    partial = with_status(dataset, 0, difficulty=[0], data=[0], seed=[1, 2, 3, 4])
    words = figures.label_probabilities(partial, PAPER).alt
    assert "72 cells have a label, 1 of them with one seed only; at most 5 seeds." in words


@pytest.mark.parametrize(
    ("values", "ends"),
    [([-1.0, 1.005], "neither"), ([-1.0, 2.0], "max"), ([-2.0, 1.0], "min"), ([-2.0, 2.0], "both")],
)
def test_colours_that_are_cut_off_are_marked(values, ends):
    assert _beyond(np.array([values]), 1.0) == ends
