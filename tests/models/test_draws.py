"""Arrays of several shapes drawn together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from regimekit.models._draws import drawn

SHAPES = [(2, 50), (50, 50), (50, 1), (50,), (3, 4, 5)]


@pytest.mark.parametrize("compiled", [False, True])
def test_are_single_draws_to_the_bit(getkey, compiled):
    keys = jax.random.split(getkey(), len(SHAPES))
    scales = jnp.arange(1.0, len(SHAPES) + 1)

    def scaled(key, shape, scale):
        return scale * jax.random.normal(key, shape)

    def together(keys):
        return drawn(scaled, keys, SHAPES, scales)

    def one_by_one(keys):
        return [scaled(k, shape, s) for k, shape, s in zip(keys, SHAPES, scales, strict=True)]

    if compiled:
        together, one_by_one = jax.jit(together), jax.jit(one_by_one)
    for found, single in zip(together(keys), one_by_one(keys), strict=True):
        np.testing.assert_array_equal(found, single)


def test_an_array_a_key(getkey):
    keys = jax.random.split(getkey(), 2)
    with pytest.raises(ValueError, match="argument"):
        drawn(lambda k, shape, _: jax.random.normal(k, shape), keys, [(3,)], jnp.ones(2))
