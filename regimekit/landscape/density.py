"""Spectral density by stochastic Lanczos quadrature, with a band over the probes."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.landscape._estimate import Estimate, estimate
from regimekit.landscape.lanczos import check_steps, lanczos, rademacher
from regimekit.landscape.operators import AbstractOperator


class Density(NamedTuple):
    """A spectrum as one discrete distribution a probe; each sums to 1.

    Attributes
    ----------
    nodes, weights
        One row a probe: Ritz values, and squared first components of their vectors. Rows of a
        probe that ended early are filled up with nodes of weight 0.
    size
        Number of eigenvalues behind it.
    """

    nodes: Float[np.ndarray, "probes steps"]
    weights: Float[np.ndarray, "probes steps"]
    size: int

    def moment(self, power: int) -> Estimate:
        """Mean of the eigenvalues to a power; the first times ``size`` is the trace."""
        return estimate(np.sum(self.weights * self.nodes**power, axis=1))

    def mass_within(self, band: float, centre: float = 0.0) -> Estimate:
        """Share of eigenvalues within ``band`` of a value.

        The quadrature resolves eigenvalues inside a spectrum no finer than about its range over
        the steps squared near the ends and over the steps in between, whatever the number of
        probes: the error is that of the probes alone.
        """
        inside = np.abs(self.nodes - centre) <= band
        return estimate(np.sum(self.weights * inside, axis=1))

    def smoothed(
        self, grid: Float[np.ndarray, " grid"], width: float
    ) -> tuple[Float[np.ndarray, " grid"], Float[np.ndarray, " grid"]]:
        """Density on a grid, smoothed by a Gaussian of standard deviation ``width``; and its error.

        Raises
        ------
        ConfigurationError
            If the width is not above 0.
        """
        if not width > 0:
            raise ConfigurationError(f"width = {width} must be above 0, such as 1e-2.")
        distance = (grid[None, None, :] - self.nodes[:, :, None]) / width
        kernel = np.exp(-0.5 * distance**2) / (width * np.sqrt(2 * np.pi))
        rows = np.sum(self.weights[:, :, None] * kernel, axis=1)
        return _mean_and_error(rows)

    def histogram(
        self, edges: Float[np.ndarray, " edges"]
    ) -> tuple[Float[np.ndarray, " edges-1"], Float[np.ndarray, " edges-1"]]:
        """Share of eigenvalues between neighbouring edges, and its standard error over probes."""
        pairs = zip(self.nodes, self.weights, strict=True)
        rows = np.stack([np.histogram(n, edges, weights=w)[0] for n, w in pairs])
        return _mean_and_error(rows)


def density(
    operator: AbstractOperator, *, key: PRNGKeyArray, steps: int = 100, probes: int = 5
) -> Density:
    """Estimate the distribution of the eigenvalues.

    Parameters
    ----------
    operator
        Symmetric.
    key
        Of the probes, vectors of random signs.
    steps
        Lanczos steps a probe, at most the number of parameters. Moments are exact for a probe up
        to the power ``2 steps - 1``.
    probes
        How many, at least 2, so that there is an error.

    Raises
    ------
    ConfigurationError
        If there are too few probes or too many steps.

    References
    ----------
    Ubaru, Chen and Saad, Fast estimation of tr(f(A)) via stochastic Lanczos quadrature, SIAM J.
    Matrix Anal. Appl. 38, 2017. Weights are squared first components of unit eigenvectors of the
    tridiagonal matrix, found by a symmetric solver.
    """
    if probes < 2:
        raise ConfigurationError(f"probes = {probes} must be at least 2, to give an error.")
    check_steps(operator, steps)
    nodes, weights = np.zeros((2, probes, steps))
    for row, space in enumerate(lanczos(operator, rademacher(key, probes, operator), steps)):
        values, vectors = space.ritz()
        nodes[row, : values.size] = values
        weights[row, : values.size] = vectors[0] ** 2
    return Density(nodes, weights, operator.size)


def _mean_and_error(
    rows: Float[np.ndarray, "probes grid"],
) -> tuple[Float[np.ndarray, " grid"], Float[np.ndarray, " grid"]]:
    return rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
