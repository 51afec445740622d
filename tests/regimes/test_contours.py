"""Contours of raw maps: they pass between cells on either side of the level, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from regimekit.regimes import boundary
from regimekit.regimes.contours import clip_lines

LEVEL = 0.25
# Multiples of 1/2: never at the level.
finite = st.integers(-8, 8).map(lambda k: k / 2)
shapes = st.tuples(st.integers(2, 6), st.integers(2, 6))
maps = arrays(float, shapes, elements=finite)
holed = arrays(float, shapes, elements=st.one_of(finite, finite, finite, st.just(np.nan)))


def edges(values: np.ndarray):
    """Pairs of neighbouring cells (row, column)."""
    rows, columns = values.shape
    for r in range(rows):
        for c in range(columns):
            if c + 1 < columns:
                yield (r, c), (r, c + 1)
            if r + 1 < rows:
                yield (r, c), (r + 1, c)


def crossings(values: np.ndarray) -> set[tuple[float, float]]:
    """Where neighbours lie on either side of the level: rounded (x, y)."""
    found = set()
    for a, b in edges(values):
        if (values[a] > LEVEL) != (values[b] > LEVEL):
            share = (LEVEL - values[a]) / (values[b] - values[a])
            x, y = a[1] + share * (b[1] - a[1]), a[0] + share * (b[0] - a[0])
            found.add((round(x, 6), round(y, 6)))
    return found


def vertices(lines: list[np.ndarray]) -> set[tuple[float, float]]:
    return {(round(float(x), 6), round(float(y), 6)) for line in lines for x, y in line}


@given(maps)
def test_vertices_are_exactly_the_crossings(values: np.ndarray) -> None:
    assert vertices(boundary(values, LEVEL)) == crossings(values)


@given(maps)
def test_transposing_the_map_transposes_the_boundary(values: np.ndarray) -> None:
    turned = vertices(boundary(np.ascontiguousarray(values.T), LEVEL))
    assert {(y, x) for x, y in turned} == vertices(boundary(values, LEVEL))


@given(maps, st.integers(-40, 40))
def test_units_do_not_matter(values: np.ndarray, shift: int) -> None:
    # Another unit adds a constant to a logarithm.
    moved = boundary(values + shift, LEVEL + shift)
    assert vertices(moved) == vertices(boundary(values, LEVEL))


@given(holed)
def test_only_full_squares_are_contoured(values: np.ndarray) -> None:
    expected = set()
    for r in range(values.shape[0] - 1):
        for c in range(values.shape[1] - 1):
            square = values[r : r + 2, c : c + 2]
            if not np.isnan(square).any():
                expected |= {(round(x + c, 6), round(y + r, 6)) for x, y in crossings(square)}
    assert vertices(boundary(values, LEVEL)) == expected


@given(maps)
def test_level_above_everything_has_no_boundary(values: np.ndarray) -> None:
    assert boundary(values, 100.0) == []


@pytest.mark.parametrize("shape", [(0, 0), (1, 5), (5, 1)])
def test_too_small_to_contour(shape: tuple[int, int]) -> None:
    assert boundary(np.ones(shape), 0.0) == []


def test_all_empty() -> None:
    assert boundary(np.full((3, 3), np.nan), 0.0) == []


def test_infinite_value_pushes_the_line_to_its_neighbour() -> None:
    values = np.array([[-1.0, np.inf], [-1.0, np.inf]])
    (line,) = boundary(values, 0.0)
    np.testing.assert_allclose(line[:, 0], 0.0, atol=1e-5)


def test_positions() -> None:
    values = np.array([[-1.0, 1.0], [-1.0, 1.0]])
    (line,) = boundary(values, 0.0, x=[10.0, 20.0], y=[1.0, 3.0])
    np.testing.assert_allclose(np.sort(line, axis=0), [[15.0, 1.0], [15.0, 3.0]])


def test_clipping_keeps_the_part_where_the_other_map_is_low() -> None:
    # The error rises with the row, the loss with the column.
    error = np.repeat(np.array([[-1.0], [1.0], [1.0]]), 5, axis=1)
    loss = np.repeat(np.array([[-2.0, -2.0, -2.0, 2.0, 2.0]]), 3, axis=0)
    (line,) = clip_lines(boundary(error, 0.0), loss, 0.0)
    np.testing.assert_allclose(line[:, 1], 0.5)
    assert line[:, 0].min() == 0.0
    assert line[:, 0].max() == pytest.approx(2.5)


def test_clipping_drops_what_runs_beside_the_other_contour() -> None:
    # Loss and error rise together: there is no boundary between I and III.
    error = np.repeat(np.array([[-1.0, -1.0, 3.0]]), 4, axis=0)
    loss = np.repeat(np.array([[-3.0, -3.0, 1.0]]), 4, axis=0)
    lines = boundary(error, 0.0)
    assert lines
    assert clip_lines(lines, loss, 0.0) == []


@given(maps, st.data())
def test_clipped_is_outside_regime_two(error: np.ndarray, data) -> None:
    loss = data.draw(arrays(float, error.shape, elements=finite))
    for line in clip_lines(boundary(error, LEVEL), loss, LEVEL):
        assert len(line) >= 2
        # Between two cells of a row or column, the loss is linear.
        for x, y in np.round(line, 9):
            if x.is_integer() or y.is_integer():
                a = loss[int(np.floor(y)), int(np.floor(x))]
                b = loss[int(np.ceil(y)), int(np.ceil(x))]
                share = max(x % 1, y % 1)
                assert (1 - share) * a + share * b <= LEVEL + 1e-6


def test_round_off_at_the_edge_of_the_map() -> None:
    # Here contourpy puts a vertex a rounding error outside the last row.
    error = np.zeros((4, 6))
    error[3, 4:] = -1.5, 4.0
    lines = boundary(error, LEVEL)
    kept = clip_lines(lines, np.zeros((4, 6)), LEVEL)
    assert vertices(kept) == vertices(lines)


@given(maps, st.data())
def test_every_one_three_neighbour_pair_is_on_the_clipped_contour(error, data) -> None:
    loss = data.draw(arrays(float, error.shape, elements=finite))
    kept = vertices(clip_lines(boundary(error, LEVEL), loss, LEVEL))
    low = np.where(loss <= LEVEL, error, np.nan)
    pairs = {
        (round(a[1] + share * (b[1] - a[1]), 6), round(a[0] + share * (b[0] - a[0]), 6))
        for a, b in edges(low)
        if not np.isnan(low[a]) and not np.isnan(low[b])
        if (low[a] > LEVEL) != (low[b] > LEVEL)
        for share in [(LEVEL - low[a]) / (low[b] - low[a])]
    }
    assert pairs <= kept
