"""Operator problems: solutions against exact ones, and pools that are nested and apart."""

import numpy as np
import pytest

from regimekit.errors import ConfigurationError
from regimekit.problems import AdvectionDiffusion, Darcy, Helmholtz, Poisson, darcy
from regimekit.problems._fields import solve_periodic
from regimekit.problems.darcy import solve_darcy

PROBLEMS = [AdvectionDiffusion(1.0, 32), Poisson(5.0, 32), Helmholtz(5.0, 32), Darcy(4.0, 17)]


def test_periodic_solutions_are_exact_for_waves():
    n = 32
    y, x = np.meshgrid(*[np.arange(n) / n] * 2, indexing="ij")
    kxx, kyy, kxy, vx, vy = coefficients = np.array([0.03, 0.05, -0.01, 0.3, -0.4])
    phase, (p, q) = 2 * np.pi * (3 * x - 2 * y), (6 * np.pi, -4 * np.pi)
    u = np.sin(phase)
    second = -(kxx * p * p + kyy * q * q + 2 * kxy * p * q) * np.sin(phase)
    first = (vx * p + vy * q) * np.cos(phase)
    symbol = AdvectionDiffusion(1.0, n).symbol(coefficients)
    np.testing.assert_allclose(solve_periodic(symbol, first - second), u, atol=1e-12)
    symbol = Helmholtz(1.0, n).symbol(np.array([0.01, 2.0]))
    source = (0.01 * (p * p + q * q) - 2.0) * u + 1.0
    np.testing.assert_allclose(solve_periodic(symbol, source), u - 0.5, atol=1e-12)
    symbol = Poisson(1.0, n).symbol(coefficients[:3])
    np.testing.assert_allclose(solve_periodic(symbol, -second), u, atol=1e-12)


def test_darcy_is_of_second_order_for_smooth_permeability():
    errors = []
    for n in (17, 33, 65):
        x, y = np.meshgrid(*[np.linspace(0, 1, n)] * 2)
        s, c = np.sin(np.pi * x) * np.sin(np.pi * y), np.cos(np.pi * x) * np.sin(np.pi * y)
        a = 1 + x / 2 + y * y
        d = np.sin(np.pi * x) * np.cos(np.pi * y)
        source = 2 * np.pi**2 * a * s - np.pi * (0.5 * c + 2 * y * d)
        errors.append(np.abs(solve_darcy(a, source) - s).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2, abs=0.1)


def test_darcy_is_solved_alike_by_factors_of_the_band_and_sparse_ones(monkeypatch):
    # Not a symmetric grid of values, so that rows and columns could not be mixed up unseen.
    rng = np.random.default_rng(0)
    permeability, source = rng.uniform(1, 30, (24, 24)), rng.normal(size=(24, 24))
    banded = solve_darcy(permeability, source)
    monkeypatch.setattr(darcy, "BANDED", 23)
    np.testing.assert_allclose(banded, solve_darcy(permeability, source), rtol=1e-9)
    assert np.abs(banded - banded.T).max() > 0.1 * np.abs(banded).max()


def test_darcy_without_contrast_is_the_known_torsion_function():
    # max u of -Laplace u = 1 on the unit square is 0.0736713.
    _, solution = Darcy(1.0, 65).sample("train", 0)
    assert 3 * solution.max() == pytest.approx(0.0736713, rel=1e-3)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: type(p).__name__)
def test_pools_are_nested_and_apart(problem):
    few, many = problem.samples("train", 2), problem.samples("train", 4)
    np.testing.assert_array_equal(few.inputs, many.inputs[:2])
    np.testing.assert_array_equal(few.solutions, many.solutions[:2])
    fields = [problem.samples(pool, 4).inputs[..., 0] for pool in ("train", "validation", "test")]
    rows = np.concatenate(fields).reshape(12, -1)
    assert len(np.unique(rows, axis=0)) == 12
    assert many.inputs.shape == (4, problem.nodes, problem.nodes, problem.channels)


def test_the_mean_ratio_of_advection_to_diffusion_is_in_its_range():
    problem = AdvectionDiffusion(1.0, 64)
    ratios = [_ratio(problem, *problem.sample("train", i)) for i in range(60)]
    assert 1.0 < np.mean(ratios) < 1.3


def _ratio(problem, inputs, solution):
    middle = 0.38
    typical = np.array([*[0.03 * (1 - middle)] * 2, 0.02 * (1 - middle), middle, middle])
    numbers = inputs[0, 0, 1:] * typical
    only = [np.where([1, 1, 1, 0, 0], numbers, 0), np.where([0, 0, 0, 1, 1], numbers, 0)]
    transform = np.fft.fft2(solution)
    diffusion, advection = (np.linalg.norm(problem.symbol(c) * transform) for c in only)
    return advection / diffusion


def test_the_geometry_is_the_same_for_every_contrast():
    two, ten = (Darcy(r, 17).sample("train", 3)[0][..., 0] for r in (2.0, 10.0))
    np.testing.assert_array_equal(two > 3, ten > 3)
    assert set(np.unique(ten)) == {3.0, 30.0}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AdvectionDiffusion(0.3), "a = 0.3 is not the lower end"),
        (lambda: Poisson(3.0), "K = 3.0 is not the lower end"),
        (lambda: Poisson(1.0, 16), "nodes = 16 is too coarse"),
        (lambda: Helmholtz(2.0), "omega = 2.0 is not the lower end"),
        (lambda: Darcy(0.5), "r = 0.5 is not a contrast"),
        (lambda: Darcy(2.0, 31, 0), "refine = 0.0 is not"),
    ],
)
def test_bad_values_are_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


@pytest.mark.parametrize("problem", [AdvectionDiffusion, Poisson, Helmholtz])
@pytest.mark.parametrize("end", [0, -1])
def test_solutions_on_the_coarsest_grid_are_those_of_a_finer_one(problem, end):
    lower = list(problem.ranges)[end]
    for index in range(8):
        coarse = problem(lower, 32).sample("train", index)[1]
        fine = problem(lower, 128).sample("train", index)[1][::4, ::4]
        # The largest value of a source, by which it is divided, is that on the grid.
        scale = np.vdot(fine, coarse) / np.vdot(fine, fine)
        assert scale == pytest.approx(1, abs=0.06)
        assert np.linalg.norm(coarse - scale * fine) < 0.02 * np.linalg.norm(coarse)


def test_a_darcy_sample_cannot_be_altered_for_those_who_ask_again():
    inputs, solution = Darcy(4.0, 17).sample("train", 0)
    for part in (inputs, solution):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1.0


@pytest.mark.parametrize("lower", [1.0, 9.0])
def test_no_helmholtz_sample_resonates(lower):
    problem = Helmholtz(lower, 32)
    inputs, solutions = problem.samples("train", 40)
    assert np.abs(solutions).max() <= 2
    assert abs(inputs[..., 0].mean()) > 0.1  # sources keep their mean
    omegas = inputs[:, 0, 0, 2] / inputs[:, 0, 0, 1] * (2 * lower + 1) / 2
    assert set(np.round(omegas, 6)) == {lower, lower + 1}
