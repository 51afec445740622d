"""What rounding within products does to an eigenvalue: one product in double precision."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from regimekit.landscape.operators import AbstractOperator, images
from regimekit.landscape.spectrum import Eigenpairs


def error_in_double(operator: AbstractOperator, pairs: Eigenpairs) -> float:
    """Bound the error of the first eigenvalue as one of the operator in exact arithmetic.

    Lanczos' process finds eigenvalues of the products as they are computed. In single precision the
    terms of a product may cancel, so that it is off by far more than a unit in its last place, and
    a small residual does not show that. Here the vector is multiplied once more in double
    precision, with the same parameters and points.

    Parameters
    ----------
    operator
        Whose eigenpairs they are, in single or double precision.
    pairs
        As :func:`eigenpairs` returns them; with two or more, the gap to the next value is used.

    Returns
    -------
    error
        Distance of the value to the Rayleigh quotient in double precision, plus the smaller of the
        residual there and its square over the gap.

    References
    ----------
    Parlett, The Symmetric Eigenvalue Problem, SIAM 1998, theorems 4.5.1 and 11.7.1.
    """
    value, vector = float(pairs.values[0]), np.asarray(pairs.vectors[0], np.float64)
    vector = vector / np.linalg.norm(vector)
    with jax.enable_x64(True):
        doubled = jax.tree.map(_doubled, operator)
        image = np.asarray(images(doubled, jnp.asarray(vector)[None])[0])
    quotient = float(vector @ image)
    residual = float(np.linalg.norm(image - quotient * vector))
    gaps = np.abs(np.asarray(pairs.values[1:], np.float64) - quotient)
    nearest = float(gaps.min()) if gaps.size else 0.0
    temple = residual**2 / nearest if nearest > 0 else residual
    return abs(value - quotient) + min(residual, temple)


def _doubled(leaf: object) -> object:
    """Double the precision of an array of floating-point numbers; leave all else."""
    if not eqx.is_inexact_array(leaf):
        return leaf
    return jnp.asarray(np.asarray(leaf, np.float64))
