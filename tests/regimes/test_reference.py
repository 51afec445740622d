"""The digitised map: complete, honest about bounds, found where it should be."""

import shutil
import sys
import tomllib

import numpy as np
import pytest
import xarray as xr

from regimekit.book import checkout
from regimekit.errors import ConfigurationError
from regimekit.regimes import (
    Reading,
    Regime,
    Thresholds,
    label_reference,
    load_literature,
    load_reference,
    paper_thresholds,
    reference_folder,
)


@pytest.fixture
def reference() -> xr.Dataset:
    return load_reference()


def at(dataset: xr.Dataset, beta: float, n: int) -> xr.Dataset:
    return dataset.isel(
        difficulty=list(dataset["beta"].values).index(beta),
        data=list(dataset["n_collocation"].values).index(n),
    )


def test_all_cells_of_the_figure(reference) -> None:
    assert list(reference["beta"].values) == [5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 50, 70]
    assert list(reference["n_collocation"].values) == [
        *(100, 150, 200, 250, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000, 25_000)
    ]
    for which, variable in (("train", "train_loss"), ("test", "test_error")):
        missing = reference[f"{which}_flag"] == Reading.MISSING
        np.testing.assert_array_equal(missing, reference[variable].isnull())
    assert int((reference["test_flag"] == Reading.MISSING).sum()) == 5


@pytest.mark.parametrize(
    ("beta", "n", "loss", "train_flag", "error", "test_flag"),
    [
        (5, 100, 2e-4, Reading.BELOW, 0.02, Reading.EXACT),
        (70, 25_000, 1.10e-2, Reading.EXACT, 0.96, Reading.EXACT),
        (50, 25_000, 1.33e-2, Reading.ABOVE, 0.87, Reading.EXACT),
        (25, 10_000, 1e-3, Reading.APPROXIMATE, 0.1, Reading.APPROXIMATE),
        (30, 1000, 4.2e-3, Reading.APPROXIMATE, np.nan, Reading.MISSING),
        (30, 250, 8e-4, Reading.BELOW, 1.17, Reading.EXACT),
        (50, 1000, 7e-4, Reading.EXACT, 1.4, Reading.ABOVE),
        (9, 150, 2e-4, Reading.BELOW, 0.15, Reading.EXACT),
        (70, 500, 3.4e-3, Reading.EXACT, 1.18, Reading.EXACT),
    ],
)
def test_cells(reference, beta, n, loss, train_flag, error, test_flag) -> None:
    cell = at(reference, beta, n)
    np.testing.assert_allclose(cell["train_loss"], loss)
    np.testing.assert_allclose(cell["test_error"], error)
    assert (cell["train_flag"], cell["test_flag"]) == (train_flag, test_flag)


def test_labels_show_three_regimes_where_the_figure_has_them(reference) -> None:
    labels = reference.assign(label=label_reference(reference, paper_thresholds()))
    assert at(labels, 5, 25_000)["label"] == Regime.WELL_TRAINED
    assert at(labels, 50, 10_000)["label"] == Regime.UNDER_TRAINED
    assert at(labels, 50, 100)["label"] == Regime.OVER_TRAINED
    # The error is missing in both; only a high loss decides without it.
    assert at(labels, 70, 2000)["label"] == Regime.UNDER_TRAINED
    assert at(labels, 25, 5000)["label"] == Regime.UNDEFINED


def test_bounds_decide_only_on_their_side(reference) -> None:
    inside_the_floor = Thresholds(1e-4, 0.23, "x", "Made up.")
    assert at(label_reference(reference, inside_the_floor), 5, 100) == Regime.UNDEFINED
    beyond_the_ceiling = Thresholds(4e-3, 2.0, "x", "Made up.")
    assert at(label_reference(reference, beyond_the_ceiling), 50, 100) == Regime.UNDEFINED
    # "Above 1.4" is above a threshold of 1.4.
    at_the_ceiling = Thresholds(4e-3, 1.4, "x", "Made up.")
    assert at(label_reference(reference, at_the_ceiling), 50, 100) == Regime.OVER_TRAINED


def test_reading_error_only_takes_labels_away(reference) -> None:
    plain = label_reference(reference, paper_thresholds())
    safe = label_reference(reference, paper_thresholds(), reading_error=True)
    kept = safe != Regime.UNDEFINED
    assert bool((safe == plain).where(kept, True).all())
    assert at(safe, 9, 100) == Regime.UNDEFINED  # 0.22 against a threshold of 0.23


def test_found_by_argument_and_environment(tmp_path, monkeypatch, reference) -> None:
    shutil.copytree(reference_folder(), tmp_path / "reference")
    assert load_reference(root=tmp_path).identical(reference)
    monkeypatch.setenv("REGIMEKIT_DATA", str(tmp_path))
    assert reference_folder() == tmp_path / "reference"
    assert reference_folder(tmp_path / "other") == tmp_path / "other" / "reference"


def test_an_installed_library_brings_the_tables(tmp_path, monkeypatch, reference) -> None:
    # Where the wheel puts the folder, and a module of the library without a checkout around it.
    project = tomllib.loads((checkout() / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    for source, target in wheel["force-include"].items():
        shutil.copytree(checkout() / source, tmp_path / target)
    module = sys.modules[reference_folder.__module__]
    monkeypatch.setattr(module, "__file__", str(tmp_path / "regimekit/regimes/reference.py"))
    monkeypatch.delenv("REGIMEKIT_DATA", raising=False)
    assert reference_folder().is_relative_to(tmp_path)
    assert load_reference().identical(reference)
    assert len(load_literature())


def test_absent(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match=r"There is no reference map .* REGIMEKIT_DATA"):
        load_reference(root=tmp_path)


def test_broken_tables_are_refused(tmp_path) -> None:
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / "pinn-convection.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ConfigurationError, match="must have its two axes, then the columns"):
        load_reference(root=tmp_path)
    header = "beta,n_collocation,train_loss,train_flag,test_error,test_flag\n"
    (folder / "pinn-convection.csv").write_text(header + "5,100,0.1,about,0.1,exact\n")
    with pytest.raises(ConfigurationError, match="unknown flag 'about'"):
        load_reference(root=tmp_path)


def test_cell_left_out_of_the_table_is_missing(tmp_path) -> None:
    folder = tmp_path / "reference"
    folder.mkdir()
    header = "beta,n_collocation,train_loss,train_flag,test_error,test_flag\n"
    rows = "5,100,0.1,exact,0.1,exact\n8,200,0.1,exact,0.1,exact\n"
    (folder / "pinn-convection.csv").write_text(header + rows)
    found = load_reference(root=tmp_path)
    assert at(found, 5, 200)["train_flag"] == Reading.MISSING
    assert at(label_reference(found, paper_thresholds()), 5, 200) == Regime.UNDEFINED
