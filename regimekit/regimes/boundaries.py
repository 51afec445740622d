"""The boundaries of one method's map: lines to draw and positions to state."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import log10
from regimekit.regimes.contours import boundary, clip_lines
from regimekit.regimes.medians import regime_map
from regimekit.regimes.thresholds import Thresholds
from regimekit.regimes.transitions import transitions

Lines = list[Float[np.ndarray, "_ 2"]]


@dataclass(frozen=True)
class Contour:
    """The contour of one variable at its threshold, and at the ends of a band around it.

    Attributes
    ----------
    threshold
        In the units of the variable.
    lines, lower, higher
        Lines of shape (points, 2), columns (difficulty index, data index), for the threshold
        itself and for it lowered and raised by the band.
    """

    threshold: float
    lines: Lines
    lower: Lines
    higher: Lines


@dataclass(frozen=True)
class Boundaries:
    """All boundaries of a map.

    Attributes
    ----------
    train
        Contour of the training loss: the boundary of regime II.
    test
        Contour of the test error outside II: the boundary between I and III.
    transitions
        Table of `regimekit.regimes.transitions`: the same boundaries as numbers.
    regime_map
        The medians and labels from which all of them come.
    thresholds, band
        As given.
    """

    train: Contour
    test: Contour
    transitions: pd.DataFrame
    regime_map: xr.Dataset
    thresholds: Thresholds
    band: float


def boundaries(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    band: float = 0.2,
    train_variable: str = "train_loss",
    test_variable: str = "test_error",
) -> Boundaries:
    """Boundaries of the map of medians over seeds, contoured raw (no smoothing).

    Parameters
    ----------
    dataset
        Of one experiment; cells without a value are left out of the contours.
    thresholds
        Levels of the two contours.
    method
        Whose map; None if the dataset has one method.
    band
        Between 0 and 1; 0.2 adds the contours at 0.8 and 1.2 times the thresholds. The band of
        the test contour is cut at the same boundary of regime II as the contour itself.

    Raises
    ------
    ConfigurationError
        If the band is not between 0 and 1, or the dataset lacks a variable or the method.
    """
    if not 0 < band < 1:
        raise ConfigurationError(f"A band lies strictly between 0 and 1, not at {band}.")
    medians = regime_map(
        dataset, thresholds, method, train_variable=train_variable, test_variable=test_variable
    )
    # Rows are the data axis, as in a figure.
    logs = {
        name: log10(medians[name].transpose("data", "difficulty").values)
        for name in ("train_loss", "test_error")
    }
    train_level = float(np.log10(thresholds.train_loss))

    def test_lines(threshold: float) -> Lines:
        lines = boundary(logs["test_error"], float(np.log10(threshold)))
        return clip_lines(lines, logs["train_loss"], train_level)

    def train_lines(threshold: float) -> Lines:
        return boundary(logs["train_loss"], float(np.log10(threshold)))

    train, test = (
        Contour(
            threshold=threshold,
            lines=lines(threshold),
            lower=lines((1 - band) * threshold),
            higher=lines((1 + band) * threshold),
        )
        for lines, threshold in (
            (train_lines, thresholds.train_loss),
            (test_lines, thresholds.test_error),
        )
    )
    return Boundaries(
        train, test, transitions(medians, thresholds, band=band), medians, thresholds, band
    )
