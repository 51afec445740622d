"""What every function here needs of a dataset: its variables, one method, its axes."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from regimekit.errors import ConfigurationError

Load = Callable[[str], xr.Dataset | None]
"""Returns the dataset of a name, or None where there is none."""


def require_variables(dataset: xr.Dataset, *names: str) -> None:
    """Refuse a dataset that lacks one of the variables.

    Raises
    ------
    ConfigurationError
        Naming the first missing variable and those that are there.
    """
    for name in names:
        if name not in dataset.data_vars:
            there = ", ".join(sorted(map(str, dataset.data_vars))) or "none"
            raise ConfigurationError(
                f"The dataset has no variable '{name}'; its variables are: {there}."
            )


def main_method(dataset: xr.Dataset) -> str:
    """The method of a map when nobody says: L-BFGS if it is there, else the first."""
    names = [str(name) for name in np.atleast_1d(dataset["method"].values)]
    return "lbfgs" if "lbfgs" in names else names[0]


def select_method(dataset: xr.Dataset, method: str | None) -> xr.Dataset:
    """The part of a dataset that belongs to one training method.

    Parameters
    ----------
    dataset
        With or without a dimension `method`.
    method
        A name on that dimension; None when the dataset has one method, or no such dimension.

    Raises
    ------
    ConfigurationError
        If the method is not in the dataset, or None is ambiguous.
    """
    if "method" not in dataset.dims:
        if method is not None and str(dataset.coords.get("method", method)) != method:
            raise ConfigurationError(f"The dataset holds no runs of method '{method}'.")
        return dataset
    names = [str(name) for name in dataset["method"].values]
    if method is None and len(names) == 1:
        return dataset.isel(method=0)
    if method is None:
        raise ConfigurationError(
            f"The dataset has several methods ({', '.join(names)}); say which one is meant."
        )
    if method not in names:
        raise ConfigurationError(
            f"The dataset holds no runs of method '{method}'; its methods are: {', '.join(names)}."
        )
    return dataset.isel(method=names.index(method))


def axis_names(dataset: xr.Dataset) -> tuple[str, str]:
    """Names of the coordinates along `difficulty` and `data`, from the dataset's attributes.

    Raises
    ------
    ConfigurationError
        If an attribute or the coordinate it names is missing.
    """
    names = []
    for dimension in ("difficulty", "data"):
        name = dataset.attrs.get(f"{dimension}_axis")
        if name is None or name not in dataset.coords:
            raise ConfigurationError(
                f"The dataset must name the coordinate of its dimension '{dimension}' in the "
                f"attribute '{dimension}_axis', and hold that coordinate."
            )
        names.append(str(name))
    return names[0], names[1]


def log10(values: np.ndarray) -> np.ndarray:
    """Decimal logarithm without warnings: zero gives -inf, a negative value NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(values)
