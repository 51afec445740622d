"""Vector fields of neural ordinary differential equations."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.models._draws import drawn


class VectorField(eqx.Module):
    """Autonomous vector field: a tanh network from states to their time derivatives.

    Weights and biases are drawn uniformly within 1 / sqrt(inputs of the layer).

    Parameters
    ----------
    size
        Length of a state.
    width, depth
        Units and number of hidden layers; 10 and 3 as behind the published figure.
    key
        Random key of the initialisation.

    Raises
    ------
    ConfigurationError
        If a size is below 1.

    References
    ----------
    Chen, Rubanova, Bettencourt and Duvenaud, Neural ordinary differential equations, NeurIPS 2018.
    """

    weights: tuple[Float[Array, "in out"], ...]
    biases: tuple[Float[Array, " out"], ...]

    def __init__(self, size: int, width: int = 10, depth: int = 3, *, key: PRNGKeyArray):
        if min(size, width, depth) < 1:
            raise ConfigurationError(
                f"A vector field with {size} states, width {width} and {depth} hidden layers "
                "cannot be built: each of the three must be at least 1."
            )
        shapes = list(itertools.pairwise([size, *[width] * depth, size]))
        # Of each layer the weights, then the biases; both within 1 / sqrt(inputs).
        both = [part for shape in shapes for part in (shape, shape[1:])]
        arrays = drawn(
            lambda k, shape, root: jax.random.uniform(k, shape, minval=-1, maxval=1) / root,
            jax.random.split(key, len(both)),
            both,
            jnp.sqrt(jnp.asarray([float(shape[0]) for shape in shapes for _ in range(2)])),
        )
        self.weights, self.biases = arrays[::2], arrays[1::2]

    def __call__(self, state: Float[Array, "*samples size"]) -> Float[Array, "*samples size"]:
        """Time derivative of one state, or of several."""
        h = state
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = jnp.tanh(h @ weight + bias)
        return h @ self.weights[-1] + self.biases[-1]
