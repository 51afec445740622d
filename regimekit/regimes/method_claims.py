"""Finding 2, which method works where, judged by a map of every method: claims 2.1 to 2.7."""

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Int

from regimekit.regimes._dataset import select_method
from regimekit.regimes.claims import Claim, Verdict, share_verdict, signed_verdict
from regimekit.regimes.instability import instability_claims
from regimekit.regimes.labels import REGIMES, Regime
from regimekit.regimes.medians import map_summary
from regimekit.regimes.methods import FEWEST_CELLS, paired_differences, winners
from regimekit.regimes.probability import wilson_interval
from regimekit.regimes.thresholds import Thresholds

HALF = float(np.log10(2))
"""Decades between an error and half of it."""

#: Claim, statement, method, regime, and by how many decades it is said to be below L-BFGS's error.
_DIFFERENCES = (
    ("2.2", "NNCG has half of L-BFGS's test error in regime I.", "nncg", "I", HALF),
    (
        "2.2",
        "NNCG after Adam and L-BFGS has half of L-BFGS's test error in regime I.",
        "adam-lbfgs-nncg",
        "I",
        HALF,
    ),
    ("2.4", "ALM has a lower test error than L-BFGS in regime II.", "alm", "II", 0.0),
    (
        "2.5",
        "A curriculum has a lower test error than L-BFGS in regime II.",
        "curriculum",
        "II",
        0.0,
    ),
    (
        "2.6",
        "Adam before L-BFGS has a lower test error than L-BFGS in regime II.",
        "adam-lbfgs",
        "II",
        0.0,
    ),
)

#: Largest share of regime III that methods may rescue for the claim that none does, and in part.
RESCUED, PARTLY_RESCUED = 0.1, 0.5


def difference_claims(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    *,
    labels: xr.DataArray | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> list[Claim]:
    """Claims 2.2 and 2.4 to 2.6, each on the difference of one method to L-BFGS in one regime.

    The statistic is the median over cells of the paired difference of log10 test error (see
    :func:`paired_differences`), with its 95 % bootstrap interval over cells. "reproduced" if the
    whole interval lies below zero and reaches the claimed size, "partly" if it does not reach that
    or if only the median is below zero, "not reproduced" else; "not tested" in fewer than
    `FEWEST_CELLS` cells.

    Parameters
    ----------
    dataset
        A map with L-BFGS and at least one other method; claims on methods that it has not are left
        out.
    thresholds, labels, resamples, seed
        As for :func:`paired_differences`.
    """
    table = paired_differences(
        dataset, thresholds, labels=labels, resamples=resamples, seed=seed
    ).set_index(["method", "regime"])
    claims = []
    for number, statement, method, regime, size in _DIFFERENCES:
        if (method, regime) not in table.index:
            continue
        row = table.loc[(method, regime)]
        median, interval = float(row["median"]), (float(row["lower"]), float(row["upper"]))
        few = row["cells"] < FEWEST_CELLS
        verdict = signed_verdict(median, interval, -1)
        if verdict == "reproduced" and interval[0] > -size:
            verdict = "partly"
        claims.append(
            Claim(
                number,
                statement,
                f"median over {int(row['cells'])} cells of the difference in decades "
                "(95 % bootstrap over cells)",
                median,
                interval,
                "not tested" if few else verdict,
            )
        )
    return claims


def failure_claim(dataset: xr.Dataset, thresholds: Thresholds, labels: xr.DataArray) -> Claim:
    """Claim 2.6: L-BFGS alone fails in regime II.

    The statistic is the share of cells of regime II in which its median test error is above the
    threshold, judged by :func:`share_verdict`; "not tested" in fewer than `FEWEST_CELLS` cells. It
    need not fail there, since the label asks for a high loss only.

    Parameters
    ----------
    dataset, labels
        As for :func:`leaders`.
    thresholds
        In the units of the dataset.
    """
    errors = map_summary(select_method(dataset, "lbfgs"), thresholds)["test_error"]
    place = labels.transpose("difficulty", "data").values
    inside = errors.transpose("difficulty", "data").values[place == Regime.UNDER_TRAINED]
    inside = inside[~np.isnan(inside)]
    share, interval, verdict = share_verdict(
        int((inside > thresholds.test_error).sum()), len(inside)
    )
    if len(inside) < FEWEST_CELLS:
        share, interval, verdict = float("nan"), (float("nan"), float("nan")), "not tested"
    return Claim(
        "2.6",
        "L-BFGS ends above the error threshold in regime II.",
        f"share of {len(inside)} cells (95 % Wilson)",
        share,
        interval,
        verdict,
    )


def leaders(dataset: xr.Dataset, labels: xr.DataArray) -> pd.DataFrame:
    """Find the method that is best in most cells of each regime.

    Parameters
    ----------
    dataset
        A map of several methods.
    labels
        Regime of each cell, by ``difficulty`` and ``data``.

    Returns
    -------
    DataFrame
        One row for each regime with a winner: ``regime``, ``method``, ``won`` and ``cells``.
    """
    names = [str(m) for m in dataset["method"].values]
    rows = []
    for regime, won in _wins(dataset, labels).items():
        counts = np.bincount(won, minlength=len(names))
        best = int(np.argmax(counts))
        rows.append(
            {
                "regime": regime.roman,
                "method": names[best],
                "won": int(counts[best]),
                "cells": len(won),
            }
        )
    return pd.DataFrame(rows, columns=["regime", "method", "won", "cells"])


def no_single_winner_claim(
    dataset: xr.Dataset, labels: xr.DataArray, *, resamples: int = 2000, seed: int = 0
) -> Claim:
    """Claim 2.1: no method is best in all regimes.

    A method leads a regime if it has the lowest median test error in most of its cells. The
    statistic is the share of bootstrap samples (of cells, within each regime) in which one method
    leads every regime that has at least `FEWEST_CELLS` cells. "reproduced" if that is below 5 %,
    "partly" if below one half, "not reproduced" else; "not tested" with fewer than two such
    regimes. The interval is that of the draws alone: it says whether they were enough.

    Parameters
    ----------
    dataset, labels
        As for :func:`leaders`.
    resamples, seed
        Of the bootstrap.
    """
    wins = [won for won in _wins(dataset, labels).values() if len(won) >= FEWEST_CELLS]
    statement = "No method is best in all regimes."
    measure = (
        f"share of bootstrap samples in which one method leads all {len(wins)} regimes "
        "(95 %, of the draws)"
    )
    nan = float("nan")
    if len(wins) < 2:
        return Claim("2.1", statement, measure, nan, (nan, nan), "not tested")
    rng = np.random.default_rng(seed)
    many = dataset.sizes["method"]
    leading = np.stack(
        [
            _leader_of_rows(won[rng.integers(len(won), size=(resamples, len(won)))], many)
            for won in wins
        ]
    )
    share = float(np.mean((leading == leading[0]).all(axis=0)))
    low, high = wilson_interval(np.array([share]), np.array([float(resamples)]))
    verdict: Verdict = "not reproduced"
    if share < 0.5:
        verdict = "reproduced" if share < 0.05 else "partly"
    return Claim("2.1", statement, measure, share, (float(low[0]), float(high[0])), verdict)


def no_rescue_claim(dataset: xr.Dataset, thresholds: Thresholds, labels: xr.DataArray) -> Claim:
    """Claim 2.7: no method brings regime III below the error threshold; only data would.

    The statistic is the share of cells of regime III in which the best method's median test error
    is below the threshold, with its Wilson interval: "reproduced" up to `RESCUED`, "partly" up to
    `PARTLY_RESCUED`, "not tested" in fewer than `FEWEST_CELLS` cells.

    Parameters
    ----------
    dataset, labels
        As for :func:`leaders`.
    thresholds
        In the units of the dataset.
    """
    medians = winners(dataset)["median"].transpose("method", "difficulty", "data").values
    tried = (~np.isnan(medians)).sum(axis=0) >= 2
    best = np.min(np.where(np.isnan(medians), np.inf, medians), axis=0)  # infinite if all diverged
    place = labels.transpose("difficulty", "data").values
    inside = best[(place == Regime.OVER_TRAINED) & tried]
    n = len(inside)
    statement = "No training method rescues regime III."
    measure = f"share of {n} cells that the best method brings below the threshold (95 % Wilson)"
    if n < FEWEST_CELLS:
        nan = float("nan")
        return Claim("2.7", statement, measure, nan, (nan, nan), "not tested")
    share = float(np.mean(inside <= thresholds.test_error))
    low, high = wilson_interval(np.array([share]), np.array([float(n)]))
    verdict: Verdict = "not reproduced"
    if share <= PARTLY_RESCUED:
        verdict = "reproduced" if share <= RESCUED else "partly"
    return Claim("2.7", statement, measure, share, (float(low[0]), float(high[0])), verdict)


def method_claims(
    dataset: xr.Dataset, thresholds: Thresholds, *, labels: xr.DataArray | None = None
) -> list[Claim]:
    """Return all claims of finding 2 that a map of every method can judge, in order of number.

    Parameters
    ----------
    dataset, thresholds
        Whose map.
    labels
        Regime of each cell, by ``difficulty`` and ``data``; from the map's own L-BFGS if not given.
    """
    if labels is None:
        labels = map_summary(select_method(dataset, "lbfgs"), thresholds)["label"]
    claims = [
        no_single_winner_claim(dataset, labels),
        *difference_claims(dataset, thresholds, labels=labels),
        *instability_claims(dataset, labels),
        failure_claim(dataset, thresholds, labels),
        no_rescue_claim(dataset, thresholds, labels),
    ]
    return sorted(claims, key=lambda claim: claim.id)


def _wins(dataset: xr.Dataset, labels: xr.DataArray) -> dict[Regime, Int[np.ndarray, " cells"]]:
    """Winner of every cell that has one, by regime."""
    winner = winners(dataset)["winner"].values
    place = labels.transpose("difficulty", "data").values
    found = {regime: winner[(place == regime) & (winner >= 0)] for regime in REGIMES}
    return {regime: won for regime, won in found.items() if len(won)}


def _leader_of_rows(
    drawn: Int[np.ndarray, "resamples cells"], methods: int
) -> Int[np.ndarray, " resamples"]:
    counts = (drawn[:, :, None] == np.arange(methods)).sum(axis=1)
    return np.argmax(counts, axis=1)
