"""The published map, as read off its figure, and the labels it allows."""

import os
from enum import IntEnum
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float, Int8

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import require_variables
from regimekit.regimes.labels import Regime, label_attributes
from regimekit.regimes.thresholds import Thresholds


class Flag(IntEnum):
    """How a digitised value is to be read."""

    EXACT = 0  # read from the colour
    BELOW = 1  # an upper bound
    ABOVE = 2  # a lower bound: the colour is saturated
    APPROXIMATE = 3  # read next to a contour line
    MISSING = 4  # not readable


#: Difficulty axis and upper ends of the colour scales (loss, error) of each digitised figure.
_FIGURES = {"pinn-convection": ("beta", 0.0134, 1.45)}
#: A colour is read to this share of its scale.
_READING = 0.05
_COLUMNS = ("train_loss", "train_flag", "test_error", "test_flag")


def load_reference(
    name: str = "pinn-convection", root: str | os.PathLike[str] | None = None
) -> xr.Dataset:
    """Load a published map that was digitised from its figure.

    Parameters
    ----------
    name
        "pinn-convection".
    root
        The folder `data` of a checkout, which holds `reference/<name>.csv`. By default the
        environment variable `REGIMEKIT_DATA`, or else the `data` beside the package.

    Returns
    -------
    reference
        `train_loss`, `test_error` over (difficulty, data), NaN where unreadable; `train_flag`,
        `test_flag` (see `Flag`). A value flagged `below` or `above` is the bound. The attribute
        `reading_uncertainty` of a value is 5 % of its colour scale, in its units.

    Raises
    ------
    ConfigurationError
        If there is no such map, its file is not there, or the file is not as it should be.

    Source: main figure of Wang et al. 2026 (arXiv 2605.29153).
    """
    if name not in _FIGURES:
        raise ConfigurationError(
            f"There is no reference map '{name}'; there is: {', '.join(_FIGURES)}."
        )
    path = data_directory(root) / "reference" / f"{name}.csv"
    if not path.is_file():
        raise ConfigurationError(
            f"The reference map {path} is not there; pass the folder 'data' of a checkout as "
            "`root`, or set REGIMEKIT_DATA to it."
        )
    return _to_dataset(_read_table(path, _FIGURES[name][0]), name)


def data_directory(root: str | os.PathLike[str] | None = None) -> Path:
    """Folder of published data: `root`, else `$REGIMEKIT_DATA`, else `data` in the repository."""
    if root is not None:
        return Path(root)
    if os.environ.get("REGIMEKIT_DATA"):
        return Path(os.environ["REGIMEKIT_DATA"])
    return Path(__file__).resolve().parents[2] / "data"


def _read_table(path: Path, difficulty: str) -> pd.DataFrame:
    table = pd.read_csv(path)
    absent = {difficulty, "n_collocation", *_COLUMNS} - set(table.columns)
    if absent:
        raise ConfigurationError(f"{path} lacks the columns: {', '.join(sorted(absent))}.")
    known = {flag.name.lower() for flag in Flag}
    for kind, value in (("train_flag", "train_loss"), ("test_flag", "test_error")):
        strange = set(table[kind]) - known
        if strange:
            raise ConfigurationError(
                f"{path} has unknown flags {sorted(map(str, strange))} in '{kind}'; "
                f"known are: {', '.join(sorted(known))}."
            )
        if not (table[value].isna() == (table[kind] == "missing")).all():
            raise ConfigurationError(
                f"{path}: '{value}' must be empty exactly where '{kind}' is missing."
            )
    if table.duplicated([difficulty, "n_collocation"]).any():
        raise ConfigurationError(f"{path} lists a cell twice.")
    return table


def _to_dataset(table: pd.DataFrame, name: str) -> xr.Dataset:
    difficulty, loss_scale, error_scale = _FIGURES[name]
    codes = {flag.name.lower(): int(flag) for flag in Flag}
    table = table.assign(
        train_flag=table["train_flag"].map(codes), test_flag=table["test_flag"].map(codes)
    )
    grid = table.pivot(index=difficulty, columns="n_collocation", values=list(_COLUMNS))
    dims = ("difficulty", "data")
    values = {
        "train_loss": ("published training loss", loss_scale),
        "test_error": ("published relative L2 error on the test lattice", error_scale),
    }
    flags = {
        "train_flag": "how the training loss is to be read",
        "test_flag": "how the test error is to be read",
    }
    variables = {
        key: (
            dims,
            grid[key].to_numpy(float),
            {"long_name": text, "units": "1", "reading_uncertainty": _READING * scale},
        )
        for key, (text, scale) in values.items()
    } | {
        key: (
            dims,
            # A cell that the file leaves out has no flag either.
            grid[key].fillna(int(Flag.MISSING)).to_numpy(np.int8),
            {
                "long_name": text,
                "units": "1",
                "flag_values": np.array([int(flag) for flag in Flag], np.int8),
                "flag_meanings": " ".join(codes),
            },
        )
        for key, text in flags.items()
    }
    coords = {
        difficulty: (
            "difficulty",
            grid.index.to_numpy(float),
            {"long_name": "convection speed", "units": "1"},
        ),
        "n_collocation": (
            "data",
            np.array(grid["train_loss"].columns, int),
            {"long_name": "number of collocation points", "units": "1"},
        ),
    }
    return xr.Dataset(
        variables,
        coords,
        attrs={
            "title": f"Published map of {name}, read off its figure",
            "Conventions": "CF-1.11",
            "experiment": name,
            "source": "digitised from the main figure of arXiv 2605.29153",
            "difficulty_axis": difficulty,
            "data_axis": "n_collocation",
        },
    )


def label_reference(reference: xr.Dataset, thresholds: Thresholds) -> xr.DataArray:
    """Labels of a digitised map, where its readings decide them.

    The rule is that of `label_values`. A bound decides only if it lies on the right side: "below
    v" is low when v is at or below the threshold, "above v" is high when v is at or above it, and
    either is undecided otherwise. A missing error is no obstacle where the loss is high.

    Returns
    -------
    labels
        int8 over (difficulty, data); `UNDEFINED` where the readings do not decide.

    Raises
    ------
    ConfigurationError
        If the dataset is not a reference map (lacks values or flags).
    """
    require_variables(reference, *_COLUMNS)
    grid = reference.transpose("difficulty", "data")
    loss = _side(grid["train_loss"].values, grid["train_flag"].values, thresholds.train_loss)
    error = _side(grid["test_error"].values, grid["test_flag"].values, thresholds.test_error)
    labels = np.full(loss.shape, Regime.UNDEFINED, np.int8)
    labels[loss == 1] = Regime.UNDER_TRAINED
    labels[(loss == -1) & (error == 1)] = Regime.OVER_TRAINED
    labels[(loss == -1) & (error == -1)] = Regime.WELL_TRAINED
    return (
        grid["train_loss"]
        .copy(data=labels)
        .rename("label")
        .assign_attrs({**label_attributes(thresholds), "reading_uncertainty": 0.0})
    )


def _side(
    values: Float[np.ndarray, "*shape"], flags: Int8[np.ndarray, "*shape"], level: float
) -> Int8[np.ndarray, "*shape"]:
    """1 where the reading is above the level, -1 where at or below it, 0 where undecided."""
    high = (values > level) & (flags != Flag.BELOW)
    high |= (values >= level) & (flags == Flag.ABOVE)
    low = (values <= level) & (flags != Flag.ABOVE)
    return high.astype(np.int8) - low.astype(np.int8)
