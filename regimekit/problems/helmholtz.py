"""Helmholtz equation on the periodic unit square, from the source and the squared wave number."""

from typing import ClassVar

import numpy as np
from jaxtyping import Complex, Float

from regimekit.problems._fields import periodic_symbols
from regimekit.problems._periodic import AbstractPeriodicProblem

RANGES = {1.0: 2.0, 3.0: 4.0, 5.0: 6.0, 7.0: 8.0, 9.0: 10.0}
"""Smallest and largest omega, which is a whole number."""

RESONANT = 0.2
"""Waves whose symbol is smaller than this (omega is 1 to 10) are left out of the solution."""


class Helmholtz(AbstractPeriodicProblem):
    r"""$0.01\,\Delta u + \omega u = -f$ with a whole number $\omega$, periodic.

    Sources keep their mean here, and so do solutions. As in the original, resonant waves are left
    out of the solution and samples with a value above 2 drawn again; from which symbol on a wave
    counts as resonant (here 0.2) is not known of the original.

    Parameters
    ----------
    lower
        Smallest omega of the range from which each sample draws.
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

    letter: ClassVar[str] = "omega"
    ranges: ClassVar[dict[float, float]] = RANGES
    channels: ClassVar[int] = 3
    centred: ClassVar[bool] = False
    largest: ClassVar[float] = 2.0

    def symbol(
        self, coefficients: Float[np.ndarray, " 2"]
    ) -> Complex[np.ndarray, "{self.nodes} {self.nodes}"]:
        """Symbol with coefficients 0.01 (the diffusivity) and omega; zero for resonant waves."""
        x, y = periodic_symbols(self.nodes)
        diffusivity, omega = coefficients
        found = diffusivity * (x * x + y * y) + omega
        return np.where(np.abs(found) < RESONANT, 0, found)

    def coefficients(self, rng: np.random.Generator) -> Float[np.ndarray, " 2"]:
        """Draw omega."""
        return np.array([0.01, rng.integers(int(self.lower), int(self.upper), endpoint=True)])

    def typical(self) -> Float[np.ndarray, " 2"]:
        """The diffusivity, and the middle of the range of omega."""
        return np.array([0.01, 0.5 * (self.lower + self.upper)])
