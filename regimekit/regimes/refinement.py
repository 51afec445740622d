"""What finer steps do to the rollouts of learnt fields, regime by regime."""

import numpy as np
import pandas as pd
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import require_variables
from regimekit.regimes.labels import REGIMES

LOSES = 1.1
"""Factor from which on a rollout counts as worse."""

GOOD = 0.5
"""Error, over the solution, below which a rollout counts as following it."""


def refinement_table(refined: xr.Dataset, labels: xr.DataArray) -> pd.DataFrame:
    """Summarise rollouts with finer and finer steps by the regime of their runs.

    Parameters
    ----------
    refined
        ``error`` over (difficulty, data, seed, integration) and ``floor`` over (difficulty,
        integration), from the step of training to one that is exact; see
        :func:`regimekit.grids.refined_rollouts`.
    labels
        Regime of each run, over (difficulty, data, seed).

    Returns
    -------
    DataFrame
        One row for each regime that occurs and each integration: ``regime``, ``integration``,
        ``runs``, ``error`` (median) with quartiles ``lower`` and ``upper``, ``floor`` (median of
        the exact field's error), ``good`` (runs with an error up to `GOOD`) and ``worse`` (runs
        whose error is at least `LOSES` times that with the step of training).

    Raises
    ------
    ConfigurationError
        If a variable is missing, or the labels are of other runs.
    """
    require_variables(refined, "error", "floor")
    error = refined["error"].transpose("difficulty", "data", "seed", "integration").values
    label = labels.transpose("difficulty", "data", "seed").values
    if label.shape != error.shape[:-1]:
        raise ConfigurationError(
            f"Labels of {label.shape} runs do not go with rollouts of {error.shape[:-1]} runs."
        )
    floor = np.broadcast_to(refined["floor"].values[:, None, None], error.shape)
    rows = []
    for regime in REGIMES:
        inside = (label == regime) & ~np.isnan(error[..., 0])
        if not inside.any():
            continue
        found, exact = error[inside], floor[inside]
        # Rollouts that overflow have infinite errors, between which no quantile can lie.
        quartiles = np.quantile(found, [0.25, 0.5, 0.75], axis=0, method="lower")
        for column, name in enumerate(refined["integration"].values):
            lower, middle, upper = (float(q) for q in quartiles[:, column])
            rows.append(
                {
                    "regime": regime.roman,
                    "integration": str(name),
                    "runs": len(found),
                    "error": middle,
                    "lower": lower,
                    "upper": upper,
                    "floor": float(np.median(exact[:, column])),
                    "good": int((found[:, column] <= GOOD).sum()),
                    "worse": int((found[:, column] >= LOSES * found[:, 0]).sum()),
                }
            )
    columns = ["regime", "integration", "runs", "error", "lower", "upper", "floor", "good", "worse"]
    return pd.DataFrame(rows, columns=columns)
