"""Have the easiest problems the sharpest minima? Curvature of operators against difficulty."""

import numpy as np
import pandas as pd
import xarray as xr

from regimekit.regimes._dataset import axis_names, require_variables, select_method
from regimekit.regimes.claims import Claim, signed_verdict
from regimekit.regimes.ranks import rank_correlation

SHARPEST = {
    "squared error, all parameters": "squares_lambda_max",
    "squared error, without the output bias": "squares_without_bias",
    "squared error, without the output layer": "squares_without_layer",
    "squared error, filter-normalised": "squares_filter_normalised",
    "relative norm, all parameters": "lambda_max",
    "relative norm, without the output bias": "without_bias",
    "relative norm, without the output layer": "without_layer",
    "relative norm, filter-normalised": "filter_normalised",
}
"""Name of a measure -> variable of the curvature of operators; the first is the original's."""


def sharpness_by_difficulty(
    curvature: xr.Dataset, *, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Rank correlation of each measure of `SHARPEST` with the difficulty, over cells.

    Parameters
    ----------
    curvature
        Of operators, by one method; cells not measured are left out.
    resamples, seed
        Of the bootstrap over cells, each with the median over its seeds.

    Returns
    -------
    table
        One row a measure: `measure`, `correlation` with its 95 % interval `lower`, `upper`, `n`
        cells, and `easiest` and `hardest`, the medians over the cells at both ends of the axis.

    Raises
    ------
    ConfigurationError
        If a variable is missing: the curvature is not that of operators.
    """
    require_variables(curvature, *SHARPEST.values())
    runs = select_method(curvature, None)
    axis = np.asarray(runs[axis_names(curvature)[0]].values, float)
    rows = []
    for measure, variable in SHARPEST.items():
        cells = runs[variable].median("seed").transpose("difficulty", "data").values
        difficulty = np.broadcast_to(axis[:, None], cells.shape)
        found = rank_correlation(difficulty.ravel(), cells.ravel(), resamples=resamples, seed=seed)
        there = np.flatnonzero(np.isfinite(cells).any(axis=1))
        ends = [float(np.nanmedian(cells[there[i]])) if there.size else np.nan for i in (0, -1)]
        rows.append(
            {
                "measure": measure,
                "correlation": found.value,
                "lower": found.lower,
                "upper": found.upper,
                "n": found.n,
                "easiest": ends[0],
                "hardest": ends[1],
            }
        )
    return pd.DataFrame(rows)


def sharpest_claims(table: pd.DataFrame, what: str) -> list[Claim]:
    """Claim 3.6, by each measure: the easier the problem, the larger the eigenvalue.

    "reproduced" if the interval of the rank correlation is wholly negative, "partly" if only the
    correlation is, "not reproduced" if it is not; "not tested" for fewer than three cells.

    Parameters
    ----------
    table
        From `sharpness_by_difficulty`.
    what
        Whose curvature, in words.
    """
    claims = []
    for row in table.to_dict("records"):
        correlation = float(row["correlation"])
        interval = float(row["lower"]), float(row["upper"])
        claims.append(
            Claim(
                "3.6",
                f"The easier the problem, the sharper the minimum ({what}; {row['measure']}).",
                f"rank correlation of difficulty and curvature over {row['n']} cells, {what}, "
                f"{row['measure']} (95 % bootstrap over cells)",
                correlation,
                interval,
                signed_verdict(correlation, interval, -1),
            )
        )
    return claims
