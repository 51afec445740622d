"""A task of one's own residuals, against the PINN of the same equation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from regimekit.errors import ConfigurationError
from regimekit.landscape import lambda_max
from regimekit.landscape.operators import Hessian
from regimekit.methods import LBFGS, Budget, RoPINN, make_method
from regimekit.problems import Convection
from regimekit.tasks import PINN, ResidualTask

KEY = jax.random.key(0)
ROWS = np.linspace(0, 1, 12, dtype=np.float32)[:, None]


def line(params, rows):
    """Residual of a straight line through values of 2 x + 1; parameters are a dictionary."""
    return rows[:, 0] * params["slope"] + params["offset"] - (2 * rows[:, 0] + 1)


@pytest.fixture
def params():
    return {"slope": jnp.zeros(()), "offset": jnp.zeros(()), "name": "a line"}


@pytest.fixture
def pinn() -> PINN:
    return PINN(Convection(5.0), 50, width=10, depth=2, weights={"initial": 3.0})


@pytest.fixture
def same(pinn) -> ResidualTask:
    problem = pinn.problem

    def residuals(model, points):
        return {"pde": problem.residual(model, points.interior)} | problem.constraints(
            model, points
        )

    return ResidualTask(
        residuals,
        pinn.points,
        pinn.init(KEY),
        weights={"initial": 3.0},
        error=pinn.test_error,
        init=pinn.init,
    )


def test_it_is_the_pinn_of_the_same_residuals(pinn, same):
    model = same.init(KEY)
    expected, gradient = jax.value_and_grad(pinn.loss)(model)
    loss, ours = jax.value_and_grad(same.loss)(model)
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(gradient), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    assert same.weights == pinn.weights
    assert float(same.test_error(model)) == pytest.approx(float(pinn.test_error(model)), rel=1e-5)
    theirs, _ = lambda_max(Hessian(pinn, model), key=KEY)
    assert lambda_max(Hessian(same, model), key=KEY)[0] == pytest.approx(theirs, rel=1e-3)


ALM = {"method": {"name": "lbfgs"}, "constrained": ["residual"]}


@pytest.mark.parametrize(
    ("name", "settings"), [("adam", {}), ("lbfgs", {}), ("sgd", {}), ("alm", ALM)]
)
def test_methods_train_a_dictionary(name, settings, params):
    task = ResidualTask(line, ROWS, params, fresh=ROWS + 1)
    budget = Budget(400, 400)
    result = make_method(name, settings).train(task, params, key=KEY, budget=budget, schedule=[0])
    before, after = float(task.loss(params)), float(task.loss(result.model))
    assert after < before
    assert result.model["name"] == "a line"
    if name in ("lbfgs", "alm"):
        assert float(result.model["slope"]) == pytest.approx(2, abs=1e-2)
        assert float(result.model["offset"]) == pytest.approx(1, abs=1e-2)


def test_what_it_knows_of_fresh_points(params):
    task = ResidualTask(line, ROWS, params, fresh=ROWS + 1)
    assert set(task.residuals(params)) == {"residual"}
    fresh = float(task.fresh_losses(params)["residual"])
    assert fresh == pytest.approx(np.mean((2 * (ROWS + 1) + 1) ** 2), rel=1e-5)
    found = task.metrics(params)
    assert float(found["fresh_loss_residual"]) == pytest.approx(fresh)
    assert np.isnan(found["test_error"])
    assert ResidualTask(line, ROWS, params).fresh_losses(params) == {}


def test_a_pinn_knows_its_equation_at_fresh_points(pinn):
    model = pinn.init(KEY)
    assert set(pinn.fresh_losses(model)) == {"pde"}
    fresh = float(pinn.fresh_losses(model)["pde"])
    assert fresh == pytest.approx(float(pinn.metrics(model)["fresh_residual"]), rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"points": np.zeros(3)}, "The residuals at the points of this dict cannot be evaluated"),
        (
            {"weights": {"pde": 2.0}},
            r"Weight given for \['pde'\], .* \['residual'\]",
        ),
        ({"points": "all of them"}, "The points must be arrays, or a tree of them"),
        ({"fresh": [object()]}, "The fresh points must be arrays"),
        ({"residuals": lambda params, rows: {}}, "The residuals have no block"),
        ({"error": lambda params: ROWS[:, 0]}, r"The error has shape \(12,\); a single number"),
        ({"error": lambda params: params["width"]}, "The error of this dict cannot be evaluated"),
        (
            {
                "residuals": lambda p, rows: {str(len(rows)): line(p, rows)},
                "fresh": np.zeros((3, 1)),
            },
            r"blocks \['12'\] at the points, but \['3'\] at the fresh ones",
        ),
    ],
)
def test_what_does_not_fit_is_said_at_once(arguments, says, params):
    settings = {"residuals": line, "points": ROWS, "model": params} | arguments
    with pytest.raises(ConfigurationError, match=says):
        ResidualTask(**settings)


def test_what_it_cannot_do_is_said(params):
    task = ResidualTask(line, ROWS, params)
    assert np.isnan(task.difficulty)
    with pytest.raises(ConfigurationError, match="cannot make a new model: give it `init`"):
        task.init(KEY)
    with pytest.raises(ConfigurationError, match="cannot be made harder or easier"):
        task.at(2.0)
    with pytest.raises(ConfigurationError, match="cannot draw its points anew"):
        task.redraw(KEY)
    method = RoPINN(LBFGS(), inner_iterations=2)
    with pytest.raises(ConfigurationError, match="cannot move its points"):
        method.train(task, params, key=KEY, budget=Budget(20, 10))
