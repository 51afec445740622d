"""A map of ours against one read off a published figure, over the cells they share."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import axis_names, select_method
from regimekit.regimes.labels import REGIMES, Regime, label_cells
from regimekit.regimes.medians import regime_map
from regimekit.regimes.ranks import rank_correlation
from regimekit.regimes.reference import Reading, label_reference
from regimekit.regimes.thresholds import Thresholds
from regimekit.regimes.transitions import transitions


@dataclass(frozen=True)
class Comparison:
    """Our map beside a published one. The tables are for printing.

    Attributes
    ----------
    agreement
        Share of the compared cells with equal labels (NaN if none could be compared).
    n_shared, n_compared
        Cells on both grids; those of them with a label on both sides.
    n_open, n_unlabelled
        Shared cells whose label the readings leave open; and further ones that we have not run.
    confusion
        Number of compared cells by our label (rows) and theirs (columns).
    differing
        One row a compared cell with another label: the axis values, `ours`, `theirs`, both pairs
        of values, how theirs were read, how many of our seeds have our label and how many theirs
        (`seeds_with_ours`, `seeds_with_theirs`), of `n_seeds` with any, and `reading_decides`:
        whether the reading error alone could change their label.
    correlation
        Rows (variable, values): Spearman's rank correlation, its interval and the number of
        cells. Values are "as_read" (bounds are ties at the bound) and "in_range" (ours, too, is
        cut off at the smallest and the largest reading: what a figure cannot show is no
        disagreement).
    boundaries
        First transition of each kind on each row and column of the shared grid: `ours`,
        `theirs`, and the ratio of the two.
    thresholds, method
        As given.
    """

    agreement: float
    n_shared: int
    n_compared: int
    n_open: int
    n_unlabelled: int
    confusion: pd.DataFrame
    differing: pd.DataFrame
    correlation: pd.DataFrame
    boundaries: pd.DataFrame
    thresholds: Thresholds
    method: str | None


def compare_with_reference(
    dataset: xr.Dataset,
    reference: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    train_variable: str = "train_loss",
    test_variable: str = "test_error_lattice",
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare the map of one method with a published map at the same thresholds.

    Parameters
    ----------
    dataset
        Ours; medians over seeds are compared.
    reference
        From `load_reference`.
    thresholds
        Applied to both.
    method
        Whose map; None if the dataset has one method.
    train_variable, test_variable
        By default the error on the original's own test lattice.
    resamples, confidence, seed
        Of the bootstrap intervals of the rank correlations.

    Raises
    ------
    ConfigurationError
        If the grids have other axes or share no cell, or the dataset lacks a variable or method.
    """
    runs = select_method(dataset, method)
    variables = {"train_variable": train_variable, "test_variable": test_variable}
    runs, theirs = _shared(runs, reference)
    ours = regime_map(runs, thresholds, **variables)
    theirs = theirs.assign(label=label_reference(theirs, thresholds))

    our_label, their_label = ours["label"].values, theirs["label"].values
    compared = (our_label != Regime.UNDEFINED) & (their_label != Regime.UNDEFINED)
    equal = compared & (our_label == their_label)
    n_compared = int(compared.sum())
    n_open = int((their_label == Regime.UNDEFINED).sum())
    return Comparison(
        agreement=float(equal.sum() / n_compared) if n_compared else float("nan"),
        n_shared=int(our_label.size),
        n_compared=n_compared,
        n_open=n_open,
        n_unlabelled=int(our_label.size) - n_open - n_compared,
        confusion=_confusion(our_label[compared], their_label[compared]),
        differing=_differing(ours, theirs, label_cells(runs, thresholds, **variables), thresholds),
        correlation=_correlation(
            ours, theirs, resamples=resamples, confidence=confidence, seed=seed
        ),
        boundaries=_boundaries(ours, theirs, thresholds),
        thresholds=thresholds,
        method=method,
    )


def ratio_summary(boundaries: pd.DataFrame) -> pd.DataFrame:
    """Ours over theirs, by axis and kind of transition: a pooled ratio would mix unlike things.

    Parameters
    ----------
    boundaries
        From `Comparison.boundaries`.

    Returns
    -------
    summary
        One row for each (along, transition) on either map: `pairs`, the rows and columns of the
        map where both have this transition; `only_ours` and `only_theirs`, where one has it;
        `median`, `smallest` and `largest` ratio over the pairs (NaN without any).
    """
    table = boundaries.assign(
        only_ours=boundaries["ours"].notna() & boundaries["theirs"].isna(),
        only_theirs=boundaries["ours"].isna() & boundaries["theirs"].notna(),
    )
    return table.groupby(["along", "transition"], as_index=False).agg(
        pairs=("ratio", "count"),
        only_ours=("only_ours", "sum"),
        only_theirs=("only_theirs", "sum"),
        median=("ratio", "median"),
        smallest=("ratio", "min"),
        largest=("ratio", "max"),
    )


def share_cells(ours: xr.Dataset, theirs: xr.Dataset) -> bool:
    """Whether two maps over the same axes have a value of each in common.

    Parameters
    ----------
    ours, theirs
        As for :func:`compare_with_reference`.

    Raises
    ------
    ConfigurationError
        If the maps have different axes.
    """
    _same_axes(ours, theirs)
    return all(
        np.isclose(np.asarray(ours[name], float)[:, None], np.asarray(theirs[name], float)).any()
        for name in axis_names(ours)
    )


def _same_axes(ours: xr.Dataset, theirs: xr.Dataset) -> None:
    names = axis_names(ours)
    if names != axis_names(theirs):
        raise ConfigurationError(
            f"The maps have different axes, {' x '.join(names)} and "
            f"{' x '.join(axis_names(theirs))}; a reference of the same experiment is needed."
        )


def _shared(ours: xr.Dataset, theirs: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """Both datasets on the axis values that they have in common, in our order."""
    _same_axes(ours, theirs)
    for dim, name in zip(("difficulty", "data"), axis_names(ours), strict=True):
        mine = np.asarray(ours[name].values, float)
        other = np.asarray(theirs[name].values, float)
        found = [np.flatnonzero(np.isclose(other, value)) for value in mine]
        pairs = [(i, int(places[0])) for i, places in enumerate(found) if places.size]
        if not pairs:
            raise ConfigurationError(f"The maps have no value of '{name}' in common.")
        ours = ours.isel({dim: [i for i, _ in pairs]})
        theirs = theirs.isel({dim: [j for _, j in pairs]})
    return ours, theirs


def _confusion(ours: np.ndarray, theirs: np.ndarray) -> pd.DataFrame:
    names = [regime.roman for regime in REGIMES]
    counts = [[int(((ours == a) & (theirs == b)).sum()) for b in REGIMES] for a in REGIMES]
    return pd.DataFrame(
        counts, index=pd.Index(names, name="ours"), columns=pd.Index(names, name="theirs")
    )


def _differing(
    ours: xr.Dataset, theirs: xr.Dataset, labels: xr.DataArray, thresholds: Thresholds
) -> pd.DataFrame:
    difficulty, data = axis_names(ours)
    safe = label_reference(theirs, thresholds, reading_error=True)
    rows = []
    for i, x in enumerate(ours[difficulty].values.tolist()):
        for j, y in enumerate(ours[data].values.tolist()):
            mine, other = ours.isel(difficulty=i, data=j), theirs.isel(difficulty=i, data=j)
            pair = Regime(int(mine["label"])), Regime(int(other["label"]))
            if Regime.UNDEFINED in pair or pair[0] == pair[1]:
                continue
            seeds = labels.isel(difficulty=i, data=j).values.ravel()
            seeds = seeds[seeds != Regime.UNDEFINED]
            rows.append(
                {
                    difficulty: x,
                    data: y,
                    "ours": pair[0].roman,
                    "theirs": pair[1].roman,
                    "our_train_loss": float(mine["train_loss"]),
                    "their_train_loss": float(other["train_loss"]),
                    "their_train_reading": Reading(int(other["train_flag"])).name.lower(),
                    "our_test_error": float(mine["test_error"]),
                    "their_test_error": float(other["test_error"]),
                    "their_test_reading": Reading(int(other["test_flag"])).name.lower(),
                    "seeds_with_ours": int((seeds == pair[0]).sum()),
                    "seeds_with_theirs": int((seeds == pair[1]).sum()),
                    "n_seeds": int(seeds.size),
                    "reading_decides": bool(
                        safe.isel(difficulty=i, data=j).item() == Regime.UNDEFINED
                    ),
                }
            )
    columns = [
        *(difficulty, data, "ours", "theirs", "our_train_loss", "their_train_loss"),
        *("their_train_reading", "our_test_error", "their_test_error", "their_test_reading"),
        *("seeds_with_ours", "seeds_with_theirs", "n_seeds", "reading_decides"),
    ]
    return pd.DataFrame(rows, columns=columns)


def _correlation(
    ours: xr.Dataset, theirs: xr.Dataset, *, resamples: int, confidence: float, seed: int
) -> pd.DataFrame:
    rows = []
    for variable in ("train_loss", "test_error"):
        mine, other = ours[variable].values.ravel(), theirs[variable].values.ravel()
        if np.isnan(other).all():
            in_range = mine
        else:
            in_range = np.clip(mine, np.nanmin(other), np.nanmax(other))
        for name, values in (("as_read", mine), ("in_range", in_range)):
            found = rank_correlation(
                values, other, resamples=resamples, confidence=confidence, seed=seed
            )
            rows.append(
                {
                    "variable": variable,
                    "values": name,
                    "spearman": found.value,
                    "lower": found.lower,
                    "upper": found.upper,
                    "n_cells": found.n,
                }
            )
    return pd.DataFrame(rows).set_index(["variable", "values"])


def _boundaries(ours: xr.Dataset, theirs: xr.Dataset, thresholds: Thresholds) -> pd.DataFrame:
    keys = ["along", "at", "transition"]
    sides = []
    for name, side in (("ours", ours), ("theirs", theirs)):
        table = transitions(side, thresholds)
        table = table[table["order"] == 0].set_index(keys)["position"].astype(float)
        sides.append(table.rename(name))
    both = pd.concat(sides, axis=1).sort_index()
    return both.assign(ratio=both["ours"] / both["theirs"]).reset_index()
