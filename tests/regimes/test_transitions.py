"""Boundaries as numbers."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from regimekit.regimes import (
    Regime,
    Thresholds,
    label_cells,
    transition_summary,
    transitions,
)

T = Thresholds(1e-3, 0.1, "test", "Made up.")


def a_map(loss, error, beta, n) -> xr.Dataset:
    """Map from nested lists over (difficulty, data)."""
    dims = ("difficulty", "data")
    dataset = xr.Dataset(
        {"train_loss": (dims, np.array(loss, float)), "test_error": (dims, np.array(error, float))},
        {"beta": ("difficulty", np.array(beta, float)), "n": ("data", np.array(n))},
        {"difficulty_axis": "beta", "data_axis": "n"},
    )
    return dataset.assign(label=label_cells(dataset, T))


def along_beta(loss, error, beta=None, band=0.2):
    beta = beta or [10.0 * 2**k for k in range(len(loss))]
    found = transitions(a_map([[v] for v in loss], [[v] for v in error], beta, [100]), T, band=band)
    assert set(found["along"]) <= {"beta"}
    return found


def test_one_to_two_is_placed_by_the_loss() -> None:
    (row,) = along_beta([1e-5, 1e-2], [1e-3, 1.0], [10.0, 40.0]).to_dict("records")
    assert row["transition"] == "I/II"
    assert row["variable"] == "train_loss"
    # Two of three decades along log(10) ... log(40).
    assert row["position"] == pytest.approx(10 * 4 ** (2 / 3))
    assert (row["before"], row["after"], row["at"], row["order"]) == (10, 40, 100, 0)
    assert row["steepness"] == pytest.approx(3)
    assert row["displacement"] == pytest.approx(np.log10(1.2 / 0.8) / 3)
    assert row["at_lower"] < row["position"] < row["at_higher"]


def test_one_to_three_is_placed_by_the_error() -> None:
    (row,) = along_beta([1e-5, 1e-5], [1e-2, 1.0], [10.0, 1000.0]).to_dict("records")
    assert (row["transition"], row["variable"]) == ("I/III", "test_error")
    assert row["position"] == pytest.approx(100)


def test_three_to_two_along_the_data() -> None:
    table = transitions(a_map([[1e-4, 1e-2]], [[1.0, 1.0]], [50.0], [100, 10_000]), T)
    (row,) = table.to_dict("records")
    assert row["along"] == "n"
    assert (row["low_side"], row["high_side"], row["transition"]) == ("III", "II", "II/III")
    assert row["position"] == pytest.approx(1000)


def test_band_is_followed_past_the_pair() -> None:
    # The higher threshold, 1.2e-3, is crossed one step later than the threshold itself.
    (row,) = along_beta([1e-5, 1.1e-3, 1e-1], [0.01] * 3, [10, 20, 40]).to_dict("records")
    assert 20 < row["at_higher"] < 40
    assert row["at_lower"] < row["position"] < 20


def test_band_of_a_falling_value() -> None:
    (row,) = along_beta([1e-2, 1e-5], [0.01] * 2, [10.0, 10_000.0]).to_dict("records")
    # A decade a factor of ten along the axis: the loss is 0.1 / beta.
    assert row["position"] == pytest.approx(100)
    assert row["at_lower"] == pytest.approx(100 / 0.8)
    assert row["at_higher"] == pytest.approx(100 / 1.2)


def test_band_off_the_grid_is_unknown() -> None:
    (row,) = along_beta([1e-5, 1.1e-3], [0.01] * 2).to_dict("records")
    assert np.isnan(row["at_higher"])
    assert np.isnan(row["displacement"])


def test_back_and_forth_is_counted() -> None:
    table = along_beta([1e-5, 1e-2, 1e-5, 1e-2], [0.01] * 4)
    assert list(table["order"]) == [0, 1, 2]
    assert list(table["low_side"]) == ["I", "II", "I"]


def test_gap_is_bridged_and_said() -> None:
    (row,) = along_beta([1e-5, np.nan, 1e-2], [0.01] * 3, [10, 20, 40]).to_dict("records")
    assert (row["before"], row["after"]) == (10, 40)
    assert row["position"] == pytest.approx(10 * 4 ** (2 / 3))
    assert row["steepness"] == pytest.approx(1.5)


def test_axis_with_zero_is_linear() -> None:
    (row,) = along_beta([1e-4, 1e-2], [0.01] * 2, [0.0, 8.0]).to_dict("records")
    assert row["position"] == pytest.approx(4)


def test_infinite_loss_puts_the_boundary_at_the_finite_cell() -> None:
    (row,) = along_beta([1e-4, np.inf], [0.01, np.nan], [10, 20]).to_dict("records")
    assert row["position"] == pytest.approx(10)
    assert np.isinf(row["steepness"])


def test_one_regime_has_no_transition() -> None:
    table = along_beta([1e-5, 1e-5], [0.01, 0.01])
    assert table.empty
    assert "position" in table.columns
    assert transition_summary(table).empty


logs = st.floats(-6, 0).map(lambda e: 10**e)
pairs = arrays(float, (2, 4, 5), elements=st.one_of(logs, logs, logs, st.just(np.nan)))


@given(pairs)
def test_positions_lie_between_their_cells_and_labels_differ(values: np.ndarray) -> None:
    a = a_map(values[0], values[1], [5, 10, 20, 40], [1, 2, 4, 8, 16])
    table = transitions(a, T)
    assert (table["low_side"] != table["high_side"]).all()
    assert (table["before"] <= table["position"]).all()
    assert (table["position"] <= table["after"]).all()
    assert (table["steepness"] >= 0).all()
    labels = a["label"].values
    changes = sum(
        int((np.diff(line[line != Regime.UNDEFINED]) != 0).sum()) for line in [*labels, *labels.T]
    )
    assert len(table) == changes


@given(pairs)
def test_lowered_threshold_is_crossed_where_the_value_is_lower(values: np.ndarray) -> None:
    table = transitions(a_map(values[0], values[1], [5, 10, 20, 40], [1, 2, 4, 8, 16]), T)
    rising = table["low_side"] == "I"
    both = rising & table["at_lower"].notna() & table["at_higher"].notna()
    assert (table["at_lower"][both] <= table["at_higher"][both] * (1 + 1e-12)).all()


@given(pairs)
def test_transposed_map_has_the_same_transitions(values: np.ndarray) -> None:
    beta, n = [5, 10, 20, 40], [1, 2, 4, 8, 16]
    columns = ["at", "transition", "order", "before", "after", "position", "steepness"]
    one = transitions(a_map(values[0], values[1], beta, n), T)
    other = transitions(a_map(values[0].T, values[1].T, n, beta), T)
    for axis, turned in (("beta", "n"), ("n", "beta")):
        a = one[one["along"] == axis][columns].reset_index(drop=True)
        b = other[other["along"] == turned][columns].reset_index(drop=True)
        assert a.equals(b)


def test_summary() -> None:
    table = along_beta([1e-5, 1e-2, 1e-5, 1e-2], [0.01] * 4)
    summary = transition_summary(table)
    assert summary.loc[("beta", "I/II"), "count"] == 3
    assert summary.loc[("beta", "I/II"), "median_steepness"] == pytest.approx(3)
