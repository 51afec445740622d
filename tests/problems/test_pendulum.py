"""The pendulum: energy, small angles, a second solver, and what is refused."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from regimekit.errors import ConfigurationError
from regimekit.problems import Pendulum, embed

STEP, SAMPLES = 0.05, 401


def test_energy_is_kept_without_damping():
    orbit = Pendulum(1e12).trajectory(1.7, SAMPLES, STEP)
    energy = np.asarray(orbit[:, 1] ** 2 / 2 + 1 - np.cos(orbit[:, 0]))
    np.testing.assert_allclose(energy, energy[0], rtol=1e-9)


def test_energy_falls_with_damping():
    pendulum = Pendulum(2.0)
    energy = np.asarray(pendulum.energy(jnp.asarray(pendulum.trajectory(1.7, SAMPLES, STEP))))
    assert (np.diff(energy) < 1e-6).all()
    assert energy[-1] < 0.01 * energy[0]


def test_small_angles_swing_as_the_linear_oscillator():
    start, b = 1e-3, 0.5
    orbit = Pendulum(1 / b).trajectory(start, SAMPLES, STEP)
    t = STEP * np.arange(SAMPLES)
    frequency = np.sqrt(1 - b**2 / 4)
    swing = np.cos(frequency * t) + b / (2 * frequency) * np.sin(frequency * t)
    np.testing.assert_allclose(orbit[:, 0], start * np.exp(-b * t / 2) * swing, atol=1e-6 * start)


@pytest.mark.parametrize("inverse_damping", [1.0, 15.0])
def test_another_solver_finds_the_same_orbit(inverse_damping):
    orbit = Pendulum(inverse_damping).trajectory(2.8, SAMPLES, STEP)
    with jax.enable_x64(True):
        pendulum = Pendulum(inverse_damping)
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(lambda t, y, args: pendulum.field(y)),
            diffrax.Dopri8(),
            0.0,
            STEP * (SAMPLES - 1),
            0.01,
            jnp.array([2.8, 0.0]),
            saveat=diffrax.SaveAt(ts=STEP * jnp.arange(SAMPLES)),
            stepsize_controller=diffrax.PIDController(rtol=1e-12, atol=1e-12),
            max_steps=100_000,
        )
        np.testing.assert_allclose(np.asarray(solution.ys), orbit, atol=1e-9)


def test_the_originals_data_are_off_by_what_its_tolerance_allows():
    pendulum = Pendulum(8.0)
    converged = pendulum.trajectory(1.7, SAMPLES, STEP)
    reference = pendulum.trajectory(1.7, SAMPLES, STEP, accuracy="reference")
    error = np.linalg.norm(converged - reference) / np.linalg.norm(converged)
    assert 1e-4 < error < 0.05


def test_the_embedding_is_not_injective():
    states = np.array([[0.0, 0.3], [0.0, -1.0], [0.4, 0.2], [-0.4, 0.2 + np.pi]])
    points = embed(states)
    np.testing.assert_allclose(points[0], points[1], atol=1e-12)
    np.testing.assert_allclose(points[2], points[3], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1)


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
def test_a_damping_that_is_none_is_refused(value):
    with pytest.raises(ConfigurationError, match="above 0, such as 8"):
        Pendulum(value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 1}, "has no pair to learn from: it needs at least 2"),
        ({"step": 0.0}, "must be above 0, such as"),
        ({"accuracy": "exact"}, "must be one of converged, reference"),
    ],
)
def test_an_orbit_that_cannot_be_is_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        Pendulum(1.0).trajectory(**({"start": 1.7, "samples": 20, "step": STEP} | options))
