"""A small residual network for images, without running statistics."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from regimekit.errors import ConfigurationError


class _Block(eqx.Module):
    """Norm, ReLU, convolution, twice, beside a shortcut; the shortcut is 1 x 1 where sizes change.

    Kernels are (out, in, rows, columns).
    """

    kernels: tuple[Float[Array, "..."], ...]
    scales: tuple[Float[Array, " channels"], ...]
    shifts: tuple[Float[Array, " channels"], ...]
    shortcut: Float[Array, "..."] | None
    stride: int = eqx.field(static=True)
    groups: int = eqx.field(static=True)

    def __init__(self, before: int, after: int, stride: int, groups: int, key: PRNGKeyArray):
        keys = jax.random.split(key, 3)
        self.kernels = (_kernel(keys[0], after, before, 3), _kernel(keys[1], after, after, 3))
        self.scales = (jnp.ones(before), jnp.ones(after))
        self.shifts = (jnp.zeros(before), jnp.zeros(after))
        same = before == after and stride == 1
        self.shortcut = None if same else _kernel(keys[2], after, before, 1)
        self.stride, self.groups = stride, groups

    def __call__(self, h: Float[Array, "samples before _ _"]) -> Float[Array, "samples after _ _"]:
        strides = (self.stride, 1)
        way = h
        for kernel, scale, shift, stride in zip(
            self.kernels, self.scales, self.shifts, strides, strict=True
        ):
            way = _convolve(jax.nn.relu(_normalise(way, scale, shift, self.groups)), kernel, stride)
        past = h if self.shortcut is None else _convolve(h, self.shortcut, self.stride)
        return past + way


class ResNet(eqx.Module):
    """Residual network: a stem, stages of pre-activation blocks, mean over the image, a head.

    Normalisation is by groups of channels within one image. A batch's running statistics would be
    state beside the parameters, and the loss then no function of the parameters alone: curvature
    and paths between models would depend on which statistics one takes.

    Parameters
    ----------
    classes
        Number of outputs.
    channels
        Of the first stage; each further stage has twice as many on half the image.
    stages, blocks
        Number of stages, and of blocks in each.
    groups
        Of normalisation; divides ``channels``.
    in_channels
        Of the images.
    key
        Random key of the initialisation (He normal for kernels, Glorot normal for the head).

    Raises
    ------
    ConfigurationError
        If a size is below 1 or the groups do not divide the channels.

    References
    ----------
    He, Zhang, Ren and Sun, Identity mappings in deep residual networks, ECCV 2016; Wu and He,
    Group normalization, ECCV 2018.
    """

    stem: Float[Array, "channels in_channels 3 3"]
    blocks: tuple[_Block, ...]
    scale: Float[Array, " last"]
    shift: Float[Array, " last"]
    head: Float[Array, "last classes"]
    bias: Float[Array, " classes"]
    groups: int = eqx.field(static=True)

    def __init__(
        self,
        classes: int,
        channels: int = 8,
        stages: int = 2,
        blocks: int = 1,
        groups: int = 4,
        in_channels: int = 1,
        *,
        key: PRNGKeyArray,
    ):
        if min(classes, channels, stages, blocks, groups, in_channels) < 1:
            raise ConfigurationError(
                "A ResNet needs classes, channels, stages, blocks, groups and in_channels of at "
                "least 1 each."
            )
        if channels % groups:
            raise ConfigurationError(
                f"groups = {groups} must divide channels = {channels}, such as {channels}."
            )
        keys = iter(jax.random.split(key, stages * blocks + 2))
        self.stem = _kernel(next(keys), channels, in_channels, 3)
        found, before = [], channels
        for stage in range(stages):
            after = channels * 2**stage
            for number in range(blocks):
                stride = 2 if stage and not number else 1
                found.append(_Block(before, after, stride, groups, next(keys)))
                before = after
        self.blocks = tuple(found)
        self.scale, self.shift = jnp.ones(before), jnp.zeros(before)
        spread = jnp.sqrt(2 / (before + classes))
        self.head = spread * jax.random.normal(next(keys), (before, classes))
        self.bias = jnp.zeros(classes)
        self.groups = groups

    def features(
        self, images: Float[Array, "samples in_channels rows columns"]
    ) -> Float[Array, "samples last"]:
        """Return what the head sees of each image."""
        h = _convolve(images, self.stem, 1)
        for block in self.blocks:
            h = block(h)
        h = jax.nn.relu(_normalise(h, self.scale, self.shift, self.groups))
        return jnp.mean(h, axis=(2, 3))

    def __call__(
        self, images: Float[Array, "samples in_channels rows columns"]
    ) -> Float[Array, "samples classes"]:
        """Logits of each image."""
        return self.features(images) @ self.head + self.bias


def _kernel(key: PRNGKeyArray, after: int, before: int, size: int) -> Float[Array, "..."]:
    spread = jnp.sqrt(2 / (before * size**2))
    return spread * jax.random.normal(key, (after, before, size, size))


def _convolve(
    h: Float[Array, "samples before rows columns"],
    kernel: Float[Array, "after before _ _"],
    stride: int,
) -> Float[Array, "samples after _ _"]:
    """Convolve with zeros around the image, so that its size is divided by the stride, rounded up.

    Written as one product of matrices: within a compiled loop, which is where methods and Lanczos
    run, XLA's convolution on a CPU takes several times as long.
    """
    width, sizes = kernel.shape[-1], [-(-n // stride) for n in h.shape[2:]]
    spans = [(size - 1) * stride + 1 for size in sizes]
    missing = [max(span + width - 1 - n, 0) for span, n in zip(spans, h.shape[2:], strict=True)]
    images = jnp.moveaxis(h, 1, 3)
    images = jnp.pad(images, [(0, 0), *((n // 2, n - n // 2) for n in missing), (0, 0)])
    shifted = [
        images[:, i : i + spans[0] : stride, j : j + spans[1] : stride]
        for i in range(width)
        for j in range(width)
    ]
    matrix = kernel.transpose(2, 3, 1, 0).reshape(-1, kernel.shape[0])
    return jnp.moveaxis(jnp.concatenate(shifted, axis=-1) @ matrix, 3, 1)


def _normalise(
    h: Float[Array, "samples channels rows columns"],
    scale: Float[Array, " channels"],
    shift: Float[Array, " channels"],
    groups: int,
) -> Float[Array, "samples channels rows columns"]:
    parts = h.reshape(h.shape[0], groups, -1)
    mean = jnp.mean(parts, axis=2, keepdims=True)
    variance = jnp.mean((parts - mean) ** 2, axis=2, keepdims=True)
    whole = ((parts - mean) * jax.lax.rsqrt(variance + 1e-5)).reshape(h.shape)
    return whole * scale[:, None, None] + shift[:, None, None]
