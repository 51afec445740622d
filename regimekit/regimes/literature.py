"""Figures of others for single cells, published or from running their code, beside ours."""

import os

import pandas as pd
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes.reference import reference_folder

COLUMNS = [
    *("source", "experiment", "difficulty", "amount", "method"),
    *("train_loss", "test_error", "setting"),
]


def load_literature(*, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Load the table of published figures.

    Parameters
    ----------
    root
        The data folder; as for :func:`reference_folder`.

    Returns
    -------
    DataFrame
        One row for each published figure: ``source``, ``experiment``, ``difficulty``,
        ``amount`` (of data: points or samples), ``method``, ``train_loss`` (NaN where none was
        published), ``test_error`` (relative L2) and ``setting``.

    Raises
    ------
    ConfigurationError
        If there is no such file, or it is not a table of this kind.

    Source: table 1 of Rathore et al., ICML 2024; Krishnapriyan et al., NeurIPS 2021; Li et al.,
    ICLR 2021.
    """
    keys = ["source", "experiment", "difficulty", "amount", "method"]
    return _table(root, "literature.csv", COLUMNS, keys)


def against_literature(dataset: xr.Dataset, published: pd.DataFrame) -> pd.DataFrame:
    """Set published figures beside the runs of the same cell.

    Parameters
    ----------
    dataset
        Of one experiment; figures of other experiments are left out.
    published
        As from :func:`load_literature`.

    Returns
    -------
    DataFrame
        The rows of ``published`` that are about this experiment, in their order, with ``seeds``
        (runs that ended with a finite error), ``median_error`` and ``lowest_error`` of them,
        ``median_loss``, and ``ratio``: our median error over the published one. NaN where the cell
        has no run.
    """
    rows = published[published["experiment"] == dataset.attrs["experiment"]]
    found = []
    for row in rows.to_dict("records"):
        place = (row["difficulty"], row["amount"], row["method"])
        errors, losses = (_seeds(dataset, *place, name) for name in ("test_error", "train_loss"))
        found.append(
            row
            | {
                "seeds": len(errors),
                "median_loss": losses.median(),
                "median_error": errors.median(),
                "lowest_error": errors.min(),
                "ratio": errors.median() / row["test_error"],
            }
        )
    added = ["seeds", "median_loss", "median_error", "lowest_error", "ratio"]
    return pd.DataFrame(found, columns=[*COLUMNS, *added])


INDEPENDENT = ["experiment", "difficulty", "amount", "method", "variable", "value"]


def load_independent(*, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Load what the original's own public functions gave for single cells, one seed each.

    Parameters
    ----------
    root
        The data folder; as for :func:`reference_folder`.

    Returns
    -------
    DataFrame
        ``experiment``, ``difficulty``, ``amount`` (of data), ``method``, ``variable`` (of our
        dataset) and ``value``.

    Raises
    ------
    ConfigurationError
        If there is no such file, or it is not a table of this kind.

    Source: runs of the public code of Wang et al. (arXiv 2605.29153); see data/reference/README.md.
    """
    return _table(root, "independent.csv", INDEPENDENT, INDEPENDENT[:-1])


def against_independent(dataset: xr.Dataset, independent: pd.DataFrame) -> pd.DataFrame:
    """Set independent runs beside the seeds of the same cell.

    Parameters
    ----------
    dataset
        Of one experiment; rows about others are left out.
    independent
        As from :func:`load_independent`.

    Returns
    -------
    DataFrame
        The rows about this experiment whose cell has runs, with ``seeds`` (with a finite value),
        ``lowest``, ``median`` and ``highest`` of them, ``ratio`` (our median over the independent
        value) and ``within`` (whether that lies between our lowest and highest).
    """
    rows = independent[independent["experiment"] == dataset.attrs["experiment"]]
    found = []
    for row in rows.to_dict("records"):
        place = (row["difficulty"], row["amount"], row["method"])
        values = _seeds(dataset, *place, row["variable"])
        if not len(values):
            continue
        found.append(
            row
            | {
                "seeds": len(values),
                "lowest": values.min(),
                "median": values.median(),
                "highest": values.max(),
                "ratio": values.median() / row["value"],
                "within": values.min() <= row["value"] <= values.max(),
            }
        )
    added = ["seeds", "lowest", "median", "highest", "ratio", "within"]
    return pd.DataFrame(found, columns=[*INDEPENDENT, *added])


def _seeds(
    dataset: xr.Dataset, difficulty: float | int, amount: int, method: str, variable: str
) -> pd.Series:
    """Finite values of the seeds of one cell; none if the cell is not on the map."""
    place = {}
    names = (dataset.attrs["difficulty_axis"], dataset.attrs["data_axis"], "method")
    for axis, name, value in zip(
        ("difficulty", "data", "method"), names, (difficulty, amount, method), strict=True
    ):
        values = dataset[name].values.tolist()
        if value not in values:
            return pd.Series(dtype=float)
        place[axis] = values.index(value)
    return pd.Series(dataset[variable].isel(place).values).dropna()


def _table(
    root: str | os.PathLike[str] | None, name: str, columns: list[str], keys: list[str]
) -> pd.DataFrame:
    path = reference_folder(root) / name
    if not path.is_file():
        raise ConfigurationError(
            f"There is no table {path}; it comes with a checkout of the repository "
            "(folder data/reference), or set REGIMEKIT_DATA to the data folder."
        )
    table = pd.read_csv(path)
    if list(table.columns) != columns or table.duplicated(keys).any():
        raise ConfigurationError(
            f"The table {path} must have the columns {', '.join(columns)} and each figure once."
        )
    return table
