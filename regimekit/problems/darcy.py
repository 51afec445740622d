"""Darcy flow through a medium of two phases, from its permeability."""

from functools import lru_cache
from typing import ClassVar

import equinox as eqx
import numpy as np
from jaxtyping import Float

from regimekit.problems._check import at_least
from regimekit.problems._fields import generator, threshold_field
from regimekit.problems._operator import AbstractOperatorProblem, whole_nodes

LOW = 3.0
"""Permeability of the less permeable phase."""


class Darcy(AbstractOperatorProblem):
    r"""$-\nabla\cdot(a\nabla u) = 1$ on the unit square, with u = 0 on its boundary.

    The permeability is 3 where a Gaussian field is negative, and ``contrast`` times that elsewhere;
    the field, and so the geometry, is the same for every contrast.

    Parameters
    ----------
    contrast
        Ratio of the two permeabilities, at least 1.
    nodes
        Nodes a side of the samples, both ends included.
    refine
        Cells of the solver's grid per cell of the samples' grid, along each side.

    Raises
    ------
    ConfigurationError
        If the contrast is below 1, there are fewer than 9 nodes, or ``refine`` is below 1.

    References
    ----------
    Li et al., Fourier neural operator for parametric partial differential equations, ICLR 2021.
    """

    contrast: float = eqx.field(static=True)
    nodes: int = eqx.field(static=True)
    refine: int = eqx.field(static=True)
    channels: ClassVar[int] = 3
    periodic: ClassVar[bool] = False

    def __init__(self, contrast: float, nodes: int = 31, refine: int = 1):
        at_least("r", float(contrast), 1, "contrast", "such as 4")
        at_least("refine", float(refine), 1, "refinement", "such as 4")
        whole_nodes(nodes, 9)
        self.contrast, self.nodes, self.refine = float(contrast), nodes, refine

    @property
    def difficulty(self) -> float:
        """Contrast of the permeability."""
        return self.contrast

    @property
    def solved_nodes(self) -> int:
        """Nodes a side of the solver's grid."""
        return self.refine * (self.nodes - 1) + 1

    def sample(self, pool: str, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Input (permeability, x and y) and solution."""
        return _solved(self.contrast, self.nodes, self.refine, pool, index)

    def at(self, difficulty: float) -> "Darcy":
        """Return the same problem at another contrast."""
        return Darcy(difficulty, self.nodes, self.refine)


@lru_cache(maxsize=2048)
def _solved(
    contrast: float, nodes: int, refine: int, pool: str, index: int
) -> tuple[np.ndarray, np.ndarray]:
    """Solve one sample; kept, since the cells of a map share most of theirs."""
    fine = refine * (nodes - 1) + 1
    field = threshold_field(generator(pool, index), fine)
    permeability = np.where(field < 0, LOW, LOW * contrast)
    solution = solve_darcy(permeability, np.ones((fine, fine)))
    x, y = np.meshgrid(*[np.linspace(0, 1, nodes)] * 2)
    coarse = slice(None, None, refine)
    inputs = np.stack([permeability[coarse, coarse], x, y], axis=-1)
    made = inputs, solution[coarse, coarse].copy()
    for part in made:
        part.flags.writeable = False  # others will be handed the same arrays
    return made


BANDED = 256
"""Largest number of nodes a side for which the banded solver is used; see :func:`solve_darcy`."""


def solve_darcy(
    permeability: Float[np.ndarray, "nodes nodes"], source: Float[np.ndarray, "nodes nodes"]
) -> Float[np.ndarray, "nodes nodes"]:
    """Solve by conservative five-point finite volumes, second order for smooth permeability.

    The permeability of a face is the mean of those at its two nodes; boundary nodes are zero.

    Up to :data:`BANDED` nodes a side by LAPACK's Cholesky factors of the band, whose work of
    (nodes a side)^4 is done in dense blocks: less than half the time of sparse factors at 121.
    Beyond, where the band fills more memory and the power tells, by sparse factors. Both agree
    to rounding (a test).
    """
    nodes = len(permeability)
    inner = nodes - 2
    # Axis 1 first: in the flattened inner nodes, a step along it is 1 and along axis 0 is `inner`.
    right = 0.5 * (permeability[1:-1, 1:] + permeability[1:-1, :-1])
    up = 0.5 * (permeability[1:, 1:-1] + permeability[:-1, 1:-1])
    middle = (right[:, 1:] + right[:, :-1] + up[1:] + up[:-1]).ravel()
    along = -right[:, 1:].copy()
    along[:, -1] = 0  # the last node of a row and the first of the next are no neighbours
    beside, above = along.ravel()[:-1], -up[1:-1].ravel()
    flux = source[1:-1, 1:-1].ravel() / (nodes - 1) ** 2
    solve = _solve_banded if nodes <= BANDED else _solve_sparse
    solution = np.zeros((nodes, nodes))
    solution[1:-1, 1:-1] = solve(middle, beside, above, flux).reshape(inner, inner)
    return solution


def _solve_banded(
    middle: Float[np.ndarray, " unknowns"],
    beside: Float[np.ndarray, " unknowns-1"],
    above: Float[np.ndarray, " others"],
    flux: Float[np.ndarray, " unknowns"],
) -> Float[np.ndarray, " unknowns"]:
    from scipy.linalg import solveh_banded

    offset = len(middle) - len(above)
    # In the order of LAPACK, or it is copied.
    band = np.zeros((offset + 1, len(middle)), order="F")
    band[0], band[1, :-1], band[offset, : len(above)] = middle, beside, above
    return solveh_banded(band, flux, overwrite_ab=True, lower=True, check_finite=False)


def _solve_sparse(
    middle: Float[np.ndarray, " unknowns"],
    beside: Float[np.ndarray, " unknowns-1"],
    above: Float[np.ndarray, " others"],
    flux: Float[np.ndarray, " unknowns"],
) -> Float[np.ndarray, " unknowns"]:
    from scipy import sparse  # A third of a second that other problems need not spend.
    from scipy.sparse.linalg import splu

    offset = len(middle) - len(above)
    matrix = sparse.diags_array(
        [middle, beside, beside, above, above],
        offsets=[0, 1, -1, offset, -offset],
        format="csc",
    )
    # An order for symmetric matrices and no pivoting, which a positive definite one does not need:
    # two thirds of the time of the default.
    factors = splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    return factors.solve(flux)
