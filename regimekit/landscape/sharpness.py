"""Sharpness that does not depend on the scale of the loss or of the weights, beside the raw one."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from regimekit.landscape.operators import AbstractModified, AbstractOperator, Hessian, Product
from regimekit.landscape.spectrum import lambda_max
from regimekit.tasks import AbstractTask


class Scaled(AbstractModified):
    """An operator between two diagonal matrices: D A D.

    Parameters
    ----------
    inner
        A.
    scale
        Diagonal of D.
    """

    inner: AbstractOperator
    scale: Float[Array, " parameters"]

    def product(self) -> Product:
        """Return the product."""
        product = self.inner.product()
        return lambda vector: self.scale * product(self.scale * vector)


def filter_norms(model: PyTree) -> Float[Array, " parameters"]:
    """Norm of the filter that each parameter belongs to, in the flat order.

    The filter of a matrix (in, out), as an MLP has them, is what feeds one output unit: a column.
    That of a convolution's kernel (out, in, ...) is what makes one output channel. A vector, such
    as a bias, is one filter as a whole.

    References
    ----------
    Li, Xu, Taylor, Studer and Goldstein, Visualizing the loss landscape of neural nets, NeurIPS
    2018, section 4.
    """

    def norms(leaf: Array) -> Array:
        axes = (0,) if leaf.ndim == 2 else tuple(range(1 if leaf.ndim > 2 else 0, leaf.ndim))
        squares = jnp.sum(leaf**2, axis=axes, keepdims=True)
        return jnp.broadcast_to(jnp.sqrt(squares), leaf.shape)

    return ravel_pytree(jax.tree.map(norms, eqx.filter(model, eqx.is_inexact_array)))[0]


class Sharpness(NamedTuple):
    """Largest eigenvalue of the Hessian, raw and freed of scales.

    Attributes
    ----------
    raw, raw_error
        With a bound of its error.
    relative
        Raw over the loss: unchanged when the loss is multiplied by a constant.
    filter_normalised, filter_normalised_error
        Of the Hessian with respect to each parameter in units of its filter's norm: unchanged when
        a unit's ingoing filter is multiplied and its outgoing weights are divided accordingly, as
        far as the network is homogeneous there. Multiplied by the loss's scale like the raw one.
    filter_relative
        Of the last over the loss: free of both scales.
    """

    raw: float
    raw_error: float
    relative: float
    filter_normalised: float
    filter_normalised_error: float
    filter_relative: float


def sharpness(
    task: AbstractTask, model: PyTree, *, key: PRNGKeyArray, tolerance: float = 1e-3
) -> Sharpness:
    """Measure raw and scale-free sharpness.

    Parameters
    ----------
    task, model
        Where.
    key
        Of the random starts.
    tolerance
        On the residual of each eigenvalue.

    Raises
    ------
    ConfigurationError
        If the parameters are not finite or do not fit the task.

    References
    ----------
    Kwon, Kim, Park and Choi, ASAM: adaptive sharpness-aware minimization, ICML 2021 (definition 3,
    filter-wise); Dinh, Pascanu, Bengio and Bengio, Sharp minima can generalize for deep nets, ICML
    2017, for why the raw one alone says little.
    """
    hessian, norms = Hessian(task, model), filter_norms(model)
    loss = float(_loss(task, model))
    # Units are arrays, so that both are found by one compiled program.
    (raw, raw_error), (normalised, error) = (
        lambda_max(Scaled(hessian, units), key=key, tolerance=tolerance)
        for units in (jnp.ones_like(norms), norms)
    )
    return Sharpness(raw, raw_error, _over(raw, loss), normalised, error, _over(normalised, loss))


def _over(value: float, loss: float) -> float:
    return value / loss if loss > 0 else float("inf")


@eqx.filter_jit
def _loss(task: AbstractTask, model: PyTree) -> Float[Array, ""]:
    return task.loss(model)
