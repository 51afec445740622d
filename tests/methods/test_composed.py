"""Chains, curricula, multiplier methods and region sampling."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toys import Constrained, Quadratic, Vector

from regimekit.errors import ConfigurationError
from regimekit.methods import (
    ALM,
    LBFGS,
    NNCG,
    SGD,
    Adam,
    Budget,
    Chain,
    Curriculum,
    RoPINN,
    StopReason,
    make_method,
)
from regimekit.methods.alm import augmented
from regimekit.problems import Convection, Wave
from regimekit.tasks import PINN

KEY = jax.random.key(0)
POINT = np.array([1.0, 2.0, 3.0], np.float32)


@pytest.fixture
def quadratic() -> Quadratic:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(30, 10)).astype(np.float32)
    return Quadratic(matrix, rng.normal(size=30).astype(np.float32))


@pytest.fixture
def pinn() -> PINN:
    return PINN(Convection(5.0), 50, width=10, depth=2)


def same(first, second):
    return all(
        bool(jnp.array_equal(a, b))
        for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True)
    )


def test_sgd_by_hand(quadratic):
    x = np.asarray(quadratic.init(KEY).x, np.float64)
    a, b = (np.asarray(v, np.float64) for v in (quadratic.matrix, quadratic.target))
    velocity = np.zeros(10)
    for _ in range(20):
        velocity = 0.9 * velocity + 2 * a.T @ (a @ x - b) / len(b)
        x = x - 0.01 * velocity
    method = SGD(learning_rate=0.01, momentum=0.9)
    result = method.train(quadratic, quadratic.init(KEY), key=KEY, budget=Budget(99, 20))
    np.testing.assert_allclose(result.model.x, x, rtol=1e-4, atol=1e-5)


def test_a_chain_is_its_methods_one_after_the_other(quadratic):
    model = quadratic.init(KEY)
    first = Adam(0.05).train(quadratic, model, key=KEY, budget=Budget(40, 1000))
    second = SGD(0.01).train(quadratic, first.model, key=KEY, budget=Budget(60, 1000))
    chain = Chain((Adam(0.05), SGD(0.01)), (0.4, 0.6))
    result = chain.train(quadratic, model, key=KEY, budget=Budget(100, 1000))
    assert same(result.model, second.model)
    assert result.stop_reason is StopReason.EVALUATION_BUDGET
    assert result.history["evaluations"][-1] == 100
    assert result.history["iteration"][-1] == 39 + 59
    assert np.all(np.diff(result.history["iteration"]) > 0)
    assert np.all(np.diff(result.history["seconds"]) >= 0)


def test_what_a_method_leaves_over_goes_to_the_next(quadratic):
    chain = Chain((LBFGS(), Adam(0.01)), (0.9, 0.1))
    result = chain.train(quadratic, quadratic.init(KEY), key=KEY, budget=Budget(400, 1000))
    assert result.history["evaluations"][-1] == 400  # L-BFGS ends before its 360


def test_divergence_ends_a_chain(quadratic):
    chain = Chain((SGD(1e20), Adam()))
    result = chain.train(quadratic, quadratic.init(KEY), key=KEY, budget=Budget(400, 1000))
    assert result.diverged
    assert result.history["evaluations"][-1] < 200


def test_a_curriculum_of_one_stage_is_plain_training(pinn):
    model, budget = pinn.init(KEY), Budget(60, 1000)
    plain = LBFGS().train(pinn, model, key=KEY, budget=budget)
    staged = Curriculum(LBFGS(), stages=1).train(pinn, model, key=KEY, budget=budget)
    assert same(plain.model, staged.model)
    np.testing.assert_array_equal(plain.history["loss"], staged.history["loss"])


def test_a_curriculum_trains_at_rising_difficulty(pinn):
    seen = []

    class Spy(Adam):
        def train(self, task, model, **options):
            seen.append((float(task.difficulty), options["budget"].evaluations))
            return super().train(task, model, **options)

    method = Curriculum(Spy(), stages=5, ramp=0.4)
    result = method.train(pinn, pinn.init(KEY), key=KEY, budget=Budget(100, 1000))
    assert [d for d, _ in seen] == pytest.approx([1, 2, 3, 4, 5])
    assert [n for _, n in seen] == [10, 10, 10, 10, 60]
    # The history tells the loss of the task itself, not that of the stage.
    assert result.history["loss"][0] == pytest.approx(float(pinn.loss(pinn.init(KEY))), rel=1e-5)


def test_steps_of_a_curriculum():
    method = Curriculum(Adam(), step=2.0)
    assert method.difficulties(5.0) == [2.0, 4.0, 5.0]
    assert method.difficulties(4.0) == [2.0, 4.0]
    assert Curriculum(Adam(), start=9.0, step=-3.0).difficulties(1.0) == [6.0, 3.0, 1.0]
    with pytest.raises(ConfigurationError, match=r"never reaches its target -1.0"):
        method.difficulties(-1.0)


@pytest.mark.parametrize("wrap", [lambda m: m, lambda m: ALM(m, rounds=1, warm_up=0.0)])
def test_a_curriculum_passes_through_modes_at_which_a_wave_cannot_end(wrap):
    seen = []

    class Spy(Adam):
        def train(self, task, model, **options):
            seen.append(float(task.difficulty))
            return super().train(task, model, **options)

    task = PINN(Wave(5.0), 50, width=10, depth=2)
    method = wrap(Curriculum(Spy(), stages=4))
    result = method.train(task, task.init(KEY), key=KEY, budget=Budget(60, 1000))
    assert seen == [1.25, 2.5, 3.75, 5.0]
    assert np.isfinite(result.history["loss"]).all()
    with pytest.raises(ConfigurationError, match="whole number"):
        task.at(2.5)


def test_a_curriculum_below_what_makes_sense_is_refused(pinn):
    fast = PINN(Wave(5.0, 2.0, difficulty_name="c"), 50, width=10, depth=2)
    for task in (pinn, PINN(Wave(5.0), 50, width=10, depth=2), fast):
        method = Curriculum(Adam(), start=-9.0)
        with pytest.raises(ConfigurationError, match="finite number of at least 0"):
            method.train(task, task.init(KEY), key=KEY, budget=Budget(60, 1000))


def test_redrawn_points_differ_from_stage_to_stage(pinn):
    seen = []

    class Spy(Adam):
        def train(self, task, model, **options):
            seen.append(np.asarray(task.points.interior))
            return super().train(task, model, **options)

    method = Curriculum(Spy(), stages=3, redraw=True)
    method.train(pinn, pinn.init(KEY), key=KEY, budget=Budget(40, 1000))
    assert not np.array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[2], pinn.points.interior)
    assert seen[0].shape == (50, 2)
    assert seen[0][:, 0].max() > 3


def test_alm_finds_the_constrained_minimum_that_a_penalty_misses():
    task = Constrained(POINT)
    expected = POINT - (POINT.sum() - 1) / 3
    start = Vector(jnp.zeros(3))
    method = ALM(LBFGS(stall_window=20), growth=1.0, rounds=25, warm_up=0.0)
    result = method.train(task, start, key=KEY, budget=Budget(2000, 2000))
    np.testing.assert_allclose(result.model.x, expected, atol=1e-4)
    penalty = LBFGS().train(task, start, key=KEY, budget=Budget(2000, 2000))
    assert float(task.test_error(penalty.model)) > 0.1


def test_the_augmented_lagrangian_up_to_a_constant():
    task = Constrained(POINT)
    for x in (jnp.zeros(3), jnp.array([1.0, -2.0, 0.5])):
        multiplier, penalty = 0.7, 3.0
        c = jnp.sum(x) - 1
        expected = jnp.mean((x - POINT) ** 2) + multiplier * c + penalty / 2 * c**2
        shifted = augmented(task, {"plane": jnp.array([multiplier])}, penalty).loss(Vector(x))
        constant = multiplier**2 / (2 * penalty)
        assert float(shifted - constant) == pytest.approx(float(expected), rel=1e-5)


def test_without_multipliers_it_is_the_plain_penalty(pinn):
    model = pinn.init(KEY)
    nothing = {n: jnp.zeros_like(r) for n, r in pinn.residuals(model).items() if n != "pde"}
    assert float(augmented(pinn, nothing, 2.0).loss(model)) == pytest.approx(
        float(pinn.loss(model)), rel=1e-5
    )


def test_alm_on_a_pinn_constrains_what_it_is_told(pinn):
    assert set(ALM(Adam()).blocks(pinn)) == {"periodic", "initial"}
    method = ALM(Adam(), constrained=("pde",), rounds=2)
    result = method.train(pinn, pinn.init(KEY), key=KEY, budget=Budget(40, 100))
    assert result.history["evaluations"][-1] == 40
    with pytest.raises(ConfigurationError, match="cannot constrain block 'edge'"):
        ALM(Adam(), constrained=("edge",)).train(
            pinn, pinn.init(KEY), key=KEY, budget=Budget(40, 100)
        )


def test_ropinn_with_radius_0_is_plain_training(pinn):
    model, budget = pinn.init(KEY), Budget(300, 50)
    plain = LBFGS().train(pinn, model, key=KEY, budget=budget)
    region = RoPINN(LBFGS(), initial_radius=0.0).train(pinn, model, key=KEY, budget=budget)
    assert same(plain.model, region.model)
    assert set(plain.history["iteration"]) == set(region.history["iteration"])


def test_ropinn_moves_points_within_the_radius(pinn):
    seen = []

    class Spy(PINN):
        def resample(self, key, radius):
            moved = super().resample(key, radius)
            shift = jnp.abs(moved.points.interior - self.points.interior).max()
            seen.append((float(radius), float(shift)))
            return moved

    task = Spy(Convection(5.0), 50, width=10, depth=2)
    method = RoPINN(LBFGS(), initial_radius=0.02, largest_radius=0.05, inner_iterations=10)
    method.train(task, task.init(KEY), key=KEY, budget=Budget(300, 60))
    assert len(seen) == 6
    assert seen[0][0] == pytest.approx(0.02)  # no spread known yet
    assert all(0 < shift <= radius + 1e-6 <= 0.05 + 2e-6 for radius, shift in seen)
    assert len({radius for radius, _ in seen}) > 1


def test_the_radius_is_the_initial_one_over_the_relative_spread():
    method = RoPINN(LBFGS(), initial_radius=1e-3, largest_radius=1.0)
    gradients = [np.array([1.0, -2.0]), np.array([3.0, -4.0])]
    assert method.radius(gradients) == pytest.approx(1e-3 / np.mean([1 / 2, 1 / 3]), rel=1e-4)
    assert method.radius(gradients[:1]) == 1e-3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(0.0), "learning_rate = 0.0 must be above 0"),
        (lambda: SGD(momentum=1.0), r"momentum = 1.0 must lie in \[0, 1\)"),
        (lambda: Chain(()), "at least one method"),
        (lambda: Chain((Adam(), LBFGS()), (0.5, 0.6)), "1 together"),
        (lambda: Chain((Adam(), LBFGS()), (1.0,)), "for each of its 2 methods"),
        (lambda: Curriculum(Adam(), stages=0), "stages = 0 must be a whole number of at least 1"),
        (lambda: Curriculum(Adam(), ramp=1.0), "ramp = 1.0 must lie between"),
        (lambda: Curriculum(Adam(), step=0.0), "never reaches its target"),
        (lambda: ALM(Adam(), penalty=0.0), "penalty = 0.0 must be above 0"),
        (lambda: ALM(Adam(), growth=0.5), "growth = 0.5 must be at least 1"),
        (lambda: ALM(Adam(), rounds=0), "rounds = 0 must be a whole number of at least 1"),
        (lambda: ALM(Adam(), warm_up=1.0), "warm_up = 1.0 must lie in"),
        (lambda: RoPINN(LBFGS(), initial_radius=-1.0), "initial_radius = -1.0"),
        (lambda: RoPINN(LBFGS(), past=1), "past = 1 must be a whole number of at least 2"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_methods_are_built_from_nested_settings():
    adam, lbfgs = {"name": "adam", "learning_rate": 0.01}, {"name": "lbfgs", "memory": 10}
    chain = make_method("adam-lbfgs", {"kind": "chain", "methods": [adam, lbfgs]})
    assert chain == Chain((Adam(0.01), LBFGS(memory=10)))
    alm = make_method("alm", {"method": {**lbfgs}, "constrained": ["initial"], "rounds": 3})
    assert alm == ALM(LBFGS(memory=10), constrained=("initial",), rounds=3)
    assert make_method("nncg", {"rank": 5}) == NNCG(rank=5)
    with pytest.raises(ConfigurationError, match="Unknown training method 'adamw'"):
        make_method("chain", {"methods": [{"name": "adamw"}]})
    with pytest.raises(ConfigurationError, match="has no setting 'learning_rate'"):
        make_method("alm", {"method": {"name": "lbfgs", "learning_rate": 1.0}})
