"""The multilayer perceptron."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from regimekit.errors import ConfigurationError
from regimekit.models import MLP


def test_size_and_initialisation_of_the_reference_network():
    model = MLP(2, 50, 3, key=jax.random.key(0))
    assert sum(leaf.size for leaf in jax.tree.leaves(model)) == 5301
    assert all(not bias.any() for bias in model.biases)
    hidden = model.weights[1]
    assert float(hidden.std()) == pytest.approx(np.sqrt(2 / 100), rel=0.05)
    # Not truncated at two standard deviations, unlike JAX's own initialiser of this name.
    assert float(jnp.abs(hidden).max()) > 2.5 * np.sqrt(2 / 100)


def test_a_batch_is_its_rows(getkey):
    model = MLP(2, 10, 2, key=getkey())
    rows = jax.random.normal(getkey(), (7, 2))
    one_by_one = jnp.concatenate([model(row[None]) for row in rows])
    np.testing.assert_allclose(model(rows), one_by_one, rtol=1e-5, atol=1e-6)


def test_agrees_with_numpy(getkey):
    model = MLP(3, 5, 2, key=getkey())
    x = np.asarray(jax.random.normal(getkey(), (4, 3)))
    h = x
    for weight, bias in zip(model.weights[:-1], model.biases[:-1], strict=True):
        h = np.tanh(h @ np.asarray(weight) + np.asarray(bias))
    expected = (h @ np.asarray(model.weights[-1]) + np.asarray(model.biases[-1]))[:, 0]
    np.testing.assert_allclose(model(jnp.asarray(x)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sizes", [(0, 5, 1), (2, 0, 1), (2, 5, 0)])
def test_impossible_sizes_are_refused(sizes):
    with pytest.raises(ConfigurationError, match="must be at least 1"):
        MLP(*sizes, key=jax.random.key(0))


def test_features_are_what_the_output_is_made_of(getkey):
    model = MLP(2, 7, 3, key=getkey())
    x = jax.random.normal(getkey(), (11, 2))
    found = model.features(x) @ model.weights[-1][:, 0] + model.biases[-1][0]
    np.testing.assert_allclose(found, model(x), rtol=1e-5, atol=1e-6)
