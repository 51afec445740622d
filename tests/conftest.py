"""What every test shares: the CPU, the type-checking import hook and fresh random keys.

The environment is settled before anything imports jax, and the hook before anything imports
``regimekit``: from then on each annotated signature of the package is checked by jaxtyping
(shapes and dtypes, consistent across one call) and beartype (everything else, by
``tests/typechecking.py``).
"""

import itertools
import os
from collections.abc import Callable

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Agg, so that a test which draws never looks for a display.
os.environ.setdefault("MPLBACKEND", "Agg")

from jaxtyping import install_import_hook

install_import_hook("regimekit", "typechecking.check")

import jax
import pytest


@pytest.fixture
def getkey() -> Callable[[], jax.Array]:
    """A function that returns another random key at each call, the same ones in each run."""
    root = jax.random.key(20260529)
    counter = itertools.count()

    def key() -> jax.Array:
        return jax.random.fold_in(root, next(counter))

    return key
