"""The figure of curvature along training says which phases it found."""

import numpy as np
from helpers import CELL_DIMS, synthetic_dataset

from regimekit import figures
from regimekit.regimes import paper_thresholds

PAPER = paper_thresholds("pinn-convection")


def dynamics():
    found = synthetic_dataset((5.0, 50.0), (100, 5000), ("lbfgs",), (0, 1))
    loss = found["history_loss"].values
    dims = (*CELL_DIMS, "iteration")
    for name, values in {
        "lambda_max": 10 * loss,
        "lambda_max_error": 0.1 * loss,
        "trace": 30 * loss,
        "trace_error": loss,
    }.items():
        found[f"history_{name}"] = (dims, values)
    return found


def test_phases_are_in_the_words():
    picture = figures.curvature_curves(dynamics(), PAPER)
    assert "they move together: the loss by a factor of" in picture.alt
    assert "apart" not in picture.alt
    assert "nan" not in picture.alt
    assert "largest eigenvalue 20 at first" in picture.alt
    assert picture._repr_html_()


def test_runs_that_stop_early_and_move_apart_are_drawn():
    found = dynamics()
    found["history_lambda_max"] = 1 / found["history_loss"]
    found["history_loss"][..., -5:] = np.nan
    picture = figures.curvature_curves(found, PAPER)
    assert "they move apart" in picture.alt
    assert picture._repr_html_()


def test_without_runs_it_says_so():
    found = dynamics()
    found["status"][:] = 0
    found["train_loss"][:] = np.nan
    picture = figures.curvature_curves(found, PAPER)
    assert "0 of 0 finished" in picture.provenance
    assert picture._repr_html_()
