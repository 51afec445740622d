"""How alike two models are: in their hidden features, and in what they predict."""

import numpy as np
from jaxtyping import Array, Float

from regimekit.errors import ConfigurationError

Features = Float[np.ndarray, "_ _"] | Float[Array, "_ _"]
Outputs = Float[np.ndarray, "..."] | Float[Array, "..."]


def linear_cka(first: Features, second: Features) -> float:
    """Centred kernel alignment with linear kernels, between 0 and 1.

    1 for features that differ by a rotation, a shift and one scale; not for other linear maps.

    Parameters
    ----------
    first, second
        Features of the same samples; their numbers of features may differ.

    Raises
    ------
    ConfigurationError
        If the samples are not as many, are fewer than 2, or a side is constant.

    References
    ----------
    Kornblith, Norouzi, Lee and Hinton, Similarity of neural network representations revisited,
    ICML 2019, equation 3.
    """
    x, y = _pair(first, second)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    own = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return _ratio(float(np.linalg.norm(y.T @ x) ** 2), float(own))


def rbf_cka(first: Features, second: Features, *, factor: float = 1.0) -> float:
    """Centred kernel alignment with Gaussian kernels.

    The bandwidth of each side is ``factor`` times the median distance of its own samples: a fixed
    one would make features of any large scale look alike.

    Parameters
    ----------
    first, second
        As for :func:`linear_cka`.
    factor
        Above 0.

    Raises
    ------
    ConfigurationError
        As for :func:`linear_cka`, or if the factor is not above 0.

    References
    ----------
    Kornblith et al., as for :func:`linear_cka`, section 3.
    """
    if not factor > 0:
        raise ConfigurationError(f"factor = {factor} must be above 0, such as 1.")
    x, y = _pair(first, second)
    a, b = (_centred(_gaussian(features, factor)) for features in (x, y))
    return _ratio(float(np.sum(a * b)), float(np.linalg.norm(a) * np.linalg.norm(b)))


def output_distance(first: Outputs, second: Outputs) -> float:
    """Euclidean distance of two predictions over the root mean square of their norms.

    0 for equal ones, the square root of 2 for orthogonal ones of equal norm, at most 2.

    Raises
    ------
    ConfigurationError
        If the predictions differ in shape or are both zero.
    """
    x, y = (np.asarray(values, np.float64) for values in (first, second))
    if x.shape != y.shape:
        raise ConfigurationError(f"Predictions of shapes {x.shape} and {y.shape} do not compare.")
    scale = np.sqrt(0.5 * (np.sum(x**2) + np.sum(y**2)))
    if scale == 0:
        raise ConfigurationError("Both predictions are zero: their distance has no scale.")
    return float(np.linalg.norm(x - y) / scale)


def _pair(
    first: Features, second: Features
) -> tuple[Float[np.ndarray, "samples first"], Float[np.ndarray, "samples second"]]:
    x, y = (np.asarray(values, np.float64) for values in (first, second))
    if len(x) != len(y) or len(x) < 2:
        raise ConfigurationError(
            f"Features of {len(x)} and {len(y)} samples: both need the same samples, at least 2."
        )
    return x, y


def _ratio(shared: float, own: float) -> float:
    if not own > 0:
        raise ConfigurationError("Features that are the same for all samples cannot be aligned.")
    return float(np.clip(shared / own, 0.0, 1.0))


def _gaussian(
    features: Float[np.ndarray, "samples features"], factor: float
) -> Float[np.ndarray, "samples samples"]:
    squares = np.sum(features**2, axis=1)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * features @ features.T, 0)
    upper = distances[np.triu_indices(len(features), 1)]
    median = np.median(upper)
    width = factor**2 * (median if median > 0 else upper.mean())
    if not width > 0:
        raise ConfigurationError("Features that are the same for all samples cannot be aligned.")
    return np.exp(-0.5 * distances / width)


def _centred(kernel: Float[np.ndarray, "samples samples"]) -> Float[np.ndarray, "samples samples"]:
    kernel = kernel - kernel.mean(axis=0)
    return kernel - kernel.mean(axis=1)[:, None]
