"""Images of handwritten digits that are there without a network: scikit-learn's own."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from regimekit.errors import ConfigurationError

HELD_OUT = 500
"""Images that no training draw can touch."""


class Images(NamedTuple):
    """Images with the classes they show.

    Attributes
    ----------
    pixels
        Between 0 and 1, as (sample, channel, row, column).
    classes
        0 ... 9.
    """

    pixels: Float[np.ndarray, "samples channels rows columns"]
    classes: Int[np.ndarray, " samples"]


def digits() -> tuple[Images, Images]:
    """Return the 1 297 images to train on and the 500 to test on; the split never changes.

    Source: the test part of the UCI data set "Optical recognition of handwritten digits" (Alpaydin
    and Kaynak, 1998), as scikit-learn is shipped with it.

    Raises
    ------
    ConfigurationError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ConfigurationError(
            "The digits come with scikit-learn, which is not installed: `pip install scikit-learn`."
        ) from error
    content = load_digits()
    pixels = np.asarray(content.images, np.float32)[:, None] / 16
    classes = np.asarray(content.target, np.int32)
    order = np.random.default_rng(0).permutation(len(classes))
    test, train = order[:HELD_OUT], order[HELD_OUT:]
    return Images(pixels[train], classes[train]), Images(pixels[test], classes[test])
