"""One cell per regime to look at, chosen by a rule."""

import numpy as np
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.figures.style import REGIME_NAMES
from regimekit.regimes import REGIMES, Regime, Thresholds, label_cells, label_probability


def without(chosen: dict[Regime, dict[str, int]]) -> list[str]:
    """One sentence for each regime of which there is no run."""
    return [f"No run is in regime {REGIME_NAMES[r]}." for r in REGIMES if r not in chosen]


def representative_cells(
    dataset: xr.Dataset, thresholds: Thresholds, method: str = "lbfgs"
) -> dict[Regime, dict[str, int]]:
    """Choose one run per regime: the clearest one.

    Among the cells in which most seeds have the label, the run is taken that lies farthest from
    the nearest threshold in decades. Regimes that do not occur are left out.

    Returns
    -------
    dict
        For each regime the positions along ``difficulty``, ``data``, ``method`` and ``seed``.
    """
    position = method_index(dataset, method)
    runs = dataset.isel(method=position)
    labels = label_cells(runs, thresholds).transpose("difficulty", "data", "seed")
    share = label_probability(labels)
    with np.errstate(divide="ignore"):
        train = np.log10(runs["train_loss"].transpose(*labels.dims).values / thresholds.train_loss)
        test = np.log10(runs["test_error"].transpose(*labels.dims).values / thresholds.test_error)
    distance = np.minimum(np.abs(train), np.abs(test))
    chosen = {}
    for regime in REGIMES:
        mask = labels.values == regime
        if not mask.any():
            continue
        agreed = share.sel(regime=regime.roman).transpose("difficulty", "data").values
        agreed = np.nan_to_num(agreed, nan=0.0)[:, :, None] * mask
        best = agreed == agreed.max()
        index = np.unravel_index(np.argmax(np.where(best & mask, distance, -1)), mask.shape)
        names = ("difficulty", "data", "seed")
        place = {name: int(i) for name, i in zip(names, index, strict=True)}
        chosen[regime] = place | {"method": position}
    return chosen


ENDS = {
    "history_loss": "train_loss",
    "history_test_error": "test_error",
    **{f"history_{n}": n for n in ("gradient_norm", "evaluations", "hessian_products")},
}
"""Histories, and the variables that have where they end."""


def with_end(run: xr.Dataset) -> xr.Dataset:
    """Histories of a run with its end as their last record.

    Records follow a schedule, and a run that stops between two of them ends after the last one.

    Parameters
    ----------
    run
        Whose variables have no dimension but ``iteration``.
    """
    names = [str(n) for n in run.data_vars if str(n).startswith("history_")]
    histories = run[names]
    last = float(run["iterations"]) if "iterations" in run else np.nan
    seen = run["iteration"].values[np.isfinite(run["history_loss"].values)]
    if not np.isfinite(last) or (seen.size and last <= seen[-1]):
        return histories
    end = {n: ("iteration", [float(run[ENDS[n]]) if ENDS.get(n) in run else np.nan]) for n in names}
    return xr.concat([histories, xr.Dataset(end, {"iteration": [last]})], "iteration")


def method_index(dataset: xr.Dataset, method: str) -> int:
    """Position of a training method.

    Raises
    ------
    ConfigurationError
        If the dataset has no such method.
    """
    names = [str(name) for name in dataset["method"].values]
    if method not in names:
        raise ConfigurationError(
            f"The dataset holds no runs of method '{method}'; its methods are: {', '.join(names)}."
        )
    return names.index(method)


def describe(dataset: xr.Dataset, place: dict[str, int]) -> str:
    """Name a run by its physical values."""
    difficulty, data = dataset.attrs["difficulty_axis"], dataset.attrs["data_axis"]
    run = dataset.isel(place)
    return (
        f"{difficulty} = {float(run[difficulty]):g}, {data} = {int(run[data])}, "
        f"seed {int(run['seed'])}"
    )
