"""The PINN task: blocks, loss, gradient, errors."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from regimekit.errors import ConfigurationError
from regimekit.problems import Convection, midpoint_lattice
from regimekit.tasks import PINN, AbstractTask, relative_error


@pytest.fixture
def task() -> PINN:
    return PINN(Convection(5.0), 40, seed=0, width=8, depth=2)


def test_loss_is_the_weighted_sum_of_mean_squares(getkey):
    task = PINN(Convection(5.0), 40, width=8, depth=2, weights={"initial": 10.0})
    model = task.init(getkey())
    blocks = task.residuals(model)
    assert {n: r.shape for n, r in blocks.items()} == {
        "pde": (40,),
        "periodic": (101,),
        "initial": (257,),
    }
    squares = {n: float(np.mean(np.asarray(r) ** 2)) for n, r in blocks.items()}
    expected = squares["pde"] + squares["periodic"] + 10 * squares["initial"]
    assert float(task.loss(model)) == pytest.approx(expected, rel=1e-5)


def test_gradient_agrees_with_finite_differences():
    with jax.enable_x64(True):
        task = PINN(Convection(5.0), 40, seed=0, width=8, depth=2)
        model = task.init(jax.random.key(0))
        params, static = eqx.partition(model, eqx.is_inexact_array)
        flat, unravel = ravel_pytree(params)

        def loss(vector):
            return task.loss(eqx.combine(unravel(vector), static))

        gradient = jax.grad(loss)(flat)
        for seed in range(3):
            direction = jax.random.normal(jax.random.key(seed), flat.shape)
            h = 1e-6
            slope = (loss(flat + h * direction) - loss(flat - h * direction)) / (2 * h)
            assert float(gradient @ direction) == pytest.approx(float(slope), rel=1e-6)


def test_exact_solution_has_no_loss_and_no_error(task):
    found = task.metrics(task.problem.solution)
    assert set(found) == {
        *("train_loss", "train_loss_pde", "train_loss_periodic", "train_loss_initial"),
        *("test_error", "test_error_l1", "test_error_lattice", "test_error_lattice_l1"),
        "fresh_residual",
    }
    for name, value in found.items():
        assert float(value) < 1e-5, name


def test_errors_of_a_known_field(task):
    found = task.metrics(lambda xt: 1.1 * task.problem.solution(xt))
    for name in ("test_error", "test_error_l1", "test_error_lattice", "test_error_lattice_l1"):
        assert float(found[name]) == pytest.approx(0.1, rel=1e-4)
    zero = task.test_error(lambda xt: jnp.zeros(len(xt)))
    assert float(zero) == pytest.approx(1.0)


def test_relative_error_agrees_with_numpy():
    rows = midpoint_lattice(Convection)[:100]
    truth, prediction = np.sin(rows[:, 0]), np.sin(rows[:, 0]) + rows[:, 1]
    for order in (1, 2):
        expected = np.linalg.norm(prediction - truth, order) / np.linalg.norm(truth, order)
        found = relative_error(jnp.asarray(prediction), jnp.asarray(truth), order)
        assert float(found) == pytest.approx(expected, rel=1e-5)


def test_at_moves_the_problem_and_nothing_else(task, getkey):
    model = task.init(getkey())
    there = task.at(9.0)
    other = PINN(Convection(9.0), 40, seed=0, width=8, depth=2)
    assert float(there.loss(model)) == float(other.loss(model))
    np.testing.assert_array_equal(there.points.interior, task.points.interior)


def test_resample_moves_points_within_radius_and_domain(task, getkey):
    same = task.resample(getkey(), 0.0)
    np.testing.assert_array_equal(same.points.interior, task.points.interior)
    moved = task.resample(getkey(), 0.05).points.interior
    distance = np.abs(np.asarray(moved - task.points.interior))
    assert 0 < distance.max() <= 0.05 + 1e-6
    assert float(moved.min()) >= 0
    assert float(moved[:, 1].max()) <= 1


def test_weight_for_a_block_that_does_not_exist_is_refused():
    with pytest.raises(ConfigurationError, match="the blocks of this task are"):
        PINN(Convection(5.0), 40, weights={"boundary": 2.0})


@pytest.mark.slow
@pytest.mark.parametrize("number", [7, 500, 501, 1234])
def test_chunks_change_neither_loss_nor_derivatives(number, getkey):
    with jax.enable_x64(True):
        task = PINN(Convection(5.0), number, width=6, depth=2, weights={"pde": 3.0})
        params, static = eqx.partition(task.init(getkey()), eqx.is_inexact_array)
        flat, unravel = ravel_pytree(params)
        vector = jax.random.normal(getkey(), flat.shape)

        def derivatives(loss):
            f = lambda v: loss(eqx.combine(unravel(v), static))  # noqa: E731
            gradient = jax.grad(f)
            return f(flat), gradient(flat), jax.jvp(gradient, (flat,), (vector,))[1]

        whole = derivatives(lambda model: AbstractTask.loss(task, model))
        for ours, expected in zip(derivatives(task.loss), whole, strict=True):
            np.testing.assert_allclose(ours, expected, rtol=1e-11, atol=1e-11)


def test_loss_has_no_derivative_with_respect_to_the_task(task, getkey):
    model = task.init(getkey())
    with pytest.raises(RuntimeError, match="cannot be autodifferentiated"):
        jax.grad(lambda beta: task.at(beta).loss(model))(5.0)
