"""How far a map depends on the exact thresholds."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from regimekit.regimes.labels import Regime, label_cells
from regimekit.regimes.medians import seed_median
from regimekit.regimes.thresholds import Thresholds

#: Which thresholds are scaled: both together, or one at a time.
WHICH = ("both", "train_loss", "test_error")


def threshold_sensitivity(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    factors: Sequence[float | int] = (0.5, 0.8, 0.9, 1.1, 1.2, 1.5),
    *,
    train_variable: str = "train_loss",
    test_variable: str = "test_error",
) -> xr.Dataset:
    """Share of labels that change when the thresholds are scaled.

    Parameters
    ----------
    dataset
        Of one experiment.
    thresholds
        The ones to perturb.
    factors
        Positive factors; 0.8 and 1.2 are "plus or minus 20 %".

    Returns
    -------
    sensitivity
        Dimensions (which, factor) and, if the dataset has it, method. `which` is "both",
        "train_loss" or "test_error".

        - `runs_changed`: share of the labelled runs whose label changes;
        - `cells_changed`: the same for the labels of the medians over seeds;
        - `n_runs`, `n_cells`: how many are labelled under the thresholds themselves.

        A share is NaN where nothing is labelled.
    """
    medians = xr.Dataset(
        {
            "train_loss": seed_median(dataset[train_variable]),
            "test_error": seed_median(dataset[test_variable]),
        }
    )
    runs = xr.Dataset({"train_loss": dataset[train_variable], "test_error": dataset[test_variable]})
    result = {}
    for name, values in (("runs", runs), ("cells", medians)):
        labels = label_cells(values, thresholds)
        over = [d for d in labels.dims if d != "method"]
        number = (labels != Regime.UNDEFINED).sum(over)
        shares = xr.concat(
            [
                xr.concat(
                    [
                        _changed(values, labels, _scaled(thresholds, which, factor)).sum(over)
                        for factor in factors
                    ],
                    dim="factor",
                )
                for which in WHICH
            ],
            dim="which",
        ) / number.where(number > 0)
        result[f"{name}_changed"] = shares.assign_attrs(
            long_name=f"share of labelled {name} whose label changes", units="1"
        )
        result[f"n_{name}"] = number.assign_attrs(long_name=f"number of labelled {name}", units="1")
    return xr.Dataset(result).assign_coords(
        which=list(WHICH),
        factor=("factor", np.asarray(factors, float), {"long_name": "factor", "units": "1"}),
    )


def _scaled(thresholds: Thresholds, which: str, factor: float | int) -> Thresholds:
    return thresholds.scaled(
        factor if which in ("both", "train_loss") else 1.0,
        factor if which in ("both", "test_error") else 1.0,
    )


def _changed(values: xr.Dataset, labels: xr.DataArray, thresholds: Thresholds) -> xr.DataArray:
    """Which labelled runs get another label (or lose theirs) under other thresholds."""
    return (label_cells(values, thresholds) != labels) & (labels != Regime.UNDEFINED)
