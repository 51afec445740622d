"""The ends of a spectrum: largest eigenvalues with vectors, smallest one, each with a bound."""

from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.landscape.lanczos import check_steps, lanczos
from regimekit.landscape.operators import AbstractOperator, images

End = Literal["largest", "smallest", "magnitude"]


class Eigenpairs(NamedTuple):
    """Some eigenvalues of a symmetric operator.

    Attributes
    ----------
    values
        Ritz values in the order asked for.
    vectors
        Unit vectors, one a row.
    residuals
        Norm of operator times vector minus value times vector, computed with the operator: an
        eigenvalue lies at most so far from the value.
    bounds
        The smaller of the residual and its square over the gap to the nearest other Ritz value
        (Kato and Temple), which is the error to expect of a value that has converged; and not less
        than the rounding of a sum. Rounding within a product can be far larger, and no process that
        takes products as they are sees it: :func:`error_in_double` does.
    products
        Products with the operator that were spent.
    converged
        Whether each residual is within the tolerance.
    """

    values: Float[np.ndarray, " pairs"]
    vectors: Float[Array, "pairs parameters"]
    residuals: Float[np.ndarray, " pairs"]
    bounds: Float[np.ndarray, " pairs"]
    products: int
    converged: bool


def eigenpairs(
    operator: AbstractOperator,
    count: int,
    *,
    key: PRNGKeyArray,
    steps: int = 40,
    tolerance: float = 1e-3,
    most: int = 640,
    end: End = "largest",
) -> Eigenpairs:
    """Find eigenvalues at one end of a spectrum, with vectors.

    The space grows by doubling until the residuals are small or the allowance is spent. An
    eigenvalue of multiplicity above one is found once.

    Parameters
    ----------
    operator
        Symmetric, of n rows.
    count
        How many, at most n.
    key
        Of the random start.
    steps
        Products in the first round; those after it have twice as many (and compile anew).
    tolerance
        On each residual, relative to the largest magnitude of a Ritz value.
    most
        Most products of a round, cut to n.
    end
        ``largest``, ``smallest`` (algebraically) or largest in ``magnitude``.

    Raises
    ------
    ConfigurationError
        If count or steps do not lie in 1 ... n, or a product is not finite.

    References
    ----------
    Parlett, The Symmetric Eigenvalue Problem, SIAM 1998, chapters 11 and 13.
    """
    check_steps(operator, count, "count")
    check_steps(operator, min(steps, operator.size))
    if end not in ("largest", "smallest", "magnitude"):
        raise ConfigurationError(f"end = {end!r} must be largest, smallest or magnitude.")
    start = jax.random.normal(key, (1, operator.size), operator.dtype)
    spent, round_steps = 0, min(max(steps, count), operator.size)
    while True:
        (space,) = lanczos(operator, start, round_steps)
        ritz, small = space.ritz()
        order = {"largest": -ritz, "smallest": ritz, "magnitude": -np.abs(ritz)}[end]
        chosen = np.argsort(order, kind="stable")[:count]
        scale = float(np.abs(ritz).max()) or 1.0
        vectors = jnp.asarray(small[:, chosen].T, operator.dtype) @ space.basis
        scaled = jnp.asarray(ritz[chosen], operator.dtype)[:, None] * vectors
        rest = images(operator, vectors) - scaled
        residuals = np.asarray(jnp.linalg.norm(rest, axis=1), np.float64)
        spent += len(space.diagonal) + len(chosen)
        converged = bool(np.all(residuals <= tolerance * scale))
        exhausted = space.remainder == 0 or round_steps >= min(most, operator.size)
        if converged or exhausted:
            gaps = np.array([_gap(ritz, int(i)) for i in chosen])
            with np.errstate(divide="ignore", invalid="ignore"):
                bounds = np.fmin(residuals, residuals**2 / gaps)
            # No value is better than the rounding of the products.
            bounds = np.maximum(bounds, 10 * np.finfo(operator.dtype).eps * scale)
            return Eigenpairs(ritz[chosen], vectors, residuals, bounds, spent, converged)
        round_steps = min(2 * round_steps, operator.size, max(most, round_steps))


def lambda_max(
    operator: AbstractOperator, *, key: PRNGKeyArray, steps: int = 20, tolerance: float = 1e-3
) -> tuple[float, float]:
    """Largest eigenvalue, and a bound of its error."""
    found = eigenpairs(operator, 1, key=key, steps=steps, tolerance=tolerance)
    return float(found.values[0]), float(found.bounds[0])


def _gap(ritz: Float[np.ndarray, " steps"], position: int) -> float:
    others = np.delete(ritz, position)
    return float(np.abs(others - ritz[position]).min()) if others.size else float("inf")
