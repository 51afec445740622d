"""Whether a training method is unstable where it is said to be: claim 2.3."""

import numpy as np
import xarray as xr

from regimekit.regimes._dataset import require_variables, select_method
from regimekit.regimes.claims import Claim, Verdict, signed_verdict
from regimekit.regimes.labels import Regime
from regimekit.regimes.methods import FEWEST_CELLS, median_interval, run_values
from regimekit.regimes.probability import wilson_interval

_NAMES = {"nncg": "NNCG", "lbfgs": "L-BFGS"}


def instability_claims(
    dataset: xr.Dataset,
    labels: xr.DataArray,
    method: str = "nncg",
    baseline: str = "lbfgs",
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> list[Claim]:
    """Claim 2.3: in regimes II and III a method is less stable than a baseline.

    Two parts a regime. The share of the method's runs that diverged, with its Wilson interval:
    "reproduced" if that lies above the baseline's share, "partly" if only the share does. And the
    range of log10 test errors over the seeds of a cell, less the baseline's in the same cell on the
    same seeds, as the median over cells with its bootstrap interval: "reproduced" if that lies
    above zero, "partly" if only the median does. "not tested" in fewer than `FEWEST_CELLS` cells,
    which for the range must have two seeds.

    Parameters
    ----------
    dataset
        A map of several methods; without the method there is no claim.
    labels
        Regime of each cell, by ``difficulty`` and ``data``.
    method, baseline
        Which methods.
    resamples, seed
        Of the bootstrap.
    """
    require_variables(dataset, "test_error", "status")
    names = [str(m) for m in dataset["method"].values]
    if method not in names or baseline not in names:
        return []
    place = labels.transpose("difficulty", "data").values
    ours, ended = run_values(select_method(dataset, method), "test_error")
    theirs, ended_theirs = run_values(select_method(dataset, baseline), "test_error")
    both = np.isfinite(ours) & np.isfinite(theirs)
    rng = np.random.default_rng(seed)
    claims = []
    for regime in (Regime.UNDER_TRAINED, Regime.OVER_TRAINED):
        inside = place == regime
        claims.append(_diverged(regime, method, baseline, ended[inside], ended_theirs[inside]))
        wider = np.array(
            [
                np.ptp(a[seeds]) - np.ptp(b[seeds])
                for a, b, seeds in zip(ours[inside], theirs[inside], both[inside], strict=True)
                if seeds.sum() >= 2
            ]
        )
        median = float(np.median(wider)) if len(wider) else float("nan")
        interval = median_interval(wider, resamples, rng)
        enough = len(wider) >= FEWEST_CELLS
        claims.append(
            Claim(
                "2.3",
                f"{_NAMES.get(method, method)} spreads over seeds more than "
                f"{_NAMES.get(baseline, baseline)} in regime {regime.roman}.",
                f"median over {len(wider)} cells of the difference of ranges in decades "
                "(95 % bootstrap over cells)",
                median,
                interval,
                signed_verdict(median, interval) if enough else "not tested",
            )
        )
    return claims


def _diverged(
    regime: Regime, method: str, baseline: str, ended: np.ndarray, ended_theirs: np.ndarray
) -> Claim:
    """Judge the share of diverged runs by that of the baseline."""
    n, cells = int((ended > 0).sum()), int((ended > 0).any(axis=-1).sum())
    share, interval = float("nan"), (float("nan"), float("nan"))
    verdict: Verdict = "not tested"
    if cells >= FEWEST_CELLS:
        share = float((ended == 2).sum() / n)
        lower, upper = wilson_interval(np.array([share]), np.array([float(n)]))
        interval = float(lower[0]), float(upper[0])
        known = int((ended_theirs > 0).sum())
        limit = float((ended_theirs == 2).sum() / known) if known else 0.0
        verdict = "not reproduced"
        if share > limit:
            verdict = "reproduced" if interval[0] > limit else "partly"
    return Claim(
        "2.3",
        f"{_NAMES.get(method, method)} diverges more often than "
        f"{_NAMES.get(baseline, baseline)} in regime {regime.roman}.",
        f"share of {n} runs in {regime.roman} (95 % Wilson)",
        share,
        interval,
        verdict,
    )
