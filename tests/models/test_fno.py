"""Fourier neural operators: the spectral convolution, resolutions, real parameters."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from regimekit.errors import ConfigurationError
from regimekit.models import FNO2d
from regimekit.models.fno import SpectralConvolution


@pytest.mark.parametrize(("ny", "nx", "modes"), [(16, 16, 4), (15, 12, 6), (16, 16, 8)])
def test_the_spectral_convolution_is_that_of_the_fft(getkey, ny, nx, modes):
    convolution = SpectralConvolution(3, modes, key=getkey())
    x = np.asarray(jax.random.normal(getkey(), (ny, nx, 3)), np.float64)
    weights = np.asarray(convolution.weights, np.float64)
    weights = weights[..., 0] + 1j * weights[..., 1]
    spectrum = np.fft.rfft2(x, axes=(0, 1))
    kept = np.zeros_like(spectrum)
    for row, wave in enumerate(range(-modes, modes)):
        kept[wave, :modes] = np.einsum("kc,kcd->kd", spectrum[wave, :modes], weights[row])
    expected = np.fft.irfft2(kept, s=(ny, nx), axes=(0, 1))
    np.testing.assert_allclose(convolution(jnp.asarray(x, jnp.float32)), expected, atol=2e-6)


def test_the_same_operator_at_every_resolution(getkey):
    # Without aliasing by the activation a field of few waves is mapped to the same function.
    convolution = SpectralConvolution(2, 4, key=getkey())

    def field(n):
        y, x = np.meshgrid(*[np.arange(n) / n] * 2, indexing="ij")
        waves = [np.sin(2 * np.pi * (2 * x - y)), np.cos(2 * np.pi * (x + 3 * y))]
        return jnp.asarray(np.stack(waves, axis=-1), jnp.float32)

    np.testing.assert_allclose(
        convolution(field(32))[::2, ::2], convolution(field(16)), rtol=1e-4, atol=1e-5
    )


@pytest.mark.slow
def test_parameters_are_real_and_all_of_them_matter(getkey):
    model = FNO2d(2, 4, 3, 2, key=getkey())
    x = jax.random.normal(getkey(), (8, 8, 2))
    flat, unravel = ravel_pytree(eqx.filter(model, eqx.is_inexact_array))
    assert flat.dtype == jnp.float32
    static = eqx.filter(model, eqx.is_inexact_array, inverse=True)

    def loss(v):
        return jnp.sum(eqx.combine(unravel(v), static)(x) ** 2)

    gradient = jax.grad(loss)(flat)
    direction = jax.random.normal(getkey(), flat.shape)
    step = 1e-3
    difference = (loss(flat + step * direction) - loss(flat - step * direction)) / (2 * step)
    assert difference == pytest.approx(float(gradient @ direction), rel=2e-2)
    spectral = jax.grad(lambda m: jnp.sum(jnp.abs(m(x))))(model).spectral[0].weights
    assert jnp.all(jnp.any(spectral != 0, axis=(2, 3))[1:, 1:])


def test_more_modes_than_the_grid_has_are_refused(getkey):
    model = FNO2d(2, 4, 8, 2, key=getkey())
    with pytest.raises(ConfigurationError, match="take at most 6 modes"):
        model(jnp.zeros((12, 12, 2)))
    with pytest.raises(ConfigurationError, match="each must be at least 1"):
        FNO2d(2, 0, key=getkey())
