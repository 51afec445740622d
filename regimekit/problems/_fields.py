"""Random fields that operators act on, each known by its pool and its number in the pool."""

import numpy as np
from jaxtyping import Complex, Float

POOLS = ("train", "validation", "test")
"""No field of one pool is in another."""

SPARSITY = (0.2, 0.4, 0.6, 0.8)
"""Probabilities with which a Gaussian of a source has no weight; they take turns."""

SOURCE_SIZE = 0.2
"""A typical root mean square of a source."""


def generator(pool: str, index: int) -> np.random.Generator:
    """Return the random numbers of one sample: larger pools begin with the smaller ones."""
    return np.random.default_rng([POOLS.index(pool), index])


def gaussian_source(
    rng: np.random.Generator, index: int, nodes: int, *, centred: bool = True
) -> Float[np.ndarray, "nodes nodes"]:
    """Draw a sum of Gaussians on a 12 x 12 lattice, of largest value 1, less its mean if centred.

    Axis 0 is y and axis 1 is x. Each Gaussian has the standard deviation 1/32 and, if active, a
    weight from U(0.001, 1). The original stores its samples in order of sparsity; here the four
    probabilities take turns, so that any first n samples are as sparse as all are.

    References
    ----------
    Subramanian et al., Towards foundation models for scientific machine learning, NeurIPS 2023.
    """
    inactive = SPARSITY[index % len(SPARSITY)]
    weights = np.where(rng.random((12, 12)) < inactive, 0.0, rng.uniform(0.001, 1.0, (12, 12)))
    if not weights.any():
        weights[tuple(rng.integers(0, 12, 2))] = rng.uniform(0.001, 1.0)
    centres = 0.5 + (np.arange(12) - 5.5) / 16
    bumps = np.exp(-0.5 * (32 * (np.arange(nodes)[:, None] / nodes - centres)) ** 2)
    field = bumps @ weights @ bumps.T
    field = field / field.max()
    return field - field.mean() if centred else field


def periodic_symbols(
    nodes: int,
) -> tuple[Complex[np.ndarray, "nodes nodes"], Complex[np.ndarray, "nodes nodes"]]:
    """Symbols of d/dx and d/dy on the periodic unit square, for ``numpy.fft.fft2``.

    The wave of Nyquist's frequency has no real first derivative: its symbol is zero.
    """
    waves = 2j * np.pi * np.fft.fftfreq(nodes, 1 / nodes)
    if nodes % 2 == 0:
        waves[nodes // 2] = 0
    along_y, along_x = np.meshgrid(waves, waves, indexing="ij")
    return along_x, along_y


def solve_periodic(
    symbol: Complex[np.ndarray, "nodes nodes"], source: Float[np.ndarray, "nodes nodes"]
) -> Float[np.ndarray, "nodes nodes"]:
    """Solve L u = -f on the periodic unit square, without the waves whose symbol is 0."""
    inverse = np.zeros_like(symbol)
    np.divide(-1.0, symbol, out=inverse, where=np.abs(symbol) > 0)
    return np.fft.ifft2(inverse * np.fft.fft2(source)).real


def rotated(rng: np.random.Generator, ratio: float) -> tuple[float, float, float]:
    """Diffusivity 0.01 R' diag(1, ratio) R by a random angle: its entries xx, yy and xy."""
    c, s = np.cos(angle := rng.uniform(0, 2 * np.pi)), np.sin(angle)
    return (
        0.01 * (c * c + ratio * s * s),
        0.01 * (s * s + ratio * c * c),
        0.01 * (1 - ratio) * c * s,
    )


def threshold_field(rng: np.random.Generator, nodes: int) -> Float[np.ndarray, "nodes nodes"]:
    """Gaussian field of covariance (-Laplace + 9)^-2, periodic, without its mean."""
    waves = np.fft.fftfreq(nodes, 1 / nodes)
    squared = 4 * np.pi**2 * (waves[:, None] ** 2 + waves[None, :] ** 2)
    amplitude = 1 / (squared + 9)
    amplitude[0, 0] = 0
    return np.fft.ifft2(amplitude * np.fft.fft2(rng.normal(size=(nodes, nodes)))).real


def as_input(
    source: Float[np.ndarray, "nodes nodes"], coefficients: Float[np.ndarray, " coefficients"]
) -> Float[np.ndarray, "nodes nodes channels"]:
    """Join a source and constant images of coefficients, all over the source's root mean square.

    The equations are linear in the source and, together, in the coefficients: to divide both by one
    number leaves the solution as it is.
    """
    constant = np.broadcast_to(coefficients * SOURCE_SIZE, (*source.shape, len(coefficients)))
    return np.concatenate([source[..., None], constant], axis=-1) / source.std()
