"""Curvature of a SciML map held against that of an image classifier: spectra and sharpness.

A comparison across losses has to say in which units: the mass at zero is taken relative to the
largest eigenvalue, and sharpness raw, over the loss, and over the loss in units of the filters.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import log10, require_variables, select_method
from regimekit.regimes.claims import Claim, signed_verdict

BANDS = (1e-2, 1e-3)
"""Around zero, relative to the largest eigenvalue."""

SHARPNESS: dict[str, tuple[str, bool]] = {
    "largest eigenvalue": ("lambda_max", False),
    "largest eigenvalue over the loss": ("lambda_max", True),
    "filter-normalised sharpness over the loss": ("filter_normalised", True),
}
"""What a measure is made of: a variable of curvature, and whether it is divided by the loss."""

Rows = Float[np.ndarray, "_ _"]


def mass_near_zero(curvature: xr.Dataset, band: float) -> xr.DataArray:
    """Share of eigenvalues within ``band`` of zero, in units of the largest one, of each run.

    Parameters
    ----------
    curvature
        As `regimekit curvature` makes it.
    band
        One of the edges of its density.

    Raises
    ------
    ConfigurationError
        If the density has no edge there.
    """
    require_variables(curvature, "density")
    edges = curvature["edge"].values
    if not np.isclose(edges, band, rtol=1e-6, atol=0).any():
        raise ConfigurationError(
            f"band = {band} is no edge of the density; take one of "
            f"{', '.join(f'{e:.2g}' for e in edges[edges > 0])}."
        )
    inside = np.maximum(np.abs(edges[1:]), np.abs(edges[:-1])) <= band * (1 + 1e-6)
    within = curvature["density"].isel(bin=np.flatnonzero(inside)).sum("bin", skipna=False)
    return within.rename("mass_near_zero")


def sharpness_of(curvature: xr.Dataset, measure: str) -> xr.DataArray:
    """A measure of `SHARPNESS` of each run.

    Raises
    ------
    ConfigurationError
        If there is no such measure.
    """
    if measure not in SHARPNESS:
        raise ConfigurationError(
            f"There is no measure {measure!r}; there are {', '.join(SHARPNESS)}."
        )
    name, relative = SHARPNESS[measure]
    require_variables(curvature, name, "loss")
    return curvature[name] / curvature["loss"] if relative else curvature[name]


def compare_curvature(
    sciml: xr.Dataset,
    baseline: xr.Dataset,
    method: str | None = "lbfgs",
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Hold two maps' curvature against each other.

    Parameters
    ----------
    sciml, baseline
        Curvature of two experiments.
    method
        Whose runs of the first; the second has one method.
    resamples, seed
        Of the bootstrap, in which cells are drawn again with all their seeds.

    Returns
    -------
    table
        One row a measure: `sciml` and `baseline` (mean share near zero, or median sharpness),
        `difference` (of the shares, or decades between the sharpnesses; positive where the first
        has more), its 95 % interval `lower`, `upper`, and the runs behind both, `n_sciml` and
        `n_baseline`. NaN without runs on a side.
    """
    runs, held = select_method(sciml, method), select_method(baseline, None)
    rows = []
    for band in BANDS:
        pair = [_rows(mass_near_zero(d, band)) for d in (runs, held)]
        found = _differ(pair, np.nanmean, lambda a, b: a - b, resamples, seed)
        rows.append({"measure": f"share within {band:.0e} of zero"} | found)
    for measure in SHARPNESS:
        pair = [_rows(sharpness_of(d, measure)) for d in (runs, held)]
        found = _differ(pair, np.nanmedian, _decades, resamples, seed)
        rows.append({"measure": measure} | found)
    return pd.DataFrame(rows)


def baseline_claims(table: pd.DataFrame) -> list[Claim]:
    """Claims 3.4 and 3.5 by curvature: no peak at zero, and sharper than a ResNet.

    The peak is missing if the share of eigenvalues near zero is *smaller* than the baseline's, and
    a map is sharper if its measure is larger: "reproduced" if the whole interval says so, "partly"
    if only the number does, "not reproduced" if it does not.

    Parameters
    ----------
    table
        From `compare_curvature`.
    """
    claims = []
    for row in table.to_dict("records"):
        shares = str(row["measure"]).startswith("share")
        difference = float(row["difference"])
        interval = float(row["lower"]), float(row["upper"])
        what = "share of the PINN minus the ResNet's" if shares else "decades above the ResNet"
        claims.append(
            Claim(
                "3.4" if shares else "3.5",
                f"{'Less at zero' if shares else 'Sharper'} than a ResNet ({row['measure']}).",
                f"{what}, {row['measure']}, {row['n_sciml']} and {row['n_baseline']} runs "
                "(95 % bootstrap over cells)",
                difference,
                interval,
                signed_verdict(difference, interval, -1 if shares else 1),
            )
        )
    return claims


def _rows(values: xr.DataArray) -> Rows:
    ordered = values.transpose("difficulty", "data", "seed").values
    rows = ordered.reshape(-1, ordered.shape[-1])
    return rows[np.isfinite(rows).any(axis=1)]


def _decades(first: float, second: float) -> float:
    decades = log10(np.array([first, second]))
    return float(decades[0] - decades[1])


def _differ(
    pair: list[Rows],
    summary: Callable[[Rows], float],
    difference: Callable[[float, float], float],
    resamples: int,
    seed: int,
) -> dict[str, float]:
    counts = {
        f"n_{name}": int(np.isfinite(rows).sum())
        for name, rows in zip(("sciml", "baseline"), pair, strict=True)
    }
    if not all(counts.values()):
        names = ("sciml", "baseline", "difference", "lower", "upper")
        return dict.fromkeys(names, float("nan")) | counts
    values = [float(summary(rows)) for rows in pair]
    rng = np.random.default_rng(seed)
    draws = [
        difference(*(float(summary(rows[rng.integers(0, len(rows), len(rows))])) for rows in pair))
        for _ in range(resamples)
    ]
    lower, upper = np.quantile(draws, [0.025, 0.975])
    return {
        "sciml": values[0],
        "baseline": values[1],
        "difference": difference(*values),
        "lower": float(lower),
        "upper": float(upper),
    } | counts
