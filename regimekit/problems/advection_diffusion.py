"""Steady advection-diffusion on the periodic unit square, from source and coefficients."""

from typing import ClassVar

import numpy as np
from jaxtyping import Complex, Float

from regimekit.problems._fields import periodic_symbols, rotated
from regimekit.problems._periodic import AbstractPeriodicProblem

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


class AdvectionDiffusion(AbstractPeriodicProblem):
    r"""$(1-\lambda)\,\nabla\cdot(K\nabla u) - \lambda\,v\cdot\nabla u = -f$, periodic.

    Parameters
    ----------
    lower
        Lower end of the range of ratios of advection to diffusion, from which each sample draws.
    nodes
        Nodes a side.

    Raises
    ------
    ConfigurationError
        If no range begins at ``lower``, or the grid has fewer than 32 nodes a side, which do not
        resolve the source's Gaussians.

    References
    ----------
    Subramanian et al., Towards foundation models for scientific machine learning, NeurIPS 2023.
    """

    letter: ClassVar[str] = "a"
    ranges: ClassVar[dict[float, float]] = RANGES
    channels: ClassVar[int] = 6

    def symbol(
        self, coefficients: Float[np.ndarray, " 5"]
    ) -> Complex[np.ndarray, "{self.nodes} {self.nodes}"]:
        """Symbol of the operator with coefficients Kxx, Kyy, Kxy and vx, vy, shares included."""
        x, y = periodic_symbols(self.nodes)
        kxx, kyy, kxy, vx, vy = coefficients
        return kxx * x * x + kyy * y * y + 2 * kxy * x * y - vx * x - vy * y

    def coefficients(self, rng: np.random.Generator) -> Float[np.ndarray, " 5"]:
        """Draw diffusivity, direction of the velocity, and the share of advection."""
        diffusivity = np.array(rotated(rng, rng.uniform(1, 5)))
        angle = rng.uniform(0, 2 * np.pi)
        share = _share(rng.uniform(self.lower, self.upper))
        velocity = share * np.array([np.cos(angle), np.sin(angle)])
        return np.concatenate([(1 - share) * diffusivity, velocity])

    def typical(self) -> Float[np.ndarray, " 5"]:
        """Sizes at the middle of the range."""
        share = _share(0.5 * (self.lower + self.upper))
        return np.array([*[0.03 * (1 - share)] * 2, 0.02 * (1 - share), share, share])


def _share(ratio: float) -> float:
    """Share of advection whose mean ratio to diffusion is nearest."""
    return float(SHARES[np.argmin(np.abs(SHARES[:, 1] - ratio)), 0])
