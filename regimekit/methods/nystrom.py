"""Randomised Nystrom approximation of a Hessian, and the preconditioner made from it."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

Product = Callable[[Float[Array, " parameters"]], Float[Array, " parameters"]]


class Nystrom(eqx.Module):
    """Eigenvectors (orthonormal columns) and non-negative eigenvalues, largest first."""

    vectors: Float[Array, "parameters rank"]
    values: Float[Array, " rank"]

    def inverse(
        self, x: Float[Array, " parameters"], damping: float
    ) -> Float[Array, " parameters"]:
        """Apply the inverse of the preconditioner of Frangella et al., equation 1.3.

        Directions outside the approximation are treated as having its smallest eigenvalue.
        """
        inside = self.vectors.T @ x
        scaled = (self.values[-1] + damping) / (self.values + damping) * inside
        return x + self.vectors @ (scaled - inside)


def nystrom(product: Product, size: int, rank: int, key: PRNGKeyArray, dtype: jnp.dtype) -> Nystrom:
    """Approximate a symmetric matrix from ``rank`` products with random orthonormal vectors.

    The core matrix is inverted by its eigenvalues, those below the rounding shift raised to it:
    a Hessian is not positive semidefinite, and Cholesky's factorisation would fail on it.

    Parameters
    ----------
    product
        Maps a vector to matrix times vector.
    size
        Number of parameters.
    rank
        Number of products, at most ``size``.
    key
        Random key of the test vectors.
    dtype
        Floating-point type.

    Returns
    -------
    Nystrom
        Exact if the matrix is positive semidefinite with at most ``rank`` nonzero eigenvalues.

    References
    ----------
    Frangella, Tropp and Udell, Randomized Nystrom preconditioning, SIAM J. Matrix Anal. Appl. 44,
    2023, algorithm 2.1.
    """
    test = jnp.linalg.qr(jax.random.normal(key, (size, rank), dtype))[0]
    sketch = jax.lax.map(product, test.T).T
    shift = jnp.sqrt(size) * jnp.finfo(dtype).eps * jnp.linalg.norm(sketch)
    shifted = sketch + shift * test
    core = test.T @ shifted
    roots, basis = jnp.linalg.eigh((core + core.T) / 2)
    factor = shifted @ (basis / jnp.sqrt(jnp.maximum(roots, shift)))
    vectors, singular, _ = jnp.linalg.svd(factor, full_matrices=False)
    return Nystrom(vectors, jnp.maximum(singular**2 - shift, 0))
