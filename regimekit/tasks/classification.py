"""Classification of images, in the form of residuals that every other task has."""

from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.models import ResNet
from regimekit.problems.cifar10 import cifar10
from regimekit.problems.digits import digits
from regimekit.tasks._base import AbstractSampledTask

CLASSES = 10
BATCH = 50
"""Images a batch; all of them where there are fewer."""

POOLS = {"digits": digits, "cifar-10": cifar10}
"""Images by name: 8 x 8 in grey, 1 297 to train on; 32 x 32 in colour, 50 000 to train on."""

AT_ONCE = 2_000
"""Images that a network sees together; more go through it in parts, of which little is kept."""


class Classification(AbstractSampledTask):
    """Images by a ResNet, handwritten digits or CIFAR-10: what landscapes are held against.

    The one block, ``class``, holds each sample's logits minus that of its label; it is reduced to
    the mean cross entropy, the log-sum-exp of these differences. Being convex in them, it gives the
    usual generalised Gauss-Newton matrix. The block is not zero at a minimum, so methods that
    take blocks for constraints have no meaning here.

    The difficulty is the share of training labels that are wrong, in [0, 1): each sample has one
    wrong label and a threshold drawn for it, so that a larger share only adds wrong ones.

    Parameters
    ----------
    samples
        Number of training images, at most as many as there are.
    seed
        Of their draw, and of the wrong labels.
    noise
        Share of wrong labels.
    channels, stages, blocks
        Of the network.
    images
        Name of a pool of images, see `POOLS`.

    Raises
    ------
    ConfigurationError
        If there are not so many images, the noise is outside [0, 1), or CIFAR-10 is not here.

    References
    ----------
    Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI Machine Learning Repository,
    1998 (the images); He, Zhang, Ren and Sun, Identity mappings in deep residual networks, ECCV
    2016 (the network).
    """

    weights: dict[str, float]
    noise: Float[Array, ""]
    pixels: Float[Array, "samples channels rows columns"]
    classes: Int[Array, " samples"]
    wrong: Int[Array, " samples"]
    turns_at: Float[Array, " samples"]
    pool: tuple[Float[Array, "pool channels rows columns"], Int[Array, " pool"]]
    test: tuple[Float[Array, "test channels rows columns"], Int[Array, " test"]]
    network: tuple[int, int, int] = eqx.field(static=True)

    def __init__(
        self,
        samples: int,
        seed: int = 0,
        noise: float = 0.0,
        *,
        channels: int = 8,
        stages: int = 2,
        blocks: int = 1,
        images: str = "digits",
    ):
        if images not in POOLS:
            raise ConfigurationError(
                f"There are no images {images!r}; there are {', '.join(POOLS)}."
            )
        train, test = POOLS[images]()
        if not 1 <= samples <= len(train.classes):
            raise ConfigurationError(
                f"samples = {samples} is outside 1 ... {len(train.classes)}, the training images."
            )
        if not 0 <= noise < 1:
            raise ConfigurationError(f"noise = {noise} must lie in [0, 1): a share of the labels.")
        rng = np.random.default_rng(seed)
        chosen = rng.permutation(len(train.classes))[:samples]
        kind = jnp.zeros(()).dtype
        self.weights = {"class": 1.0}
        self.noise = jnp.asarray(noise, kind)
        self.pixels = jnp.asarray(train.pixels[chosen], kind)
        self.classes = jnp.asarray(train.classes[chosen])
        shift = rng.integers(1, CLASSES, samples, dtype=np.int32)
        self.wrong = (self.classes + shift) % CLASSES
        self.turns_at = jnp.asarray(rng.uniform(size=samples), kind)
        self.pool = (jnp.asarray(train.pixels, kind), jnp.asarray(train.classes))
        self.test = (jnp.asarray(test.pixels, kind), jnp.asarray(test.classes))
        self.network = (channels, stages, blocks)

    @property
    def difficulty(self) -> Float[Array, ""]:
        """Share of wrong labels."""
        return self.noise

    @property
    def labels(self) -> Int[Array, " samples"]:
        """What the network is trained on."""
        return jnp.where(self.turns_at < self.noise, self.wrong, self.classes)

    def init(self, key: PRNGKeyArray) -> ResNet:
        """Draw a new network."""
        channels, stages, blocks = self.network
        shades = self.pixels.shape[1]
        return ResNet(CLASSES, channels, stages, blocks, in_channels=shades, key=key)

    def residuals(self, model: ResNet) -> dict[str, Float[Array, "..."]]:
        """Logits minus the logit of the label, per sample and class."""
        logits = _logits(model, self.pixels)
        return {"class": logits - jnp.take_along_axis(logits, self.labels[:, None], axis=1)}

    def reduce(self, block: str, residual: Float[Array, "..."]) -> Float[Array, ""]:
        """Mean cross entropy, in nats."""
        del block
        return jnp.mean(jax.nn.logsumexp(residual, axis=-1))

    def batch(self, index: Int[Array, ""]) -> Self:
        """Return the same task on one batch; each epoch takes the images in another random order.

        What does not fill a batch is left out of its epoch.
        """
        number = len(self.classes)
        size = min(BATCH, number)
        epoch, place = index // (number // size), index % (number // size)
        order = jax.random.permutation(jax.random.fold_in(jax.random.key(0), epoch), number)
        rows = jax.lax.dynamic_slice_in_dim(order, size * place, size)
        fields = (self.pixels, self.classes, self.wrong, self.turns_at)
        return eqx.tree_at(
            lambda task: (task.pixels, task.classes, task.wrong, task.turns_at),
            self,
            tuple(field[rows] for field in fields),
        )

    def test_error(self, model: ResNet) -> Float[Array, ""]:
        """Share of the held-out images that are taken for another digit."""
        return _errors(model, *self.test)

    def metrics(self, model: ResNet) -> dict[str, Float[Array, ""]]:
        """Loss, and share of wrong answers on held-out and on training images."""
        return {
            **self.train_losses(model),
            "train_error": _errors(model, self.pixels, self.labels),
            "test_error": self.test_error(model),
        }

    def at(self, difficulty: float | Float[Array, ""]) -> Self:
        """Return the same images with another share of wrong labels."""
        return eqx.tree_at(lambda t: t.noise, self, jnp.asarray(difficulty, self.noise.dtype))

    def resample(self, key: PRNGKeyArray, radius: float | Float[Array, ""]) -> Self:
        """Move each pixel uniformly within +-radius, kept between 0 and 1."""
        shift = jax.random.uniform(key, self.pixels.shape, self.pixels.dtype, -1, 1)
        moved = jnp.clip(self.pixels + radius * shift, 0, 1)
        return eqx.tree_at(lambda t: t.pixels, self, moved)

    def redraw(self, key: PRNGKeyArray) -> Self:
        """Draw as many images anew from those to train on."""
        order, shift, turns = jax.random.split(key, 3)
        number = len(self.classes)
        chosen = jax.random.permutation(order, len(self.pool[1]))[:number]
        classes = self.pool[1][chosen]
        added = jax.random.randint(shift, (number,), 1, CLASSES, classes.dtype)
        return eqx.tree_at(
            lambda t: (t.pixels, t.classes, t.wrong, t.turns_at),
            self,
            (
                self.pool[0][chosen],
                classes,
                (classes + added) % CLASSES,
                jax.random.uniform(turns, (number,), self.turns_at.dtype),
            ),
        )


def _logits(
    model: ResNet, pixels: Float[Array, "samples channels rows columns"]
) -> Float[Array, "samples classes"]:
    if len(pixels) <= AT_ONCE:
        return model(pixels)
    one = jax.checkpoint(lambda image: model(image[None])[0])
    return jax.lax.map(one, pixels, batch_size=AT_ONCE // 10)


def _errors(
    model: ResNet,
    pixels: Float[Array, "samples channels rows columns"],
    classes: Int[Array, " samples"],
) -> Float[Array, ""]:
    wrong = jnp.argmax(_logits(model, pixels), axis=1) != classes
    return jnp.mean(wrong.astype(pixels.dtype))
