"""Published figures beside ours."""

import numpy as np
import pytest
from helpers import synthetic_dataset

from regimekit.errors import ConfigurationError
from regimekit.grids import EXPERIMENTS
from regimekit.regimes import against_literature, load_literature


def test_each_published_figure_has_a_cell_of_ours():
    table = load_literature()
    assert (table["test_error"] > 0).all()
    for row in table.to_dict("records"):
        grid = EXPERIMENTS[row["experiment"]].grid("published")
        assert row["difficulty"] in grid.difficulties
        assert row["n_collocation"] in grid.data
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
            n_collocation=int(n),
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
