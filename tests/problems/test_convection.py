"""The convection problem against its exact solution and finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimekit.errors import ConfigurationError
from regimekit.models import MLP
from regimekit.problems import (
    Convection,
    fresh_points,
    midpoint_lattice,
    pool_size,
    reference_test_lattice,
    training_points,
)


@pytest.fixture
def rows() -> np.ndarray:
    return fresh_points(Convection, 50, seed=1)


@pytest.mark.parametrize("beta", [0.0, 5.0, 70.0])
def test_exact_solution_solves_equation_and_constraints(beta, rows):
    with jax.enable_x64(True):
        problem = Convection(beta)
        residual = problem.residual(problem.solution, jnp.asarray(rows))
        np.testing.assert_allclose(residual, 0, atol=1e-12 * max(beta, 1))
        points = training_points(Convection, 10, 0)
        for values in problem.constraints(problem.solution, points).values():
            np.testing.assert_allclose(values, 0, atol=1e-12)


def test_residual_agrees_with_finite_differences(rows, getkey):
    with jax.enable_x64(True):
        model = MLP(2, 20, 2, key=getkey())
        beta, h = 7.0, 1e-6
        xt = jnp.asarray(rows)
        step_x, step_t = jnp.array([h, 0.0]), jnp.array([0.0, h])
        u_x = (model(xt + step_x) - model(xt - step_x)) / (2 * h)
        u_t = (model(xt + step_t) - model(xt - step_t)) / (2 * h)
        found = Convection(beta).residual(model, xt)
        np.testing.assert_allclose(found, u_t + beta * u_x, rtol=1e-6, atol=1e-8)


def test_at_changes_the_speed_without_another_compilation(rows):
    traces = []

    @jax.jit
    def mean_residual(beta):
        traces.append(beta)
        problem = Convection(1.0).at(beta)
        return jnp.mean(problem.residual(lambda xt: xt[:, 0], jnp.asarray(rows, jnp.float32)))

    assert [float(mean_residual(b)) for b in (2.0, 3.0)] == [2.0, 3.0]
    assert len(traces) == 1


@pytest.mark.parametrize("beta", [-1.0, float("nan"), float("inf")])
def test_impossible_speed_is_refused(beta):
    with pytest.raises(ConfigurationError, match="must be a finite number of at least 0"):
        Convection(beta)
    with pytest.raises(ConfigurationError, match="must be a finite number of at least 0"):
        Convection(1.0).at(beta)


def test_sizes_of_the_point_sets():
    points = training_points(Convection, 500, 0)
    assert pool_size(257, 101) == 25_500
    assert points.interior.shape == (500, 2)
    assert points.initial.shape == (257, 2)
    assert points.lower.shape == points.upper.shape == (101, 2)
    assert reference_test_lattice(Convection).shape == (13_031, 2)
    assert midpoint_lattice(Convection).shape == (25_600, 2)


@given(n=st.integers(1, 25_500), seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_training_points_are_nodes_drawn_once_and_never_test_points(n, seed):
    interior = np.asarray(training_points(Convection, n, seed).interior, np.float64)
    column = interior[:, 0] / (2 * np.pi) * 256
    line = interior[:, 1] * 100
    np.testing.assert_allclose(column, np.rint(column), atol=1e-3)
    np.testing.assert_allclose(line, np.rint(line), atol=1e-3)
    nodes = set(zip(np.rint(column), np.rint(line), strict=True))
    assert len(nodes) == n
    assert all(1 <= i <= 255 and 1 <= j <= 100 for i, j in nodes)
    # Test points lie half a cell away from every node.
    test = midpoint_lattice(Convection)
    np.testing.assert_allclose(np.abs(test[:, 1] * 100 % 1 - 0.5), 0, atol=1e-9)


def test_smaller_sets_begin_larger_ones():
    small, large = (training_points(Convection, n, 3).interior for n in (100, 1000))
    np.testing.assert_array_equal(small, large[:100])
    other = training_points(Convection, 100, 4).interior
    assert not np.array_equal(small, other)


@pytest.mark.parametrize("n", [0, 25_501])
def test_more_points_than_there_are_is_refused(n):
    with pytest.raises(ConfigurationError, match=r"outside 1 \.\.\. 25500"):
        training_points(Convection, n, 0)


def test_fresh_points_fill_the_domain():
    rows = fresh_points(Convection, 5000)
    assert rows.min() >= 0
    assert rows[:, 0].max() <= 2 * np.pi
    assert rows[:, 1].max() <= 1
    np.testing.assert_allclose(rows.mean(axis=0), [np.pi, 0.5], rtol=0.05)
    np.testing.assert_array_equal(rows, fresh_points(Convection, 5000))
