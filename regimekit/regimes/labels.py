"""The three regimes, and the rule that puts a run into one of them."""

from enum import IntEnum

import numpy as np
import xarray as xr
from jaxtyping import Float, Int8

from regimekit.regimes._dataset import require_variables
from regimekit.regimes.thresholds import Thresholds


class Regime(IntEnum):
    """What became of a run.

    `UNDEFINED` is a run without the numbers that decide: not run yet, or diverged to NaN.
    """

    UNDEFINED = 0
    WELL_TRAINED = 1
    UNDER_TRAINED = 2
    OVER_TRAINED = 3

    @property
    def roman(self) -> str:
        """The regime's name in a figure: I, II or III (a dash when undefined)."""
        return ("–", "I", "II", "III")[int(self)]


#: Times that a residual must be larger on fresh points to count as a sign of regime III.
GROWS = 10.0

#: The three regimes proper, in their usual order.
REGIMES = (Regime.WELL_TRAINED, Regime.UNDER_TRAINED, Regime.OVER_TRAINED)


def label_values(
    train_loss: Float[np.ndarray, "*shape"],
    test_error: Float[np.ndarray, "*shape"],
    thresholds: Thresholds,
) -> Int8[np.ndarray, "*shape"]:
    """Label runs by their training loss and test error.

    A run is in regime II when its training loss exceeds the threshold, whatever its test error;
    otherwise it is in III when its test error exceeds the threshold, and in I when not. A value
    equal to a threshold counts as low.

    Parameters
    ----------
    train_loss, test_error
        Values of one shape. NaN means "no value"; `+inf` is a value (and a high one).
    thresholds
        In the units of the values.

    Returns
    -------
    labels
        Members of `Regime` as int8. A run is `UNDEFINED` when its loss is NaN, or when its loss is
        low and its error NaN; a high loss decides alone.

    Source: Wang et al. 2026 (arXiv 2605.29153), the definition of the regimes.
    """
    # Comparisons with NaN are False, so a NaN loss is neither high nor low.
    high_loss = train_loss > thresholds.train_loss
    low_loss = train_loss <= thresholds.train_loss
    labels = np.zeros(train_loss.shape, np.int8)
    labels[high_loss] = Regime.UNDER_TRAINED
    labels[low_loss & (test_error > thresholds.test_error)] = Regime.OVER_TRAINED
    labels[low_loss & (test_error <= thresholds.test_error)] = Regime.WELL_TRAINED
    return labels


def label_cells(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    *,
    train_variable: str = "train_loss",
    test_variable: str = "test_error",
) -> xr.DataArray:
    """Label every run of a dataset.

    Parameters
    ----------
    dataset
        Holds the two variables, with the same dimensions.
    thresholds
        In the units of the variables.
    train_variable, test_variable
        Which loss and which error to judge by.

    Returns
    -------
    labels
        int8 `DataArray` with the dimensions and coordinates of the training loss; see
        `label_values` for the rule and for what is left undefined.

    Raises
    ------
    ConfigurationError
        If the dataset lacks one of the variables.
    """
    require_variables(dataset, train_variable, test_variable)
    train_loss, test_error = xr.broadcast(dataset[train_variable], dataset[test_variable])
    test_error = test_error.transpose(*train_loss.dims)
    labels = label_values(
        np.asarray(train_loss.values, float), np.asarray(test_error.values, float), thresholds
    )
    return xr.DataArray(
        labels,
        dims=train_loss.dims,
        coords=train_loss.coords,
        name="label",
        attrs=label_attributes(thresholds),
    )


def label_attributes(thresholds: Thresholds) -> dict[str, object]:
    """CF attributes of a variable of labels, with the thresholds behind it."""
    return {
        "long_name": "regime label",
        "units": "1",
        "flag_values": np.array([int(r) for r in Regime], np.int8),
        "flag_meanings": " ".join(r.name.lower() for r in Regime),
        "thresholds": thresholds.name,
        "train_threshold": float(thresholds.train_loss),
        "test_threshold": float(thresholds.test_error),
    }
