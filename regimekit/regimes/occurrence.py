"""Whether the three regimes are there, and as described: claims 1.1 to 1.5, 1.7 to 1.9, 1.13."""

import numpy as np
import xarray as xr

from regimekit.regimes.claims import Claim, Verdict, share_verdict
from regimekit.regimes.labels import REGIMES, Regime, label_cells
from regimekit.regimes.medians import map_summary, regime_map
from regimekit.regimes.probability import label_intervals
from regimekit.regimes.thresholds import Thresholds


def occurrence_claim(
    dataset: xr.Dataset, thresholds: Thresholds, method: str, *, id: str, statement: str
) -> Claim:
    """All three regimes occur on a map.

    A regime is there if in some cell more than half of the seeds have its label. "reproduced" if
    all three are, "partly" if two are, "not reproduced" else; "not tested" if no cell has two
    seeds, since one seed is no probability.

    Parameters
    ----------
    dataset, thresholds, method
        Whose map.
    id, statement
        Of the claim.

    Returns
    -------
    Claim
        The statistic is the share of seeds with the label in the clearest cell of the regime that
        is least clear, with its 95 % Wilson interval; the measure counts the cells of each regime,
        by their medians.
    """
    runs = dataset.isel(method=[str(m) for m in dataset["method"].values].index(method))
    found = label_intervals(label_cells(runs, thresholds))
    seeds = found["probability"]["n_seeds"].values
    several = seeds >= 2
    measure = "share of seeds in the clearest cell of the least clear regime (95 % Wilson interval)"
    if not several.any():
        nan = float("nan")
        return Claim(id, statement, measure, nan, (nan, nan), "not tested")
    clearest = []
    there = 0
    for regime in REGIMES:
        parts = [
            np.where(several, found[name].sel(regime=regime.roman).fillna(0).values, 0.0)
            for name in ("probability", "lower", "upper")
        ]
        there += bool((parts[0] > 0.5).any())
        at = np.unravel_index(np.argmax(parts[1]), parts[1].shape)
        clearest.append(tuple(float(part[at]) for part in parts))
    share, lower, upper = min(clearest)
    verdict: Verdict = "not reproduced"
    if there >= 2:
        verdict = "reproduced" if there == 3 else "partly"
    labels = map_summary(runs, thresholds)["label"].values
    counts = ", ".join(f"{r.roman} {int((labels == r).sum())}" for r in REGIMES)
    measure = f"{there} of 3 regimes, cells by median {counts}; {measure}"
    return Claim(id, statement, measure, share, (lower, upper), verdict)


def high_error_claim(
    dataset: xr.Dataset, thresholds: Thresholds, method: str, *, statement: str
) -> Claim:
    """Claim 1.13: where the training loss is high, the test error is high too.

    That is how regime II is described, while its label looks at the loss alone. The statistic is
    the share of cells labelled II whose median error is above the threshold, judged by
    :func:`share_verdict`.

    Parameters
    ----------
    dataset, thresholds, method
        Whose map.
    statement
        Of the claim.
    """
    cells = regime_map(dataset, thresholds, method)
    errors = cells["test_error"].values[cells["label"].values == Regime.UNDER_TRAINED]
    high = int((errors > thresholds.test_error).sum())
    share, interval, verdict = share_verdict(high, len(errors))
    measure = f"share of {len(errors)} cells of II (95 % Wilson)"
    return Claim("1.13", statement, measure, share, interval, verdict)
