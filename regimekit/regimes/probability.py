"""How probable each regime is in a cell, judged by its seeds."""

from statistics import NormalDist

import numpy as np
import xarray as xr
from jaxtyping import Float

from regimekit.errors import ConfigurationError
from regimekit.regimes.labels import REGIMES, Regime


def label_probability(labels: xr.DataArray) -> xr.DataArray:
    """Share of the labelled seeds in each regime.

    Parameters
    ----------
    labels
        From `label_cells`, with a dimension `seed`.

    Returns
    -------
    probability
        Dimensions (regime, ...) with those of `labels` except `seed`. Coordinate `regime` is
        "I", "II", "III"; coordinate `n_seeds` counts the labelled seeds. The shares of a cell
        sum to 1; they are NaN where no seed has a label.

    Raises
    ------
    ConfigurationError
        If there is no dimension `seed`.
    """
    if "seed" not in labels.dims:
        raise ConfigurationError(
            "A probability over seeds needs labels with a dimension 'seed'; label the runs, not "
            "their medians."
        )
    n_seeds = (labels != Regime.UNDEFINED).sum("seed")
    counts = xr.concat([(labels == regime).sum("seed") for regime in REGIMES], dim="regime")
    probability = counts / n_seeds.where(n_seeds > 0)
    return (
        probability.assign_coords(
            regime=[regime.roman for regime in REGIMES],
            n_seeds=n_seeds.assign_attrs(long_name="number of seeds with a label", units="1"),
        )
        .rename("probability")
        .assign_attrs(long_name="share of seeds in the regime", units="1")
    )


def label_intervals(labels: xr.DataArray, confidence: float = 0.95) -> xr.Dataset:
    """Probability of each regime with its Wilson interval.

    Returns
    -------
    intervals
        Variables `probability`, `lower`, `upper`, each as `label_probability` has them.
    """
    probability = label_probability(labels)
    n_seeds = probability["n_seeds"].broadcast_like(probability).transpose(*probability.dims)
    lower, upper = wilson_interval(
        np.asarray(probability.values, float), np.asarray(n_seeds.values, float), confidence
    )
    bounds = {"lower": probability.copy(data=lower), "upper": probability.copy(data=upper)}
    return xr.Dataset(
        {
            "probability": probability,
            **{
                name: bound.assign_attrs(
                    long_name=f"{name} end of the {confidence:.0%} Wilson interval"
                )
                for name, bound in bounds.items()
            },
        }
    )


def wilson_interval(
    share: Float[np.ndarray, "*shape"],
    n: Float[np.ndarray, "*shape"],
    confidence: float = 0.95,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Interval of a probability from a share of few trials.

    It stays inside [0, 1] and does not shrink to a point at shares of 0 or 1, as the textbook
    interval does: with five seeds those are the usual shares.

    Parameters
    ----------
    share
        Observed share, 0 to 1; NaN gives NaN.
    n
        Number of trials.
    confidence
        Coverage, strictly between 0 and 1.

    Raises
    ------
    ConfigurationError
        If the confidence is outside (0, 1).

    Source: E. B. Wilson, J. Amer. Statist. Assoc. 22 (1927) 209-212.
    """
    if not 0 < confidence < 1:
        raise ConfigurationError(
            f"A confidence lies strictly between 0 and 1, not at {confidence}."
        )
    z2 = NormalDist().inv_cdf(0.5 + 0.5 * confidence) ** 2
    trials = np.where(n > 0, n, np.nan)
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = np.sqrt(z2 * (share * (1 - share) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    # The exact interval contains the share; round-off must not push an end past it.
    return np.clip(centre - half, 0, share), np.clip(centre + half, share, 1)


def describe_share(count: int, n: int, confidence: float = 0.95) -> str:
    """State a count of seeds with the Wilson interval of its share, as in "3 of 5 (0.23 to 0.88)".

    Parameters
    ----------
    count, n
        Seeds with the property, and all seeds; without seeds there is nothing to state but that.
    confidence
        Of the interval.
    """
    if n == 0:
        return "no seeds"
    lower, upper = wilson_interval(np.array([count / n]), np.array([float(n)]), confidence)
    return f"{count} of {n} ({lower[0]:.2f} to {upper[0]:.2f})"
