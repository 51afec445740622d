"""Adam and L-BFGS on problems with known minima; budgets, stop reasons, history, lanes."""

import itertools
import subprocess
import sys
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from toys import Quadratic, Rosenbrock, Vector

from regimekit.errors import ConfigurationError
from regimekit.methods import (
    LBFGS,
    AbstractIterativeMethod,
    Adam,
    Budget,
    MinibatchSGD,
    StopReason,
    _iterative,
    log_schedule,
    make_method,
    train_lanes,
)
from regimekit.methods._iterative import compiled_start, limits
from regimekit.methods._registry import METHODS
from regimekit.problems import Convection
from regimekit.tasks import PINN, Classification

KEY = jax.random.key(0)


@pytest.fixture
def quadratic() -> Quadratic:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(30, 10)).astype(np.float32)
    return Quadratic(matrix, rng.normal(size=30).astype(np.float32))


@pytest.fixture
def pinn() -> PINN:
    return PINN(Convection(5.0), 50, width=10, depth=2)


def test_lbfgs_finds_the_least_squares_solution(quadratic):
    expected = np.linalg.lstsq(np.asarray(quadratic.matrix), np.asarray(quadratic.target))[0]
    result = LBFGS().train(quadratic, quadratic.init(KEY), key=KEY, budget=Budget(500, 200))
    np.testing.assert_allclose(result.model.x, expected, atol=2e-4)
    assert result.stop_reason in (StopReason.GRADIENT_TOLERANCE, StopReason.STALLED)
    assert result.history["evaluations"][-1] < 100


def test_lbfgs_agrees_with_scipy_in_double_precision():
    rng = np.random.default_rng(1)
    matrix, target = rng.normal(size=(30, 10)), rng.normal(size=30)
    with jax.enable_x64(True):
        task = Quadratic(matrix, target)
        model = task.init(KEY)
        peer = minimize(
            lambda x: (
                np.mean((matrix @ x - target) ** 2),
                2 * matrix.T @ (matrix @ x - target) / 30,
            ),
            np.asarray(model.x),
            jac=True,
            method="L-BFGS-B",
            options={"gtol": 1e-10, "ftol": 0},
        )
        method = LBFGS(gradient_tolerance=1e-10)
        result = method.train(task, model, key=KEY, budget=Budget(500, 200))
        assert result.model.x.dtype == jnp.float64
        np.testing.assert_allclose(result.model.x, peer.x, atol=1e-6)
        assert result.history["loss"][-1] == pytest.approx(peer.fun, rel=1e-12)
        assert result.stop_reason is StopReason.GRADIENT_TOLERANCE


def test_lbfgs_finds_the_minimum_of_rosenbrocks_function():
    task = Rosenbrock(np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
    start = Vector(jnp.array([-1.2, 1.0]))
    result = LBFGS(memory=10).train(task, start, key=KEY, budget=Budget(500, 200))
    np.testing.assert_allclose(result.model.x, [1, 1], atol=1e-3)


def test_adam_agrees_with_optax_step_by_step(quadratic):
    model = quadratic.init(KEY)
    result = Adam(learning_rate=0.05).train(quadratic, model, key=KEY, budget=Budget(100, 25))
    optimiser = optax.adam(0.05)
    x, state = model.x, optimiser.init(model.x)
    for _ in range(25):
        gradient = jax.grad(lambda x: quadratic.loss(Vector(x)))(x)
        update, state = optimiser.update(gradient, state)
        x = x + update
    np.testing.assert_allclose(result.model.x, x, rtol=1e-5, atol=1e-6)
    assert result.stop_reason is StopReason.ITERATION_BUDGET
    assert result.history["evaluations"][-1] == 26


ITERATIVE = sorted(
    name for name, kind in METHODS.items() if issubclass(kind, AbstractIterativeMethod)
)


@pytest.mark.parametrize("name", ITERATIVE)
def test_a_step_leaves_a_state_of_the_types_that_it_found(name):
    """Else their program is compiled twice: JAX tells the types of Python's numbers apart."""
    method = make_method(name, {"rank": 2} if name == "nncg" else {})
    if name.startswith("minibatch"):
        task = Classification(100, channels=4, stages=1)
    else:
        task = PINN(Convection(5.0), 50, width=10, depth=2)
    params, static = eqx.partition(task.init(KEY), eqx.is_inexact_array)
    arrays, fixed = eqx.partition(task, eqx.is_array)

    def start(arrays, params):
        return method.start(eqx.combine(arrays, fixed), eqx.combine(params, static))

    def step(arrays, state):
        bounds = limits(1, Budget(10, 10))
        return method.advance(eqx.combine(arrays, fixed), static, state, bounds)

    before = jax.eval_shape(start, arrays, params)
    after = jax.eval_shape(step, arrays, before)
    assert [str(leaf) for leaf in jax.tree.leaves(before)] == [
        str(leaf) for leaf in jax.tree.leaves(after)
    ]


def test_lbfgs_begins_where_it_would_start(pinn, monkeypatch):
    """Its first evaluation is made by the program of the iterations: no other is compiled."""
    model = pinn.init(KEY)
    expected = compiled_start(LBFGS(), pinn, model)
    monkeypatch.setattr(_iterative, "compiled_start", lambda *_: pytest.fail("compiled another"))
    begun = LBFGS().begin(pinn, model, Budget(10, 10))
    assert [leaf.aval for leaf in jax.tree.leaves(begun)] == [
        leaf.aval for leaf in jax.tree.leaves(expected)
    ]
    for ours, other in zip(jax.tree.leaves(begun), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-5, atol=1e-6)
    assert int(begun.iteration) == 0
    assert int(begun.evaluations) == 1


@pytest.mark.parametrize("method", [Adam(), LBFGS()])
def test_budgets_are_kept(method, pinn):
    model = pinn.init(KEY)
    result = method.train(pinn, model, key=KEY, budget=Budget(10_000, 17))
    assert result.stop_reason is StopReason.ITERATION_BUDGET
    assert result.history["iteration"][-1] == 17
    result = method.train(pinn, model, key=KEY, budget=Budget(20, 10_000))
    assert result.stop_reason is StopReason.EVALUATION_BUDGET
    # One line search may end above the budget, by its own allowance at most.
    assert 20 <= result.history["evaluations"][-1] < 20 + 25


@pytest.mark.parametrize("method", [Adam(), LBFGS()])
def test_a_budget_of_one_evaluation_is_spent_at_the_start(method, quadratic):
    model = quadratic.init(KEY)
    result = method.train(quadratic, model, key=KEY, budget=Budget(1, 50))
    assert result.stop_reason is StopReason.EVALUATION_BUDGET
    assert result.history["iteration"].tolist() == [0]
    assert result.history["evaluations"].tolist() == [1]
    np.testing.assert_array_equal(result.model.x, model.x)
    further = method.train(quadratic, model, key=KEY, budget=Budget(2, 50))
    assert further.stop_reason is StopReason.EVALUATION_BUDGET
    assert further.history["iteration"].tolist() == [0, 1]
    broken = Vector(model.x * jnp.nan)
    assert method.train(quadratic, broken, key=KEY, budget=Budget(1, 50)).diverged


def test_a_budget_of_one_evaluation_is_spent_at_the_start_of_each_lane(quadratic):
    models = Vector(jnp.stack([jnp.zeros(10), jnp.full(10, jnp.nan)]))
    tasks = eqx.tree_at(
        lambda t: (t.matrix, t.target),
        quadratic,
        (jnp.stack([quadratic.matrix] * 2), jnp.stack([quadratic.target] * 2)),
    )
    lanes = train_lanes(Adam(), tasks, models, budget=Budget(1, 50), schedule=[0, 50])
    reasons = [lane.stop_reason for lane in lanes]
    assert reasons == [StopReason.EVALUATION_BUDGET, StopReason.DIVERGED]
    assert all(lane.history["iteration"].tolist() == [0] for lane in lanes)


def test_evaluations_are_counted(pinn):
    """Against a count made inside the loss itself."""
    calls = []

    class Counting(PINN):
        def loss(self, model):
            jax.debug.callback(lambda: calls.append(1))
            return super().loss(model)

    task = Counting(Convection(5.0), 50, width=10, depth=2)
    result = LBFGS().train(task, task.init(KEY), key=KEY, budget=Budget(1000, 30))
    jax.effects_barrier()
    assert result.history["evaluations"][-1] == len(calls)


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        (LBFGS(gradient_tolerance=1e3), StopReason.GRADIENT_TOLERANCE),
        (LBFGS(change_tolerance=1e3), StopReason.CHANGE_TOLERANCE),
        (LBFGS(stall_window=5, stall_tolerance=0.999999), StopReason.STALLED),
    ],
)
def test_each_reason_to_stop(method, reason, quadratic):
    result = method.train(quadratic, quadratic.init(KEY), key=KEY, budget=Budget(1000, 500))
    assert result.stop_reason is reason
    assert not result.diverged


def test_float32_rounding_ends_in_a_stall(quadratic):
    # The smallest loss is far from 0, so rounding hides decrease before the gradient vanishes.
    method = LBFGS(gradient_tolerance=0.0)
    result = method.train(quadratic, quadratic.init(KEY), key=KEY, budget=Budget(20_000, 10_000))
    assert result.stop_reason is StopReason.STALLED
    assert result.history["evaluations"][-1] < 2_000


@pytest.mark.parametrize("method", [Adam(learning_rate=1e30), LBFGS()])
def test_divergence_is_a_result(method, pinn):
    model = pinn.init(KEY)
    task = (
        pinn
        if isinstance(method, Adam)
        else eqx.tree_at(lambda t: t.points.initial, pinn, pinn.points.initial * jnp.nan)
    )
    result = method.train(task, model, key=KEY, budget=Budget(100, 50))
    assert result.diverged
    assert not np.isfinite(result.history["loss"][-1])
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(result.model))


@pytest.mark.parametrize("method", [Adam(), LBFGS()])
def test_history_tells_the_truth(method, pinn):
    seen = []

    def probe(task, model, iteration):
        seen.append(iteration)
        return {"loss_here": float(task.loss(model))}

    result = method.train(pinn, pinn.init(KEY), key=KEY, budget=Budget(200, 40), probe=probe)
    history = result.history
    assert seen == history["iteration"].tolist() == [i for i in log_schedule(40) if i <= 40]
    np.testing.assert_allclose(history["loss"], history["loss_here"], rtol=1e-5)
    assert history["loss"][-1] == pytest.approx(float(pinn.loss(result.model)), rel=1e-5)
    assert all(np.diff(history["seconds"]) >= 0)
    if isinstance(method, LBFGS):
        assert all(np.diff(history["loss"]) <= 1e-6)


def test_same_seed_same_numbers(pinn):
    a, b = (LBFGS().train(pinn, pinn.init(KEY), key=KEY, budget=Budget(200, 30)) for _ in range(2))
    for x, y in zip(jax.tree.leaves(a.model), jax.tree.leaves(b.model), strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("method", [Adam(), LBFGS()])
def test_lanes_equal_single_runs(method):
    tasks = [PINN(Convection(b), 50, seed=s, width=10, depth=2) for b, s in ((5.0, 0), (20.0, 1))]
    models = [t.init(jax.random.key(s)) for s, t in enumerate(tasks)]
    budget, schedule = Budget(200, 15), log_schedule(15)

    def stacked(trees):
        arrays, static = zip(*(eqx.partition(t, eqx.is_array) for t in trees), strict=True)
        return eqx.combine(jax.tree.map(lambda *x: jnp.stack(x), *arrays), static[0])

    lanes = train_lanes(method, stacked(tasks), stacked(models), budget=budget, schedule=schedule)
    for task, model, lane in zip(tasks, models, lanes, strict=True):
        alone = method.train(task, model, key=KEY, budget=budget, schedule=schedule)
        np.testing.assert_allclose(lane.history["loss"], alone.history["loss"], rtol=2e-3)
        assert lane.stop_reason is alone.stop_reason


def test_a_lane_that_stops_early_stays_as_it_was(quadratic):
    solved = Vector(jnp.linalg.lstsq(quadratic.matrix, quadratic.target)[0])
    models = Vector(jnp.stack([solved.x, quadratic.init(KEY).x]))
    tasks = eqx.tree_at(
        lambda t: (t.matrix, t.target),
        quadratic,
        (jnp.stack([quadratic.matrix] * 2), jnp.stack([quadratic.target] * 2)),
    )
    method = LBFGS(gradient_tolerance=1e-3)
    still, moving = train_lanes(
        method, tasks, models, budget=Budget(200, 50), schedule=log_schedule(50)
    )
    assert still.stop_reason is StopReason.GRADIENT_TOLERANCE
    assert still.history["iteration"][-1] <= 1
    np.testing.assert_allclose(still.model.x, solved.x, atol=1e-4)
    np.testing.assert_allclose(moving.model.x, solved.x, atol=1e-2)


def test_time_of_the_probe_is_not_the_lanes(quadratic):
    models = Vector(jnp.zeros((2, 10)))
    tasks = eqx.tree_at(
        lambda t: (t.matrix, t.target),
        quadratic,
        (jnp.stack([quadratic.matrix] * 2), jnp.stack([quadratic.target] * 2)),
    )

    def slow(tasks, models, iteration):
        time.sleep(0.3)
        return {}

    options = {"budget": Budget(20, 4), "schedule": [0, 2, 4]}
    train_lanes(Adam(), tasks, models, **options)
    result = train_lanes(Adam(), tasks, models, **options, probe=slow)[0]
    assert result.history["seconds"][-1] < 0.25


@given(last=st.integers(0, 10**6))
def test_schedule_is_increasing_and_ends_at_the_last(last):
    schedule = log_schedule(last)
    assert schedule[0] == 0
    assert schedule[-1] == last
    assert all(a < b for a, b in itertools.pairwise(schedule))
    shared = [i for i in log_schedule(10**6) if i < last]
    assert schedule == [*shared, last]


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("sdg", {}, "Unknown training method 'sdg'"),
        ("adam", {"lr": 1e-3}, "has no setting 'lr'"),
        ("alm", {"rounds": 3}, "Method 'alm' needs the setting method too"),
        ("adam", {"learning_rate": 0.0}, "must be above 0"),
        ("adam", {"b1": 1.0}, "must lie in"),
        ("lbfgs", {"memory": 0}, "memory = 0 must be a whole number of at least 1"),
        ("lbfgs", {"stall_tolerance": -1.0}, "must be 0"),
        ("lbfgs", {"gradient_tolerance": float("nan")}, "gradient_tolerance = nan must be 0"),
        ("lbfgs", {"change_tolerance": float("nan")}, "change_tolerance = nan must be 0"),
        ("lbfgs", {"stall_tolerance": float("nan")}, "stall_tolerance = nan must be 0"),
        ("lbfgs", {"memory": True}, "memory = True must be a whole number"),
    ],
)
def test_wrong_settings_are_refused(name, settings, says):
    with pytest.raises(ConfigurationError, match=says):
        make_method(name, settings)


# In a process without the type-checking hook, which would speak first.
NO_COUNTS = """
from regimekit.errors import ConfigurationError
from regimekit.methods import (
    ALM, Adam, Curriculum, LBFGS, MinibatchAdam, MinibatchSGD, NNCG, RoPINN
)
adam, counts = Adam(), 0
for owner, least, make, names in (
    ("L-BFGS's", 1, LBFGS, ("memory", "line_search_steps", "stall_window")),
    ("NNCG's", 1, NNCG, ("rank", "refresh", "cg_iterations")),
    ("ALM's", 1, lambda **k: ALM(adam, **k), ("rounds",)),
    ("A curriculum's", 1, lambda **k: Curriculum(adam, **k), ("stages",)),
    ("RoPINN's", 1, lambda **k: RoPINN(adam, **k), ("inner_iterations",)),
    ("RoPINN's", 2, lambda **k: RoPINN(adam, **k), ("past",)),
    ("Adam's", 1, MinibatchAdam, ("updates",)),
    ("SGD's", 0, MinibatchSGD, ("horizon",)),
):
    for name in names:
        counts += 1
        for value in (2.5, 2.0, float("nan"), "many", True, least - 1):
            try:
                make(**{name: value})
            except ConfigurationError as error:
                said = f"{owner} {name} = {value} must be a whole number of at least {least}."
                assert str(error) == said, error
            else:
                raise AssertionError((owner, name, value))
assert counts == 12, counts
"""


def test_counts_are_whole_numbers():
    done = subprocess.run(
        [sys.executable, "-c", NO_COUNTS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_sgd_on_batches_is_optaxs():
    """Momentum, weight decay and the cosine, against optax's chain of them, batch by batch."""
    task = Classification(100, channels=4, stages=1)
    model = task.init(KEY)
    method = MinibatchSGD(learning_rate=0.1, weight_decay=1e-2, horizon=4)
    found = method.train(task, model, key=KEY, budget=Budget(10, 3)).model
    peer = optax.chain(
        optax.add_decayed_weights(1e-2), optax.sgd(optax.cosine_decay_schedule(0.1, 4), 0.9)
    )
    params, static = eqx.partition(model, eqx.is_inexact_array)
    state = peer.init(params)

    @jax.jit
    def gradient(params, index):
        return jax.grad(lambda p: task.batch(index).loss(eqx.combine(p, static)))(params)

    for index in range(3):
        updates, state = peer.update(gradient(params, jnp.asarray(index)), state, params)
        params = optax.apply_updates(params, updates)
    for ours, theirs in zip(
        jax.tree.leaves(eqx.filter(found, eqx.is_inexact_array)),
        jax.tree.leaves(params),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate = 0.0 must be above 0"),
        ({"momentum": 1.0}, r"momentum = 1.0 must lie in \[0, 1\)"),
        ({"weight_decay": -1.0}, "weight_decay = -1.0 must be at least 0"),
        ({"horizon": -1}, "horizon = -1 must be a whole number of at least 0"),
    ],
)
def test_sgd_on_batches_refuses_bad_settings(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        make_method("sgd", {"kind": "minibatch-sgd"} | settings)


def test_sgd_on_batches_needs_batches(quadratic):
    with pytest.raises(ConfigurationError, match="Quadratic has no batches"):
        MinibatchSGD().train(quadratic, quadratic.init(KEY), key=KEY, budget=Budget(5, 2))
