"""Operator tasks: residuals of exact solutions, norms, batches, refusals, and that they learn."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from regimekit.errors import ConfigurationError
from regimekit.landscape import Hessian, restrict
from regimekit.methods import Budget, MinibatchAdam
from regimekit.methods.alm import augmented
from regimekit.problems import AdvectionDiffusion, Darcy, Helmholtz, Poisson
from regimekit.tasks import OperatorLearning, SquaredErrors

SMALL = {"width": 4, "modes": 4, "layers": 2}


@pytest.mark.slow
def test_only_the_conservative_residual_is_met_by_the_exact_solution():
    floors = {}
    for residual, refine in (("conservative", 1), ("reference", 4)):
        task = OperatorLearning(Darcy(4.0, 17, refine), 3, 2, residual=residual, **SMALL)
        floors[residual] = float(task.metrics(task.init(jax.random.key(0)))["residual_floor"])
    assert floors["conservative"] < 1e-3  # rounding of second differences in float32
    assert floors["reference"] > 0.5


@pytest.mark.slow
def test_the_reference_residual_is_consistent_for_a_smooth_medium():
    task = OperatorLearning(Darcy(1.0, 33, 2), 1, 1, residual="reference", **SMALL)
    assert float(task.metrics(task.init(jax.random.key(0)))["residual_floor"]) < 0.05


@pytest.mark.parametrize("problem", [Poisson(10.0, 64), AdvectionDiffusion(1.0, 64)])
def test_the_spectral_residual_is_met_by_the_exact_solution_and_by_no_other(problem):
    with jax.enable_x64(True):
        task = OperatorLearning(problem, 2, 2, residual="spectral", **SMALL)
        exact = task.equation(task.test.solutions, task.test)
        assert float(task.reduce("pde", exact)) < 1e-6
        zero = task.equation(0 * task.test.solutions, task.test)
        double = task.equation(2 * task.test.solutions, task.test)
        assert float(task.reduce("pde", zero)) == pytest.approx(1.0)
        np.testing.assert_allclose(double + zero, 2 * exact, atol=1e-12)


def test_the_spectral_floor_on_a_coarse_grid_is_what_the_source_has_at_nyquists_frequency():
    task = OperatorLearning(Poisson(10.0, 32), 1, 2, residual="spectral", **SMALL)
    waves = np.fft.fft2(np.asarray(task.test.inputs[..., 0]))
    unanswered = [waves[:, at, to] for at, to in ((0, 16), (16, 0), (16, 16))]
    share = np.linalg.norm(unanswered, axis=0) / np.linalg.norm(waves, axis=(1, 2))
    floor = task.reduce("pde", task.equation(task.test.solutions, task.test))
    assert float(floor) == pytest.approx(float(share.mean()), rel=1e-2)


def test_resonant_waves_are_the_floor_of_helmholtz():
    task = OperatorLearning(Helmholtz(7.0, 32), 1, 2, residual="spectral", **SMALL)
    floor = float(task.reduce("pde", task.equation(task.test.solutions, task.test)))
    assert 1e-3 < floor < 1


def test_constraints_of_alm_are_squared_where_losses_are_norms():
    task = OperatorLearning(Darcy(4.0, 17), 3, 2, residual="conservative", **SMALL)

    def zero(a):
        return jnp.zeros(a.shape[:2])

    multipliers = jax.tree.map(jnp.zeros_like, {"data": task.residuals(zero)["data"]})
    # Relative errors are 1: the equation's norm, and half the penalty times the squared norm.
    assert float(augmented(task, multipliers, 3.0).loss(zero)) == pytest.approx(1 + 1.5, rel=1e-5)
    raised = {"data": multipliers["data"] + 0.3 * task.residuals(zero)["data"]}
    # Completing the square leaves the multipliers' own square: (r + 0.1 r)^2 for a penalty of 3.
    assert float(augmented(task, raised, 3.0).loss(zero)) == pytest.approx(
        1 + 1.5 * 1.1**2, rel=1e-5
    )


def test_a_model_that_says_zero_has_error_one_in_every_block():
    task = OperatorLearning(Darcy(4.0, 17), 3, 2, residual="conservative", **SMALL)
    losses = task.block_losses(lambda a: jnp.zeros(a.shape[:2]))
    assert {n: float(v) for n, v in losses.items()} == pytest.approx(
        {"data": 1.0, "pde": 1.0}, rel=1e-5
    )


def test_no_sample_is_left_out_of_the_batches():
    task = OperatorLearning(AdvectionDiffusion(1.0, 32), 5, 1, batch_size=2, **SMALL)
    for index, rows in enumerate([(0, 1), (2, 3), (4, 0), (1, 2), (3, 4), (0, 1)]):
        batch = task.batch(jnp.asarray(index))
        np.testing.assert_array_equal(batch.train.solutions, task.train.solutions[jnp.array(rows)])


def test_batches_are_the_samples_in_order():
    task = OperatorLearning(AdvectionDiffusion(1.0, 32), 4, 1, batch_size=2, **SMALL)
    for index, part in ((0, slice(0, 2)), (1, slice(2, 4)), (2, slice(0, 2))):
        batch = task.batch(jnp.asarray(index))
        np.testing.assert_array_equal(batch.train.solutions, task.train.solutions[part])
    model = task.init(jax.random.key(0))
    losses = [float(task.batch(jnp.asarray(i)).loss(model)) for i in (0, 1)]
    assert float(task.loss(model)) == pytest.approx(np.mean(losses), rel=1e-5)


def test_squared_errors_are_in_units_of_the_solutions_and_bend_by_two_along_the_output_bias():
    task = OperatorLearning(AdvectionDiffusion(1.0, 32), 3, 1, **SMALL)
    squares, model = SquaredErrors(task), task.init(jax.random.key(0))
    outputs = jax.vmap(model)(task.train.inputs)
    expected = jnp.mean((outputs - task.train.solutions / task.scale) ** 2)
    assert float(squares.loss(model)) == pytest.approx(float(expected), rel=1e-5)
    bias = restrict(Hessian(squares, model), "network.head[1].bias")
    assert float(jax.jit(bias.product())(jnp.ones(1))[0]) == pytest.approx(2.0, rel=1e-5)
    assert float(squares.test_error(model)) == float(task.test_error(model))
    few = task.first(2)
    np.testing.assert_array_equal(few.train.solutions, task.train.solutions[:2])
    assert float(few.scale) == float(task.scale)


@pytest.mark.slow
def test_it_learns():
    task = OperatorLearning(AdvectionDiffusion(0.2, 32), 8, 4, batch_size=4, **SMALL)
    model = task.init(jax.random.key(0))
    method = MinibatchAdam(learning_rate=5e-3, updates=50)
    result = method.train(task, model, key=jax.random.key(1), budget=Budget(201, 200))
    assert float(task.loss(result.model)) < 0.6 * float(task.loss(model))


def test_batches_of_adam_go_through_all_samples_unless_epochs_begin_with_the_first():
    task = OperatorLearning(AdvectionDiffusion(0.2, 32), 6, 1, batch_size=2, **SMALL)

    def seen(method) -> list[int]:
        found = []
        for i in range(6):
            batch = method.objective(task, jnp.asarray(i)).train.solutions
            found += [
                int(j) for b in batch for j in range(6) if (b == task.train.solutions[j]).all()
            ]
        return found

    assert seen(MinibatchAdam(updates=2)) == 2 * [*range(6)]
    assert seen(MinibatchAdam(updates=2, from_first=True)) == 3 * [*range(4)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modes": 20}, "needs a grid of at least 40 nodes"),
        ({"residual": "upwind"}, "Unknown residual 'upwind'"),
        ({"residual": "conservative"}, "take 'spectral', or 'none'"),
        ({"weights": {"pde": 1.0}}, "blocks of this task are"),
        ({"n": 0}, "each must be at least 1"),
    ],
)
def test_bad_values_are_refused(change, message):
    options = {"n": 2, "held_out": 1} | SMALL | change
    with pytest.raises(ConfigurationError, match=message):
        OperatorLearning(AdvectionDiffusion(1.0, 32), **options)


@pytest.mark.slow
def test_many_samples_are_predicted_as_few_are(monkeypatch):
    task = OperatorLearning(AdvectionDiffusion(1.0, 32), 5, 1, **SMALL)
    model = task.init(jax.random.key(0))
    loss, gradient = jax.value_and_grad(lambda m: task.loss(m))(model)
    monkeypatch.setattr("regimekit.tasks.operator.AT_ONCE", 2)
    chunked, same = jax.value_and_grad(lambda m: task.loss(m))(model)
    assert float(chunked) == pytest.approx(float(loss), rel=1e-6)
    for one, other in zip(jax.tree.leaves(gradient), jax.tree.leaves(same), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)


def test_difficulties_share_a_program_and_keep_their_samples():
    traced = []

    @eqx.filter_jit
    def loss(task, model):
        traced.append(None)
        return task.loss(model), task.difficulty

    tasks = [OperatorLearning(AdvectionDiffusion(a, 32), 2, 1, **SMALL) for a in (0.2, 2.0)]
    model = tasks[0].init(jax.random.key(0))
    (first, easy), (second, hard) = (loss(task, model) for task in tasks)
    assert len(traced) == 1
    assert float(first) != float(second)
    assert (float(easy), float(hard)) == pytest.approx((0.2, 2.0))
    np.testing.assert_array_equal(tasks[0].at(2.0).train.inputs, tasks[1].train.inputs)
