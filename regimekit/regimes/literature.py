"""Figures that others have published for single cells, beside ours."""

import os

import pandas as pd
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes.reference import reference_folder

COLUMNS = [
    *("source", "experiment", "difficulty", "n_collocation", "method"),
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
        ``n_collocation`` (of an operator, its samples), ``method``, ``train_loss`` (NaN where none
        was published), ``test_error`` (relative L2) and ``setting``.

    Raises
    ------
    ConfigurationError
        If there is no such file, or it is not a table of this kind.

    Source: table 1 of Rathore et al., ICML 2024; Krishnapriyan et al., NeurIPS 2021; Li et al.,
    ICLR 2021.
    """
    path = reference_folder(root) / "literature.csv"
    if not path.is_file():
        raise ConfigurationError(
            f"There is no table {path}; it comes with a checkout of the repository "
            "(folder data/reference), or set REGIMEKIT_DATA to the data folder."
        )
    table = pd.read_csv(path)
    keys = ["source", "experiment", "difficulty", "n_collocation", "method"]
    if list(table.columns) != COLUMNS or table.duplicated(keys).any():
        raise ConfigurationError(
            f"The table {path} must have the columns {', '.join(COLUMNS)} and each figure once."
        )
    return table


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
    difficulties = dataset[dataset.attrs["difficulty_axis"]].values.tolist()
    amounts = dataset[dataset.attrs["data_axis"]].values.tolist()
    methods = [str(name) for name in dataset["method"].values]
    found = []
    for row in rows.to_dict("records"):
        place = (row["difficulty"], row["n_collocation"], row["method"])
        errors = losses = pd.Series(dtype=float)
        if place[0] in difficulties and place[1] in amounts and place[2] in methods:
            cell = dataset.isel(
                difficulty=difficulties.index(place[0]),
                data=amounts.index(place[1]),
                method=methods.index(place[2]),
            )
            errors = pd.Series(cell["test_error"].values).dropna()
            losses = pd.Series(cell["train_loss"].values).dropna()
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
