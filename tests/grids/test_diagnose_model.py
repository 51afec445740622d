"""What is said of a model of one's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from regimekit.errors import ConfigurationError
from regimekit.grids import diagnose_model
from regimekit.landscape import Effort
from regimekit.regimes import Regime, Thresholds
from regimekit.tasks import ResidualTask

EFFORT = Effort(1, 3, 1e-3, 3, 2, 4)
POINTS = np.linspace(-1, 1, 4, dtype=np.float32)
FRESH = np.linspace(-0.9, 0.9, 50, dtype=np.float32)


def cubic(model, x):
    """Values of a polynomial less those of |x|; four points determine a cubic, and not |x|."""
    return jnp.stack([x**0, x, x**2, x**3], -1) @ model["c"] - jnp.abs(x)


@pytest.fixture
def fitted():
    matrix = np.vander(POINTS, 4, increasing=True)
    return {"c": jnp.asarray(np.linalg.solve(matrix, np.abs(POINTS)) + 1e-3, jnp.float32)}


def level(loss: float, error: float = 0.1) -> Thresholds:
    return Thresholds(loss, error, "mine", "What I can live with.")


def test_a_fit_of_the_points_alone_shows_on_fresh_ones(fitted):
    task = ResidualTask(cubic, POINTS, fitted, fresh=FRESH)
    found = diagnose_model(task, fitted)  # with as many steps as there are parameters, at most
    expected = float(np.mean(np.asarray(cubic(fitted, FRESH)) ** 2))
    assert found.fresh["residual"] == pytest.approx(expected, rel=1e-5)
    assert found.growth["residual"] == pytest.approx(expected / found.train_loss, rel=1e-5)
    assert found.regime is Regime.UNDEFINED
    text = "\n".join(found.lines())
    assert "no regime without thresholds" in text
    assert "is a sign of regime III" in text
    # Of a quadratic loss the Hessian is known.
    matrix = np.vander(POINTS, 4, increasing=True)
    largest = np.linalg.eigvalsh(2 * matrix.T @ matrix / 4)[-1]
    assert found.curvature is not None
    assert found.curvature.top.values[0] == pytest.approx(largest, rel=1e-3)
    assert "largest eigenvalue" in text


@pytest.mark.parametrize(
    ("loss", "error", "regime", "says"),
    [
        (1e-2, None, Regime.UNDEFINED, "not regime II by the thresholds 'mine'; no error is known"),
        (1e-9, None, Regime.UNDER_TRAINED, "regime II by the thresholds 'mine'"),
        (1e-2, 0.5, Regime.OVER_TRAINED, "regime III by the thresholds 'mine'"),
        (1e-2, 0.01, Regime.WELL_TRAINED, "regime I by the thresholds 'mine'"),
        (1e-9, 0.01, Regime.UNDER_TRAINED, "regime II by the thresholds 'mine'"),
    ],
)
def test_thresholds_decide_as_far_as_they_can(loss, error, regime, says, fitted):
    known = None if error is None else lambda model: jnp.asarray(error)
    task = ResidualTask(cubic, POINTS, fitted, error=known)
    found = diagnose_model(task, fitted, thresholds=level(loss), effort=EFFORT)
    assert found.regime is regime
    lines = found.lines()
    assert says in lines
    assert ("test error" in "\n".join(lines)) == (error is not None)


def test_points_that_say_it_all_are_no_sign(fitted):
    task = ResidualTask(cubic, FRESH, fitted, fresh=FRESH)
    found = diagnose_model(task, fitted, thresholds=level(1e9), effort=EFFORT)
    assert found.growth["residual"] == pytest.approx(1)
    assert any("no residual is more than 10 times as large" in line for line in found.lines())


def test_the_loss_judged_is_unweighted(fitted):
    task = ResidualTask(cubic, POINTS, fitted, weights={"residual": 100.0})
    found = diagnose_model(task, fitted, effort=EFFORT)
    assert found.curvature is not None
    assert found.curvature.loss == pytest.approx(100 * found.train_loss, rel=1e-5)


def test_curvature_may_be_left_out(fitted):
    task = ResidualTask(cubic, POINTS, fitted, fresh=FRESH)
    found = diagnose_model(task, fitted, curvature=False)
    assert found.curvature is None
    assert found.lines() == diagnose_model(task, fitted, effort=EFFORT).lines()[:3]


def test_a_model_that_diverged_is_refused(fitted):
    task = ResidualTask(cubic, POINTS, fitted)
    with pytest.raises(ConfigurationError, match="NaN or infinite"):
        diagnose_model(task, jax.tree.map(lambda leaf: leaf * jnp.nan, fitted), curvature=False)
