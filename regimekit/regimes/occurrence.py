"""Whether the three regimes are there, and as described: claims 1.1 to 1.5, 1.7 to 1.9, 1.13."""

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from regimekit.regimes.claims import Claim, Verdict, share_verdict, signed_verdict
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


def agreement_claim(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    method: str,
    *,
    id: str,
    resamples: int = 1000,
    seed: int = 0,
) -> Claim:
    """Seeds of a cell agree on its label more than runs of the map drawn at random would.

    Whether a regime is there is judged by the clearest of many cells, and with few seeds some cell
    is clear by chance: labels drawn at random would show three regimes too. They would not agree
    within cells. The statistic is the share of pairs of seeds of a cell with one label, mean over
    cells, less the share that the map's shares of labels would give, with its bootstrap interval
    over cells. Judged by :func:`signed_verdict`; "not tested" without two cells of two seeds.

    Parameters
    ----------
    dataset, thresholds, method
        Whose map.
    id
        Of the claim.
    resamples, seed
        Of the bootstrap.
    """
    runs = dataset.isel(method=[str(m) for m in dataset["method"].values].index(method))
    labels = label_cells(runs, thresholds).transpose("difficulty", "data", "seed").values
    counts = np.stack([(labels == r).sum(axis=-1).ravel() for r in REGIMES], axis=-1)
    seeds = counts.sum(axis=-1)
    counts, seeds = counts[seeds >= 2], seeds[seeds >= 2]
    nan = float("nan")
    value, interval = nan, (nan, nan)
    if len(seeds) >= 2:
        agree = (counts * (counts - 1)).sum(axis=-1) / (seeds * (seeds - 1))
        value = float(_beyond_chance(agree, counts))
        drawn = np.random.default_rng(seed).integers(0, len(seeds), (resamples, len(seeds)))
        lower, upper = np.quantile(_beyond_chance(agree[drawn], counts[drawn]), [0.025, 0.975])
        interval = float(lower), float(upper)
    return Claim(
        id,
        "Seeds of a cell agree on its label more than runs drawn at random would.",
        f"agreement of seeds within {len(seeds)} cells beyond chance (95 % bootstrap over cells)",
        value,
        interval,
        signed_verdict(value, interval),
    )


def _beyond_chance(
    agree: Float[np.ndarray, "*draws cells"], counts: Int[np.ndarray, "*draws cells regime"]
) -> Float[np.ndarray, "*draws"]:
    total = counts.sum(axis=-2)
    shares = total / total.sum(axis=-1, keepdims=True)
    return np.asarray(agree.mean(axis=-1) - (shares**2).sum(axis=-1))
