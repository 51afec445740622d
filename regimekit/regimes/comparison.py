"""Our map against the published one, cell by cell."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import axis_names, log10, require_variables, select_method
from regimekit.regimes.labels import Regime
from regimekit.regimes.medians import map_summary
from regimekit.regimes.ranks import RankCorrelation, rank_correlation
from regimekit.regimes.reference import Flag, label_reference
from regimekit.regimes.thresholds import Thresholds
from regimekit.regimes.transitions import transition_summary, transition_table


@dataclass(frozen=True)
class Comparison:
    """What a comparison with a reference map found.

    Attributes
    ----------
    thresholds
        Used for both maps.
    cells
        One row a shared cell, with the axes under their names and:

        - `ours`, `theirs`: labels ("–" where undecided), `compared`: both are decided,
          `agrees`: both are decided and equal;
        - `train_loss`, `test_error`: our medians over seeds; `train_reference`, `test_reference`,
          `train_flag`, `test_flag`: the readings;
        - `seed_share`: share of our seeds that carry our label; `n_seeds`;
        - `reading_unsure`: the other label lies within the reading error of the figure.
    n_shared, n_compared
        Cells on both grids, and those of them with both labels decided.
    n_reference_undecided, n_ours_undecided
        Shared cells left out because the reading, or our runs, do not decide a label (a cell may
        be in both counts).
    agreement
        Share of equal labels among the compared cells (NaN for none).
    rank_train, rank_test
        Spearman's correlation of our medians with the readings. A bound stands for its value, so
        the readings at one bound are ties.
    rank_train_censored, rank_test_censored
        The same after our values are cut at the lowest and highest reading, as the figure cuts
        its own: what the figure can show, without our order among values that it cannot tell.
    transitions
        Crossings of both maps on the shared cells (see `transition_table`), with a column
        `source`: "ours" or "reference". Where a reading is a bound, the reference's position
        leans on the bound and its steepness is a lower bound.
    """

    thresholds: Thresholds
    cells: pd.DataFrame
    n_shared: int
    n_compared: int
    n_reference_undecided: int
    n_ours_undecided: int
    agreement: float
    rank_train: RankCorrelation
    rank_test: RankCorrelation
    rank_train_censored: RankCorrelation
    rank_test_censored: RankCorrelation
    transitions: pd.DataFrame

    def differing(self) -> pd.DataFrame:
        """The compared cells whose labels differ, to be explained one by one."""
        return self.cells[self.cells["compared"] & ~self.cells["agrees"]].reset_index(drop=True)

    def undecided(self) -> pd.DataFrame:
        """The shared cells that could not be compared."""
        return self.cells[~self.cells["compared"]].reset_index(drop=True)

    def boundaries(self) -> pd.DataFrame:
        """Positions of both maps side by side, a row for each line of the grid that crosses.

        Indexed by transition, axis and the other axis's value; columns "ours" and "reference"
        hold the median position where a line crosses more than once, and NaN where it does not.
        """
        table = self.transitions.groupby(["transition", "along", "at", "source"])["position"]
        return table.median().unstack("source").reindex(columns=["ours", "reference"])

    def boundary_summary(self) -> pd.DataFrame:
        """Both maps' boundaries in one line each; see `transition_summary`."""
        return transition_summary(self.transitions, by=["source"])

    def summary(self) -> pd.DataFrame:
        """The numbers in one table: statistic, value, interval, number of cells."""
        ranks = {
            "rank correlation of log train loss": self.rank_train,
            "rank correlation of log test error": self.rank_test,
            "rank correlation of log train loss, cut at the readings' range": (
                self.rank_train_censored
            ),
            "rank correlation of log test error, cut at the readings' range": (
                self.rank_test_censored
            ),
        }
        nan = float("nan")
        rows = [("label agreement", self.agreement, nan, nan, self.n_compared)]
        rows += [(name, r.value, r.lower, r.upper, r.n) for name, r in ranks.items()]
        return pd.DataFrame(rows, columns=["statistic", "value", "lower", "upper", "cells"])


def compare_with_reference(
    dataset: xr.Dataset,
    reference: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    train_variable: str = "train_loss",
    test_variable: str = "test_error_lattice",
    resamples: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare a method's map of medians with a published one, at the same thresholds.

    Parameters
    ----------
    dataset
        Ours.
    reference
        From `load_reference`.
    thresholds
        For both maps.
    method
        Whose runs; may be left out when there is one method only.
    train_variable, test_variable
        Our counterparts of the published values. The published error was measured on a lattice
        that training draws from, so it is compared with ours on the same lattice.
    resamples, confidence, seed
        Of the bootstrap of the rank correlations (over cells).

    Raises
    ------
    ConfigurationError
        If the two have different axes or no cell in common, or a variable or method is missing.
    """
    require_variables(dataset, train_variable, test_variable)
    ours, theirs = _shared(select_method(dataset, method), reference)
    summary = map_summary(
        ours, thresholds, train_variable=train_variable, test_variable=test_variable
    ).transpose("difficulty", "data", ...)
    theirs = theirs.assign(label=label_reference(theirs, thresholds))
    cells = _cell_table(summary, theirs, thresholds)

    options = {"resamples": resamples, "confidence": confidence, "seed": seed}
    pairs = {
        which: (cells[ours_column].to_numpy(float), cells[their_column].to_numpy(float))
        for which, ours_column, their_column in (
            ("train", "train_loss", "train_reference"),
            ("test", "test_error", "test_reference"),
        )
    }
    ranks = {
        which: rank_correlation(log10(a), log10(b), **options) for which, (a, b) in pairs.items()
    }
    cut = {
        which: rank_correlation(log10(_cut(a, b)), log10(b), **options)
        for which, (a, b) in pairs.items()
    }
    crossings = [
        transition_table(one, thresholds).assign(source=source)
        for source, one in (("ours", summary), ("reference", theirs))
    ]
    compared = cells["compared"]
    undecided = Regime.UNDEFINED.roman
    return Comparison(
        thresholds=thresholds,
        cells=cells,
        n_shared=len(cells),
        n_compared=int(compared.sum()),
        n_reference_undecided=int((cells["theirs"] == undecided).sum()),
        n_ours_undecided=int((cells["ours"] == undecided).sum()),
        agreement=float(cells.loc[compared, "agrees"].mean()) if compared.any() else float("nan"),
        rank_train=ranks["train"],
        rank_test=ranks["test"],
        rank_train_censored=cut["train"],
        rank_test_censored=cut["test"],
        transitions=pd.concat(crossings, ignore_index=True),
    )


def _shared(ours: xr.Dataset, theirs: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """Both datasets on the cells they have in common."""
    if axis_names(ours) != axis_names(theirs):
        raise ConfigurationError(
            f"The two maps have different axes, {axis_names(ours)} and {axis_names(theirs)}."
        )
    for dimension, name in zip(("difficulty", "data"), axis_names(ours), strict=True):
        a, b = (np.asarray(d[name].values, float) for d in (ours, theirs))
        same = np.isclose(a[:, None], b[None, :], rtol=1e-6, atol=0.0)
        ours_index, their_index = np.nonzero(same)
        if not ours_index.size:
            raise ConfigurationError(f"The two maps share no value of '{name}'.")
        ours = ours.isel({dimension: ours_index})
        theirs = theirs.isel({dimension: their_index})
    return ours, theirs


def _cell_table(summary: xr.Dataset, theirs: xr.Dataset, thresholds: Thresholds) -> pd.DataFrame:
    difficulty, data = axis_names(summary)
    theirs = theirs.transpose("difficulty", "data")
    first, second = np.meshgrid(summary[difficulty].values, summary[data].values, indexing="ij")
    labels = [
        [Regime(int(label)).roman for label in one["label"].values.ravel()]
        for one in (summary, theirs)
    ]
    columns = {
        difficulty: first.ravel(),
        data: second.ravel(),
        "ours": labels[0],
        "theirs": labels[1],
        "train_loss": summary["train_loss"].values.ravel(),
        "train_reference": theirs["train_loss"].values.ravel(),
        "train_flag": [Flag(int(f)).name.lower() for f in theirs["train_flag"].values.ravel()],
        "test_error": summary["test_error"].values.ravel(),
        "test_reference": theirs["test_error"].values.ravel(),
        "test_flag": [Flag(int(f)).name.lower() for f in theirs["test_flag"].values.ravel()],
        "seed_share": summary["label_share"].values.ravel(),
        "n_seeds": summary["n_seeds"].values.ravel(),
        "reading_unsure": _reading_unsure(theirs, thresholds).ravel(),
    }
    table = pd.DataFrame(columns)
    undecided = Regime.UNDEFINED.roman
    compared = (table["ours"] != undecided) & (table["theirs"] != undecided)
    table.insert(4, "compared", compared)
    table.insert(5, "agrees", compared & (table["ours"] == table["theirs"]))
    return table.sort_values([data, difficulty], ignore_index=True)


def _reading_unsure(theirs: xr.Dataset, thresholds: Thresholds) -> np.ndarray:
    """Whether a reading's error reaches across the threshold that decides its label."""
    near = {}
    for variable, flag in (("train_loss", "train_flag"), ("test_error", "test_flag")):
        values = theirs[variable].values
        distance = np.abs(values - getattr(thresholds, variable))
        read = np.isin(theirs[flag].values, [Flag.EXACT, Flag.APPROXIMATE])
        near[variable] = read & (distance <= theirs[variable].attrs["reading_uncertainty"])
    # Under a high loss the error decides nothing.
    low_loss = theirs["label"].values != Regime.UNDER_TRAINED
    return near["train_loss"] | (low_loss & near["test_error"])


def _cut(values: np.ndarray, readings: np.ndarray) -> np.ndarray:
    """Values cut at the range of the readings; NaN stays."""
    known = readings[~np.isnan(readings)]
    return np.clip(values, known.min(), known.max()) if known.size else values
