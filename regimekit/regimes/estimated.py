"""Thresholds found from the runs themselves, with no number set by hand."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import log10, require_variables, select_method
from regimekit.regimes.split import Split, otsu_split, separation_p_value
from regimekit.regimes.thresholds import Thresholds


def data_thresholds(
    dataset: xr.Dataset,
    *,
    method: str | None = None,
    train_variable: str = "train_loss",
    test_variable: str = "test_error",
    minimum_cells: int = 8,
    significance: float = 1.0,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Thresholds:
    """Thresholds from the distribution of log10 losses and errors over the grid.

    The method is Otsu's criterion (`otsu_split`) on log10 values of all runs, seeds kept apart:
    bimodal seeds near a boundary then fall on one side or the other, where a mean would invent a
    value in between.

    The error comes first: over all runs, errors fall into a class that solved the problem and one
    that did not. The threshold on the loss is then sought among the runs that did *not* solve it,
    since telling those that could not fit (II) from those that fitted and failed (III) is all that
    it ever decides. Runs of regime I reach lower losses than both, and would pull a split over all
    runs to the gap between I and the rest, which the error already marks.

    Parameters
    ----------
    dataset
        Of one experiment.
    method
        Use the runs of this training method; None pools all of them. Methods differ in the
        loss they can reach, so thresholds for one method's map should come from that method.
    train_variable, test_variable
        Which loss and which error.
    minimum_cells
        Refuse when fewer cells than this have a value.
    significance
        Refuse when normal samples separate as well more often than this (`separation_p_value`).
        1 never refuses; the p-values are in the result either way, and its provenance says when
        one is above 0.05.
    resamples, confidence, seed
        Of the bootstrap, which draws *cells* with all their seeds and repeats both splits, so that
        the interval of the loss threshold includes what the error threshold does to it.

    Returns
    -------
    thresholds
        Named "data", with the evidence in `train_split` and `test_split`.

    Raises
    ------
    ConfigurationError
        If there are too few cells with values, if the values are all equal, or if they look like
        one population rather than two.
    """
    runs = dataset if method is None else select_method(dataset, method)
    require_variables(runs, train_variable, test_variable)
    losses, errors, cells = _pooled(runs, train_variable, test_variable)
    options: dict[str, Any] = {
        "minimum_cells": minimum_cells,
        "significance": significance,
        "seed": seed,
    }

    test_level, test_evidence = _split(errors, cells, "test errors", **options)
    unsolved = np.where(errors > test_level, losses, np.nan)
    train_level, train_evidence = _split(
        unsolved, cells, "training losses of runs with a high test error", **options
    )

    levels = _bootstrap(losses, errors, cells, resamples, seed)
    train_split = _with_interval(train_level, train_evidence, levels[:, 0], confidence)
    test_split = _with_interval(test_level, test_evidence, levels[:, 1], confidence)
    whose = "all methods" if method is None else f"method {method}"
    doubts = [
        f" The {name} of these runs could be one population (p = {split.p_value:.2f})."
        for name, split in (("test errors", test_split), ("training losses", train_split))
        if split.p_value > 0.05
    ]
    return Thresholds(
        train_split.value,
        test_split.value,
        "data",
        "Otsu's criterion on the log10 values over the grid and its seeds, the training loss over "
        f"runs with a high test error only ({whose})." + "".join(doubts),
        train_split,
        test_split,
    )


def _pooled(
    runs: xr.Dataset, train_variable: str, test_variable: str
) -> tuple[Float[np.ndarray, " runs"], Float[np.ndarray, " runs"], Int[np.ndarray, " runs"]]:
    """log10 loss, log10 error and the number of the cell, flat over all runs."""
    losses, errors = xr.broadcast(runs[train_variable], runs[test_variable])
    grid = ("difficulty", "data")
    other = [d for d in losses.dims if d not in grid]
    losses, errors = losses.transpose(*grid, *other), errors.transpose(*grid, *other)
    n_cells = losses.sizes["difficulty"] * losses.sizes["data"]
    per_cell = losses.size // max(n_cells, 1)
    cells = np.repeat(np.arange(n_cells), per_cell)
    flat = [log10(np.asarray(v.values, float)).ravel() for v in (losses, errors)]
    return flat[0], flat[1], cells


def _split(
    logs: Float[np.ndarray, " runs"],
    cells: Int[np.ndarray, " runs"],
    what: str,
    *,
    minimum_cells: int,
    significance: float,
    seed: int,
) -> tuple[float, dict[str, Any]]:
    """One split and its evidence, or a refusal."""
    usable = np.isfinite(logs)
    values = logs[usable]
    n_cells = int(np.unique(cells[usable]).size)
    if n_cells < minimum_cells:
        raise ConfigurationError(
            f"Thresholds cannot be found from the data: {n_cells} cells have finite {what}, and "
            f"at least {minimum_cells} are needed; run more of the grid or use the published "
            "thresholds."
        )
    # Round-off among equal values is not a spread.
    if np.ptp(values) <= 1e-9 * max(1.0, float(np.abs(values).max())):
        raise ConfigurationError(
            f"Thresholds cannot be found from the data: the {what} are all equal, so there are no "
            "two classes to separate; use the published thresholds."
        )
    level, separation = otsu_split(values)
    p_value = separation_p_value(separation, n_cells, seed=seed)
    if p_value > significance:
        raise ConfigurationError(
            f"Thresholds cannot be found from the data: the {what} look like one population (the "
            f"best split explains {separation:.0%} of their variance, and a normal sample reaches "
            f"that with probability {p_value:.2f}); use the published thresholds."
        )
    evidence = {
        "separation": separation,
        "p_value": p_value,
        "low": float(10 ** values[values <= level].mean()),
        "high": float(10 ** values[values > level].mean()),
        "n_values": int(values.size),
        "n_cells": n_cells,
    }
    return level, evidence


def _bootstrap(
    losses: Float[np.ndarray, " runs"],
    errors: Float[np.ndarray, " runs"],
    cells: Int[np.ndarray, " runs"],
    resamples: int,
    seed: int,
) -> Float[np.ndarray, "resamples 2"]:
    """Both levels for grids of cells drawn with replacement; NaN where a draw has no split."""
    rng = np.random.default_rng(seed)
    usable = np.unique(cells[np.isfinite(errors)])
    of_cell = [np.flatnonzero(cells == cell) for cell in usable]
    levels = np.full((resamples, 2), np.nan)
    for k in range(resamples):
        drawn = rng.integers(0, len(of_cell), len(of_cell))
        picked = np.concatenate([of_cell[i] for i in drawn])
        levels[k, 1] = _level_or_nan(errors[picked])
        unsolved = errors[picked] > levels[k, 1]
        levels[k, 0] = _level_or_nan(losses[picked][unsolved])
    return levels


def _level_or_nan(logs: Float[np.ndarray, " runs"]) -> float:
    values = logs[np.isfinite(logs)]
    if values.size < 2 or values.min() == values.max():
        return float("nan")
    return otsu_split(values)[0]


def _with_interval(
    level: float,
    evidence: dict[str, Any],
    draws: Float[np.ndarray, " resamples"],
    confidence: float,
) -> Split:
    finite = draws[np.isfinite(draws)]
    tail = 0.5 * (1 - confidence)
    low, high = np.quantile(finite, [tail, 1 - tail]) if finite.size else (np.nan, np.nan)
    return Split(
        value=float(10**level),
        lower=float(10**low),
        upper=float(10**high),
        confidence=confidence,
        **evidence,
    )
