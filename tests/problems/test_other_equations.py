"""Reaction, wave and reaction-diffusion against exact solutions and finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from regimekit.errors import ConfigurationError
from regimekit.models import MLP
from regimekit.problems import (
    Reaction,
    ReactionDiffusion,
    Wave,
    as_array,
    fresh_points,
    midpoint_lattice,
    training_points,
)
from regimekit.problems.reaction_diffusion import MODES, STEPS, strang

EXACT = {
    "reaction": lambda: Reaction(5.0),
    "wave": lambda: Wave(5.0),
    "slow wave": lambda: Wave(3.0, 0.5, difficulty_name="c"),
}
ALL = EXACT | {
    "reaction-diffusion": lambda: ReactionDiffusion(2.0, 5.0),
    "reaction-diffusion by rate": lambda: ReactionDiffusion(1.0, 5.0, difficulty_name="rho"),
}


def finite_differences(u, xt):
    """First derivatives in x and t, and second ones, by central differences."""
    h = 1e-4
    x, t = jnp.array([h, 0.0]), jnp.array([0.0, h])
    first = [(u(xt + d) - u(xt - d)) / (2 * h) for d in (x, t)]
    second = [(u(xt + d) - 2 * u(xt) + u(xt - d)) / h**2 for d in (x, t)]
    return *first, *second


@pytest.mark.parametrize("name", EXACT)
def test_exact_solutions_solve_equation_and_constraints(name):
    with jax.enable_x64(True):
        problem = EXACT[name]()
        rows = as_array(fresh_points(problem, 50, seed=1))
        residual = problem.residual(problem.solution, rows)
        np.testing.assert_allclose(residual, 0, atol=1e-10)
        points = training_points(problem, 10, 0)
        for values in problem.constraints(problem.solution, points).values():
            np.testing.assert_allclose(values, 0, atol=1e-10)


@pytest.mark.parametrize("name", ALL)
def test_residuals_agree_with_finite_differences(name, getkey):
    with jax.enable_x64(True):
        problem = ALL[name]()
        u = MLP(2, 20, 2, key=getkey())
        xt = as_array(fresh_points(problem, 50, seed=1))
        _, u_t, u_xx, u_tt = finite_differences(u, xt)
        value = u(xt)
        expected = {
            "Reaction": lambda p: u_t - p.rho * value * (1 - value),
            "Wave": lambda p: u_tt - p.c**2 * u_xx,
            "ReactionDiffusion": lambda p: u_t - p.nu * u_xx - p.rho * value * (1 - value),
        }[type(problem).__name__](problem)
        np.testing.assert_allclose(problem.residual(u, xt), expected, rtol=1e-5, atol=1e-5)


def test_the_references_wave_residual_ignores_the_speed(getkey):
    u = MLP(2, 20, 2, key=getkey())
    xt = as_array(fresh_points(Wave, 50))
    theirs = Wave(5.0, 0.5, reference_residual=True)
    np.testing.assert_array_equal(theirs.residual(u, xt), Wave(5.0, 2.0).residual(u, xt))
    assert float(jnp.abs(theirs.residual(theirs.solution, xt)).max()) > 1
    assert float(jnp.abs(Wave(5.0, 0.5).residual(theirs.solution, xt)).max()) < 1e-2


def method_of_lines(problem, x, t, modes=256):
    """An independent solution: Fourier collocation in x, an adaptive solver in t."""
    grid = np.arange(modes) * 2 * np.pi / modes
    number = np.fft.rfftfreq(modes, 1 / modes)
    nu, rho = float(problem.nu), float(problem.rho)

    def slope(_, u):
        return np.fft.irfft(-nu * number**2 * np.fft.rfft(u), modes) + rho * u * (1 - u)

    start = np.exp(-2 * (grid - np.pi) ** 2)
    solved = solve_ivp(slope, (0, 1), start, "Radau", t_eval=t, rtol=1e-9, atol=1e-11)
    spectrum = np.fft.rfft(solved.y, axis=0) / modes
    spectrum[1:-1] *= 2
    return np.real(np.exp(1j * np.outer(x, number)) @ spectrum)


@pytest.mark.parametrize(("nu", "rho"), [(2.0, 5.0), (0.5, 5.0)])
def test_reaction_diffusion_agrees_with_an_independent_solver(nu, rho):
    with jax.enable_x64(True):
        problem = ReactionDiffusion(nu, rho)
        x, t = np.linspace(0.1, 6.0, 40), np.array([0.0031, 0.25, 0.7777, 1.0])
        rows = as_array(np.stack(np.meshgrid(x, t, indexing="ij"), -1).reshape(-1, 2))
        ours = np.asarray(problem.solution(rows)).reshape(len(x), len(t))
        theirs = method_of_lines(problem, x, t)
        assert np.linalg.norm(ours - theirs) / np.linalg.norm(theirs) < 1e-5


def test_splitting_is_of_second_order_and_converged():
    with jax.enable_x64(True):
        problem = ReactionDiffusion(5.0, 10.0)
        ends = [strang(problem, 256, n)[-1] for n in (50, 100, 200, 6400)]
        errors = [float(jnp.linalg.norm(end - ends[-1])) for end in ends[:-1]]
        orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
        np.testing.assert_allclose(orders, 2, atol=0.1)
        fine = jnp.fft.irfft(ends[-1], 256)[:: 256 // MODES]
        ours = jnp.fft.irfft(strang(problem, MODES, STEPS)[-1], MODES)
        assert float(jnp.linalg.norm(ours - fine) / jnp.linalg.norm(fine)) < 1e-5


def test_single_precision_is_enough_for_the_reference_solution():
    rows = midpoint_lattice(ReactionDiffusion)
    single = np.asarray(ReactionDiffusion(2.0, 5.0).solution(as_array(rows)))
    with jax.enable_x64(True):
        double = np.asarray(ReactionDiffusion(2.0, 5.0).solution(as_array(rows)))
    assert np.linalg.norm(single - double) / np.linalg.norm(double) < 1e-5


@pytest.mark.parametrize("name", ALL)
def test_at_changes_the_difficulty_only(name):
    problem = ALL[name]()
    harder = problem.at(7.0)
    assert float(harder.difficulty) == 7.0
    assert float(getattr(harder, problem.difficulty_name)) == 7.0
    assert jax.tree.structure(harder) == jax.tree.structure(problem)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Reaction(-1.0), "rho = -1.0 is not a rate"),
        (lambda: Wave(2.5), "whole number, such as 5"),
        (lambda: Wave(5.0, -1.0), "c = -1.0 is not a speed"),
        (lambda: Wave(difficulty_name="nu"), "'beta' or 'c'"),
        (lambda: Wave(5.0).at(1.5), "whole number"),
        (lambda: ReactionDiffusion(-2.0), "nu = -2.0 is not a diffusivity"),
        (lambda: ReactionDiffusion(difficulty_name="c"), "'nu' or 'rho'"),
        (lambda: ReactionDiffusion().at(float("nan")), "must be a finite number"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()
