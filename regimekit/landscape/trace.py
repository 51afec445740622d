"""Trace of a curvature operator by random probes, with its standard error."""

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.landscape._estimate import Estimate, estimate
from regimekit.landscape.lanczos import rademacher
from regimekit.landscape.operators import AbstractOperator


def trace(operator: AbstractOperator, *, key: PRNGKeyArray, probes: int = 100) -> Estimate:
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

    Raises
    ------
    ConfigurationError
        If there are fewer than two probes.

    References
    ----------
    Hutchinson, A stochastic estimator of the trace of the influence matrix for Laplacian smoothing
    splines, Commun. Stat. Simul. Comput. 18, 1989.
    """
    if probes < 2:
        raise ConfigurationError(f"probes = {probes} must be at least 2, to give an error.")
    forms = _quadratic_forms(operator, rademacher(key, probes, operator))
    return estimate(np.asarray(forms, np.float64))


@eqx.filter_jit
def _quadratic_forms(
    operator: AbstractOperator, vectors: Float[Array, "probes parameters"]
) -> Float[Array, " probes"]:
    product = operator.product()
    return jax.lax.map(lambda vector: vector @ product(vector), vectors)
