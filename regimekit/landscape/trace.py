"""Trace of a curvature operator by random probes, with its standard error."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.landscape._estimate import Estimate, estimate
from regimekit.landscape.lanczos import rademacher
from regimekit.landscape.operators import AbstractOperator


def trace(
    operator: AbstractOperator,
    *,
    key: PRNGKeyArray,
    probes: int = 100,
    known: Float[Array, "pairs parameters"] | None = None,
) -> Estimate:
    """Estimate the trace from quadratic forms of vectors of random signs.

    The number of probes is fixed beforehand: to stop when the mean moves little, as is common,
    ends a run by chance and biases it.

    Parameters
    ----------
    operator
        Symmetric.
    key
        Of the probes.
    probes
        How many, one product each; at least 2, so that there is a standard error.
    known
        Orthonormal rows, such as leading eigenvectors, on which the trace is computed exactly, at
        one product each; probes then see only the rest. The result is unbiased whatever they are,
        and far more precise where few eigenvalues dominate.

    Raises
    ------
    ConfigurationError
        If there are fewer than two probes.

    References
    ----------
    Hutchinson, A stochastic estimator of the trace of the influence matrix for Laplacian smoothing
    splines, Commun. Stat. Simul. Comput. 18, 1989. With ``known``: Meyer, Musco, Musco and
    Woodruff, Hutch++: optimal stochastic trace estimation, SOSA 2021.
    """
    if probes < 2:
        raise ConfigurationError(f"probes = {probes} must be at least 2, to give an error.")
    rows = jnp.zeros((0, operator.size), operator.dtype) if known is None else known
    exact, forms = _quadratic_forms(operator, rademacher(key, probes, operator), rows)
    return estimate(np.asarray(exact, np.float64).sum() + np.asarray(forms, np.float64))


@eqx.filter_jit
def _quadratic_forms(
    operator: AbstractOperator,
    vectors: Float[Array, "probes parameters"],
    known: Float[Array, "pairs parameters"],
) -> tuple[Float[Array, " pairs"], Float[Array, " probes"]]:
    product = operator.product()
    rest = vectors - (vectors @ known.T) @ known
    forms = jax.lax.map(lambda vector: vector @ product(vector), jnp.concatenate([known, rest]))
    return forms[: len(known)], forms[len(known) :]
