"""Maps read off published figures, with what could not be read said."""

import os
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float, Int8

from regimekit.errors import ConfigurationError
from regimekit.regimes.labels import Regime, label_attributes, label_values
from regimekit.regimes.thresholds import Thresholds

#: A reading is good to this share of the figure's colour range.
READING_ERROR = 0.05

#: Lengths of the colour scales: training loss, test error.
_COLOUR_RANGE = {
    "pinn-convection": (1.34e-2, 1.45),
    "node-pendulum": (2.09e-4, 6.43 - 0.98),
    "pinode-pendulum": (4.30e-6 - 0.29e-6, 6.29 - 0.49),
    "fno-advection-diffusion": (0.2, 0.71),
    "fno-poisson": (0.2 - 0.05, 0.8 - 0.05),
    "pino-darcy": (1.23, 0.4),
}


class Reading(IntEnum):
    """How a value that was read off a figure is meant."""

    MISSING = 0
    EXACT = 1
    APPROXIMATE = 2
    BELOW = 3
    ABOVE = 4


def reference_folder(root: str | os.PathLike[str] | None = None) -> Path:
    """Folder of the reference maps.

    Parameters
    ----------
    root
        The data folder that holds `reference/`. Without it: the folder that the environment
        variable `REGIMEKIT_DATA` names, if it has one (a reader's own results have none), else
        `data/` beside the package, as in a checkout, and else the copy that was installed.
    """
    if root is not None:
        return Path(root) / "reference"
    named = os.environ.get("REGIMEKIT_DATA")
    if named and (Path(named) / "reference").is_dir():
        return Path(named) / "reference"
    checkout = Path(__file__).resolve().parents[2] / "data" / "reference"
    return checkout if checkout.is_dir() else Path(__file__).with_name("_tables")


def load_reference(
    name: str = "pinn-convection", *, root: str | os.PathLike[str] | None = None
) -> xr.Dataset:
    """Load a map that was read off a published figure.

    Parameters
    ----------
    name
        Of the experiment.
    root
        See `reference_folder`.

    Returns
    -------
    reference
        Dimensions (difficulty, data); `train_loss` and `test_error` (NaN where missing),
        `train_flag` and `test_flag` (values of `Reading`). Attributes `train_reading_error` and
        `test_reading_error` are half-widths in the units of the variables.

    Raises
    ------
    ConfigurationError
        If there is no such file, or it is not a table of this kind.

    Source: figure of Wang et al. 2026 (arXiv 2605.29153), digitised; see data/reference/README.md.
    """
    path = reference_folder(root) / f"{name}.csv"
    if not path.is_file():
        raise ConfigurationError(
            f"There is no reference map {path}; reference maps come with a checkout of the "
            "repository (folder data/reference), or set REGIMEKIT_DATA to the data folder."
        )
    table = pd.read_csv(path)
    expected = ["train_loss", "train_flag", "test_error", "test_flag"]
    axes = [str(name) for name in table.columns[:2]]
    if list(table.columns[2:]) != expected or table.duplicated(axes).any():
        raise ConfigurationError(
            f"The reference map {path} must have its two axes, then the columns "
            f"{', '.join(expected)}, and each cell once."
        )
    codes = {reading.name.lower(): int(reading) for reading in Reading}
    for flag in ("train_flag", "test_flag"):
        unknown = sorted(set(table[flag]) - set(codes))
        if unknown:
            raise ConfigurationError(
                f"The reference map {path} has the unknown flag '{unknown[0]}'; flags are: "
                f"{', '.join(codes)}."
            )
        table[flag] = table[flag].map(codes)
    cells = table.set_index(axes).to_xarray()
    flags = {
        "units": "1",
        "flag_values": np.array(list(codes.values()), np.int8),
        "flag_meanings": " ".join(codes),
    }
    variables: dict[str, Any] = {}
    for which, variable, long_name in (
        ("train", "train_loss", "training loss read off the figure"),
        ("test", "test_error", "test error read off the figure"),
    ):
        values = cells[variable].values.astype(float)
        # A cell that the table leaves out altogether is missing, too.
        flag = np.nan_to_num(cells[f"{which}_flag"].values).astype(np.int8)
        dims = ("difficulty", "data")
        variables[variable] = (dims, values, {"long_name": long_name, "units": "1"})
        long_flag = {"long_name": f"how the {which} value was read"}
        variables[f"{which}_flag"] = (dims, flag, long_flag | flags)
    loss_range, error_range = _COLOUR_RANGE.get(name, (np.nan, np.nan))
    return xr.Dataset(
        variables,
        {
            axes[0]: ("difficulty", cells[axes[0]].values.astype(float), {"units": "1"}),
            axes[1]: ("data", cells[axes[1]].values, {"units": "1"}),
        },
        {
            "title": f"Published map of {name}, digitised",
            "experiment": name,
            "difficulty_axis": axes[0],
            "data_axis": axes[1],
            "train_reading_error": READING_ERROR * loss_range,
            "test_reading_error": READING_ERROR * error_range,
        },
    )


def label_reference(
    reference: xr.Dataset, thresholds: Thresholds, *, reading_error: bool = False
) -> xr.DataArray:
    """Label a reference map where its readings decide the label.

    A bound decides when both ends of what it allows give one label: "below 0.0002" is a low loss
    at any threshold of at least 0.0002, "above 1.4" a high error at any threshold up to 1.4. A
    missing value allows everything, which still decides when the other value settles the label
    (a high loss is regime II whatever the error).

    Parameters
    ----------
    reference
        From `load_reference`.
    thresholds
        Those of the comparison.
    reading_error
        True also widens readings (but not bounds) by the reading error, so that only cells that
        are safe from it get a label.

    Returns
    -------
    labels
        int8 over (difficulty, data); `UNDEFINED` where the readings leave the label open.
    """
    low, high = [], []
    for which, variable in (("train", "train_loss"), ("test", "test_error")):
        error = float(reference.attrs[f"{which}_reading_error"]) if reading_error else 0.0
        bounds = _bounds(reference[variable].values, reference[f"{which}_flag"].values, error)
        low.append(bounds[0])
        high.append(bounds[1])
    corners = [
        label_values(train, test, thresholds)
        for train in (low[0], high[0])
        for test in (low[1], high[1])
    ]
    agreed = np.all([corner == corners[0] for corner in corners], axis=0)
    return (
        reference["train_loss"]
        .copy(data=np.where(agreed, corners[0], Regime.UNDEFINED).astype(np.int8))
        .assign_attrs(label_attributes(thresholds))
        .rename("label")
    )


def _bounds(
    values: Float[np.ndarray, "*shape"], flags: Int8[np.ndarray, "*shape"], error: float
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Smallest and largest value that each reading allows."""
    read = np.isin(flags, [Reading.EXACT, Reading.APPROXIMATE])
    # "Above" is strict; a label counts a value equal to its threshold as low.
    low = np.where(read, values - error, 0.0)
    low = np.where(flags == Reading.ABOVE, np.nextafter(values, np.inf), low)
    high = np.where(read, values + error, np.inf)
    high = np.where(flags == Reading.BELOW, values, high)
    return np.maximum(low, 0.0), high
