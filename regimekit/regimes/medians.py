"""From the seeds of a cell to one value and one label: the map that a reader sees."""

import numpy as np
import xarray as xr
from jaxtyping import Float

from regimekit.regimes._dataset import require_variables, select_method
from regimekit.regimes.labels import Regime, label_cells
from regimekit.regimes.thresholds import Thresholds

#: Codes of the variable `status` (see the dataset's flag_meanings).
_DONE, _DIVERGED = 1, 2


def seed_median(values: xr.DataArray) -> xr.DataArray:
    """Median over the seeds that have a value, on the logarithmic scale.

    For an even number of seeds the two middle values are joined by their geometric mean, so that
    the median of log values is the log of the median. Never a mean: near a boundary the seeds
    fall in two groups, and a mean describes neither.

    Parameters
    ----------
    values
        Not negative (a loss, an error), with a dimension `seed`; without one it is returned as is.
        NaN seeds are left out; `+inf` takes part.

    Returns
    -------
    median
        Without the dimension `seed`; NaN where no seed has a value.
    """
    if "seed" not in values.dims:
        return values
    axis = values.get_axis_num("seed")
    return values.isel(seed=0, drop=True).copy(
        data=_geometric_median(np.moveaxis(np.asarray(values.values, float), axis, -1))
    )


def _geometric_median(values: Float[np.ndarray, "*cells seeds"]) -> Float[np.ndarray, "*cells"]:
    ordered = np.sort(values, axis=-1)  # NaN goes last
    count = np.count_nonzero(~np.isnan(values), axis=-1)[..., None]
    lower = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)[..., 0]
    upper = np.take_along_axis(ordered, count // 2 % values.shape[-1], axis=-1)[..., 0]
    with np.errstate(invalid="ignore"):
        middle = np.sqrt(lower) * np.sqrt(upper)
    # With no finite seed both picks are NaN, and so is the answer.
    return np.where(lower == upper, lower, middle)


def regime_map(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    train_variable: str = "train_loss",
    test_variable: str = "test_error",
) -> xr.Dataset:
    """The map of one method: median loss, median error and the label these two give.

    Returns
    -------
    map
        Variables `train_loss`, `test_error`, `label` over (difficulty, data), under these names
        whichever variables they came from.

    Raises
    ------
    ConfigurationError
        If a variable or the method is missing, or no method is named and there are several.
    """
    require_variables(dataset, train_variable, test_variable)
    runs = select_method(dataset, method)
    medians = xr.Dataset(
        {
            "train_loss": seed_median(runs[train_variable]).transpose("difficulty", "data"),
            "test_error": seed_median(runs[test_variable]).transpose("difficulty", "data"),
        },
        attrs=dataset.attrs,
    )
    return medians.assign(label=label_cells(medians, thresholds))


def map_summary(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    *,
    train_variable: str = "train_loss",
    test_variable: str = "test_error",
) -> xr.Dataset:
    """Per cell: medians over seeds, their label, and how far the seeds agree with it.

    Returns
    -------
    summary
        Dimensions of the runs without `seed`:

        - `train_loss`, `test_error`: medians over the seeds with a value;
        - `label`: the label of the two medians;
        - `label_share`: share of the labelled seeds that carry that label (NaN without any);
        - `success_rate`: share of the finished seeds in regime I, where a diverged run is
          finished and no success (NaN without any);
        - `n_seeds`, `n_diverged`: how many seeds have a label, and how many diverged.
    """
    labels = label_cells(
        dataset, thresholds, train_variable=train_variable, test_variable=test_variable
    )
    medians = xr.Dataset(
        {
            "train_loss": seed_median(dataset[train_variable]),
            "test_error": seed_median(dataset[test_variable]),
        },
        attrs=dataset.attrs,
    )
    label = label_cells(medians, thresholds)
    if "seed" not in labels.dims:
        labels = labels.expand_dims("seed")
    labelled = (labels != Regime.UNDEFINED).sum("seed")
    if "status" in dataset:
        diverged = (dataset["status"] == _DIVERGED).sum("seed")
        finished = dataset["status"].isin([_DONE, _DIVERGED]).sum("seed")
    else:
        diverged, finished = xr.zeros_like(labelled), labelled
    same = ((labels == label) & (labels != Regime.UNDEFINED)).sum("seed")
    succeeded = (labels == Regime.WELL_TRAINED).sum("seed")

    def described(array: xr.DataArray, long_name: str) -> xr.DataArray:
        return array.assign_attrs(long_name=long_name, units="1")

    return medians.assign(
        label=label,
        label_share=described(_ratio(same, labelled), "share of seeds with the cell's label"),
        success_rate=described(_ratio(succeeded, finished), "share of finished seeds in regime I"),
        n_seeds=described(labelled, "number of seeds with a label"),
        n_diverged=described(diverged, "number of seeds that diverged"),
    )


def _ratio(part: xr.DataArray, whole: xr.DataArray) -> xr.DataArray:
    """Share of a whole, NaN where there is no whole."""
    return part / whole.where(whole > 0)
