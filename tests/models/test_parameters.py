"""Models filled with stored parameters."""

import equinox as eqx
import jax
import numpy as np
import pytest

from regimekit.errors import ConfigurationError
from regimekit.landscape import flat_view
from regimekit.models import MLP, with_parameters


def make(key: jax.Array) -> MLP:
    return MLP(2, 4, 2, key=key)


def test_shapes_filled_with_a_models_parameters_are_that_model():
    model = make(jax.random.key(1))
    vector = np.asarray(flat_view(model)[0])
    found = with_parameters(eqx.filter_eval_shape(make, jax.random.key(0)), vector)
    assert eqx.tree_equal(found, model)
    # A model's own parameters are not looked at, only their shapes.
    assert eqx.tree_equal(with_parameters(make(jax.random.key(2)), vector), model)


def test_parameters_of_another_model_are_refused():
    with pytest.raises(ConfigurationError, match="weights have 3 parameters, the model MLP has 37"):
        with_parameters(make(jax.random.key(0)), np.zeros(3))
