"""Curvature against dense matrices by autodiff in float64, and spectra that are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toys import Quadratic, Rosenbrock

from regimekit.errors import ConfigurationError
from regimekit.landscape import (
    AbstractOperator,
    GaussNewton,
    Hessian,
    Matrix,
    density,
    eigenpairs,
    error_in_double,
    flat_view,
    lambda_max,
    measure_curvature,
    parameter_slices,
    restrict,
    trace,
    without,
)
from regimekit.models import MLP
from regimekit.problems import Convection, Wave
from regimekit.tasks import PINN

KEY = jax.random.key(0)


def small_pinn(problem):
    task = PINN(problem, 40, width=4, depth=2, lattice=(17, 9))
    return task, task.init(KEY)


def dense(task, model):
    """Hessian by reverse over reverse of the plain, unchunked loss."""
    flat, rebuild = flat_view(model)

    def loss(vector):
        losses = task.block_losses(rebuild(vector))
        return sum(task.weights[name] * value for name, value in losses.items())

    return jax.jit(jax.jacrev(jax.grad(loss)))(flat)


class Coarse(AbstractOperator):
    """A matrix whose products round off its entries, unless they are in double precision."""

    matrix: jax.Array

    @property
    def size(self):
        return len(self.matrix)

    @property
    def dtype(self):
        return self.matrix.dtype

    def product(self):
        coarse = self.matrix.dtype == jnp.float32
        matrix = self.matrix.astype(jnp.bfloat16 if coarse else self.dtype).astype(self.dtype)
        return lambda vector: matrix @ vector


def to_matrix(operator):
    return jax.jit(jax.vmap(operator.product()))(jnp.eye(operator.size))


@pytest.mark.parametrize("problem", [Convection, Wave])
def test_largest_eigenvalues_are_those_of_the_dense_hessian(problem):
    with jax.enable_x64(True):
        task, model = small_pinn(problem(5.0))
        values, vectors = np.linalg.eigh(np.asarray(dense(task, model)))
        found = eigenpairs(Hessian(task, model), 4, key=KEY, tolerance=1e-9)
        np.testing.assert_allclose(found.values, values[::-1][:4], rtol=1e-6)
        overlaps = np.abs(np.asarray(found.vectors) @ vectors[:, ::-1][:, :4])
        np.testing.assert_allclose(overlaps, np.eye(4), atol=1e-6)
        assert found.converged
        off = np.abs(found.values - values[::-1][:4])
        assert np.all(off <= found.residuals + 1e-9 * values[-1])
        low = eigenpairs(Hessian(task, model), 4, key=KEY, tolerance=1e-9, end="smallest")
        np.testing.assert_allclose(low.values, values[:4], rtol=1e-6)


def test_products_of_a_pinn_agree_with_finite_differences():
    with jax.enable_x64(True):
        task, model = small_pinn(Convection(5.0))
        flat, rebuild = flat_view(model)
        gradient = jax.jit(jax.grad(lambda v: task.loss(rebuild(v))))
        direction = jax.random.normal(KEY, flat.shape)
        step = 1e-5
        difference = (gradient(flat + step * direction) - gradient(flat - step * direction)) / (
            2 * step
        )
        product = Hessian(task, model).product()(direction)
        np.testing.assert_allclose(product, difference, rtol=1e-6, atol=1e-7)


def test_blocks_add_up_to_the_whole():
    with jax.enable_x64(True):
        task, model = small_pinn(Convection(5.0))
        blocks = sum(to_matrix(Hessian(task, model, name)) for name in task.weights)
        np.testing.assert_allclose(blocks, dense(task, model), atol=1e-9)


@pytest.mark.slow
def test_gauss_newton_is_the_jacobians_product():
    with jax.enable_x64(True):
        task, model = small_pinn(Convection(5.0))
        flat, rebuild = flat_view(model)
        expected = np.zeros((flat.size, flat.size))
        for name in task.weights:
            jacobian = jax.jacrev(lambda v, name=name: task.residuals(rebuild(v))[name])(flat)
            expected += np.asarray(2 * jacobian.T @ jacobian / len(jacobian))
        np.testing.assert_allclose(to_matrix(GaussNewton(task, model)), expected, atol=1e-9)
        assert np.linalg.eigvalsh(expected).min() > -1e-9


def test_a_layer_is_a_diagonal_block():
    with jax.enable_x64(True):
        task, model = small_pinn(Convection(5.0))
        names = parameter_slices(model)
        assert list(names) == [
            *(f"weights[{i}]" for i in range(3)),
            *(f"biases[{i}]" for i in range(3)),
        ]
        rows = np.concatenate([np.arange(names[n].start, names[n].stop) for n in list(names)[::3]])
        operator = restrict(Hessian(task, model), "weights[0]", "biases[0]")
        expected = np.asarray(dense(task, model))[np.ix_(rows, rows)]
        np.testing.assert_allclose(to_matrix(operator), expected, atol=1e-9)
        rest = without(Hessian(task, model), "weights[0]", "biases[0]")
        others = np.setdiff1d(np.arange(len(dense(task, model))), rows)
        assert rest.size == len(others)
        expected = np.asarray(dense(task, model))[np.ix_(others, others)]
        np.testing.assert_allclose(to_matrix(rest), expected, atol=1e-9)
        with pytest.raises(ConfigurationError, match="No parameters are left"):
            without(Hessian(task, model), *names)


def test_rounding_within_a_product_is_seen_in_double_precision():
    rng = np.random.default_rng(0)
    vectors = np.linalg.qr(rng.normal(size=(30, 30)))[0]
    exact = (vectors * np.r_[1.0, rng.uniform(0, 0.5, 29)]) @ vectors.T
    coarse = Coarse(jnp.asarray(0.5 * (exact + exact.T), jnp.float32))
    truth = np.linalg.eigvalsh(np.asarray(coarse.matrix, float))[-1]
    pairs = eigenpairs(coarse, 2, key=KEY, steps=30)
    off, bound = abs(float(pairs.values[0]) - truth), error_in_double(coarse, pairs)
    assert off > 10 * pairs.bounds[0]
    assert off <= bound < 3 * off
    # Nothing is lost where products are exact to the last place.
    plain = Matrix(jnp.asarray(exact, jnp.float32))
    pairs = eigenpairs(plain, 2, key=KEY, steps=30)
    truth = np.linalg.eigvalsh(np.asarray(plain.matrix, float))[-1]
    assert abs(float(pairs.values[0]) - truth) <= error_in_double(plain, pairs) < 1e-5


@pytest.mark.slow
def test_trace_and_moments_lie_within_their_stated_errors():
    with jax.enable_x64(True):
        task, model = small_pinn(Convection(5.0))
        matrix = dense(task, model)
        operator = Matrix(matrix)
        values = np.linalg.eigvalsh(np.asarray(matrix))
        keys = jax.random.split(KEY, 200)
        hits = np.zeros(5)
        for key in keys:
            low, high = trace(operator, key=key, probes=50).interval(0.99)
            hits[0] += low <= values.sum() <= high
            found = density(operator, key=key, steps=3, probes=50)
            for power in range(1, 5):
                low, high = found.moment(power).interval(0.99)
                hits[power] += low <= np.mean(values**power) <= high
        assert np.all(hits >= 0.95 * len(keys)), hits / len(keys)


def test_known_directions_make_the_trace_precise():
    values = np.array([100.0, 50.0, *np.linspace(0, 1, 58)])
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(60, 60)))[0]
    with jax.enable_x64(True):
        operator = Matrix(jnp.asarray(basis * values @ basis.T))
        plain = trace(operator, key=KEY, probes=20)
        found = trace(operator, key=KEY, probes=20, known=jnp.asarray(basis.T[:2]))
        assert abs(found.value - values.sum()) <= 4 * found.standard_error
        assert found.standard_error < 0.1 * plain.standard_error
        # Whatever is taken as known, the estimate is not biased.
        odd = trace(operator, key=KEY, probes=500, known=jnp.asarray(np.eye(60)[:3]))
        assert abs(odd.value - values.sum()) <= 4 * odd.standard_error


def test_density_of_a_uniform_spectrum():
    values = np.linspace(-1.0, 1.0, 400)
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(400, 400)))[0]
    with jax.enable_x64(True):
        found = density(Matrix(jnp.asarray(basis * values @ basis.T)), key=KEY, probes=20)
        np.testing.assert_allclose(found.weights.sum(axis=1), 1.0, rtol=1e-9)
        grid = np.linspace(-0.8, 0.8, 9)
        mean, error = found.smoothed(grid, 0.1)
        assert np.all(np.abs(mean - 0.5) <= 5 * error + 0.02)
        share = found.mass_within(0.25)
        assert abs(share.value - 0.25) <= 4 * share.standard_error + 0.02
        shares, _ = found.histogram(np.linspace(-1.01, 1.01, 5))
        np.testing.assert_allclose(shares, 0.25, atol=0.05)


def test_density_of_a_marchenko_pastur_matrix():
    rng = np.random.default_rng(1)
    rows, columns = 1200, 300
    sample = rng.normal(size=(rows, columns))
    with jax.enable_x64(True):
        found = density(Matrix(jnp.asarray(sample.T @ sample / rows)), key=KEY, probes=10)
    ratio = columns / rows
    # The first moments of the law: 1, 1 + c, 1 + 3c + c^2.
    for power, expected in enumerate((1.0, 1 + ratio, 1 + 3 * ratio + ratio**2), 1):
        estimate = found.moment(power)
        assert abs(estimate.value - expected) <= 4 * estimate.standard_error + 0.02 * expected
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2
    assert found.nodes[found.weights > 1e-6].min() > low - 0.05
    assert found.nodes[found.weights > 1e-6].max() < high + 0.05


def test_a_low_rank_hessian_ends_the_process_early():
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        task = Quadratic(rng.normal(size=(3, 50)), rng.normal(size=3))
        model = task.init(KEY)
        expected = np.linalg.eigvalsh(np.asarray(2 * task.matrix.T @ task.matrix / 3))
        found = eigenpairs(Hessian(task, model), 3, key=KEY, steps=20)
        np.testing.assert_allclose(found.values, expected[::-1][:3], rtol=1e-9)
        spectrum = density(Hessian(task, model), key=KEY, steps=20, probes=200)
        share = spectrum.mass_within(1e-9)
        assert abs(share.value - 47 / 50) <= 4 * share.standard_error


def test_negative_curvature_is_found():
    with jax.enable_x64(True):
        task = Rosenbrock(np.eye(2), np.zeros(2))
        model = task.init(KEY)
        model = type(model)(jnp.array([0.0, 1.0]))
        # f = (1-x)^2 + 100 (y - x^2)^2 has the Hessian diag(2 - 400, 200) at (0, 1).
        operator = Hessian(task, model)
        low = eigenpairs(operator, 1, key=KEY, end="smallest")
        assert low.values[0] == pytest.approx(-398.0)
        large = eigenpairs(operator, 2, key=KEY, end="magnitude")
        np.testing.assert_allclose(large.values, [-398.0, 200.0])
        assert lambda_max(operator, key=KEY)[0] == pytest.approx(200.0)


def test_bad_input_is_one_sentence():
    task = PINN(Convection(5.0), 40, width=4, depth=2, lattice=(17, 9))
    model = task.init(KEY)
    broken = jax.tree.map(lambda leaf: leaf * jnp.nan, model)
    with pytest.raises(ConfigurationError, match="parameters that are NaN or infinite"):
        Hessian(task, broken)
    with pytest.raises(ConfigurationError, match="The task PINN cannot evaluate this MLP"):
        Hessian(task, MLP(3, 4, 2, key=KEY))
    with pytest.raises(ConfigurationError, match="no block 'lower'"):
        Hessian(task, model, "lower")
    operator = Hessian(task, model)
    size = operator.size
    with pytest.raises(ConfigurationError, match=rf"steps = {size + 1} is outside 1 ... {size}"):
        density(operator, key=KEY, steps=size + 1)
    with pytest.raises(ConfigurationError, match="count = 0 is outside"):
        eigenpairs(operator, 0, key=KEY)
    with pytest.raises(ConfigurationError, match="probes = 1 must be at least 2"):
        trace(operator, key=KEY, probes=1)
    with pytest.raises(ConfigurationError, match=r"no parameters weights\[9\]; it has"):
        restrict(operator, "weights[9]")
    with pytest.raises(ConfigurationError, match=r"width = 0\.0 must be above 0"):
        density(operator, key=KEY, steps=2, probes=2).smoothed(np.zeros(2), 0.0)


@pytest.mark.slow
def test_products_are_compiled_once_for_all_measurements(monkeypatch):
    made = []
    product = Hessian.product
    monkeypatch.setattr(Hessian, "product", lambda self: made.append(self.dtype) or product(self))
    task = PINN(Convection(5.0), 41, width=6, depth=2, lattice=(17, 9))
    measure_curvature(task, task.init(KEY), key=KEY)
    # In Lanczos' process, which has 40 steps for eigenvalues and for the density, and on their own.
    assert sorted(map(str, made)) == ["float32", "float32", "float64"]
