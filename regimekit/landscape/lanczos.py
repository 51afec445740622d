"""Lanczos' process with full re-orthogonalisation (matfree), on which all of curvature rests."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray
from matfree import decomp

from regimekit.errors import ConfigurationError
from regimekit.landscape.operators import AbstractOperator


class Tridiagonal(NamedTuple):
    """An operator in the basis of one Krylov space.

    Attributes
    ----------
    basis
        Orthonormal rows; the first is the normalised start.
    diagonal, off_diagonal
        Of the tridiagonal matrix.
    remainder
        Norm of what the last product adds beyond the space: 0 if the space is invariant.
    """

    basis: Float[Array, "steps parameters"]
    diagonal: Float[np.ndarray, " steps"]
    off_diagonal: Float[np.ndarray, " steps-1"]
    remainder: float

    def ritz(
        self,
    ) -> tuple[Float[np.ndarray, " steps"], Float[np.ndarray, "steps steps"]]:
        """Ritz values in ascending order, and their vectors in the basis (columns)."""
        from scipy.linalg import eigh_tridiagonal  # Here: figures need no scipy, and start sooner.

        values, vectors = eigh_tridiagonal(self.diagonal, self.off_diagonal)
        return values, vectors


def check_steps(operator: AbstractOperator, steps: int, name: str = "steps") -> None:
    """Refuse fewer steps than one, and more than the operator has rows.

    Raises
    ------
    ConfigurationError
        In one sentence.
    """
    if not 1 <= steps <= operator.size:
        raise ConfigurationError(
            f"{name} = {steps} is outside 1 ... {operator.size}, the number of parameters."
        )


def rademacher(key: PRNGKeyArray, count: int, operator: AbstractOperator) -> Array:
    """Draw ``count`` vectors of independent signs."""
    return jax.random.rademacher(key, (count, operator.size), operator.dtype)


def lanczos(
    operator: AbstractOperator, starts: Float[Array, "probes parameters"], steps: int
) -> list[Tridiagonal]:
    """Run Lanczos' process from each start, one after the other.

    The program is that of one start, however many there are: to compile it takes longer than to
    run it, and side by side starts would crowd each other out of a CPU's cache.

    Parameters
    ----------
    operator
        Symmetric.
    starts
        One start a row, of any length but 0.
    steps
        Products a start, at most the number of parameters. A start that lies in an invariant
        subspace ends earlier, with the exact spectrum of that subspace.

    Raises
    ------
    ConfigurationError
        If there are more steps than parameters, or a product is not finite.

    References
    ----------
    Golub and Van Loan, Matrix Computations, 4th edition, section 10.1. Full re-orthogonalisation,
    as without it eigenvalues appear several times.
    """
    check_steps(operator, steps)
    found = []
    for start in np.asarray(starts):
        basis, *entries = _compiled(operator, start, steps)
        diagonal, off_diagonal, norm = (np.asarray(e, np.float64) for e in entries)
        if not np.isfinite(diagonal[0]):
            raise ConfigurationError(
                "A product with the curvature is not finite: the loss overflows at this model."
            )
        # Beyond an invariant subspace there is but rounding, and a division by zero.
        scale = np.nanmax(np.abs(np.concatenate([diagonal, off_diagonal])))
        floor = np.sqrt(operator.size) * np.finfo(operator.dtype).eps * scale
        links = np.append(off_diagonal, norm)
        ended = np.flatnonzero(~(links > floor))
        last = int(ended[0]) + 1 if ended.size else steps
        remainder = 0.0 if ended.size else float(norm)
        found.append(
            Tridiagonal(basis[:last], diagonal[:last], off_diagonal[: last - 1], remainder)
        )
    return found


@eqx.filter_jit
def _compiled(
    operator: AbstractOperator, start: Float[Array, " parameters"], steps: int
) -> tuple[Array, Array, Array, Array]:
    process = decomp.tridiag_sym(steps, materialize=False, reortho="full", custom_vjp=False)
    found = process(operator.product(), start)
    diagonal, off_diagonal = found.J_small
    return found.Q_tall, diagonal, off_diagonal, jnp.linalg.norm(found.residual)
