"""Slices, paths, similarity and dynamics on landscapes that are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toys import Quadratic, Vector

from regimekit.errors import ConfigurationError
from regimekit.landscape import (
    CurvatureProbe,
    Surface,
    connect,
    filter_normalised,
    filter_norms,
    interpolate,
    linear_cka,
    output_distance,
    random_directions,
    rbf_cka,
    sharpness,
    slice_1d,
    slice_2d,
)
from regimekit.methods import SGD, Budget
from regimekit.models import MLP
from regimekit.problems import Convection
from regimekit.tasks import PINN

KEY = jax.random.key(0)


class Ring(Quadratic):
    """Loss (|x| - 1)^2: zero on the unit circle, 1 at the centre."""

    def residuals(self, model):
        return {"fit": (jnp.sqrt(jnp.sum(model.x**2) + 1e-12) - 1)[None]}


class Product(Quadratic):
    """Loss (a b - 1/2)^2 of two layers with one unit: unchanged when a grows as b falls."""

    def residuals(self, model):
        return {"fit": model["a"] * model["b"] - 0.5}


def ring():
    return Ring(np.eye(2), np.zeros(2))


def at(*x):
    return Vector(jnp.array(x))


def test_a_slice_of_a_quadratic_is_a_parabola():
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        task = Quadratic(rng.normal(size=(8, 4)), rng.normal(size=8))
        model = task.init(KEY)
        offsets = np.linspace(-1, 1, 5)
        directions = random_directions(model, 2, key=KEY)
        np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)
        expected = [
            [task.loss(Vector(model.x + a * directions[0] + b * directions[1])) for b in offsets]
            for a in offsets
        ]
        found = slice_2d(task, model, directions, offsets)
        np.testing.assert_allclose(found.loss, expected, rtol=1e-9)
        line = slice_1d(task, model, directions[0], offsets)
        np.testing.assert_allclose(line.loss, found.loss[:, 2], rtol=1e-9)
        assert line.loss[2] == pytest.approx(float(task.loss(model)))


def test_roughness_counts_turns():
    offsets = np.linspace(-1, 1, 41)
    bowl = 1 + offsets[:, None] ** 2 + offsets[None, :] ** 2
    assert Surface(offsets, bowl).roughness() == pytest.approx(1.0)
    assert Surface(offsets, bowl[:, 20]).roughness() == pytest.approx(1.0)
    ripples = np.exp(np.abs(offsets) + 0.4 * np.sin(20 * offsets) * np.sign(offsets))
    assert Surface(offsets, ripples).roughness() > 1.5


def test_filter_normalised_directions_have_the_filters_norms():
    model = MLP(2, 4, 2, key=KEY)
    direction = filter_normalised(random_directions(model, 1, key=KEY), model)
    assert direction.shape == (1, sum(x.size for x in jax.tree.leaves(model)))
    first = np.asarray(direction[0, :8]).reshape(2, 4)
    np.testing.assert_allclose(
        np.linalg.norm(first, axis=0), np.linalg.norm(model.weights[0], axis=0), rtol=1e-5
    )
    norms = np.asarray(filter_norms(model))[:8].reshape(2, 4)
    np.testing.assert_allclose(norms[0], np.linalg.norm(model.weights[0], axis=0), rtol=1e-6)
    # Biases start at zero, so a direction must not move them.
    assert np.all(np.asarray(direction[0, -9:]) == 0)


def test_scale_free_sharpness_is_free_of_scales():
    with jax.enable_x64(True):
        task = Product(np.eye(2), np.zeros(2))

        def layers(a, b):
            return {"a": jnp.array([a]), "b": jnp.array([b])}

        even, uneven = (sharpness(task, layers(*m), key=KEY) for m in ((1.0, 1.0), (10.0, 0.1)))
        assert uneven.raw > 20 * even.raw
        assert uneven.filter_normalised == pytest.approx(even.filter_normalised, rel=1e-6)
        assert even.relative == pytest.approx(even.raw / 0.25)


def test_a_curve_goes_round_the_hill_that_the_line_crosses():
    with jax.enable_x64(True):
        # From (1, 0) to (0, 1) there is a curve near the circle; the line dips to 1/sqrt(2).
        line = interpolate(ring(), at(1.0, 0.0), at(0.0, 1.0))
        assert line.barrier == pytest.approx((1 - np.sqrt(0.5)) ** 2, rel=1e-6)
        assert line.connectivity == pytest.approx(-line.barrier, rel=1e-6)
        curve = connect(ring(), at(1.0, 0.0), at(0.0, 1.0), key=KEY, steps=400, learning_rate=0.05)
        assert curve.barrier < 0.02 * line.barrier
        # The control point of the best curve lies outside, on the diagonal.
        np.testing.assert_allclose(curve.control, 0.9, atol=0.08)


def test_a_curve_is_never_worse_than_the_line():
    # A learning rate that ruins the curve: the line is what is left.
    line = interpolate(ring(), at(1.0, 0.0), at(0.0, 1.0))
    curve = connect(ring(), at(1.0, 0.0), at(0.0, 1.0), key=KEY, steps=5, learning_rate=1e3)
    assert curve.highest <= line.highest
    swapped = interpolate(ring(), at(0.0, 1.0), at(1.0, 0.0))
    assert swapped.connectivity == pytest.approx(line.connectivity, rel=1e-5)


def test_connectivity_takes_the_farthest_loss_not_the_nearest():
    path = interpolate(ring(), at(2.0, 0.0), at(1.0, 0.0))
    # Falls from 1 to 0 along the line: farthest from the mean 1/2 at the ends.
    assert abs(path.connectivity) == pytest.approx(0.5, rel=1e-5)
    assert path.barrier == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("measure", [linear_cka, rbf_cka])
def test_cka_ignores_rotation_shift_and_scale(measure):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 5))
    turned = 7.0 * x @ np.linalg.qr(rng.normal(size=(5, 5)))[0] + 3.0
    assert measure(x, turned) == pytest.approx(1.0, abs=1e-9)
    other = rng.normal(size=(60, 5))
    assert measure(x, other) < 0.8
    assert measure(x, other) == pytest.approx(measure(other, x))


def test_cka_of_independent_features_vanishes_with_many_samples():
    rng = np.random.default_rng(0)
    assert linear_cka(rng.normal(size=(5000, 3)), rng.normal(size=(5000, 3))) < 0.01


def test_output_distance():
    assert output_distance(np.array([1.0, 0.0]), np.array([1.0, 0.0])) == 0
    assert output_distance(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(2**0.5)
    assert output_distance(np.array([1.0, 0.0]), np.array([-1.0, 0.0])) == pytest.approx(2)


def test_a_probe_records_curvature_along_training():
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        task = Quadratic(rng.normal(size=(8, 6)), rng.normal(size=8))
        expected = np.linalg.eigvalsh(2 * task.matrix.T @ task.matrix / 8)
        result = SGD(1e-3).train(
            task,
            task.init(KEY),
            key=KEY,
            budget=Budget(100, 4),
            schedule=[0, 2, 4],
            probe=CurvatureProbe(steps=6, tolerance=1e-8, probes=3),
        )
        history = result.history
        assert list(history["iteration"]) == [0, 2, 4]
        np.testing.assert_allclose(history["lambda_max"], expected[-1], rtol=1e-9)
        off = np.abs(history["trace"] - expected.sum())
        assert np.all(off <= 10 * history["trace_error"] + 1e-9)
        # Of six dimensions: six steps and one residual, three probes and one known vector.
        np.testing.assert_array_equal(history["curvature_products"], 11)
        lost = CurvatureProbe(probes=0)(task, Vector(jnp.full(6, 1e200)), 0)
        assert np.isnan(lost["lambda_max"])
        assert lost["curvature_products"] == 0


def test_bad_input_is_one_sentence():
    task = PINN(Convection(5.0), 40, width=4, depth=2, lattice=(17, 9))
    model = task.init(KEY)
    with pytest.raises(ConfigurationError, match="parameters of different shapes"):
        interpolate(task, model, MLP(2, 5, 2, key=KEY))
    with pytest.raises(ConfigurationError, match="points = 2 must be at least 3"):
        interpolate(task, model, model, points=2)
    with pytest.raises(ConfigurationError, match="steps = 0"):
        connect(task, model, model, key=KEY, steps=0)
    with pytest.raises(ConfigurationError, match="The directions have 3 entries, the model 37"):
        slice_1d(task, model, jnp.zeros(3), np.zeros(2))
    with pytest.raises(ConfigurationError, match="same samples"):
        linear_cka(np.zeros((3, 2)), np.zeros((4, 2)))
    with pytest.raises(ConfigurationError, match="the same for all samples"):
        rbf_cka(np.zeros((3, 2)), np.ones((3, 2)))
    with pytest.raises(ConfigurationError, match="do not compare"):
        output_distance(np.zeros(2), np.zeros(3))
