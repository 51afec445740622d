"""Anisotropic Poisson equation on the periodic unit square, from source and diffusivity."""

from typing import ClassVar

import numpy as np
from jaxtyping import Complex, Float

from regimekit.problems._fields import periodic_symbols, rotated
from regimekit.problems._periodic import AbstractPeriodicProblem

RANGES = {
    1.0: 2.5,
    2.5: 5.0,
    5.0: 10.0,
    10.0: 20.0,
    20.0: 30.0,
    30.0: 50.0,
    50.0: 100.0,
    100.0: 200.0,
}
"""Lower and upper ends of the ratio of the diffusivity's eigenvalues."""


class Poisson(AbstractPeriodicProblem):
    r"""$\nabla\cdot(K\nabla u) = -f$ with $K = 0.01 R^T \mathrm{diag}(1, e) R$, periodic.

    Parameters
    ----------
    lower
        Lower end of the range from which each sample draws e.
    nodes
        Nodes a side.

    Raises
    ------
    ConfigurationError
        If no range begins at ``lower``, or the grid has fewer than 32 nodes a side, which do
        not resolve the source's Gaussians.

    References
    ----------
    Subramanian et al., Towards foundation models for scientific machine learning, NeurIPS 2023.
    """

    letter: ClassVar[str] = "K"
    ranges: ClassVar[dict[float, float]] = RANGES
    channels: ClassVar[int] = 4

    def symbol(
        self, coefficients: Float[np.ndarray, " 3"]
    ) -> Complex[np.ndarray, "{self.nodes} {self.nodes}"]:
        """Symbol of the operator with coefficients Kxx, Kyy and Kxy."""
        x, y = periodic_symbols(self.nodes)
        kxx, kyy, kxy = coefficients
        return kxx * x * x + kyy * y * y + 2 * kxy * x * y

    def coefficients(self, rng: np.random.Generator) -> Float[np.ndarray, " 3"]:
        """Draw the diffusivity."""
        return np.array(rotated(rng, rng.uniform(self.lower, self.upper)))

    def typical(self) -> Float[np.ndarray, " 3"]:
        """Half of the larger eigenvalue at the middle of the range."""
        return np.full(3, 0.5 * 0.01 * 0.5 * (self.lower + self.upper))
