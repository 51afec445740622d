"""All families at a glance, on small made-up maps."""

import re

import numpy as np
import pytest
from helpers import synthetic_dataset, with_status

from regimekit.errors import ConfigurationError
from regimekit.figures import family_maps
from regimekit.regimes import Regime, map_summary, paper_thresholds

PAPER = paper_thresholds("pinn-convection")


@pytest.fixture(scope="module")
def dataset():
    return synthetic_dataset((5.0, 20.0, 50.0), (100, 1000, 5000), seeds=(0, 1, 2))


def panels_of(picture):
    return [axes for axes in picture.figure.axes if axes.axison and axes.get_title()]


def test_rows_are_protocols_and_columns_families(dataset, tmp_path):
    one = (dataset, PAPER, "lbfgs")
    picture = family_maps({"A": {"reference": one}, "B": {"reference": one, "corrected": one}})
    titles = [axes.get_title() for axes in panels_of(picture)]
    assert len(titles) == 6
    assert sum("corrected" in title for title in titles) == 1
    assert sum(title.endswith("training loss") for title in titles) == 3
    assert titles.count("test error") == 3
    said = [text.get_text() for axes in picture.figure.axes for text in axes.texts]
    assert "A has one protocol" in said
    labels = map_summary(dataset.sel({"method": "lbfgs"}), PAPER)["label"].values
    assert {"I", "II", "III"} >= set(said) - {"A has one protocol"}
    assert said.count("II") == 6 * int((labels == Regime.UNDER_TRAINED).any())
    assert picture.provenance.count("Data: pinn-convection.nc") == 3
    picture.save(tmp_path / "families.svg")


def test_words_count_the_cells_of_each_map(dataset):
    alt = family_maps({"A": {"reference": (dataset, PAPER, "lbfgs")}}).alt
    labels = map_summary(dataset.sel({"method": "lbfgs"}), PAPER)["label"].values
    found = {roman: int(n) for n, roman in re.findall(r"(\d+) cells in (I+) \(median error", alt)}
    assert found == {r.roman: int((labels == r).sum()) for r in Regime if (labels == r).any()}
    assert "A, reference: PINN for the convection equation, over convection speed and" in alt
    assert "9 of 9 cells labelled" in alt


def test_colours_are_decades_from_the_threshold(dataset):
    dataset = dataset.assign(train_loss=dataset["train_loss"] * 0 + 10 * PAPER.train_loss)
    picture = family_maps({"A": {"reference": (dataset, PAPER, "lbfgs")}})
    values = panels_of(picture)[0].collections[0].get_array()
    np.testing.assert_allclose(values, 1.0, atol=1e-12)


def test_maps_that_are_not_whole_are_drawn_and_said(dataset):
    partial = with_status(with_status(dataset, 2, difficulty=[0], data=[0]), 0, difficulty=[1])
    picture = family_maps({"A": {"reference": (partial, PAPER, "lbfgs")}})
    assert "5 of 9 cells labelled" in picture.alt
    keys = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert "a seed diverged" in keys
    assert "not run, or no value" in keys
    nothing = family_maps({"A": {"reference": (with_status(dataset, 0), PAPER, "lbfgs")}})
    assert "no cell has a label" in nothing.alt
    assert "nan" not in nothing.alt


def test_without_a_map_there_is_nothing_to_draw():
    with pytest.raises(ConfigurationError, match="no map to draw"):
        family_maps({"A": {}})
