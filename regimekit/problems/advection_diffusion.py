"""Steady advection-diffusion on the periodic unit square, from source and coefficients."""

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

RANGES = {0.2: 0.4, 0.4: 0.6, 0.6: 0.8, 0.8: 1.0, 1.0: 1.3, 1.3: 1.7, 1.7: 2.0, 2.0: 2.5}
"""Lower and upper ends of the ratio of advection to diffusion."""

# Mean ratio of advection to diffusion (second column) at a share of advection (first column).
SHARES = np.array(
    [
        *([0.0483, 0.197], [0.0616, 0.246], [0.0785, 0.303], [0.10, 0.375], [0.14, 0.489]),
        *([0.18, 0.595], [0.22, 0.699], [0.26, 0.794], [0.30, 0.913], [0.34, 0.996]),
        *([0.38, 1.123], [0.42, 1.211], [0.46, 1.334], [0.50, 1.461], [0.54, 1.609]),
        *([0.58, 1.750], [0.62, 1.914], [0.66, 2.070], [0.70, 2.389]),
    ]
)


class AdvectionDiffusion(AbstractOperatorProblem):
    r"""$(1-\lambda)\,\nabla\cdot(K\nabla u) - \lambda\,v\cdot\nabla u = -f$, periodic.

    Parameters
    ----------
    ratio
        Lower end of the range of ratios of advection to diffusion, from which each sample draws.
    nodes
        Nodes a side.

    Raises
    ------
    ConfigurationError
        If no range begins at ``ratio``, or the grid has fewer than 32 nodes a side, which do not
        resolve the source's Gaussians.

    References
    ----------
    Subramanian et al., Towards foundation models for scientific machine learning, NeurIPS 2023.
    """

    ratio: float = eqx.field(static=True)
    nodes: int = eqx.field(static=True)
    channels: ClassVar[int] = 6
    periodic: ClassVar[bool] = True

    def __init__(self, ratio: float, nodes: int = 64):
        upper_end("a", ratio, RANGES)
        whole_nodes(nodes, 32)
        self.ratio, self.nodes = float(ratio), nodes

    @property
    def difficulty(self) -> float:
        """Lower end of the range of ratios."""
        return self.ratio

    def symbol(
        self, coefficients: Float[np.ndarray, " 5"]
    ) -> Complex[np.ndarray, "{self.nodes} {self.nodes}"]:
        """Symbol of the operator with coefficients Kxx, Kyy, Kxy and vx, vy, shares included."""
        x, y = periodic_symbols(self.nodes)
        kxx, kyy, kxy, vx, vy = coefficients
        return kxx * x * x + kyy * y * y + 2 * kxy * x * y - vx * x - vy * y

    def sample(self, pool: str, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Input and solution; each coefficient is divided by a size typical of the range."""
        rng = generator(pool, index)
        source = gaussian_source(rng, index, self.nodes)
        diffusivity = np.array(rotated(rng, rng.uniform(1, 5)))
        angle = rng.uniform(0, 2 * np.pi)
        target = rng.uniform(self.ratio, RANGES[self.ratio])
        share = SHARES[np.argmin(np.abs(SHARES[:, 1] - target)), 0]
        velocity = share * np.array([np.cos(angle), np.sin(angle)])
        coefficients = np.concatenate([(1 - share) * diffusivity, velocity])
        solution = solve_periodic(self.symbol(coefficients), source)
        middle = SHARES[np.argmin(np.abs(SHARES[:, 1] - self._middle)), 0]
        typical = np.array([*[0.03 * (1 - middle)] * 2, 0.02 * (1 - middle), middle, middle])
        return as_input(source, coefficients / typical), solution

    @property
    def _middle(self) -> float:
        return 0.5 * (self.ratio + RANGES[self.ratio])

    def at(self, difficulty: float) -> "AdvectionDiffusion":
        """Return the same problem for another range."""
        return AdvectionDiffusion(difficulty, self.nodes)
