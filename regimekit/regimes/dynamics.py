"""Do loss and sharpness move together along training? Phases of every run, and claim 3.3."""

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import require_variables, select_method
from regimekit.regimes.claims import Claim, Verdict, share_verdict
from regimekit.regimes.deception import sharpening_phases
from regimekit.regimes.labels import Regime, label_cells
from regimekit.regimes.ranks import spearman
from regimekit.regimes.thresholds import Thresholds

LEAST_RECORDS = 7
"""A phase has at least so many records: as many as its correlations are taken over."""

FACTORS = (2.0, 1.25)
"""By which both loss and sharpness change over a phase that counts, in one direction: clearly, and
at least."""


def phases_of_runs(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    factor: float = FACTORS[0],
) -> pd.DataFrame:
    """Phases of every finished run, and which of them count as a common move.

    Parameters
    ----------
    dataset
        With the curvature along training, such as `pinn-convection-dynamics`.
    thresholds
        By which runs are labelled.
    method
        Whose runs; None if the dataset has one method.
    factor
        By which loss and sharpness both change over a phase that counts; above 1.

    Returns
    -------
    table
        One row a phase, as of `sharpening_phases`, with the run's `difficulty`, `data`, `seed` and
        `regime`, the phase's `records` and whether it `counts`: together, at least `LEAST_RECORDS`
        long, loss and sharpness both larger or both smaller by `factor` at its end. A run without a
        phase has one row, of kind "none".

    Raises
    ------
    ConfigurationError
        If the factor is not above 1, or a variable is missing.
    """
    if not factor > 1:
        raise ConfigurationError(f"factor = {factor} must be above 1, such as {FACTORS[0]:g}.")
    parts = []
    for run, whose in _finished(dataset, thresholds, method):
        found = sharpening_phases(run["history_loss"].values, run["history_lambda_max"].values)
        if found.empty:
            row = {"kind": "none", "first": 0, "last": 0}
            found = pd.DataFrame([row | dict.fromkeys(found.columns[3:], np.nan)])
        seen = np.isfinite(run["history_lambda_max"].values)
        found["records"] = [
            int(seen[a : b + 1].sum()) if kind != "none" else 0
            for a, b, kind in zip(found["first"], found["last"], found["kind"], strict=True)
        ]
        found["counts"] = [_counts(phase, factor) for phase in found.to_dict("records")]
        parts.append(found.assign(**whose))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def dynamics_claims(
    dataset: xr.Dataset, thresholds: Thresholds, methods: tuple[str, ...] = ("lbfgs", "adam")
) -> list[Claim]:
    """Claim 3.3: there is a phase in which loss and sharpness rise or fall together.

    The statistic is the share of runs with a phase that counts (see `phases_of_runs`), averaged
    over cells, with Wilson's interval for as many trials as there are cells, since seeds of one
    cell resemble each other; one part a method and a factor. "reproduced" if the interval lies
    above one half, "not reproduced" if it lies below, "partly" else.

    Parameters
    ----------
    dataset
        With the curvature along training.
    thresholds
        By which runs are labelled.
    methods
        Those that the dataset lacks are left out.
    """
    there = [str(m) for m in np.atleast_1d(dataset["method"].values)]
    claims = []
    for method, factor in itertools.product(methods, FACTORS):
        if method not in there:
            continue
        table = phases_of_runs(dataset, thresholds, method, factor=factor)
        with_phase = (
            table.groupby(["difficulty", "data", "seed"])["counts"].any()
            if len(table)
            else pd.Series(dtype=bool)
        )
        share, interval, verdict, cells = _share_over_cells(with_phase)
        claims.append(
            Claim(
                "3.3",
                f"Loss and sharpness move together for a while ({method}).",
                f"share of {len(with_phase)} runs of {method}, averaged over {cells} cells, with a "
                f"phase of at least {LEAST_RECORDS} records in which both rise or both fall by a "
                f"factor of {factor:g}",
                share,
                interval,
                verdict,
            )
        )
    return claims


def correlations_within_runs(
    dataset: xr.Dataset, thresholds: Thresholds, method: str | None = None
) -> pd.DataFrame:
    """Rank correlation of loss and largest eigenvalue along the training of every finished run.

    Negative where the sharpness rises while the loss falls: whoever took sharpness for a measure of
    the loss would be deceived along that run.

    Parameters
    ----------
    dataset
        With the curvature along training, such as `pinn-convection-dynamics`.
    thresholds
        By which runs are labelled.
    method
        Whose runs; None if the dataset has one method.

    Returns
    -------
    table
        One row a run: `difficulty`, `data`, `seed`, `regime`, `records` and `correlation`, which is
        NaN for fewer than three records.

    Raises
    ------
    ConfigurationError
        If a variable is missing.
    """
    rows = []
    for run, whose in _finished(dataset, thresholds, method):
        loss, sharp = run["history_loss"].values, run["history_lambda_max"].values
        there = np.isfinite(loss) & np.isfinite(sharp)
        correlation = spearman(loss[there], sharp[there])
        rows.append(whose | {"records": int(there.sum()), "correlation": correlation})
    columns = ["difficulty", "data", "seed", "regime", "records", "correlation"]
    return pd.DataFrame(rows, columns=columns)


def trajectory_claims(
    dataset: xr.Dataset, thresholds: Thresholds, methods: tuple[str, ...] = ("lbfgs", "adam")
) -> list[Claim]:
    """Claims 3.1 and 3.2 along training: sharpness and loss are ranked contrary to each other.

    The statistic is the share of runs whose correlation (see `correlations_within_runs`) is
    negative, of those that end in a low loss (I and III) and of those of regime II, averaged over
    cells, with Wilson's interval for as many trials as there are cells. "reproduced" if the
    interval lies above one half, "not reproduced" if below, "partly" else.

    Parameters
    ----------
    dataset
        With the curvature along training.
    thresholds
        By which runs are labelled.
    methods
        Those that the dataset lacks are left out.
    """
    there = [str(m) for m in np.atleast_1d(dataset["method"].values)]
    claims = []
    for number, regimes, words in (
        (
            "3.1",
            ("I", "III"),
            "Along runs that end in a low loss, sharpness rises as the loss falls",
        ),
        ("3.2", ("II",), "Along runs of regime II, it is flatter where the loss is higher"),
    ):
        for method in (m for m in methods if m in there):
            table = correlations_within_runs(dataset, thresholds, method)
            table = table[table["regime"].isin(regimes)].dropna(subset="correlation")
            negative = table.set_index(["difficulty", "data", "seed"])["correlation"] < 0
            share, interval, verdict, cells = _share_over_cells(negative)
            claims.append(
                Claim(
                    number,
                    f"{words} ({method}).",
                    f"share of {len(negative)} runs of {method}, averaged over {cells} cells, with "
                    "a negative rank correlation of loss and largest eigenvalue along training",
                    share,
                    interval,
                    verdict,
                )
            )
    return claims


def _share_over_cells(having: pd.Series) -> tuple[float, tuple[float, float], Verdict, int]:
    """Share, interval and verdict from one answer a run, and the number of cells.

    A cell counts once, however many seeds it has: four runs of a cell are not four cells.
    """
    if having.empty:
        return *share_verdict(0, 0), 0
    by_cell = having.groupby(level=["difficulty", "data"]).mean()
    return *share_verdict(float(by_cell.sum()), len(by_cell)), len(by_cell)


def _finished(
    dataset: xr.Dataset, thresholds: Thresholds, method: str | None
) -> Iterator[tuple[xr.Dataset, dict[str, float | int | str]]]:
    """Each finished run with its place on the map and its regime, as a table names them."""
    require_variables(dataset, "history_loss", "history_lambda_max", "status")
    runs = select_method(dataset, method)
    labels = label_cells(runs, thresholds)
    finished = runs["status"]
    # Of a dataset of fifty variables, taking out one run would be slow.
    runs = runs[["history_loss", "history_lambda_max"]]
    dims = ("difficulty", "data", "seed")
    for index in np.argwhere(finished.transpose(*dims).values == 1):
        place = dict(zip(dims, (int(i) for i in index), strict=True))
        run, label = runs.isel(place), int(labels.isel(place))
        yield (
            run,
            {
                "difficulty": float(run[dataset.attrs["difficulty_axis"]]),
                "data": float(run[dataset.attrs["data_axis"]]),
                "seed": int(run["seed"]),
                "regime": Regime(label).roman if label else "",
            },
        )


def _counts(phase: dict, factor: float) -> bool:
    if phase["kind"] != "together" or phase["records"] < LEAST_RECORDS:
        return False
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = np.log([phase["loss_factor"], phase["sharpness_factor"]])
    return bool(np.abs(moves).min() >= np.log(factor) and moves[0] * moves[1] > 0)
