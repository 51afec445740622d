"""Multilayer perceptrons."""

import itertools
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.models._activations import tanh
from regimekit.models._draws import drawn


class MLP(eqx.Module):
    r"""Fully connected network with a scalar output, Glorot-normal weights and zero biases.

    Unlike ``equinox.nn.MLP`` it takes a whole batch of rows, which keeps every layer one matrix
    product in forward mode as well, and is initialised as the reference experiments are: each
    weight from a normal distribution of variance $2 / (n_{in} + n_{out})$.

    Parameters
    ----------
    in_size
        Number of inputs.
    width
        Units of each hidden layer.
    depth
        Number of hidden layers.
    key
        Random key of the initialisation.
    activation
        Elementwise activation; tanh by default.
    dtype
        Precision in which the weights are drawn and kept; None is that which JAX is set to.

    Raises
    ------
    ConfigurationError
        If a size is below 1.

    References
    ----------
    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
    AISTATS 2010.
    """

    weights: tuple[Float[Array, "in out"], ...]
    biases: tuple[Float[Array, " out"], ...]
    activation: Callable = eqx.field(static=True)

    def __init__(
        self,
        in_size: int,
        width: int,
        depth: int,
        *,
        key: PRNGKeyArray,
        activation: Callable = tanh,
        dtype: DTypeLike | None = None,
    ):
        if min(in_size, width, depth) < 1:
            raise ConfigurationError(
                f"An MLP with {in_size} inputs, width {width} and {depth} hidden layers cannot be "
                "built: each of the three must be at least 1."
            )
        sizes = [in_size, *[width] * depth, 1]
        shapes = list(itertools.pairwise(sizes))
        keys = jax.random.split(key, len(shapes))
        self.weights = drawn(
            lambda k, shape, spread: spread * jax.random.normal(k, shape, dtype),
            keys,
            shapes,
            jnp.stack([jnp.sqrt(2 / sum(shape)) for shape in shapes]).astype(dtype),
        )
        self.biases = tuple(jnp.zeros(n_out, dtype) for _, n_out in shapes)
        self.activation = activation

    def __call__(self, x: Float[Array, "points in"]) -> Float[Array, " points"]:
        """Evaluate on rows.

        Inside, features come first and points last: with a few hundred points this makes every
        product, forward and backward, one that a CPU's matrix kernels are good at.
        """
        # The transpose of x is part of the first product, not a copy.
        first = jax.lax.dot_general(self.weights[0], x, (((0,), (1,)), ((), ())))
        h = self.activation(first + self.biases[0][:, None])
        for weight, bias in zip(self.weights[1:-1], self.biases[1:-1], strict=True):
            h = self.activation(_apply(weight, h) + bias[:, None])
        return _apply(self.weights[-1], h)[0] + self.biases[-1]

    def features(self, x: Float[Array, "points in"]) -> Float[Array, "points width"]:
        """Return what the last hidden layer says of each row."""
        h = x
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = self.activation(h @ weight + bias)
        return h


def _apply(
    weight: Float[Array, "in out"], h: Float[Array, "in points"]
) -> Float[Array, "out points"]:
    return jax.lax.dot_general(weight, h, (((0,), (0,)), ((), ())))
