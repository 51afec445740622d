"""Published figures beside ours."""

import numpy as np
import pandas as pd
import pytest
from helpers import synthetic_dataset

from regimekit.errors import ConfigurationError
from regimekit.grids import EXPERIMENTS
from regimekit.regimes import (
    against_independent,
    against_literature,
    load_independent,
    load_literature,
)


def test_each_published_figure_has_a_cell_of_ours():
    table = load_literature()
    assert (table["test_error"] > 0).all()
    for row in table.to_dict("records"):
        grid = EXPERIMENTS[row["experiment"]].grid("published")
        assert row["difficulty"] in grid.difficulties
        assert row["amount"] in grid.data
        assert row["method"] in grid.methods


def test_the_median_of_the_cell_is_compared():
    dataset = synthetic_dataset()
    beta, n = (float(dataset[a][0]) for a in ("beta", "n_collocation"))
    method = str(dataset["method"].values[0])
    errors = dataset["test_error"].isel(difficulty=0, data=0, method=0)
    table = (
        load_literature()
        .head(3)
        .assign(
            experiment=[dataset.attrs["experiment"], dataset.attrs["experiment"], "another"],
            difficulty=[beta, 1e6, beta],
            amount=int(n),
            method=method,
            test_error=0.5,
        )
    )
    ours = against_literature(dataset, table)
    assert len(ours) == 2
    assert ours["seeds"].tolist() == [int(np.isfinite(errors).sum()), 0]
    assert ours["median_error"][0] == pytest.approx(float(errors.median()))
    assert ours["lowest_error"][0] == pytest.approx(float(errors.min()))
    assert ours["ratio"][0] == pytest.approx(float(errors.median()) / 0.5)
    assert np.isnan(ours["ratio"][1])


def test_a_missing_or_odd_table_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="There is no table"):
        load_literature(root=tmp_path)
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "literature.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ConfigurationError, match="must have the columns"):
        load_literature(root=tmp_path)


def test_each_independent_run_has_a_cell_of_ours():
    for row in load_independent().to_dict("records"):
        experiment = EXPERIMENTS[row["experiment"]]
        grid = experiment.grid("published")
        assert row["difficulty"] in grid.difficulties
        assert row["amount"] in grid.data
        assert row["method"] in grid.methods
        assert row["variable"] in experiment.metrics


def test_an_independent_run_is_compared_with_every_seed():
    dataset = synthetic_dataset()
    beta, n = (float(dataset[a][0]) for a in ("beta", "n_collocation"))
    values = dataset["test_error"].isel(difficulty=0, data=0, method=0).values
    row = {
        "experiment": dataset.attrs["experiment"],
        "difficulty": beta,
        "amount": int(n),
        "method": str(dataset["method"].values[0]),
        "variable": "test_error",
        "value": float(np.nanmax(values)),
    }
    other = row | {"value": 2 * float(np.nanmax(values))}
    away = row | {"difficulty": 1e6}
    (ours,) = against_independent(dataset, pd.DataFrame([row, away])).to_dict("records")
    assert ours["seeds"] == int(np.isfinite(values).sum())
    assert ours["lowest"] == np.nanmin(values)
    assert ours["median"] == np.nanmedian(values)
    assert ours["ratio"] == pytest.approx(np.nanmedian(values) / np.nanmax(values))
    assert ours["within"]
    assert not against_independent(dataset, pd.DataFrame([other]))["within"].any()
