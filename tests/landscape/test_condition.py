"""Condition and preconditioning against dense matrices, and ARPACK as an independent tool."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse.linalg import LinearOperator, eigsh

from regimekit.errors import ConfigurationError
from regimekit.landscape import (
    Hessian,
    Matrix,
    condition,
    eigenpairs,
    flat_view,
    precondition,
)
from regimekit.problems import Convection
from regimekit.tasks import PINN

KEY = jax.random.key(0)


def spiked(smallest=0.0):
    """Five large eigenvalues above a bulk; the smallest one is given."""
    values = np.r_[np.geomspace(1e3, 10, 5), np.linspace(0.2, smallest, 35)]
    vectors = np.linalg.qr(np.random.default_rng(0).normal(size=(40, 40)))[0]
    return Matrix(jnp.asarray((vectors * values) @ vectors.T)), values


def test_condition_numbers_are_those_of_dense_matrices():
    with jax.enable_x64(True):
        operator, values = spiked()
        found = condition(operator, key=KEY, rank=8, damping=0.1)
        assert found.number == pytest.approx((values[0] + 0.1) / (values[-1] + 0.1), rel=1e-3)
        better = precondition(operator, key=KEY, rank=8, damping=0.1)
        basis, s = (
            np.asarray(x) for x in (better.approximation.vectors, better.approximation.values)
        )
        root = np.eye(40) + (basis * (np.sqrt((s[-1] + 0.1) / (s + 0.1)) - 1)) @ basis.T
        dense = root @ (np.asarray(operator.matrix) + 0.1 * np.eye(40)) @ root
        product = jax.jit(jax.vmap(better.product()))(jnp.eye(40))
        np.testing.assert_allclose(product, dense, atol=1e-9)
        assert found.preconditioned_number == pytest.approx(np.linalg.cond(dense), rel=1e-3)
        # All large eigenvalues are caught: what is left is the bulk's own condition.
        assert found.preconditioned_number < 6 < found.number / 1000


def test_an_indefinite_matrix_has_no_condition_until_it_is_damped_enough():
    with jax.enable_x64(True):
        operator, _ = spiked(smallest=-0.5)
        assert condition(operator, key=KEY, rank=8, damping=0.1).number == np.inf
        assert np.isfinite(condition(operator, key=KEY, rank=8, damping=1.0).number)
        with pytest.raises(ConfigurationError, match=r"damping = 0\.0 must be above 0"):
            condition(operator, key=KEY, damping=0.0)
        with pytest.raises(ConfigurationError, match=r"rank = 41 is outside 1 \.\.\. 40"):
            precondition(operator, key=KEY, rank=41)


def test_arpack_finds_the_same_eigenvalues_from_differences_of_gradients():
    """No code is shared but the loss by blocks: neither chunks, nor products, nor Lanczos."""
    with jax.enable_x64(True):
        task = PINN(Convection(5.0), 40, width=6, depth=2, lattice=(17, 9))
        model = task.init(KEY)
        flat, rebuild = flat_view(model)
        gradient = jax.jit(
            jax.grad(lambda v: sum(r for r in task.block_losses(rebuild(v)).values()))
        )

        def product(vector):
            step = 1e-5 * jnp.asarray(vector) / np.linalg.norm(vector)
            apart = np.asarray(gradient(flat + step) - gradient(flat - step))
            return apart * np.linalg.norm(vector) / 2e-5

        shape = (flat.size, flat.size)
        values = eigsh(LinearOperator(shape, product, dtype=float), 4, which="LA")[0]
        found = eigenpairs(Hessian(task, model), 4, key=KEY, tolerance=1e-8)
        np.testing.assert_allclose(found.values, np.sort(values)[::-1], rtol=1e-6)
