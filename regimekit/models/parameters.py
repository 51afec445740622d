"""A model's parameters as one vector, in the order in which datasets store them."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Num, PyTree

from regimekit.errors import ConfigurationError


def with_parameters(model: PyTree, vector: Num[np.ndarray, " parameters"]) -> PyTree:
    """Fill a model with parameters, which are its inexact arrays.

    Parameters
    ----------
    model
        The model, or its shapes alone (``eqx.filter_eval_shape``): to draw a model compiles a
        program or two for each of its arrays.
    vector
        All parameters, one array after the other.

    Raises
    ------
    ConfigurationError
        If the model has another number of parameters.
    """
    leaves, structure = jax.tree.flatten(model)
    shapes = [leaf for leaf in leaves if is_parameter(leaf)]
    ends = np.cumsum([math.prod(leaf.shape) for leaf in shapes])
    if vector.shape != (ends[-1],):
        raise ConfigurationError(
            f"The weights have {vector.size} parameters, the model {type(model).__name__} has "
            f"{ends[-1]}: take the weights that were stored with the dataset of this model."
        )
    parts = iter(np.split(vector, ends[:-1]))
    filled = [
        jnp.asarray(next(parts).reshape(leaf.shape), leaf.dtype) if is_parameter(leaf) else leaf
        for leaf in leaves
    ]
    return jax.tree.unflatten(structure, filled)


def is_parameter(leaf: object) -> bool:
    """Whether a leaf of a model, or its shape, is one of its parameters."""
    if not isinstance(leaf, jax.ShapeDtypeStruct | jax.Array):
        return False
    return bool(jnp.issubdtype(leaf.dtype, jnp.inexact))
