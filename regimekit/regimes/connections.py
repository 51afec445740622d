"""Connections between the seeds of a cell and their likeness, compared between regimes."""

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float, Int

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import log10, require_variables, select_method
from regimekit.regimes.claims import Claim, Verdict
from regimekit.regimes.labels import REGIMES, Regime, label_cells
from regimekit.regimes.thresholds import Thresholds

PAIR_MEASURES = {
    "barrier of the line": "decades of loss above the higher end",
    "barrier of the curve": "decades of loss above the higher end",
    "linear CKA": "of the last hidden layers",
    "output distance": "over the norm of the predictions",
}
"""Measures of a pair of seeds, and their units."""

ROUGHER = 0.05
"""By how much roughness has to differ to be seen: a twentieth of the range of a ray."""


def pair_table(dataset: xr.Dataset, paths: xr.Dataset, thresholds: Thresholds) -> pd.DataFrame:
    """Each measured pair of seeds with its regime and the measures of `PAIR_MEASURES`.

    Parameters
    ----------
    dataset
        The runs, by whose losses and errors they are labelled.
    paths
        As `regimekit paths` makes it, of the same experiment; perhaps on fewer cells.
    thresholds
        By which runs are labelled.

    Returns
    -------
    table
        One row a pair: `difficulty`, `data`, `pair`, `regime` (that of both runs; empty if they
        differ), the measures, and `roughness` of the first one's surface.

    Raises
    ------
    ConfigurationError
        If the two are of different experiments.
    """
    require_variables(paths, "line_highest", "curve_highest", "linear_cka", "output_distance")
    if dataset.attrs.get("experiment") != paths.attrs.get("experiment"):
        raise ConfigurationError(
            f"The runs are of {dataset.attrs.get('experiment')!r}, the paths of "
            f"{paths.attrs.get('experiment')!r}: both must be of one experiment."
        )
    runs = select_method(dataset, paths.attrs["method"])
    labels = label_cells(runs, thresholds).transpose("difficulty", "data", "seed")
    axes = [dataset.attrs[f"{dim}_axis"] for dim in ("difficulty", "data")]
    where = [{v: i for i, v in enumerate(dataset[axis].values.tolist())} for axis in axes]
    seeds = dataset["seed"].values.tolist()
    rows = []
    measured = paths["status"].transpose("difficulty", "data", "pair").values == 1
    for i, j, k in np.argwhere(measured):
        one = paths.isel(difficulty=int(i), data=int(j), pair=int(k))
        cell = tuple(at[one[axis].item()] for at, axis in zip(where, axes, strict=True))
        ends = [seeds.index(int(one[name])) for name in ("first_seed", "second_seed")]
        found = {int(labels.values[(*cell, end)]) for end in ends}
        regime = Regime(found.pop()).roman if len(found) == 1 and 0 not in found else ""
        higher = max(float(one["loss_first"]), float(one["loss_second"]))
        rows.append(
            {
                "difficulty": float(one[axes[0]]),
                "data": float(one[axes[1]]),
                "pair": int(k),
                "regime": regime,
                "barrier of the line": _decades(float(one["line_highest"]), higher),
                "barrier of the curve": _decades(float(one["curve_highest"]), higher),
                "linear CKA": float(one["linear_cka"]),
                "output distance": float(one["output_distance"]),
                "roughness": float(one["roughness"]),
            }
        )
    return pd.DataFrame(rows)


def connection_claims(
    table: pd.DataFrame, *, resamples: int = 1000, seed: int = 0, least: int = 2
) -> list[Claim]:
    """Claim 3.7: regimes differ in connectivity and similarity of their seeds.

    For each measure and each of regimes II and III: the median over pairs minus that of regime I,
    with a bootstrap over cells. "reproduced" if the interval leaves out zero, "not reproduced" if
    it does not, "not tested" if either regime has fewer than ``least`` cells.

    Parameters
    ----------
    table
        From `pair_table`.
    resamples, seed
        Of the bootstrap, in which cells are drawn again with all their pairs.
    least
        Cells that a regime needs.
    """
    claims = []
    for regime in REGIMES[1:]:
        for measure, unit in PAIR_MEASURES.items():
            sides = [_by_cell(table, name, measure) for name in (regime.roman, "I")]
            n = [int(np.isfinite(side).sum()) for side in sides]
            value, interval = float("nan"), (float("nan"), float("nan"))
            verdict: Verdict = "not tested"
            if min(len(side) for side in sides) >= least:
                value, interval = _difference(sides, resamples, seed)
                if not np.isnan([value, *interval]).any():
                    apart = interval[0] > 0 or interval[1] < 0
                    verdict = "reproduced" if apart else "not reproduced"
            claims.append(
                Claim(
                    "3.7",
                    f"Regime {regime.roman} differs from I in the {measure} of its seeds.",
                    f"{measure} of {regime.roman} minus that of I, {unit}, {n[0]} and {n[1]} pairs "
                    "(95 % bootstrap over cells)",
                    value,
                    interval,
                    verdict,
                )
            )
    return claims


def roughness_claim(
    sciml: xr.Dataset, baseline: xr.Dataset, *, resamples: int = 1000, seed: int = 0
) -> Claim:
    """Claim 3.5 by surfaces: a SciML map's are rougher than a baseline's.

    The statistic is the median roughness of the first map's surfaces minus that of the second's,
    with a bootstrap over cells: "reproduced" if its interval lies above `ROUGHER`, "partly" if the
    number is above zero but by less or not surely, "not reproduced" if it is not.

    Parameters
    ----------
    sciml, baseline
        As `regimekit paths` makes them.
    resamples, seed
        Of the bootstrap, in which cells are drawn again with all their models.
    """
    sides = []
    for paths in (sciml, baseline):
        require_variables(paths, "roughness")
        rows = paths["roughness"].transpose("difficulty", "data", "pair").values
        rows = rows.reshape(-1, rows.shape[-1])
        sides.append(rows[np.isfinite(rows).any(axis=1)])
    n = [int(np.isfinite(side).sum()) for side in sides]
    value, interval = float("nan"), (float("nan"), float("nan"))
    verdict: Verdict = "not tested"
    if all(n):
        value, interval = _difference(sides, resamples, seed)
        if not np.isnan([value, *interval]).any():
            verdict = "partly" if value > 0 else "not reproduced"
            if interval[0] > ROUGHER:
                verdict = "reproduced"
    return Claim(
        "3.5",
        "Rougher than a ResNet's surfaces.",
        "roughness of the PINN's surfaces minus that of the ResNet's (1 is a valley without a "
        f"turn), {n[0]} and {n[1]} models (95 % bootstrap over cells)",
        value,
        interval,
        verdict,
    )


def _difference(
    sides: list[Float[np.ndarray, "_ _"]], resamples: int, seed: int
) -> tuple[float, tuple[float, float]]:
    """Difference of the two sides' medians, and its 95 % bootstrap interval over their rows."""
    rng = np.random.default_rng(seed)
    rows = [[_draw(rng, len(side)) for side in sides] for _ in range(resamples)]
    drawn = [side[np.stack([both[k] for both in rows])] for k, side in enumerate(sides)]
    # Of infinite barriers on both sides there is no difference: NaN, which callers do not judge.
    with np.errstate(invalid="ignore"):
        draws = np.subtract(*(np.nanmedian(of, axis=(1, 2)) for of in drawn))
        lower, upper = np.quantile(draws, [0.025, 0.975])
        value = float(np.nanmedian(sides[0]) - np.nanmedian(sides[1]))
    return value, (float(lower), float(upper))


def _decades(highest: float, end: float) -> float:
    decades = log10(np.array([highest, end]))
    return float(decades[0] - decades[1])


def _by_cell(table: pd.DataFrame, regime: str, measure: str) -> Float[np.ndarray, "_ _"]:
    """One row a cell, one column a pair; pairs of another regime are NaN."""
    if table.empty or regime not in set(table["regime"]):
        return np.zeros((0, 1))
    kept = table[table["regime"] == regime]
    wide = kept.pivot_table(index=["difficulty", "data"], columns="pair", values=measure)
    return wide.to_numpy(dtype=float)


def _draw(rng: np.random.Generator, n: int) -> Int[np.ndarray, " n"]:
    return rng.integers(0, n, n)
