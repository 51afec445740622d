"""Samples that are dear to solve are kept on disk, and made anew where the file is damaged."""

import numpy as np
import pytest

from regimekit.problems import Darcy


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REGIMEKIT_CACHE", str(tmp_path))
    return tmp_path / "samples"


@pytest.fixture
def solved(monkeypatch):
    """Numbers of the samples that are solved."""
    asked = []
    sample = Darcy.sample

    def counted(self, pool, index):
        asked.append(index)
        return sample(self, pool, index)

    monkeypatch.setattr(Darcy, "sample", counted)
    return asked


def test_a_set_is_solved_once_and_a_larger_one_begins_with_it(folder, solved):
    problem = Darcy(4.0, 16, 4)
    first = problem.samples("train", 2)
    again = problem.samples("train", 2)
    larger = problem.samples("train", 3)
    assert solved == [0, 1, 2]
    np.testing.assert_array_equal(first.inputs, again.inputs)
    np.testing.assert_array_equal(first.solutions, larger.solutions[:2])
    assert again.solutions.dtype == np.float64
    (file,) = folder.glob("*.nc")
    problem.samples("test", 1)
    Darcy(2.0, 16, 4).samples("train", 1)
    assert len(list(folder.glob("*.nc"))) == 3
    assert file.exists()


def test_a_damaged_file_is_made_anew_with_a_sentence(folder, solved):
    problem = Darcy(4.0, 16, 4)
    first = problem.samples("train", 1)
    (file,) = folder.glob("*.nc")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(bytes(content))
    with pytest.warns(UserWarning, match="are damaged: they are made anew"):
        again = problem.samples("train", 1)
    np.testing.assert_array_equal(first.solutions, again.solutions)
    assert solved == [0, 0]
    problem.samples("train", 1)
    assert solved == [0, 0]


def test_what_is_cheap_to_solve_is_not_kept(folder):
    Darcy(4.0, 31).samples("train", 1)
    assert not folder.exists()
