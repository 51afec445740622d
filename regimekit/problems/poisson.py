"""Anisotropic Poisson equation on the periodic unit square, from source and diffusivity."""

from typing import ClassVar

import equinox as eqx
import numpy as np
from jaxtyping import Complex, Float

from regimekit.problems._fields import (
    as_input,
    gaussian_source,
    generator,
    periodic_symbols,
    rotated,
    solve_periodic,
)
from regimekit.problems._operator import AbstractOperatorProblem, upper_end, whole_nodes

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


class Poisson(AbstractOperatorProblem):
    r"""$\nabla\cdot(K\nabla u) = -f$ with $K = 0.01 R^T \mathrm{diag}(1, e) R$, periodic.

    Parameters
    ----------
    anisotropy
        Lower end of the range from which each sample draws e.
    nodes
        Nodes a side.

    Raises
    ------
    ConfigurationError
        If no range begins at ``anisotropy``, or the grid has fewer than 32 nodes a side, which do
        not resolve the source's Gaussians.

    References
    ----------
    Subramanian et al., Towards foundation models for scientific machine learning, NeurIPS 2023.
    """

    anisotropy: float = eqx.field(static=True)
    nodes: int = eqx.field(static=True)
    channels: ClassVar[int] = 4
    periodic: ClassVar[bool] = True

    def __init__(self, anisotropy: float, nodes: int = 64):
        upper_end("K", anisotropy, RANGES)
        whole_nodes(nodes, 32)
        self.anisotropy, self.nodes = float(anisotropy), nodes

    @property
    def difficulty(self) -> float:
        """Lower end of the range of anisotropies."""
        return self.anisotropy

    def symbol(
        self, coefficients: Float[np.ndarray, " 3"]
    ) -> Complex[np.ndarray, "{self.nodes} {self.nodes}"]:
        """Symbol of the operator with coefficients Kxx, Kyy and Kxy."""
        x, y = periodic_symbols(self.nodes)
        kxx, kyy, kxy = coefficients
        return kxx * x * x + kyy * y * y + 2 * kxy * x * y

    def sample(self, pool: str, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Input and solution; each coefficient is divided by a size typical of the range."""
        rng = generator(pool, index)
        source = gaussian_source(rng, index, self.nodes)
        ratio = rng.uniform(self.anisotropy, RANGES[self.anisotropy])
        coefficients = np.array(rotated(rng, ratio))
        solution = solve_periodic(self.symbol(coefficients), source)
        largest = 0.01 * 0.5 * (self.anisotropy + RANGES[self.anisotropy])
        return as_input(source, coefficients / (0.5 * largest)), solution

    def at(self, difficulty: float) -> "Poisson":
        """Return the same problem for another range."""
        return Poisson(difficulty, self.nodes)
