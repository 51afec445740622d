"""Rollouts with finer steps, summarised by regime, on made-up errors."""

import numpy as np
import pytest
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.figures import refinement_curves
from regimekit.regimes import refinement_table

DIMS = ("difficulty", "data", "seed")


def refined(errors, floors=(0.1, 0.0)) -> xr.Dataset:
    """One difficulty, one amount of data; one row of errors a seed."""
    return xr.Dataset(
        {
            "error": ((*DIMS, "integration"), np.array(errors, float)[None, None]),
            "floor": (("difficulty", "integration"), np.array([floors])),
        },
        {"integration": ["step", "exact"]},
    )


def labelled(*labels) -> xr.DataArray:
    return xr.DataArray(np.array(labels)[None, None], dims=DIMS)


def test_runs_are_counted_by_regime_and_integration():
    found = refined([[0.4, 0.1], [0.6, 0.3], [0.6, 0.9], [3.0, np.inf], [np.nan, np.nan]])
    table = refinement_table(found, labelled(1, 1, 1, 3, 2))
    assert table["regime"].tolist() == ["I", "I", "III", "III"]
    first, last = table[table["regime"] == "I"].to_dict("records")
    assert (first["runs"], first["good"], first["worse"]) == (3, 1, 0)
    assert (last["good"], last["worse"]) == (2, 1)  # one follows no more: a map, not a field
    assert (first["error"], last["error"]) == (0.6, 0.3)
    assert (first["floor"], last["floor"]) == (0.1, 0.0)
    assert table["error"].iloc[-1] == np.inf
    assert table["worse"].iloc[-1] == 1


def test_words_of_the_figure_are_those_of_the_table():
    table = refinement_table(refined([[0.4, 0.1], [3.0, np.inf]]), labelled(1, 3))
    picture = refinement_curves({"made-up": table, "empty": table[:0]}, "Data: none.")
    assert "made-up, I well-trained (1 runs): 0.4 with the step of training, 0.1" in picture.alt
    assert "inf at the end" in picture.alt
    picture.figure.canvas.draw()
    assert len(picture.figure.axes) == 1


def test_what_does_not_go_together_is_refused():
    with pytest.raises(ConfigurationError, match="do not go with rollouts"):
        refinement_table(refined([[0.4, 0.1]]), labelled(1, 3))
    with pytest.raises(ConfigurationError, match="no rollout whose error"):
        refinement_curves({}, "Data: none.")
