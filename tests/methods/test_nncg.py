"""NNCG: its approximation against dense matrices, its steps against exact minimisers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toys import Quadratic, Rosenbrock

from regimekit.errors import ConfigurationError
from regimekit.methods import LBFGS, NNCG, Budget, Chain, StopReason, nystrom
from regimekit.problems import Wave
from regimekit.tasks import PINN

KEY = jax.random.key(0)


def spectrum(values, seed=0):
    """A symmetric matrix with the given eigenvalues."""
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values),) * 2))[0]
    return jnp.asarray(basis * np.asarray(values) @ basis.T)


def test_nystrom_is_exact_up_to_its_rank():
    with jax.enable_x64(True):
        matrix = spectrum([9.0, 4.0, 1.0, 0.5, *[0.0] * 16])
        found = nystrom(lambda v: matrix @ v, 20, 6, KEY, matrix.dtype)
        np.testing.assert_allclose(found.values, [9, 4, 1, 0.5, 0, 0], atol=1e-10)
        np.testing.assert_allclose(
            (found.vectors * found.values) @ found.vectors.T, matrix, atol=1e-10
        )
        np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(6), atol=1e-10)


def test_nystrom_lies_below_the_matrix_and_near_it():
    with jax.enable_x64(True):
        values = 10.0 ** -np.arange(20)
        matrix = spectrum(values)
        found = nystrom(lambda v: matrix @ v, 20, 8, KEY, matrix.dtype)
        gap = np.linalg.eigvalsh(matrix - (found.vectors * found.values) @ found.vectors.T)
        assert gap.min() > -1e-12
        assert gap.max() < 1e-6


def test_nystrom_survives_negative_curvature():
    matrix = spectrum([5.0, 1.0, -0.1, *[0.0] * 7]).astype(jnp.float32)
    found = nystrom(lambda v: matrix @ v, 10, 6, KEY, matrix.dtype)
    assert bool(jnp.all(jnp.isfinite(found.vectors)))
    assert bool(jnp.all(found.values >= 0))


def test_preconditioner_inverts_the_damped_approximation():
    with jax.enable_x64(True):
        matrix = spectrum([9.0, 4.0, 1.0, *[1.0] * 7])
        found = nystrom(lambda v: matrix @ v, 10, 10, KEY, matrix.dtype)
        x = jnp.arange(10.0)
        expected = (1.0 + 0.1) * jnp.linalg.solve(matrix + 0.1 * jnp.eye(10), x)
        np.testing.assert_allclose(found.inverse(x, 0.1), expected, rtol=1e-8)


@pytest.mark.parametrize("rank", [1, 5, 10])
def test_one_undamped_step_reaches_the_minimum_of_a_quadratic(rank):
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        task = Quadratic(rng.normal(size=(30, 10)), rng.normal(size=30))
        expected = np.linalg.lstsq(np.asarray(task.matrix), np.asarray(task.target))[0]
        method = NNCG(rank=rank, damping=0.0, cg_tolerance=1e-12)
        result = method.train(task, task.init(KEY), key=KEY, budget=Budget(1000, 1))
        np.testing.assert_allclose(result.model.x, expected, rtol=1e-9)
        assert result.history["hessian_products"][-1] <= rank + 12
        assert result.history["evaluations"][-1] == 3  # at the start, a trial, at the end


def test_damped_steps_are_those_of_the_dense_equation():
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        task = Quadratic(rng.normal(size=(30, 10)), rng.normal(size=30))
        model = task.init(KEY)
        hessian = 2 * task.matrix.T @ task.matrix / 30
        gradient = 2 * task.matrix.T @ (task.matrix @ model.x - task.target) / 30
        expected = model.x - jnp.linalg.solve(hessian + 0.5 * jnp.eye(10), gradient)
        method = NNCG(rank=4, damping=0.5, cg_tolerance=1e-12)
        result = method.train(task, model, key=KEY, budget=Budget(1000, 1))
        np.testing.assert_allclose(result.model.x, expected, rtol=1e-9)


def test_it_finds_the_minimum_of_rosenbrocks_function():
    with jax.enable_x64(True):
        task = Rosenbrock(np.eye(2), np.zeros(2))
        start = task.init(jax.random.key(3))
        method = NNCG(rank=2, damping=1e-4, refresh=1)
        result = method.train(task, start, key=KEY, budget=Budget(5000, 300))
        np.testing.assert_allclose(result.model.x, 1.0, atol=1e-5)
        assert np.all(np.diff(result.history["loss"]) <= 0)


def test_a_run_without_progress_stalls():
    rng = np.random.default_rng(0)
    task = Quadratic(
        rng.normal(size=(30, 10)).astype(np.float32), rng.normal(size=30).astype(np.float32)
    )
    method = NNCG(rank=10, damping=0.0)
    result = method.train(task, task.init(KEY), key=KEY, budget=Budget(10_000, 100))
    assert result.stop_reason is StopReason.STALLED


@pytest.mark.slow
def test_it_goes_on_where_lbfgs_ended_on_a_pinn():
    task = PINN(Wave(2.0), 100, width=10, depth=2)
    model = task.init(KEY)
    short = LBFGS().train(task, model, key=KEY, budget=Budget(60, 1000))
    chain = Chain((LBFGS(), NNCG(rank=20, cg_iterations=10)), (0.1, 0.9))
    result = chain.train(task, model, key=KEY, budget=Budget(600, 1000))
    assert float(task.loss(result.model)) < 0.8 * float(task.loss(short.model))
    spent = result.history["evaluations"][-1] + 2 * result.history["hessian_products"][-1]
    assert 600 <= spent <= 600 + 2 * 30 + 32


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rank": 0}, "rank = 0 must be a whole number of at least 1"),
        ({"damping": -1.0}, "damping = -1.0 must be at least 0"),
        ({"cg_tolerance": 0.0}, "cg_tolerance = 0.0 must be above 0"),
        ({"cg_iterations": 0}, "cg_iterations = 0 must be a whole number of at least 1"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        NNCG(**settings)


def test_a_rank_above_the_number_of_parameters_is_refused():
    task = Rosenbrock(np.eye(2), np.zeros(2))
    with pytest.raises(ConfigurationError, match="rank = 3 is above the model's 2 parameters"):
        NNCG(rank=3).train(task, task.init(KEY), key=KEY, budget=Budget(10, 1))
