"""Fourier neural operators in two dimensions."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Key, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.models._draws import drawn


class SpectralConvolution(eqx.Module):
    """Linear map of the lowest Fourier modes of a periodic field; independent of resolution.

    Parameters
    ----------
    width
        Channels in and out.
    modes
        Wave numbers -modes ... modes - 1 along axis 0 and 0 ... modes - 1 along axis 1 are kept.
    key
        Random key. Both parts of a weight are from U(0, 1) / width^2, as in the original.
    """

    weights: Float[Array, "modes2 modes width width 2"]
    """Real and imaginary part last, so that every optimiser sees real parameters."""

    def __init__(self, width: int, modes: int, *, key: PRNGKeyArray):
        shape = (2 * modes, modes, width, width, 2)
        self.weights = jax.random.uniform(key, shape) / width**2

    def __call__(self, x: Float[Array, "ny nx width"]) -> Float[Array, "ny nx width"]:
        """Apply to one field."""
        # Real matrix products throughout: on a CPU half as dear as complex ones, or as an FFT.
        ny, nx, width = x.shape
        modes = self.weights.shape[1]
        along_y, along_x = _waves(np.arange(-modes, modes), ny), _waves(np.arange(modes), nx)
        to_x = np.concatenate([along_x.real, along_x.imag]).astype(x.dtype)
        real, imaginary = along_y.real, along_y.imag
        to_y = np.block([[real, -imaginary], [imaginary, real]]).astype(x.dtype)
        low = jnp.einsum("px,yxc->pyc", to_x, x).reshape(2, modes, ny, width)
        low = jnp.matmul(to_y, low.transpose(0, 2, 1, 3).reshape(2 * ny, modes * width))
        low = low.reshape(2, 2 * modes, modes, width)
        # (re, im) times this block matrix is the product with the complex weights.
        first, second = self.weights[..., 0], self.weights[..., 1]
        upper = jnp.concatenate([first, second], -1)
        lower = jnp.concatenate([-second, first], -1)
        both = jnp.concatenate([upper, lower], -2)
        low = jnp.einsum("lkc,lkcd->lkd", jnp.concatenate([low[0], low[1]], -1), both)
        low = low.reshape(2 * modes, modes, 2, width).transpose(2, 0, 1, 3)
        # The adjoint of `to_y`, then the real part along axis 1. A real field's negative waves
        # along that axis are the conjugates of the positive ones, hence the factor 2.
        back = jnp.matmul(to_y.T, low.reshape(4 * modes, modes * width))
        back = back.reshape(2, ny, modes, width)
        back = back.transpose(0, 2, 1, 3).reshape(2 * modes, ny, width)
        twice = np.where(np.arange(2 * modes) % modes == 0, 1.0, 2.0) / (ny * nx)
        return jnp.einsum("px,pyc->yxc", (twice[:, None] * to_x).astype(x.dtype), back)


def _waves(numbers: np.ndarray, nodes: int) -> Complex[np.ndarray, "waves nodes"]:
    return np.exp(-2j * np.pi * numbers[:, None] * np.arange(nodes) / nodes)


class Pointwise(eqx.Module):
    """Affine map of the channels at each node."""

    weight: Float[Array, "into out"]
    bias: Float[Array, " out"]

    def __call__(self, x: Float[Array, "*grid into"]) -> Float[Array, "*grid out"]:
        """Apply to each node."""
        return x @ self.weight + self.bias


def _pointwise(sizes: list[tuple[int, int]], keys: Key[Array, " maps"]) -> list[Pointwise]:
    """Draw maps of sizes (in, out), uniformly within 1 / sqrt(in)."""
    arrays = drawn(
        lambda k, shape, bound: jax.random.uniform(k, shape, minval=-bound, maxval=bound),
        jax.vmap(jax.random.split)(keys).reshape(-1),
        [shape for into, out in sizes for shape in ((into, out), (out,))],
        jnp.asarray([into**-0.5 for into, _ in sizes for _ in range(2)]),
    )
    return [Pointwise(w, b) for w, b in zip(arrays[::2], arrays[1::2], strict=True)]


class FNO2d(eqx.Module):
    """Fourier neural operator from fields on a grid to a scalar field on the same grid.

    Parameters
    ----------
    channels
        Channels of the input.
    width
        Channels of the hidden fields.
    modes
        Fourier modes kept a side, see :class:`SpectralConvolution`.
    layers
        Number of Fourier layers.
    key
        Random key of the initialisation.

    Raises
    ------
    ConfigurationError
        If a size is below 1; when called, if the grid has fewer than ``2 * modes`` nodes a side.

    References
    ----------
    Li et al., Fourier neural operator for parametric partial differential equations, ICLR 2021.
    """

    lift: Pointwise
    spectral: tuple[SpectralConvolution, ...]
    local: tuple[Pointwise, ...]
    head: tuple[Pointwise, Pointwise]

    def __init__(
        self, channels: int, width: int = 16, modes: int = 8, layers: int = 4, *, key: PRNGKeyArray
    ):
        if min(channels, width, modes, layers) < 1:
            raise ConfigurationError(
                f"An FNO with {channels} channels, width {width}, {modes} modes, {layers} layers "
                "is not possible: each must be at least 1."
            )
        keys = jax.random.split(key, 2 * layers + 3)
        edges, inner, around = keys[:3], keys[3 : 3 + layers], keys[3 + layers :]
        sizes = [(channels, width), (width, 2 * width), (2 * width, 1)]
        self.lift, *head = _pointwise(sizes, edges)
        self.head = (head[0], head[1])
        self.local = tuple(_pointwise([(width, width)] * layers, around))
        stacked = eqx.filter_vmap(lambda k: SpectralConvolution(width, modes, key=k))(inner)
        self.spectral = tuple(jax.tree.map(lambda a, i=i: a[i], stacked) for i in range(layers))

    def __call__(self, inputs: Float[Array, "ny nx channels"]) -> Float[Array, "ny nx"]:
        """Map one input to one output."""
        modes = self.spectral[0].weights.shape[1]
        enough_nodes(modes, min(inputs.shape[:2]))
        x = self.lift(inputs)
        for i, (spectral, local) in enumerate(zip(self.spectral, self.local, strict=True)):
            x = spectral(x) + local(x)
            if i < len(self.spectral) - 1:
                x = jax.nn.gelu(x, approximate=False)
        hidden = jax.nn.gelu(self.head[0](x), approximate=False)
        return self.head[1](hidden)[..., 0]


def enough_nodes(modes: int, nodes: int) -> None:
    """Refuse more modes than a grid has.

    Raises
    ------
    ConfigurationError
        If the grid has fewer than ``2 * modes`` nodes a side.
    """
    if 2 * modes > nodes:
        raise ConfigurationError(
            f"An FNO with {modes} modes needs a grid of at least {2 * modes} nodes a side, and "
            f"this one has {nodes}: take at most {nodes // 2} modes."
        )
