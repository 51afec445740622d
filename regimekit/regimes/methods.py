"""Which training method works where: paired comparisons over cells, by regime."""

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Bool, Float

from regimekit.regimes._dataset import Load, log10, main_method, require_variables, select_method
from regimekit.regimes.chosen import thresholds_for
from regimekit.regimes.labels import REGIMES, Regime, label_cells
from regimekit.regimes.medians import map_summary
from regimekit.regimes.probability import label_probability
from regimekit.regimes.thresholds import Thresholds

TIE = 1.25
"""Factor in test error within which two methods count as equal in a cell."""

FEWEST_CELLS = 5
"""A regime with fewer cells says nothing: the bootstrap interval of a median over two cells, the
cells themselves, holds the true median half of the time; over five, 94 % of it."""


def labels_by_method(dataset: xr.Dataset, thresholds: Thresholds) -> pd.DataFrame:
    """Count the cells of each regime for every method, with the clearest cell of each.

    Parameters
    ----------
    dataset
        With a dimension ``method``.
    thresholds
        In the units of the dataset.

    Returns
    -------
    DataFrame
        One row for each method and regime: ``cells`` (label of the median), ``likely`` (cells where
        more than half of the seeds have the label), ``highest`` (the largest share of seeds with
        the label in a cell) and ``runs_diverged`` of the method.
    """
    rows = []
    for method in dataset["method"].values:
        runs = select_method(dataset, str(method))
        label = map_summary(runs, thresholds)["label"]
        share = label_probability(label_cells(runs, thresholds))
        for regime in REGIMES:
            p = share.sel(regime=regime.roman)
            rows.append(
                {
                    "method": str(method),
                    "regime": regime.roman,
                    "cells": int((label == regime).sum()),
                    "likely": int((p > 0.5).sum()),
                    "highest": float(p.max()),
                    "runs_diverged": int((runs["status"] == 2).sum()),
                }
            )
    return pd.DataFrame(rows)


def paired_differences(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    baseline: str = "lbfgs",
    *,
    labels: xr.DataArray | None = None,
    variable: str = "test_error",
    resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare every method with a baseline on the same cells and seeds, regime by regime.

    The difference of a run is log10 of its value over the baseline's in the same cell with the same
    seed: -1 is ten times better. A diverged run counts as infinitely bad. Its interval is the
    percentile bootstrap's, over cells, since seeds of one cell are not independent evidence.

    Parameters
    ----------
    dataset
        With a dimension ``method``.
    thresholds
        By which the baseline's runs are labelled.
    baseline
        The method that others are compared with.
    labels
        Regime of each cell, by ``difficulty`` and ``data``. The baseline's own median if not given:
        then cells where it was unlucky count as its bad regime, which flatters the others there.
        Labels from other runs do not have that bias.
    variable
        What is compared; the test error if not given.
    resamples, seed
        Of the bootstrap.

    Returns
    -------
    DataFrame
        One row for each other method and regime: ``cells`` and ``runs`` compared, ``median``,
        ``lower`` and ``upper`` of the difference in decades (95 %), ``better`` (share of cells
        whose median difference is below 0), ``diverged`` (share of the method's runs), and
        ``spread`` (median over cells of the largest less the smallest log10 value over seeds).

    Raises
    ------
    ConfigurationError
        If the baseline or a variable is missing.
    """
    require_variables(dataset, variable, "status")
    base = select_method(dataset, baseline)
    if labels is None:
        labels = map_summary(base, thresholds)["label"]
    place = labels.transpose("difficulty", "data").values
    rng = np.random.default_rng(seed)
    theirs, _ = run_values(base, variable)
    rows = []
    for method in (str(m) for m in dataset["method"].values):
        if method == baseline:
            continue
        runs = select_method(dataset, method)
        ours, ended = run_values(runs, variable)
        with np.errstate(invalid="ignore"):
            difference = np.where(np.isinf(ours) & np.isinf(theirs), 0.0, ours - theirs)
        for regime in REGIMES:
            inside = difference[place == regime]
            medians = _row_medians(inside)
            known = ~np.isnan(medians)
            low, high = median_interval(medians[known], resamples, rng)
            finished = ended[place == regime]
            rows.append(
                {
                    "method": method,
                    "regime": regime.roman,
                    "cells": int(known.sum()),
                    "runs": int((~np.isnan(inside)).sum()),
                    "median": float(np.median(medians[known])) if known.any() else np.nan,
                    "lower": low,
                    "upper": high,
                    "better": float(np.mean(medians[known] < 0)) if known.any() else np.nan,
                    "diverged": _share(finished == 2, finished > 0),
                    "spread": _spread(ours[place == regime]),
                }
            )
    return pd.DataFrame(rows)


def of_every_method(dataset: xr.Dataset, labels: xr.DataArray) -> xr.DataArray:
    """Keep the labels of cells that every method has run: all are judged by the same ones.

    Parameters
    ----------
    dataset
        With a dimension ``method``.
    labels
        Regime of each cell, by ``difficulty`` and ``data``.

    Returns
    -------
    DataArray
        The same, undefined in cells where a method has no finished or diverged run.
    """
    tried = dataset["status"].isin([1, 2]).any("seed").all("method").transpose(*labels.dims)
    return labels.where(tried.values, int(Regime.UNDEFINED))


def regime_errors(
    dataset: xr.Dataset,
    labels: xr.DataArray,
    *,
    variable: str = "test_error",
    resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Median error of every method in each regime, with its interval.

    Parameters
    ----------
    dataset
        With a dimension ``method``.
    labels
        Regime of each cell, by ``difficulty`` and ``data``; the same cells for every method.
    variable
        What is summarised; the test error if not given.
    resamples, seed
        Of the bootstrap over cells.

    Returns
    -------
    DataFrame
        One row for each method and regime: ``cells`` with a value, and ``median``, ``lower`` and
        ``upper`` (95 %) over cells of the cell's median over seeds. A diverged run is infinite.
    """
    require_variables(dataset, variable, "status")
    place = labels.transpose("difficulty", "data").values
    rng = np.random.default_rng(seed)
    rows = []
    for method in (str(m) for m in dataset["method"].values):
        values, _ = run_values(select_method(dataset, method), variable)
        for regime in REGIMES:
            medians = _row_medians(values[place == regime])
            known = medians[~np.isnan(medians)]
            low, high = median_interval(known, resamples, rng)
            rows.append(
                {
                    "method": method,
                    "regime": regime.roman,
                    "cells": len(known),
                    "median": float(10 ** np.median(known)) if len(known) else np.nan,
                    "lower": float(10**low),
                    "upper": float(10**high),
                }
            )
    return pd.DataFrame(rows)


def winners(dataset: xr.Dataset, variable: str = "test_error") -> xr.Dataset:
    """Find the best method of every cell, by the median over seeds, and by how much.

    Returns
    -------
    Dataset
        By ``difficulty`` and ``data``: ``winner`` (position on ``dataset.method``; -1 where fewer
        than two methods have a value), ``best`` (its value), ``margin`` (the runner-up's value over
        it) and ``tied`` (how many methods lie within a factor of `TIE` of it, itself included); and
        by ``method`` too, ``median``: infinite where most runs diverged, NaN where there is none.
    """
    require_variables(dataset, variable, "status")
    medians = np.stack(
        [
            _cell_medians(run_values(dataset.isel(method=i), variable)[0])
            for i in range(dataset.sizes["method"])
        ]
    )
    there = ~np.isnan(medians)
    filled = np.where(there, medians, np.inf)
    order = np.sort(np.concatenate([filled, np.full((1, *filled.shape[1:]), np.inf)]), axis=0)
    known = (there.sum(axis=0) >= 2) & np.isfinite(order[0])
    with np.errstate(invalid="ignore", over="ignore"):
        margin = np.where(known, 10 ** (order[1] - order[0]), np.nan)
        tied = np.where(known, (filled <= order[0] + np.log10(TIE)).sum(axis=0), 0)
    dims = ("difficulty", "data")
    return xr.Dataset(
        {
            "winner": (dims, np.where(known, np.argmin(filled, axis=0), -1)),
            "best": (dims, np.where(known, 10 ** order[0], np.nan)),
            "margin": (dims, margin),
            "tied": (dims, tied),
            "median": (("method", *dims), 10**medians),
        },
        coords={"method": dataset["method"]},
        attrs=dict(dataset.attrs),
    )


def run_values(
    runs: xr.Dataset, variable: str
) -> tuple[Float[np.ndarray, "difficulty data seed"], np.ndarray]:
    """Return log10 of a variable, infinite for diverged runs and NaN for pending ones; status."""
    order = ("difficulty", "data", "seed")
    status = runs["status"].transpose(*order).values
    values = log10(np.asarray(runs[variable].transpose(*order).values, float))
    return np.where(status == 2, np.inf, np.where(status == 1, values, np.nan)), status


def _row_medians(values: Float[np.ndarray, "cells seed"]) -> Float[np.ndarray, " cells"]:
    found = np.full(len(values), np.nan)
    for i, row in enumerate(values):
        if not np.isnan(row).all():
            with np.errstate(invalid="ignore"):
                middle = np.median(row[~np.isnan(row)])
            # Between one seed that is infinitely worse and one infinitely better is no difference.
            found[i] = 0.0 if np.isnan(middle) else middle
    return found


def _cell_medians(
    values: Float[np.ndarray, "difficulty data seed"],
) -> Float[np.ndarray, "difficulty data"]:
    shape = values.shape[:2]
    return _row_medians(values.reshape(-1, values.shape[2])).reshape(shape)


def median_interval(
    values: Float[np.ndarray, " cells"], resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """95 % bootstrap interval of a median over cells, NaN for fewer than two."""
    if len(values) < 2:
        return float("nan"), float("nan")
    drawn = values[rng.integers(len(values), size=(resamples, len(values)))]
    # Order statistics, not interpolated ones: infinite values stay infinite, never NaN.
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high)


def _share(part: Bool[np.ndarray, "..."], whole: Bool[np.ndarray, "..."]) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else float("nan")


def _spread(values: Float[np.ndarray, "cells seed"]) -> float:
    ranges = [
        row.max() - row.min() for row in (row[np.isfinite(row)] for row in values) if len(row) >= 2
    ]
    return float(np.median(ranges)) if ranges else float("nan")


def regime_of_cells(dataset: xr.Dataset, like: xr.Dataset, labels: xr.DataArray) -> xr.DataArray:
    """Take labels of one grid to the cells of another that share difficulty and data.

    Parameters
    ----------
    dataset
        The grid that gets labels.
    like
        The grid that has them.
    labels
        Labels by ``difficulty`` and ``data`` of ``like``.

    Returns
    -------
    DataArray
        By ``difficulty`` and ``data`` of ``dataset``; undefined where ``like`` has no such cell.
    """
    found = np.full((dataset.sizes["difficulty"], dataset.sizes["data"]), int(Regime.UNDEFINED))
    values = labels.transpose("difficulty", "data").values
    axes = []
    for dimension in ("difficulty", "data"):
        name = dataset.attrs[f"{dimension}_axis"]
        theirs = np.asarray(like[like.attrs[f"{dimension}_axis"]].values, float).tolist()
        ours = np.asarray(dataset[name].values, float).tolist()
        axes.append([(i, theirs.index(v)) for i, v in enumerate(ours) if v in theirs])
    for i, k in axes[0]:
        for j, m in axes[1]:
            found[i, j] = values[k, m]
    return xr.DataArray(found, dims=("difficulty", "data"), name="label")


MAPS = {
    "pinn-convection-methods": ("pinn-convection", "pinn-convection-corner"),
    "pinn-wave-methods": ("pinn-wave", "pinn-wave-between"),
    "pinode-pendulum-methods": ("pinode-pendulum",),
    "pino-darcy-methods": ("pino-darcy",),
}
"""For each comparison of methods, the maps that say in which regime its cells are."""


def independent_labels(dataset: xr.Dataset, load: Load) -> xr.DataArray | None:
    """Regimes of the cells of several methods, by other runs that were trained to their end.

    The runs that are compared must not choose the cells they are compared on. Labels are those of
    the medians over seeds of the maps' main method, by the thresholds of the first map; where two
    maps have a cell, the first one labels it.

    Parameters
    ----------
    dataset
        Of several methods, one of `MAPS`.
    load
        Returns a dataset by name, or None where there is none.

    Returns
    -------
    DataArray or None
        By ``difficulty`` and ``data`` of ``dataset``; None if no cell has a label.
    """
    there = [load(name) for name in MAPS.get(str(dataset.attrs["experiment"]), ())]
    maps = [found for found in there if found is not None]
    if not maps:
        return None
    levels = thresholds_for(maps[0], main_method(maps[0]))
    labels: xr.DataArray | None = None
    for like in maps:
        found = map_summary(select_method(like, main_method(like)), levels)["label"]
        found = regime_of_cells(dataset, like, found)
        labels = found if labels is None else labels.where(labels != Regime.UNDEFINED, found)
    return labels if labels is not None and bool((labels != Regime.UNDEFINED).any()) else None
