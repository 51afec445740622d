"""Paired comparisons of methods, on made-up data with known answers."""

import numpy as np
import pytest
import xarray as xr
from helpers import synthetic_dataset, with_status

from regimekit.errors import ConfigurationError
from regimekit.regimes import (
    Regime,
    independent_labels,
    labels_by_method,
    map_summary,
    of_every_method,
    paired_differences,
    paper_thresholds,
    regime_errors,
    regime_of_cells,
    winners,
)

PAPER = paper_thresholds("pinn-convection")


@pytest.fixture
def dataset() -> xr.Dataset:
    """Method ``adam`` ten times better than ``lbfgs`` in II, and ten times worse elsewhere."""
    dataset = synthetic_dataset()
    base = dataset.isel(method=dataset["method"].values.tolist().index("lbfgs"))
    label = map_summary(base, PAPER)["label"]
    factor = xr.where(label == Regime.UNDER_TRAINED, 0.1, 10.0)
    error = (base["test_error"] * factor).transpose(*base["test_error"].dims)
    dataset["test_error"][{"method": dataset["method"].values.tolist().index("adam")}] = error
    return dataset


def test_known_differences_are_found(dataset):
    table = paired_differences(dataset, PAPER).set_index(["method", "regime"])
    for regime, expected in {"I": 1.0, "II": -1.0, "III": 1.0}.items():
        row = table.loc[("adam", regime)]
        assert row["median"] == pytest.approx(expected)
        assert row["lower"] == pytest.approx(expected)
        assert row["upper"] == pytest.approx(expected)
        assert row["better"] == (1.0 if regime == "II" else 0.0)
        assert row["diverged"] == 0


def test_labels_from_elsewhere_decide_the_regime(dataset):
    place = map_summary(dataset.isel(method=0), PAPER)["label"]
    everywhere = xr.full_like(place, int(Regime.OVER_TRAINED))
    table = paired_differences(dataset, PAPER, labels=everywhere).set_index(["method", "regime"])
    assert table.loc[("adam", "III"), "cells"] == place.size
    assert table.loc[("adam", "I"), "cells"] == 0
    assert np.isnan(table.loc[("adam", "I"), "median"])


def test_a_diverged_run_is_infinitely_bad_and_a_pending_one_is_nothing(dataset):
    adam = dataset["method"].values.tolist().index("adam")
    diverged = with_status(dataset, 2, method=[adam])
    table = paired_differences(diverged, PAPER).set_index(["method", "regime"])
    assert np.isposinf(table.loc[("adam", "I"), ["median", "lower", "upper"]].astype(float)).all()
    assert table.loc[("adam", "I"), "diverged"] == 1
    pending = with_status(dataset, 0, method=[adam])
    table = paired_differences(pending, PAPER).set_index(["method", "regime"])
    assert table.loc[("adam", "I"), "runs"] == 0
    assert winners(pending)["winner"].max() == -1


def test_the_bootstrap_interval_has_its_coverage():
    rng = np.random.default_rng(0)
    base = synthetic_dataset()
    lbfgs, adam = (base["method"].values.tolist().index(m) for m in ("lbfgs", "adam"))
    labels = xr.DataArray(
        np.full((base.sizes["difficulty"], base.sizes["data"]), 1), dims=("difficulty", "data")
    )
    hits = 0
    for trial in range(60):
        noise = 10 ** rng.normal(0.3, 1.0, size=(base.sizes["difficulty"], base.sizes["data"], 1))
        base["test_error"][{"method": adam}] = (
            base["test_error"].isel(method=lbfgs).transpose("difficulty", "data", "seed").values
            * noise
        )
        row = paired_differences(base, PAPER, labels=labels, resamples=300, seed=trial).iloc[0]
        hits += row["lower"] <= 0.3 <= row["upper"]
    assert 0.85 <= hits / 60 <= 1.0


def test_winners_and_margins(dataset):
    found = winners(dataset)
    names = dataset["method"].values.tolist()
    base = dataset.isel(method=names.index("lbfgs"))
    under = (map_summary(base, PAPER)["label"] == Regime.UNDER_TRAINED).transpose(
        "difficulty", "data"
    )
    assert (found["winner"].values[under.values] == names.index("adam")).all()
    assert (found["winner"].values[~under.values] == names.index("lbfgs")).all()
    np.testing.assert_allclose(found["margin"], 10.0)
    assert (found["tied"] == 1).all()


def test_cells_that_a_method_lacks_have_no_label(dataset):
    labels = map_summary(dataset.isel(method=0), PAPER)["label"]
    assert of_every_method(dataset, labels).equals(labels)
    kept = of_every_method(with_status(dataset, 0, method=[1], difficulty=[0], data=[2]), labels)
    assert int(kept.isel(difficulty=0, data=2)) == Regime.UNDEFINED
    assert int((kept != labels).sum()) == 1


def test_one_method_has_nobody_to_beat(dataset):
    found = winners(dataset.isel(method=[0]))
    assert (found["winner"] == -1).all()
    assert np.isnan(found["margin"]).all()
    assert np.isfinite(found["median"]).all()


def test_one_seed_worse_and_one_better_without_bound_is_no_difference(dataset):
    adam, lbfgs = (dataset["method"].values.tolist().index(m) for m in ("adam", "lbfgs"))
    two = dataset.isel(seed=[0, 1])
    two = with_status(two, 2, method=[adam], seed=[0])
    two = with_status(two, 2, method=[lbfgs], seed=[1])
    labels = xr.full_like(
        map_summary(dataset.isel(method=0), PAPER)["label"], int(Regime.WELL_TRAINED)
    )
    row = (
        paired_differences(two, PAPER, labels=labels)
        .set_index(["method", "regime"])
        .loc[("adam", "I")]
    )
    assert (row["median"], row["cells"]) == (0.0, labels.size)


def test_labels_by_method_count_cells(dataset):
    table = labels_by_method(dataset, PAPER).set_index(["method", "regime"])
    runs = dataset.isel(method=dataset["method"].values.tolist().index("lbfgs"))
    label = map_summary(runs, PAPER)["label"]
    for regime in (Regime.WELL_TRAINED, Regime.UNDER_TRAINED, Regime.OVER_TRAINED):
        row = table.loc[("lbfgs", regime.roman)]
        assert row["cells"] == int((label == regime).sum())
        assert 0 <= row["highest"] <= 1
        assert row["likely"] <= label.size


def test_labels_move_to_a_grid_that_shares_cells(dataset):
    label = map_summary(dataset.isel(method=0), PAPER)["label"]
    coarse = dataset.isel(difficulty=[2, 4], data=[1, 3])
    moved = regime_of_cells(coarse, dataset, label)
    np.testing.assert_array_equal(
        moved, label.transpose("difficulty", "data").isel(difficulty=[2, 4], data=[1, 3])
    )
    other = coarse.assign_coords(beta=("difficulty", [1234.0, 2345.0]))
    assert (regime_of_cells(other, dataset, label) == Regime.UNDEFINED).all()


def test_labels_are_taken_from_all_maps_and_the_first_one_decides(dataset):
    label = map_summary(dataset.isel(method=0), PAPER)["label"].transpose("difficulty", "data")
    compared = dataset.isel(difficulty=[2, 4, 6], data=[1, 3])
    compared = compared.assign_attrs(experiment="pinn-convection-methods")
    base, corner = dataset.isel(difficulty=[2, 6]), dataset.isel(difficulty=[2, 4])
    # A map that would call every cell under-trained, and is asked about one column only.
    corner["train_loss"] = corner["train_loss"] * 0 + 10.0
    maps = {"pinn-convection": base, "pinn-convection-corner": corner}
    found = independent_labels(compared, maps.get)
    np.testing.assert_array_equal(found.isel(difficulty=[0, 2]), label.values[[2, 6]][:, [1, 3]])
    assert (found.isel(difficulty=1) == Regime.UNDER_TRAINED).all()
    assert independent_labels(compared, {}.get) is None
    other = base.assign_coords(beta=("difficulty", [1234.0, 2345.0]))
    assert independent_labels(compared, {"pinn-convection": other}.get) is None
    assert independent_labels(dataset, maps.get) is None  # not a comparison of methods


def test_an_unknown_baseline_is_refused(dataset):
    with pytest.raises(ConfigurationError, match="no runs of method 'sgd'"):
        paired_differences(dataset, PAPER, "sgd")


def test_errors_by_regime_are_medians_of_its_cells(dataset):
    everywhere = xr.full_like(dataset["train_loss"].isel(method=0, seed=0, drop=True), 2, int)
    table = regime_errors(dataset, everywhere).set_index(["method", "regime"])
    for i, method in enumerate(dataset["method"].values):
        row = table.loc[(str(method), "II")]
        cells = np.nanmedian(np.log10(dataset["test_error"].isel(method=i)), axis=-1)
        assert row["median"] == pytest.approx(10 ** np.median(cells))
        assert row["lower"] <= row["median"] <= row["upper"]
        assert row["cells"] == cells.size
    assert table.loc[(slice(None), "I"), "cells"].sum() == 0
    assert np.isnan(table.loc[(slice(None), "III"), "median"]).all()


def test_a_diverged_regime_has_an_infinite_error(dataset):
    everywhere = xr.full_like(dataset["train_loss"].isel(method=0, seed=0, drop=True), 1, int)
    table = regime_errors(with_status(dataset, 2, method=0), everywhere)
    row = table.set_index(["method", "regime"]).loc[(str(dataset["method"].values[0]), "I")]
    assert row["median"] == row["upper"] == np.inf
