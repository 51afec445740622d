"""Neural ODEs: losses and rollouts against plain numpy, the exact field, and finite differences."""

import equinox as eqx
import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest

from regimekit.errors import ConfigurationError
from regimekit.grids import get_experiment
from regimekit.grids.lanes import stack
from regimekit.methods import Budget, MinibatchAdam, train_lanes
from regimekit.problems import Convection, Pendulum, advance, rollout, solve
from regimekit.tasks import NODE, PINN
from regimekit.tasks.node import BATCH

KEY = jax.random.key(0)
EULER = {"integrator": "euler", "accuracy": "reference", "test_start": 2.8}


@pytest.fixture(params=[20, 33, 70])
def task(request) -> NODE:
    return NODE(Pendulum(4.0), request.param, physics=True, padded=96, **EULER)


def test_the_loss_is_that_of_plain_arrays(task):
    model = task.init(KEY)
    samples = int(task.pairs) + 1
    orbit = Pendulum(4.0).trajectory(1.7, samples, 0.05, accuracy="reference")
    x, y = (jnp.asarray(rows, jnp.float32) for rows in (orbit[:-1], orbit[1:]))
    data = jnp.mean((x + 0.05 * model(x) - y) ** 2)
    exact = jnp.stack([x[:, 1], -x[:, 1] / 4 - jnp.sin(x[:, 0])], axis=1)
    physics = 0.05**2 * jnp.mean((model(x) - exact) ** 2)
    losses = task.block_losses(model)
    assert losses["data"] == pytest.approx(float(data), rel=1e-4)
    assert losses["physics"] == pytest.approx(float(physics), rel=1e-4)
    assert task.loss(model) == pytest.approx(float(data + physics), rel=1e-4)


def test_filling_up_changes_nothing(task):
    model = task.init(KEY)
    longer = NODE(Pendulum(4.0), int(task.pairs) + 1, physics=True, padded=160, **EULER)
    assert longer.loss(model) == pytest.approx(float(task.loss(model)), rel=1e-5)


def test_batches_cover_the_samples_once(task):
    model = task.init(KEY)
    pairs = int(task.pairs)
    windows = -(-pairs // BATCH)
    losses = [float(task.batch(jnp.asarray(i)).loss(model)) for i in range(windows)]
    sizes = [min(BATCH, pairs - BATCH * i) for i in range(windows)]
    assert np.average(losses, weights=sizes) == pytest.approx(float(task.loss(model)), rel=1e-4)
    again = float(task.batch(jnp.asarray(windows)).loss(model))
    assert again == pytest.approx(losses[0])


def test_a_window_spreads_the_same_pairs_over_a_longer_orbit():
    first, spread, whole = (
        NODE(Pendulum(4.0), n, window=window, padded=416, **EULER)
        for n, window in ((20, None), (20, 400), (400, 400))
    )
    plain = NODE(Pendulum(4.0), 400, padded=416, **EULER)
    np.testing.assert_array_equal(whole.inputs, plain.inputs)
    np.testing.assert_array_equal(whole.targets, plain.targets)
    assert int(first.pairs) == int(spread.pairs) == 19
    rows = [np.flatnonzero((plain.inputs == x).all(axis=1))[0] for x in spread.inputs[:19]]
    assert rows[0] == 0
    assert rows[-1] == 398
    assert set(np.diff(rows)) <= {22, 23}  # evenly, as whole numbers allow
    np.testing.assert_array_equal(plain.targets[np.array(rows)], spread.targets[:19])


def test_several_orbits_share_out_the_pairs():
    starts = (0.8, 1.7, 2.9)
    task = NODE(Pendulum(4.0), 21, start=starts, window=100, padded=32)
    pairs = int(task.pairs)
    at_rest = np.asarray(task.inputs[:pairs])[np.asarray(task.inputs[:pairs, 1]) == 0]
    np.testing.assert_allclose(at_rest[:, 0], starts, rtol=1e-6)
    exact = task.problem.field
    assert float(task.loss(exact)) < 1e-10  # each target follows its own input
    harder = task.at(8.0)
    np.testing.assert_array_equal(
        harder.inputs, NODE(Pendulum(8.0), 21, start=starts, window=100, padded=32).inputs
    )


def test_the_gradient_agrees_with_finite_differences():
    with jax.enable_x64(True):
        task = NODE(Pendulum(4.0), 40, physics=True)
        model = task.init(KEY)
        params, static = eqx.partition(model, eqx.is_inexact_array)
        flat, unravel = jax.flatten_util.ravel_pytree(params)

        def loss(vector):
            return task.loss(eqx.combine(unravel(vector), static))

        direction = jax.random.normal(jax.random.key(1), flat.shape)
        step = 1e-5
        slope = (loss(flat + step * direction) - loss(flat - step * direction)) / (2 * step)
        assert jax.grad(loss)(flat) @ direction == pytest.approx(float(slope), rel=1e-6)


@pytest.mark.parametrize(("integrator", "order"), [("euler", 1), ("rk4", 4)])
def test_integrators_have_their_order(integrator, order):
    with jax.enable_x64(True):
        pendulum = Pendulum(2.0)
        truth = pendulum.trajectory(1.7, 21, 0.1)
        errors = [
            float(
                jnp.abs(
                    rollout(pendulum.field, jnp.array([1.7, 0.0]), 21, 0.1, integrator, k) - truth
                ).max()
            )
            for k in (1, 2, 4)
        ]
    rates = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert abs(rates[-1] - order) < 0.25


def test_eulers_own_error_is_that_of_the_study():
    # Measured independently of this library, for 1/b = 1 ... 15.
    expected = {1.0: 0.016, 2.0: 0.044, 8.0: 0.26, 15.0: 0.51}
    for difficulty, error in expected.items():
        task = NODE(Pendulum(difficulty), 20, **EULER | {"accuracy": "converged"})
        found = task.metrics(task.init(KEY))["test_error_floor"]
        assert float(found) == pytest.approx(error, rel=0.06)


def test_the_exact_field_has_no_loss_and_the_true_damping():
    task = NODE(Pendulum(4.0), 100, physics=True)
    exact = task.problem.field
    assert float(task.loss(exact)) < 1e-10
    found = {name: float(value) for name, value in task.metrics(exact).items()}
    assert found["damping"] == pytest.approx(0.25, rel=1e-3)
    assert found["test_error"] == pytest.approx(found["test_error_floor"], abs=1e-6)
    assert found["test_error"] < 1e-4
    assert found["energy_error"] < 1e-4


def test_one_step_of_the_fields_is_what_it_says():
    state = jnp.array([0.3, -0.2])
    moved = advance(lambda x: -x, state, 0.1, "rk4")
    np.testing.assert_allclose(moved, np.exp(-0.1) * state, rtol=1e-6)


def test_another_difficulty_has_other_orbits():
    task = NODE(Pendulum(4.0), 40, physics=True)
    harder = task.at(8.0)
    assert float(harder.difficulty) == 8.0
    assert harder.weights == task.weights
    fresh = NODE(Pendulum(8.0), 40, physics=True)
    np.testing.assert_array_equal(harder.inputs, fresh.inputs)
    np.testing.assert_array_equal(harder.test, fresh.test)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "difficulty", "samples", "low", "high"),
    [
        # Independent runs of the original's set-up (5 seeds), and the published figure.
        ("node-pendulum", 1.0, 267, 0.7e-5, 1.5e-5),
        ("node-pendulum", 5.5, 267, 1.0e-4, 2.6e-4),
        ("pinode-pendulum", 4.0, 400, 1.6e-6, 3.2e-6),
        ("pinode-pendulum", 12.0, 400, 3.5e-6, 8e-6),
    ],
)
def test_training_ends_where_the_original_ends(name, difficulty, samples, low, high):
    experiment = get_experiment(name)
    axes = {"difficulties": [difficulty], "data": [samples], "seeds": [0, 1, 2]}
    grid = experiment.grid("published", **axes)
    cells = list(grid.cells())
    tasks = stack([experiment.task(cell) for cell in cells])
    models = eqx.filter_vmap(lambda t, k: t.init(k))(tasks, jax.random.split(KEY, 3))
    method, budget = experiment.method(cells[0])
    results = train_lanes(method, tasks, models, budget=budget, schedule=[0])
    losses = [float(experiment.task(c).loss(r.model)) for c, r in zip(cells, results, strict=True)]
    assert low < np.median(losses) < high


def test_one_program_serves_all_amounts_of_data():
    grid = get_experiment("node-pendulum").grid("published")
    assert len({cell.shape for cell in grid.cells()}) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"representation": "polar"}, "must be state or embedded"),
        ({"integrator": "heun"}, "must be euler or rk4"),
        ({"physics": True, "representation": "embedded"}, "is written for the representation"),
        ({"padded": 33}, "must be a multiple of 32"),
        ({"padded": 32, "n_samples": 40}, "at least the 40 samples"),
        ({"n_samples": 1}, "1 orbit needs at least 2"),
        ({"n_samples": 4, "start": (1.0, 2.0, 2.5, 2.9)}, "4 orbits need at least 5"),
        ({"n_samples": 20, "window": 12}, "n_samples = 20 is more than 1 orbits of 12 samples"),
        ({"window": 40, "solver": "tsit5"}, "leave window out, and give one start"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        NODE(Pendulum(4.0), **({"n_samples": 20} | options))


def test_a_task_without_batches_is_refused():
    task = PINN(Convection(5.0), 100)
    with pytest.raises(ConfigurationError, match="PINN has no batches: train it with adam"):
        MinibatchAdam().train(task, task.init(KEY), key=KEY, budget=Budget(10, 5))


@pytest.mark.parametrize("options", [{"learning_rate": 0.0}, {"decay": 0.0}, {"updates": 0}])
def test_settings_out_of_range_are_refused(options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        MinibatchAdam(**options)


def along_a_solve(samples: int = 20, **options) -> NODE:
    return NODE(Pendulum(4.0), samples, **({"solver": "tsit5"} | options))


def test_a_solve_by_euler_is_a_rollout_of_its_steps():
    with jax.enable_x64(True):
        field, start = Pendulum(4.0).field, jnp.array([1.7, 0.0])
        ours = rollout(field, start, 40, 0.05, "euler", 2)
        np.testing.assert_allclose(solve(field, start, 40, 0.05, "euler", 0.025), ours, rtol=1e-12)


@pytest.mark.parametrize("samples", [32, 100, 416])
def test_a_solve_reaches_its_last_sample_in_single_precision(samples):
    found = solve(Pendulum(4.0).field, jnp.array([1.7, 0.0]), samples + 1, 0.05, "tsit5", 0.05)
    exact = Pendulum(4.0).trajectory(1.7, samples + 1, 0.05)
    np.testing.assert_allclose(found, exact, atol=1e-4)


def test_the_exact_field_solves_the_exact_orbit():
    with jax.enable_x64(True):
        task = along_a_solve(100)
        assert float(task.loss(task.problem.field)) < 1e-16
        euler = along_a_solve(100, solver="euler")
        assert float(euler.loss(euler.problem.field)) > 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(("adjoint", "tolerance"), [("direct", 1e-10), ("backsolve", 1e-4)])
def test_adjoints_agree_with_direct_differentiation(adjoint, tolerance):
    with jax.enable_x64(True):
        gradients = []
        for name in ("checkpoint", adjoint):
            task = along_a_solve(adjoint=name)
            model = task.init(KEY)
            gradient = eqx.filter_grad(lambda m, task=task: task.loss(m))(model)
            gradients.append(jax.flatten_util.ravel_pytree(gradient)[0])
        difference = jnp.linalg.norm(gradients[1] - gradients[0])
        assert difference < tolerance * jnp.linalg.norm(gradients[0])


@pytest.mark.slow
def test_the_gradient_through_a_solve_agrees_with_finite_differences():
    with jax.enable_x64(True):
        task = along_a_solve()
        flat, unravel = jax.flatten_util.ravel_pytree(task.init(KEY))
        loss = jax.jit(lambda v: task.loss(unravel(v)))
        direction = jax.random.normal(KEY, flat.shape)
        there, back = loss(flat + 1e-6 * direction), loss(flat - 1e-6 * direction)
        slope = jax.grad(loss)(flat) @ direction
        assert slope == pytest.approx(float(there - back) / 2e-6, rel=1e-6)


@pytest.mark.slow
def test_training_through_a_solve_lowers_its_loss():
    task = along_a_solve(60)
    model = task.init(KEY)
    method = MinibatchAdam(learning_rate=1e-2, updates=2)
    result = method.train(task, model, key=KEY, budget=Budget(201, 200))
    assert float(task.loss(result.model)) < 0.1 * float(task.loss(model))
    assert not result.diverged


@pytest.mark.slow
def test_a_solve_that_fails_in_training_is_a_diverged_run():
    task = along_a_solve()
    model = task.init(KEY)
    wild = jax.tree.map(lambda leaf: 1e30 * leaf if eqx.is_inexact_array(leaf) else leaf, model)
    result = MinibatchAdam().train(task, wild, key=KEY, budget=Budget(11, 10))
    assert result.diverged


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"solver": "rk45"}, "solver = 'rk45' is unknown; there are euler, heun, tsit5, dopri5"),
        ({"adjoint": "none"}, "adjoint = 'none' is unknown; there are checkpoint"),
        ({"solver_step": 0.1}, "step = 0.1 must be above 0 and at most 0.05"),
    ],
)
def test_a_solve_that_cannot_be_is_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        along_a_solve(**options)
