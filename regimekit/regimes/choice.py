"""Is it worth choosing the training method by regime? Chosen on some runs, judged on others."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Bool, Float, Int

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import log10, require_variables
from regimekit.regimes.labels import REGIMES, Regime
from regimekit.regimes.medians import seed_median
from regimekit.regimes.probability import wilson_interval
from regimekit.regimes.thresholds import Thresholds

_ORDER = ("difficulty", "data", "method", "seed")


def choice_by_regime(
    dataset: xr.Dataset, labels: xr.DataArray, *, resamples: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Compare two rules: the best method of each regime, and one method for all cells.

    Both rules take the method with the lowest mean of log10 test error over the cells they look at,
    which are those of the regime or all of them. They look at other runs than those they are
    judged by. With several seeds a rule chooses by the runs of one seed and is judged by those of
    each other seed, every seed in turn; with one seed it chooses without the cell that it is judged
    by (which tilts a choice between methods that are almost equal against that cell).

    A diverged run counts like the worst run of its cell that ended, and at least as an error of 1.
    Only cells that all methods tried are used, and seeds that have at least half of them.

    Parameters
    ----------
    dataset
        Of several methods at equal cost.
    labels
        Regime of each cell, by ``difficulty`` and ``data``.
    resamples, seed
        Of the bootstrap over cells, which leaves the choices as they are.

    Returns
    -------
    DataFrame
        One row for each regime with a cell, and one for all of them: ``regime``, ``cells``,
        ``seeds`` (that take part), ``by_regime`` and ``fixed`` (the methods that each rule chose,
        the most frequent first), ``gain`` (mean over cells of log10 of the error under the rule by
        regime over that under the fixed one: negative is better), ``lower`` and ``upper`` (95 %),
        ``better`` and ``worse`` (shares of cells) and ``hindsight`` (the same number for whoever
        knew the best method of every cell beforehand: no rule can do better).

    Raises
    ------
    ConfigurationError
        If the dataset has fewer than two methods, or no labelled cell that all of them tried.
    """
    names = [str(m) for m in dataset["method"].values]
    if len(names) < 2:
        raise ConfigurationError("To choose among methods, a dataset needs at least two of them.")
    scores = _scores(dataset)
    place = labels.transpose("difficulty", "data").values.ravel()
    # A seed that is hardly begun would leave hardly a cell.
    tried = (~np.isnan(scores).any(axis=1)).sum(axis=0)
    seeds = np.flatnonzero((tried > 0) & (2 * tried >= tried.max()))
    whole = ~np.isnan(scores[:, :, seeds]).any(axis=(1, 2)) & np.isin(place, REGIMES)
    if not seeds.size or not whole.any():
        raise ConfigurationError(
            "No labelled cell was tried by every method: run more cells, or leave out a method."
        )
    scores, place = scores[np.ix_(whole, np.arange(len(names)), seeds)], place[whole]
    chosen: dict[str, list[Int[np.ndarray, " cells"]]] = {"by_regime": [], "fixed": []}
    gain, best = [], []
    for by_regime, fixed, judge in _folds(scores, place):
        chosen["by_regime"].append(by_regime)
        chosen["fixed"].append(fixed)
        cells = np.arange(len(place))
        gain.append(judge[cells, by_regime] - judge[cells, fixed])
        best.append(judge.min(axis=1) - judge[cells, fixed])
    difference, hindsight = np.mean(gain, axis=0), np.mean(best, axis=0)
    rng = np.random.default_rng(seed)
    rows = []
    for regime in (*(r for r in REGIMES if (place == r).any()), None):
        inside = np.ones(len(place), bool) if regime is None else place == regime
        values = difference[inside]
        drawn = values[rng.integers(len(values), size=(resamples, len(values)))].mean(axis=1)
        low, high = np.quantile(drawn, [0.025, 0.975]) if len(values) > 1 else (np.nan, np.nan)
        rows.append(
            {
                "regime": "all" if regime is None else regime.roman,
                "cells": len(values),
                "seeds": len(seeds),
                **{
                    rule: _frequent(names, np.stack(picks)[:, inside])
                    for rule, picks in chosen.items()
                },
                "gain": float(values.mean()),
                "lower": float(low),
                "upper": float(high),
                "better": float(np.mean(values < 0)),
                "worse": float(np.mean(values > 0)),
                "hindsight": float(hindsight[inside].mean()),
            }
        )
    return pd.DataFrame(rows)


def solved_cells(dataset: xr.Dataset, thresholds: Thresholds, labels: xr.DataArray) -> pd.DataFrame:
    """Count, by regime, the cells that each method brings to a low test error.

    Parameters
    ----------
    dataset
        With a dimension ``method``.
    thresholds
        Whose test error counts as low.
    labels
        Regime of each cell, by ``difficulty`` and ``data``.

    Returns
    -------
    DataFrame
        One row for each method and regime: ``cells`` in which the method was run, ``solved`` (its
        median over seeds is low there; a diverged run is not), ``share`` and its 95 % Wilson
        interval ``lower`` and ``upper`` (NaN without cells).
    """
    require_variables(dataset, "test_error", "status")
    place = labels.transpose("difficulty", "data").values
    rows = []
    for i, method in enumerate(dataset["method"].values):
        runs = dataset.isel(method=i)
        error = runs["test_error"].where(runs["status"] != 2, np.inf)
        values = seed_median(error).transpose("difficulty", "data").values
        for regime in REGIMES:
            inside = values[(place == regime) & ~np.isnan(values)]
            solved, cells = int((inside <= thresholds.test_error).sum()), len(inside)
            share = solved / cells if cells else np.nan
            low, high = wilson_interval(np.array([share]), np.array([float(cells)]))
            rows.append(
                {
                    "method": str(method),
                    "regime": regime.roman,
                    "cells": cells,
                    "solved": solved,
                    "share": share,
                    "lower": float(low[0]),
                    "upper": float(high[0]),
                }
            )
    return pd.DataFrame(rows)


def _scores(dataset: xr.Dataset) -> Float[np.ndarray, "cells methods seeds"]:
    """Return log10 of test errors; a diverged run has the worst of its cell, and at least 0."""
    require_variables(dataset, "test_error", "status")
    status = dataset["status"].transpose(*_ORDER).values
    error = np.asarray(dataset["test_error"].transpose(*_ORDER).values, float)
    score = np.where(status == 1, log10(error), np.nan)
    worst = np.nanmax(np.where(np.isnan(score), -np.inf, score), axis=2, keepdims=True)
    score = np.where(status == 2, np.maximum(worst, 0.0), score)
    return score.reshape(-1, *score.shape[2:])


def _folds(
    scores: Float[np.ndarray, "cells methods seeds"], place: Int[np.ndarray, " cells"]
) -> Iterator[
    tuple[Int[np.ndarray, " cells"], Int[np.ndarray, " cells"], Float[np.ndarray, "cells methods"]]
]:
    """Choices by regime and of one method for every cell, with the scores that judge them."""
    cells, _, seeds = scores.shape
    if seeds > 1:
        everywhere = np.ones(cells, bool)
        for s in range(seeds):
            by_regime, fixed = _choose(scores[:, :, s], place, everywhere)
            for other in range(seeds):
                if other != s:
                    yield by_regime[place], np.full(cells, fixed), scores[:, :, other]
        return
    by_regimes, fixeds = np.empty(cells, int), np.empty(cells, int)
    for cell in range(cells):
        by_regime, fixeds[cell] = _choose(scores[:, :, 0], place, np.arange(cells) != cell)
        by_regimes[cell] = by_regime[place[cell]]
    yield by_regimes, fixeds, scores[:, :, 0]


def _choose(
    scores: Float[np.ndarray, "cells methods"],
    place: Int[np.ndarray, " cells"],
    seen: Bool[np.ndarray, " cells"],
) -> tuple[Int[np.ndarray, " regimes"], int]:
    """Best method by regime, at the position of its number, and best of all; what is seen decides.

    A regime of which no cell is seen has the best of all.
    """
    # The only cell there is has nothing to learn from: the first method, whatever the regime.
    fixed = int(np.argmin(scores[seen].mean(axis=0))) if seen.any() else 0
    by_regime = np.full(len(Regime), fixed)
    for regime in REGIMES:
        inside = seen & (place == regime)
        if inside.any():
            by_regime[regime] = np.argmin(scores[inside].mean(axis=0))
    return by_regime, fixed


def _frequent(names: list[str], picks: Int[np.ndarray, "folds cells"]) -> str:
    counts = np.bincount(picks.ravel(), minlength=len(names))
    return ", ".join(names[i] for i in np.argsort(-counts, kind="stable") if counts[i])
