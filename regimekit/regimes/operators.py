"""What the regimes of neural operators are made of: the residual's floor, and the budget."""

from typing import TypedDict

import numpy as np
import pandas as pd
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import axis_names, select_method
from regimekit.regimes.claims import Claim
from regimekit.regimes.medians import seed_median
from regimekit.regimes.repairs import explained


class FloorSummary(TypedDict):
    """How much of a trained residual the exact solution has, over the columns with r > 1.

    ``share``, ``least`` and ``most`` are median and range of floor over trained residual;
    ``hardest`` is the trained residual in the hardest column, ``floor`` the floor there.
    """

    share: float
    least: float
    most: float
    hardest: float
    floor: float
    columns: int


def floor_table(dataset: xr.Dataset, method: str) -> pd.DataFrame:
    """Trained residual and floor, with the most data that each difficulty has been run with.

    Returns
    -------
    DataFrame
        One row a difficulty: the difficulty, ``n``, ``trained`` (residual of the training samples),
        ``floor`` (of the exact solutions), ``share`` (floor over trained), ``train error`` and
        ``test error`` of the solution; medians over seeds.

    Raises
    ------
    ConfigurationError
        If the dataset has no residual.
    """
    if "residual_floor" not in dataset:
        raise ConfigurationError(
            f"{dataset.attrs['experiment']!r} has no residual of the exact solutions; take one "
            "with an equation in its loss, such as 'pino-darcy'."
        )
    runs = select_method(dataset, method)
    difficulty, data = axis_names(dataset)
    names = ("train_loss_pde", "residual_floor", "train_loss_data", "test_error")
    medians = {name: seed_median(runs[name]) for name in names}
    rows = []
    for i, value in enumerate(runs[difficulty].values.tolist()):
        column = {name: m.isel(difficulty=i).values for name, m in medians.items()}
        there = np.flatnonzero(np.isfinite(column["train_loss_pde"]))
        if not there.size:
            continue
        trained, floor, train, test = (float(column[name][there[-1]]) for name in names)
        rows.append(
            {
                difficulty: value,
                "n": int(runs[data].values[there[-1]]),
                "trained": trained,
                "floor": floor,
                "share": floor / trained,
                "train error": train,
                "test error": test,
            }
        )
    columns = [difficulty, "n", "trained", "floor", "share", "train error", "test error"]
    return pd.DataFrame(rows, columns=columns)


def floor_summary(dataset: xr.Dataset, method: str) -> FloorSummary:
    """Summarise :func:`floor_table` over the columns with more than one phase (NaN without any)."""
    table = floor_table(dataset, method)
    table = table[table[axis_names(dataset)[0]] > 1]
    if not len(table):
        nan = float("nan")
        return FloorSummary(share=nan, least=nan, most=nan, hardest=nan, floor=nan, columns=0)
    return FloorSummary(
        share=float(table["share"].median()),
        least=float(table["share"].min()),
        most=float(table["share"].max()),
        hardest=float(table["trained"].iloc[-1]),
        floor=float(table["floor"].iloc[-1]),
        columns=len(table),
    )


def floor_claim(dataset: xr.Dataset, *, id: str, statement: str, method: str = "adam") -> Claim:
    """PINO's high training loss is the residual that exact solutions have, its floor in short.

    "reproduced" if that is at least half of the trained residual in the median column with
    r > 1 and the most data, "partly" from a quarter on, "not reproduced" else; "not tested" with
    fewer than two such columns. The statistic is that median share, with its range over columns.
    """
    found = floor_summary(dataset, method)
    measure = (
        "residual of exact solutions over the trained one, median column with r > 1 and the most "
        "data (range)"
    )
    if found["columns"] < 2:
        nan = float("nan")
        return Claim(id, statement, measure, nan, (nan, nan), "not tested")
    return Claim(
        id,
        statement,
        measure,
        found["share"],
        (found["least"], found["most"]),
        explained(found["share"]),
    )


def budget_table(before: xr.Dataset, after: xr.Dataset, method: str) -> pd.DataFrame:
    """Errors of two maps cell by cell, over the cells that both have run.

    Returns
    -------
    DataFrame
        The two axes, ``iterations`` of both, and training and test error of both; medians over
        seeds.
    """
    difficulty, data = axis_names(before)
    sides = []
    for dataset in (before, after):
        runs = select_method(dataset, method)
        sides.append(
            xr.Dataset(
                {n: seed_median(runs[n]) for n in ("iterations", "train_loss", "test_error")}
            ).assign_coords(difficulty=runs[difficulty].values, data=runs[data].values)
        )
    old, new = xr.align(*sides, join="inner")
    rows = []
    for x in old["difficulty"].values.tolist():
        for y in old["data"].values.tolist():
            one, two = (side.sel(difficulty=x, data=y) for side in (old, new))
            if not np.isfinite(float(one["train_loss"]) + float(two["train_loss"])):
                continue
            rows.append(
                {
                    difficulty: x,
                    data: y,
                    "iterations": f"{int(one['iterations'])} -> {int(two['iterations'])}",
                    "training error before": float(one["train_loss"]),
                    "after": float(two["train_loss"]),
                    "test error before": float(one["test_error"]),
                    "then": float(two["test_error"]),
                }
            )
    return pd.DataFrame(rows)
