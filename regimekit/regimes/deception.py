"""Does sharpness tell how well a run was trained? Rank correlations by regime, with intervals.

*Deceptive sharpness*: among runs of low loss, the sharper ones have the lower loss. *Deceptive
flatness*: among under-trained runs, the flatter ones have the higher loss. Both are a negative rank
correlation of the largest eigenvalue with the loss; where it is positive, sharpness is no deceit.
"""

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import axis_names, require_variables, select_method
from regimekit.regimes.claims import Claim, signed_verdict
from regimekit.regimes.labels import REGIMES, Regime, label_cells
from regimekit.regimes.ranks import rank_correlation, spearman_of_rows
from regimekit.regimes.thresholds import Thresholds

#: Name of a measure in tables -> variable of a dataset of curvature.
MEASURES = {
    "lambda_max": "lambda_max",
    "trace": "trace",
    "filter-normalised": "filter_normalised",
}

_GROUPS: dict[str, tuple[Regime, ...]] = {
    "all": REGIMES,
    "low loss (I and III)": (Regime.WELL_TRAINED, Regime.OVER_TRAINED),
} | {regime.roman: (regime,) for regime in REGIMES}


def join_curvature(dataset: xr.Dataset, curvature: xr.Dataset, method: str | None) -> xr.Dataset:
    """Runs of one method with their curvature; NaN where that was not measured.

    Raises
    ------
    ConfigurationError
        If the two are not of one grid, or a variable is missing.
    """
    require_variables(curvature, *MEASURES.values())
    if dataset.attrs.get("experiment") != curvature.attrs.get("experiment"):
        raise ConfigurationError(
            f"The runs are of {dataset.attrs.get('experiment')!r}, the curvature of "
            f"{curvature.attrs.get('experiment')!r}: both must be of one experiment."
        )
    runs, measured = (select_method(d, method) for d in (dataset, curvature))
    sizes = [
        {dim: d.sizes[dim] for dim in ("difficulty", "data", "seed")} for d in (runs, measured)
    ]
    if sizes[0] != sizes[1]:
        raise ConfigurationError(
            f"The runs are a grid of {sizes[0]}, the curvature of {sizes[1]}: measure it again "
            "with `regimekit curvature`."
        )
    for axis in (*axis_names(runs), "seed"):
        if runs[axis].values.tolist() != measured[axis].values.tolist():
            raise ConfigurationError(
                f"The runs have other values of {axis} than the curvature: measure it again with "
                "`regimekit curvature`."
            )
    names = [str(n) for n in measured.data_vars if n not in runs.data_vars]
    return runs.assign({n: measured[n] for n in names})


def curvature_correlations(
    dataset: xr.Dataset,
    curvature: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Rank correlations of measures of curvature with loss and test error, by regime.

    Sharpness over loss is not correlated with the loss: dividing by it would make the correlation.

    Parameters
    ----------
    dataset, curvature
        Of one grid.
    thresholds
        By which runs are labelled.
    method
        Whose runs; None if the dataset has one method.
    resamples, seed
        Of the bootstrap over cells, whose seeds are not independent evidence.

    Returns
    -------
    table
        One row for each group of runs, measure and what it is held against (`train_loss`,
        `test_error`): `correlation`, its 95 % interval `lower`, `upper`, and `n`, the runs behind
        it. NaN for fewer than three runs.
    """
    runs = join_curvature(dataset, curvature, method)
    dims = ("difficulty", "data", "seed")
    found_labels = label_cells(runs, thresholds).transpose(*dims)
    labels = found_labels.values.ravel()
    cells = np.arange(labels.size) // found_labels.sizes["seed"]
    rows = []
    for group, regimes in _GROUPS.items():
        inside = np.isin(labels, [int(r) for r in regimes])
        for measure, variable in MEASURES.items():
            sharp = runs[variable].transpose(*dims).values.ravel()[inside]
            for against in ("train_loss", "test_error"):
                other = runs[against].transpose(*dims).values.ravel()[inside]
                found = rank_correlation(
                    sharp, other, groups=cells[inside], resamples=resamples, seed=seed
                )
                rows.append(
                    {
                        "group": group,
                        "measure": measure,
                        "against": against,
                        "correlation": found.value,
                        "lower": found.lower,
                        "upper": found.upper,
                        "n": found.n,
                    }
                )
    return pd.DataFrame(rows)


def deception_claims(table: pd.DataFrame) -> list[Claim]:
    """Claims 3.1 and 3.2: sharpness deceives where losses are low, flatness in regime II.

    The statistic is the rank correlation with the training loss. "reproduced" if its interval is
    wholly negative, "partly" if only the correlation is, "not reproduced" if it is not; "not
    tested" without enough runs. Each is judged by the raw eigenvalue and by the filter-normalised
    one, so that one sees which part is a matter of scale.

    Parameters
    ----------
    table
        From `curvature_correlations`.
    """
    claims = []
    for number, group, words in (
        ("3.1", "low loss (I and III)", "Among runs of low loss, the sharper have the lower loss"),
        ("3.2", "II", "In regime II, the flatter runs have the higher loss"),
    ):
        for measure in ("lambda_max", "filter-normalised"):
            mask = (table["group"] == group) & (table["measure"] == measure)
            row = table[mask & (table["against"] == "train_loss")].iloc[0]
            correlation = float(row["correlation"])
            interval = float(row["lower"]), float(row["upper"])
            claims.append(
                Claim(
                    number,
                    f"{words} ({measure}).",
                    f"rank correlation with the loss over {row['n']} runs "
                    "(95 % bootstrap over cells)",
                    correlation,
                    interval,
                    signed_verdict(correlation, interval, -1),
                )
            )
    return claims


def sharpening_phases(
    loss: Float[np.ndarray, " records"],
    sharpness: Float[np.ndarray, " values"],
    *,
    window: int = 7,
    least: float = 0.5,
) -> pd.DataFrame:
    """Find the phases of a run in which loss and sharpness move together, and apart.

    Around each record the rank correlation over ``window`` records is taken; neighbouring records
    with a correlation of at least ``least`` in size and of one sign make a phase.

    Parameters
    ----------
    loss, sharpness
        Along training; records in which either is NaN are left out.
    window
        Records, at least 3 and odd.
    least
        In (0, 1].

    Returns
    -------
    phases
        One row a phase: `kind` ("together", or "apart", which is progressive sharpening where the
        loss falls), `first` and `last` record, the median `correlation`, and by which factor loss
        and sharpness changed over it (`loss_factor`, `sharpness_factor`).

    Raises
    ------
    ConfigurationError
        If window or least is out of range, or the records are not as many.
    """
    if window < 3 or window % 2 == 0:
        raise ConfigurationError(f"window = {window} must be odd and at least 3, such as 7.")
    if not 0 < least <= 1:
        raise ConfigurationError(f"least = {least} must lie in (0, 1], such as 0.5.")
    if loss.shape != sharpness.shape:
        raise ConfigurationError(
            f"There are {loss.size} losses and {sharpness.size} values of sharpness; one of each "
            "a record is needed."
        )
    there = np.flatnonzero(~(np.isnan(loss) | np.isnan(sharpness)))
    columns = ["kind", "first", "last", "correlation", "loss_factor", "sharpness_factor"]
    half = window // 2
    if there.size < window:
        return pd.DataFrame(columns=columns)
    local = spearman_of_rows(
        *(sliding_window_view(values[there], window) for values in (loss, sharpness))
    )
    signs = np.where(local >= least, 1, np.where(local <= -least, -1, 0))
    edges = np.flatnonzero(np.diff(signs)) + 1
    rows = []
    for part in np.split(np.arange(signs.size), edges):
        if not part.size or signs[part[0]] == 0:
            continue
        first, last = int(there[part[0] + half]), int(there[part[-1] + half])
        rows.append(
            {
                "kind": "together" if signs[part[0]] > 0 else "apart",
                "first": first,
                "last": last,
                "correlation": float(np.median(local[part])),
                "loss_factor": float(loss[last] / loss[first]),
                "sharpness_factor": float(sharpness[last] / sharpness[first]),
            }
        )
    return pd.DataFrame(rows, columns=columns)
