"""Self-checks of the labs: each tells right answers from wrong ones, and what to look at again."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from regimekit import datasets
from regimekit.errors import ConfigurationError
from regimekit.problems import Convection, Pendulum, Reaction, embed, rollout
from regimekit.regimes import (
    label_cells,
    map_summary,
    paired_differences,
    paper_thresholds,
    repair_effects,
    thresholds_for,
    wilson_interval,
)

Check = Callable[[Any], bool]
CHECKS: dict[str, tuple[Check, str]] = {}
"""By the exercise's number: whether an answer is right, and a hint for those that are not."""


def check(exercise: str, answer: Any) -> None:
    """Say whether an answer is right.

    Parameters
    ----------
    exercise
        Its number, such as "1.1".
    answer
        What the exercise asks for: a number, an array or a function.

    Raises
    ------
    ConfigurationError
        If there is no such exercise.
    AssertionError
        If the answer is wrong or missing, with a hint.
    """
    if exercise not in CHECKS:
        raise ConfigurationError(
            f"There is no exercise {exercise!r}; there are {', '.join(CHECKS)}."
        )
    right, hint = CHECKS[exercise]
    if answer is Ellipsis:
        raise AssertionError(f"{exercise}: there is no answer yet. {hint}")
    try:
        passed = bool(right(answer))
    except Exception as error:
        raise AssertionError(f"{exercise}: the answer cannot be read ({error}). {hint}") from error
    if not passed:
        raise AssertionError(f"{exercise}: not yet. {hint}")
    print(f"{exercise}: right.")


def _exercise(number: str, hint: str) -> Callable[[Check], Check]:
    def register(right: Check) -> Check:
        CHECKS[number] = right, hint
        return right

    return register


def _near(answer: Any, truth: Any, tolerance: float = 1e-6) -> bool:
    found, wanted = np.asarray(answer, float), np.asarray(truth, float)
    return found.shape == wanted.shape and bool(
        np.allclose(found, wanted, rtol=tolerance, atol=tolerance)
    )


def _runs(name: str, method: str) -> xr.Dataset:
    dataset = datasets.load(name)
    return dataset.isel(method=[str(m) for m in dataset["method"].values].index(method))


@_exercise("1.1", "Regime II is a loss above its threshold, whatever the error.")
def _count_ii(answer: Any) -> bool:
    labels = label_cells(_runs("pinn-convection", "lbfgs").isel(seed=0), paper_thresholds())
    return _near(answer, int((labels == 2).sum()))


@_exercise("1.2", "Compare the largest with the smallest label over `seed`, where all seeds ran.")
def _disagree(answer: Any) -> bool:
    labels = label_cells(_runs("pinn-convection", "lbfgs"), paper_thresholds())
    there = (labels > 0).sum("seed") > 1
    known = labels.where(labels > 0)
    differ = (known.max("seed") != known.min("seed")) & there
    return _near(answer, float(differ.sum() / there.sum()))


@_exercise("1.3", "Label the medians over seeds twice, and count the cells whose label differs.")
def _moved(answer: Any) -> bool:
    runs, levels = _runs("pinn-convection", "lbfgs"), paper_thresholds()
    before, after = (map_summary(runs, t)["label"] for t in (levels, levels.scaled(1 / 3, 1 / 3)))
    return _near(answer, int((before.values != after.values).sum()))


@_exercise("2.1", "The profile sin(x) travels to the right with speed beta.")
def _travelling(answer: Any) -> bool:
    points = jnp.array([[0.3, 0.1], [2.0, 0.7], [5.0, 1.0]])
    found = [float(answer(x, t, 7.0)) for x, t in points.tolist()]
    return _near(found, Convection(7.0).solution(points), 1e-5)


@_exercise("2.2", "Ask jax.jvp for the derivative along the direction (beta, 1).")
def _residual(answer: Any) -> bool:
    def field(xt: jax.Array) -> jax.Array:
        return xt[0] ** 2 * jnp.exp(xt[1])

    x, t, beta = 1.5, 0.4, 3.0
    truth = (x**2 + beta * 2 * x) * np.exp(t)
    return _near(answer(field, jnp.array([x, t]), beta), truth, 1e-4)


@_exercise("2.3", "A speed of 5 is easy: if the error is above 0.05, give L-BFGS more iterations.")
def _trained(answer: Any) -> bool:
    return 0 < float(answer) < 0.05


@_exercise("3.1", "Each x evolves by the logistic equation: try it at t = 0 first.")
def _logistic(answer: Any) -> bool:
    points = jnp.array([[0.5, 0.2], [3.0, 0.6], [4.0, 1.0]])
    problem = Reaction(4.0)
    start = problem.solution(points.at[:, 1].set(0.0))
    found = [
        float(answer(float(u), float(t), 4.0)) for u, t in zip(start, points[:, 1], strict=True)
    ]
    return _near(found, problem.solution(points), 1e-4)


@_exercise("3.2", "Of the runs with an error above one half, how many have a loss below 0.028?")
def _silent(answer: Any) -> bool:
    runs = _runs("pinn-reaction", "lbfgs")
    failed = runs["test_error"] > 0.5
    silent = failed & (runs["train_loss"] < paper_thresholds("pinn-reaction").train_loss)
    return _near(answer, float(silent.sum() / failed.sum()))


@_exercise("3.3", "The reference's residual is u_tt - 4 u_xx. Which c has c^2 = 4?")
def _speed(answer: Any) -> bool:
    return _near(answer, 2.0)


@_exercise("4.1", "Median over seeds first, then the method with the smallest value in the cell.")
def _winner(answer: Any) -> bool:
    dataset = datasets.load("pinode-pendulum-methods")
    at = int(np.flatnonzero(dataset["inverse_damping"].values == 8.0)[0])
    errors = dataset["test_error"].isel(difficulty=at, data=-1).median("seed")
    names = [str(m) for m in dataset["method"].values]
    return names.index(answer) == int(np.argmin(errors.values))


@_exercise("4.2", "log10 of NNCG's error less log10 of L-BFGS's, seed by seed; median over all.")
def _difference(answer: Any) -> bool:
    logs = xr.apply_ufunc(np.log10, datasets.load("pinode-pendulum-methods")["test_error"])
    names = [str(m) for m in logs["method"].values]
    apart = logs.isel(method=names.index("nncg")) - logs.isel(method=names.index("lbfgs"))
    return _near(answer, float(apart.median()))


@_exercise("4.3", "Take the row of 'alm' in regime II from paired_differences with those labels.")
def _alm(answer: Any) -> bool:
    dataset, base = datasets.load("pinode-pendulum-methods"), datasets.load("pinode-pendulum")
    levels = thresholds_for(base, "adam")
    labels = map_summary(_runs("pinode-pendulum", "adam"), levels)["label"]
    table = paired_differences(dataset, levels, labels=labels).set_index(["method", "regime"])
    row = table.loc[("alm", "II")]
    return _near(answer, [row["lower"], row["upper"]], 1e-3)


_MATRIX = np.array([[4.0, 1.0], [1.0, 0.5]])
_RIGHT = np.array([1.0, -2.0])


@_exercise("5.1", "A Newton step solves H d = -g; on a quadratic it lands on the minimiser.")
def _newton(answer: Any) -> bool:
    start = np.array([3.0, -1.0])
    found = answer(_MATRIX @ start - _RIGHT, _MATRIX)
    return _near(start + np.asarray(found), np.linalg.solve(_MATRIX, _RIGHT), 1e-6)


@_exercise("5.2", "The new matrix must satisfy B s = y, and stay symmetric.")
def _secant(answer: Any) -> bool:
    s, y = np.array([1.0, 2.0, -1.0]), np.array([2.0, 3.0, 0.5])
    found = np.asarray(answer(np.eye(3), s, y))
    return (
        _near(found @ s, y)
        and _near(found, found.T)
        and _near(np.trace(found), 3 - s @ s / (s @ s) + y @ y / (y @ s))
    )


@_exercise("5.3", "Divide the largest by the smallest eigenvalue of P^-1/2 H P^-1/2.")
def _condition(answer: Any) -> bool:
    return _near(answer(np.diag([1e4, 10.0, 1.0]), np.diag([1e4, 1.0, 1.0])), 10.0, 1e-6)


@_exercise("6.1", "All states with theta = 0 look alike in these coordinates.")
def _collision(answer: Any) -> bool:
    one, two = (np.asarray(state, float) for state in answer)
    apart = float(np.linalg.norm(one - two))
    seen = float(np.linalg.norm(embed(one) - embed(two)))
    return one.shape == two.shape == (2,) and apart > 0.5 and seen < 1e-6


@_exercise("6.2", "Roll out Pendulum(15.0).field by Euler, and compare the angle with the truth.")
def _floor(answer: Any) -> bool:
    pendulum = Pendulum(15.0)
    truth = pendulum.trajectory(1.2, 200, 0.05)
    found = rollout(pendulum.field, jnp.asarray(truth[0]), 200, 0.05, "euler")
    error = np.linalg.norm(np.asarray(found)[:, 0] - truth[:, 0]) / np.linalg.norm(truth[:, 0])
    return _near(answer, error, 1e-3)


@_exercise("6.3", "repair_effects compares two maps; its column `left` is the share that left.")
def _left(answer: Any) -> bool:
    before, after = (datasets.load(f"pinode-pendulum{end}") for end in ("", "-longer"))
    table = repair_effects(before, after, thresholds_for(before, "adam"), "adam")
    return _near(answer, float(table.set_index("regime").loc["II", "left"]))


@_exercise("7.1", "Differentiate the gradient along v: jax.jvp(jax.grad(f), (x,), (v,))[1].")
def _product(answer: Any) -> bool:
    def f(x: jax.Array) -> jax.Array:
        return jnp.sum(x**4) + x[0] * x[1] ** 2

    x, v = jnp.array([1.0, -2.0, 0.5]), jnp.array([0.3, 1.0, -1.0])
    return _near(answer(f, x, v), jax.hessian(f)(x) @ v, 1e-4)


@_exercise("7.2", "Multiply, normalise, repeat; then v . Hv. The sign of the eigenvalue matters.")
def _largest(answer: Any) -> bool:
    matrix = np.diag([1.0, -7.0, 3.0]) + 0.1
    values = np.linalg.eigvalsh(matrix)
    truth = values[np.argmax(np.abs(values))]
    return _near(answer(lambda v: matrix @ v, 3), truth, 1e-3)


@_exercise("7.3", "Rank correlation of log loss and log lambda_max over the runs that have both.")
def _correlation(answer: Any) -> bool:
    from scipy.stats import spearmanr

    runs, curvature = datasets.load("node-pendulum"), datasets.load("node-pendulum-curvature")
    pairs = xr.merge([runs["train_loss"], curvature["lambda_max"]], compat="override", join="inner")
    loss, sharp = (pairs[n].values.ravel() for n in ("train_loss", "lambda_max"))
    there = np.isfinite(loss) & np.isfinite(sharp)
    return _near(answer, spearmanr(loss[there], sharp[there]).statistic, 1e-6)


@_exercise("8.1", "The interval of 5 out of 5 must reach 1 and must not be the point 1.")
def _wilson(answer: Any) -> bool:
    shares, n = np.array([1.0, 0.4, 0.0]), np.array([5.0, 5.0, 20.0])
    truth = np.stack(wilson_interval(shares, n), axis=1)
    found = [answer(round(s * k), int(k)) for s, k in zip(shares, n, strict=True)]
    return _near(found, truth, 2e-3)


@_exercise("8.2", "Resample the values with replacement, take medians, then their 2.5 and 97.5 %.")
def _bootstrap(answer: Any) -> bool:
    values = np.random.default_rng(0).normal(0.2, 1.0, 60)
    lower, upper = answer(values)
    draws = np.random.default_rng(1).choice(values, (4000, 60))
    truth = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    return _near([lower, upper], truth, 0.12)


@_exercise("8.3", "Of all splits, take that with the largest variance between the two groups.")
def _otsu(answer: Any) -> bool:
    rng = np.random.default_rng(2)
    values = np.concatenate([rng.normal(-5, 0.3, 40), rng.normal(-1, 0.3, 25)])
    return -4 < float(answer(values)) < -2


@_exercise("9.1", "Transform, set the modes from `modes` on to zero, and transform back.")
def _low_modes(answer: Any) -> bool:
    def field(nodes: int) -> np.ndarray:
        x = np.arange(nodes) * 2 * np.pi / nodes
        return 0.3 + np.sin(2 * x) + np.cos(3 * x) - 2 * np.sin(4 * x) + np.cos(9 * x)

    def low(nodes: int) -> np.ndarray:
        x = np.arange(nodes) * 2 * np.pi / nodes
        return 0.3 + np.sin(2 * x) + np.cos(3 * x)

    return all(_near(answer(field(nodes), 4), low(nodes)) for nodes in (32, 50))


@_exercise("9.2", "Two differences are one over four steps: compare its size with that of u''.")
def _floor_of_differences(answer: Any) -> bool:
    step = 4 * 2 * np.pi / 32
    return _near(answer, 1 - (np.sin(step) / step) ** 2)


@_exercise("9.3", "Fit log e over log n by a straight line, and solve it for n at e = 0.05.")
def _samples_needed(answer: Any) -> bool:
    dataset = datasets.load("fno-poisson")
    at = int(np.flatnonzero(dataset["K"].values == 5.0)[0])
    errors = dataset["test_error"].isel(difficulty=at, method=0).median("seed").values
    there = np.isfinite(errors)
    logs = np.log(dataset["n_samples"].values[there]), np.log(errors[there])
    power, constant = np.polyfit(*logs, 1)
    return _near(answer, np.exp((np.log(0.05) - constant) / power), 1e-3)
