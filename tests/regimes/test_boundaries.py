"""All boundaries of one map."""

import numpy as np
import pytest
from helpers import synthetic_dataset, with_status

from regimekit.errors import ConfigurationError
from regimekit.regimes import boundaries, paper_thresholds, regime_map


@pytest.fixture(scope="module")
def found():
    return boundaries(synthetic_dataset(), paper_thresholds(), "lbfgs")


def test_lines_separate_the_labels(found) -> None:
    # Counting from the data-rich end, the train contour crosses every column of regime II once.
    label = found.regime_map["label"].values
    (line,) = found.train.lines
    for k, column in enumerate(label):
        if column[0] == 3 and column[-1] == 2:
            first = int(np.argmax(column == 2))
            rows = line[np.isclose(line[:, 0], k), 1]
            assert ((first - 1 <= rows) & (rows <= first)).any()


def test_band_lies_around_the_line(found) -> None:
    # On the hard side regime II lies above the line: a lower threshold moves the line down.
    def height(lines) -> float:
        points = np.concatenate(lines)
        return float(points[np.isclose(points[:, 0], 8.0), 1].min())

    assert height(found.train.lower) < height(found.train.lines) < height(found.train.higher)
    assert found.train.threshold == 0.004
    assert found.band == 0.2


def test_test_contour_stays_out_of_regime_two(found) -> None:
    label = found.regime_map["label"].values
    for line in [*found.test.lines, *found.test.lower, *found.test.higher]:
        for x, y in line:
            ends = {
                int(label[int(np.floor(x)), int(np.floor(y))]),
                int(label[int(np.ceil(x)), int(np.ceil(y))]),
            }
            assert ends != {2}


def test_numbers_and_map_come_along(found) -> None:
    assert {"I/II", "I/III", "II/III"} == set(found.transitions["transition"])
    medians = regime_map(synthetic_dataset(), paper_thresholds(), "lbfgs")
    assert found.regime_map.identical(medians)


def test_partial_dataset_opens() -> None:
    partial = with_status(synthetic_dataset(), 0, data=slice(3, None))
    found = boundaries(partial, paper_thresholds(), "lbfgs")
    assert found.train.lines == []
    assert found.test.lines
    empty = boundaries(with_status(partial, 0), paper_thresholds(), "adam")
    assert empty.test.lines == []
    assert empty.transitions.empty


@pytest.mark.parametrize("band", [0.0, 1.0, -0.2])
def test_refuses_a_band_that_is_none(band: float) -> None:
    with pytest.raises(ConfigurationError, match="strictly between 0 and 1"):
        boundaries(synthetic_dataset(), paper_thresholds(), "lbfgs", band=band)
