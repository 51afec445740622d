"""How sharp boundaries are: claim 1.11, families of models compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from regimekit.regimes._dataset import axis_names, log10, select_method
from regimekit.regimes.chosen import thresholds_for
from regimekit.regimes.claims import Claim, signed_verdict
from regimekit.regimes.medians import regime_map
from regimekit.regimes.thresholds import Thresholds
from regimekit.regimes.transitions import transitions


@dataclass(frozen=True)
class Family:
    """A family of models: the maps that show its boundaries, and the kind of its loss.

    Attributes
    ----------
    maps
        Names of datasets.
    method
        Whose maps.
    squared
        Whether the training loss is a mean square; else it is a norm, of half as many decades.
    """

    maps: tuple[str, ...]
    method: str
    squared: bool


FAMILIES = {
    "PINN": Family(("pinn-convection",), "lbfgs", True),
    "PINODE": Family(("pinode-pendulum",), "adam", True),
    "FNO": Family(("fno-advection-diffusion", "fno-poisson", "fno-helmholtz"), "adam", False),
}
"""Families of claim 1.11, the sharpest first, as the claim has them."""

MEASURES = {
    "loss_step": "decades of the loss a grid step",
    "loss_decade": "decades of the loss a decade of difficulty",
    "error_step": "decades of the error a grid step",
    "error_decade": "decades of the error a decade of difficulty",
}
"""Columns of :func:`crossings`, in words; losses as norms."""


def crossings(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    squared: bool = True,
    test_variable: str = "test_error",
) -> pd.DataFrame:
    """Every place where a run of regime I is next to a harder or easier one of II or III.

    Rows of the map (fixed data) are followed seed by seed, since a median over seeds that fall in
    two groups is steeper or smoother than any run.

    Parameters
    ----------
    dataset, thresholds, method
        Whose maps; the difficulty must be positive.
    squared
        Whether the training loss is a mean square. Its decades are then halved, so that losses
        that are mean squares and losses that are norms can be compared.
    test_variable
        Which error.

    Returns
    -------
    DataFrame
        One row a crossing: ``experiment``, ``seed``, ``at`` (amount of data), ``transition``,
        ``before`` and ``after`` (difficulties of the two cells), and the columns of
        :data:`MEASURES`. Those of the loss are NaN between I and III, which the loss does not tell
        apart.
    """
    runs = select_method(dataset, method)
    difficulty = axis_names(dataset)[0]
    axis, amounts = (np.asarray(dataset[n].values, float).tolist() for n in axis_names(dataset))
    rows: list[dict[str, object]] = []
    for k, seed in enumerate(dataset["seed"].values.tolist()):
        one = regime_map(runs.isel(seed=[k]), thresholds, test_variable=test_variable)
        logs = {
            name: log10(one[name].transpose("difficulty", "data").values)
            for name in ("train_loss", "test_error")
        }
        found = transitions(one, thresholds)
        along = found[(found["along"] == difficulty) & found["transition"].str.startswith("I/")]
        for row in along.to_dict("records"):
            i, j = axis.index(row["before"]), axis.index(row["after"])
            column = amounts.index(row["at"])
            loss, error = (abs(float(log[j, column] - log[i, column])) for log in logs.values())
            loss *= (0.5 if squared else 1.0) if row["transition"] == "I/II" else np.nan
            steps, decades = abs(j - i), abs(float(np.log10(axis[j] / axis[i])))
            rows.append(
                {name: row[name] for name in ("at", "transition", "before", "after")}
                | {
                    "experiment": str(dataset.attrs["experiment"]),
                    "seed": seed,
                    "loss_step": loss / steps,
                    "loss_decade": loss / decades,
                    "error_step": error / steps,
                    "error_decade": error / decades,
                }
            )
    return _table(rows)


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    names = ["experiment", "seed", "at", "transition", "before", "after", *MEASURES]
    return pd.DataFrame(rows, columns=names)


def crossings_of_families(
    load: Callable[[str], xr.Dataset | None],
) -> dict[str, pd.DataFrame]:
    """Crossings of all maps of each family of :data:`FAMILIES` that there are.

    Parameters
    ----------
    load
        Returns a dataset by name, or None.

    Returns
    -------
    dict
        From :func:`crossings` at the thresholds of :func:`thresholds_for`, by family; without rows
        for a family without a boundary.
    """
    tables = {}
    for name, family in FAMILIES.items():
        parts = []
        for experiment in family.maps:
            dataset = load(experiment)
            if dataset is None or family.method not in map(str, dataset["method"].values):
                continue
            levels = thresholds_for(dataset, family.method)
            parts.append(crossings(dataset, levels, family.method, squared=family.squared))
        filled = [part for part in parts if len(part)]
        tables[name] = pd.concat(filled, ignore_index=True) if filled else _table([])
    return tables


def steepness(
    tables: Mapping[str, pd.DataFrame], *, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Median steepness of each family's boundaries, with intervals.

    Parameters
    ----------
    tables
        From :func:`crossings`, by family.
    resamples, seed
        Of the bootstrap, see :func:`_draws`.

    Returns
    -------
    DataFrame
        One row a family and measure: ``family``, ``measure``, ``crossings`` (with a value),
        ``median``, and its 95 % interval ``lower`` and ``upper`` (NaN without crossings).
    """
    rows = []
    for family, table in tables.items():
        for measure in MEASURES:
            draws = _draws(table, measure, resamples, seed)
            lower, upper = _interval(draws)
            values = table[measure].dropna()
            rows.append(
                {
                    "family": family,
                    "measure": measure,
                    "crossings": len(values),
                    "median": float(values.median()) if len(values) else float("nan"),
                    "lower": lower,
                    "upper": upper,
                }
            )
    return pd.DataFrame(rows)


def sharper_claims(
    tables: Mapping[str, pd.DataFrame],
    sharper: str,
    smoother: str,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> list[Claim]:
    """Claim 1.11: one family's boundaries are steeper than another's.

    Four parts, one a measure of :data:`MEASURES`: grids differ in their steps, and difficulties in
    what a decade of them means, so that neither unit alone would do. The statistic is the
    difference of the medians over crossings, with its 95 % bootstrap interval over seeds and
    crossings. "reproduced" if the interval lies above zero, "partly" if only the difference does,
    "not reproduced" else; "not tested" if either family has fewer than two crossings.

    Parameters
    ----------
    tables
        From :func:`crossings`, by family.
    sharper, smoother
        Families.
    resamples, seed
        Of the bootstrap.
    """
    claims = []
    for measure, words in MEASURES.items():
        a, b = (tables[family][measure].dropna() for family in (sharper, smoother))
        statement = f"Boundaries of the {sharper} are sharper than those of the {smoother}."
        what = f"{words}, {sharper} ({len(a)} crossings) less {smoother} ({len(b)})"
        if min(len(a), len(b)) < 2:
            nan = float("nan")
            claims.append(Claim("1.11", statement, what, nan, (nan, nan), "not tested"))
            continue
        difference = float(a.median() - b.median())
        # Two streams, so that the draws of one family say nothing about those of the other.
        drawn = [
            _draws(tables[family], measure, resamples, [seed, k])
            for k, family in enumerate((sharper, smoother))
        ]
        interval = _interval(drawn[0] - drawn[1])
        verdict = signed_verdict(difference, interval)
        claims.append(Claim("1.11", statement, what, difference, interval, verdict))
    return claims


def _draws(
    table: pd.DataFrame, measure: str, resamples: int, seed: int | list[int]
) -> Float[np.ndarray, " resamples"]:
    """Medians of resampled crossings: seeds of a map are drawn, then crossings of each of them.

    Crossings of one seed share its weights' draw, so they are not independent evidence.
    """
    there = table.dropna(subset=[measure])
    groups = [g[measure].to_numpy(float) for _, g in there.groupby(["experiment", "seed"])]
    if not groups:
        return np.full(resamples, np.nan)
    rng = np.random.default_rng(seed)
    medians = np.empty(resamples)
    for k in range(resamples):
        drawn = [groups[i] for i in rng.integers(0, len(groups), len(groups))]
        values = np.concatenate([g[rng.integers(0, g.size, g.size)] for g in drawn])
        # What np.median does to values without NaN; its checks would take half of the time.
        middle = values.size // 2
        values.partition([middle - 1, middle])
        medians[k] = values[middle] if values.size % 2 else values[middle - 1 : middle + 1].mean()
    return medians


def _interval(draws: Float[np.ndarray, " resamples"]) -> tuple[float, float]:
    if np.isnan(draws).all():
        return float("nan"), float("nan")
    lower, upper = np.quantile(draws, [0.025, 0.975])
    return float(lower), float(upper)
