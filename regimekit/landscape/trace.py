"""Trace of a curvature operator by random probes, with its standard error."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.landscape._estimate import Estimate, estimate
from regimekit.landscape.lanczos import rademacher
from regimekit.landscape.operators import AbstractOperator, images


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
    vectors = rademacher(key, probes, operator)
    rest = vectors - (vectors @ rows.T) @ rows
    tested = jnp.concatenate([rows, rest])
    forms = np.asarray(jnp.sum(tested * images(operator, tested), axis=1), np.float64)
    return estimate(forms[: len(rows)].sum() + forms[len(rows) :])
