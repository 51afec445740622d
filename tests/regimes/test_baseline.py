"""Curvature against a baseline: made-up spectra and sharpness on which each verdict is right."""

import numpy as np
import pytest
import xarray as xr
from helpers import CELL_DIMS

from regimekit.errors import ConfigurationError
from regimekit.regimes import baseline_claims, compare_curvature, mass_near_zero, sharpness_of

EDGES = np.array([-1.0, -1e-2, -1e-3, 1e-3, 1e-2, 1.0])


def curvature(middle, sharp, *, cells=(4, 3), seeds=2, spread=0.02, seed=0):
    """Shares near ``middle`` in the innermost bin; sharpness near ``sharp`` at a loss of 0.1."""
    rng = np.random.default_rng(seed)
    shape = (*cells, 1, seeds)
    inner = np.clip(middle + spread * rng.normal(size=shape), 0, 1)
    rest = np.stack([0.25 * (1 - inner)] * 4, axis=-1)
    density = np.concatenate([rest[..., :2], inner[..., None], rest[..., 2:]], axis=-1)
    values = sharp * 10 ** (spread * rng.normal(size=shape))
    return xr.Dataset(
        {
            "density": ((*CELL_DIMS, "bin"), density),
            "lambda_max": (CELL_DIMS, values),
            "filter_normalised": (CELL_DIMS, 3 * values),
            "loss": (CELL_DIMS, np.full(shape, 0.1)),
            "edge": ("edge", EDGES),
        },
        {"method": ("method", ["lbfgs"])},
    )


def verdicts(*pair):
    claims = baseline_claims(compare_curvature(*pair, resamples=200))
    assert [claim.id for claim in claims] == ["3.4"] * 2 + ["3.5"] * 3
    return [claim.verdict for claim in claims]


def test_the_mass_is_that_of_the_bins_within_the_band():
    found = curvature(0.6, 1.0, spread=0.0)
    np.testing.assert_allclose(mass_near_zero(found, 1e-3), 0.6)
    np.testing.assert_allclose(mass_near_zero(found, 1e-2), 0.8)
    np.testing.assert_allclose(mass_near_zero(found, 1.0), 1.0)
    with pytest.raises(ConfigurationError, match=r"band = 0.5 is no edge .* 0.001, 0.01, 1"):
        mass_near_zero(found, 0.5)
    found["density"][0, 0] = np.nan
    assert np.isnan(mass_near_zero(found, 1e-3)[0, 0]).all()


def test_a_missing_peak_and_sharper_minima_are_found():
    assert verdicts(curvature(0.2, 100.0), curvature(0.9, 1.0, seed=1)) == ["reproduced"] * 5


def test_a_higher_peak_and_flatter_minima_are_the_contrary():
    assert verdicts(curvature(0.9, 1.0), curvature(0.2, 100.0, seed=1)) == ["not reproduced"] * 5


def test_a_difference_within_the_spread_is_a_part():
    noisy = {"cells": (2, 2), "seeds": 1, "spread": 0.2}
    first, second = curvature(0.48, 1.1, **noisy), curvature(0.5, 1.0, **noisy)
    assert verdicts(first, second) == ["partly"] * 5


def test_sharpness_is_in_decades():
    table = compare_curvature(
        curvature(0.5, 1e3, spread=0.0), curvature(0.5, 1.0, spread=0.0)
    ).set_index("measure")
    np.testing.assert_allclose(table["difference"].iloc[2:], 3.0)
    np.testing.assert_allclose(table.loc["largest eigenvalue over the loss", "sciml"], 1e4)
    np.testing.assert_allclose(
        sharpness_of(curvature(0.5, 2.0, spread=0.0), "filter-normalised sharpness over the loss"),
        60.0,
    )
    with pytest.raises(ConfigurationError, match="no measure 'trace'; there are largest"):
        sharpness_of(curvature(0.5, 1.0), "trace")


def test_without_runs_nothing_is_tested():
    empty = curvature(0.5, 1.0)
    empty["density"][:] = np.nan
    empty["lambda_max"][:] = np.nan
    empty["filter_normalised"][:] = np.nan
    assert verdicts(empty, curvature(0.5, 1.0)) == ["not tested"] * 5


def test_neighbours_do_not_count_as_evidence():
    """A cell's seeds are drawn together: more of the same seeds do not narrow the interval."""
    few = curvature(0.5, 1.0, seeds=1, spread=0.1)
    many = few.isel(seed=[0] * 20)
    widths = [
        float((t["upper"] - t["lower"]).iloc[0])
        for t in (compare_curvature(d, curvature(0.9, 1.0)) for d in (few, many))
    ]
    assert widths[1] > 0.7 * widths[0]
