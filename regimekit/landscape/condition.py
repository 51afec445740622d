"""Condition of a damped Hessian, as it is and with the preconditioner that NNCG makes of it."""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.landscape.lanczos import check_steps
from regimekit.landscape.operators import AbstractModified, AbstractOperator, Product, Vector
from regimekit.landscape.spectrum import eigenpairs
from regimekit.methods.nystrom import Nystrom, nystrom


class Preconditioned(AbstractModified):
    """The damped operator between two inverse roots of a Nystrom preconditioner.

    Its eigenvalues are those that preconditioned conjugate gradients meet; see
    :func:`regimekit.landscape.density` for their distribution.

    Parameters
    ----------
    inner
        Symmetric, without the damping.
    approximation
        Of the inner operator, see :func:`precondition`.
    damping
        Added to all eigenvalues, above 0.
    """

    inner: AbstractOperator
    approximation: Nystrom
    damping: float

    def product(self) -> Product:
        """Return the product: inverse root, damped operator, inverse root."""
        product, basis = self.inner.product(), self.approximation.vectors
        values = self.approximation.values
        roots = jnp.sqrt((values[-1] + self.damping) / (values + self.damping))

        def root(vector: Vector) -> Vector:
            inside = basis.T @ vector
            return vector + basis @ (roots * inside - inside)

        def whole(vector: Vector) -> Vector:
            first = root(vector)
            return root(product(first) + self.damping * first)

        return whole


class Condition(NamedTuple):
    """Ends of two spectra and their ratios.

    Attributes
    ----------
    damped, preconditioned
        Smallest and largest eigenvalue of the damped operator, and of the preconditioned one.
    products
        With the operator that all of it took.
    """

    damped: tuple[float, float]
    preconditioned: tuple[float, float]
    products: int

    @property
    def number(self) -> float:
        """Condition number of the damped operator; infinite if it is not positive definite."""
        return _ratio(self.damped)

    @property
    def preconditioned_number(self) -> float:
        """The same of the preconditioned operator."""
        return _ratio(self.preconditioned)


def precondition(
    operator: AbstractOperator, *, key: PRNGKeyArray, rank: int = 10, damping: float = 1e-2
) -> Preconditioned:
    """Precondition an operator by a randomised approximation of its large eigenvalues.

    Parameters
    ----------
    operator
        Symmetric.
    key
        Of the random vectors.
    rank
        Of the approximation, one product each.
    damping
        Above 0.

    Raises
    ------
    ConfigurationError
        If the damping is not above 0, or the rank is not in 1 ... size.

    References
    ----------
    Frangella, Tropp and Udell, Randomized Nystrom preconditioning, SIAM J. Matrix Anal. Appl. 44,
    2023; Rathore et al., Challenges in training PINNs: a loss landscape perspective, ICML 2024,
    where the spectrum of the preconditioned Hessian explains why quasi-Newton methods help.
    """
    if not damping > 0:
        raise ConfigurationError(f"damping = {damping} must be above 0, such as 1e-2.")
    check_steps(operator, rank, "rank")
    return Preconditioned(operator, _approximation(operator, rank, key), damping)


def condition(
    operator: AbstractOperator,
    *,
    key: PRNGKeyArray,
    rank: int = 10,
    damping: float = 1e-2,
    steps: int = 40,
    tolerance: float = 1e-3,
) -> Condition:
    """Measure how much a preconditioner improves the condition of a damped operator.

    The smallest eigenvalue is a Ritz value, that is an upper bound: condition numbers are at least
    as large as they are said to be.

    Parameters
    ----------
    operator, key, rank, damping
        As for :func:`precondition`.
    steps, tolerance
        Of :func:`eigenpairs`.

    Raises
    ------
    ConfigurationError
        As for :func:`precondition`.
    """
    better = precondition(operator, key=key, rank=rank, damping=damping)
    spent, ends = rank, []
    for matrix, added in ((operator, damping), (better, 0.0)):
        options: dict[str, Any] = {"key": key, "steps": steps, "tolerance": tolerance}
        largest = eigenpairs(matrix, 1, **options)
        # Small eigenvalues crowd, so that more rounds would not end before the allowance.
        smallest = eigenpairs(matrix, 1, **options, most=steps, end="smallest")
        ends.append((float(smallest.values[0]) + added, float(largest.values[0]) + added))
        spent += smallest.products + largest.products
    return Condition(ends[0], ends[1], spent)


def _ratio(ends: tuple[float, float]) -> float:
    return ends[1] / ends[0] if ends[0] > 0 else float("inf")


@eqx.filter_jit
def _approximation(operator: AbstractOperator, rank: int, key: PRNGKeyArray) -> Nystrom:
    return nystrom(operator.product(), operator.size, rank, key, jnp.dtype(operator.dtype))
