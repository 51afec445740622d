"""Samples that are dear to solve are kept on disk, and made anew where the file is damaged."""

import threading

import numpy as np
import pytest
import xarray as xr

from regimekit import files
from regimekit.files import checksum_holds
from regimekit.problems import Darcy, Helmholtz, _cache
from regimekit.problems._operator import Samples


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


@pytest.mark.parametrize("nodes", [64, 128])
def test_what_transforms_make_is_never_kept(folder, nodes):
    problem = Helmholtz(next(iter(Helmholtz.ranges)), nodes)
    found = problem.samples("train", 2)
    assert not folder.exists()
    for index in range(2):
        for kept, made in zip(found, problem.sample("train", index), strict=True):
            np.testing.assert_array_equal(kept[index], made)


class Beside:
    """Another worker that asks for samples, and so long as it may, gets them."""

    def __init__(self, problem: Darcy, n: int):
        self.found: list[Samples] = []
        self._thread = threading.Thread(
            target=lambda: self.found.append(problem.samples("train", n))
        )

    def begin(self) -> None:
        self._thread.start()
        self._thread.join(0.5)  # it has ended, or it waits for who began it

    def end(self) -> Samples:
        self._thread.join()
        return self.found[0]


def test_two_workers_solve_each_sample_once_and_the_longer_set_is_kept(folder, solved, monkeypatch):
    problem = Darcy(4.0, 16, 4)
    beside = Beside(problem, 5)
    sample = Darcy.sample

    def with_another_beside(self, pool, index):
        if (
            index == 1
            and not beside.found
            and threading.current_thread() is threading.main_thread()
        ):
            beside.begin()
        return sample(self, pool, index)

    monkeypatch.setattr(Darcy, "sample", with_another_beside)
    few = problem.samples("train", 2)
    many = beside.end()
    assert sorted(solved) == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(few.solutions, many.solutions[:2])
    (file,) = folder.glob("*.nc")
    assert checksum_holds(file)
    assert len(xr.load_dataset(file)["solutions"]) == 5


@pytest.mark.parametrize("at", [".sha256", ".nc"])
def test_a_reader_does_not_look_while_a_file_is_replaced(folder, solved, monkeypatch, at):
    """Just before the checksum is put in place, and between that and the file."""
    problem = Darcy(4.0, 16, 4)
    problem.samples("train", 1)
    beside, replace = Beside(problem, 1), files.os.replace

    def with_a_reader(source, target):
        if target.suffix == at:
            beside.begin()
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", with_a_reader)
    problem.samples("train", 2)
    assert len(beside.end().solutions) == 1
    assert solved == [0, 1]  # and no warning of damage, which is an error in tests
    (file,) = folder.glob("*.nc")
    assert checksum_holds(file)
    assert len(xr.load_dataset(file)["solutions"]) == 2


def test_where_nothing_can_be_written_samples_are_made(tmp_path, monkeypatch, solved):
    file = tmp_path / "file"
    file.write_text("mine")
    monkeypatch.setenv("REGIMEKIT_CACHE", str(file))
    problem = Darcy(4.0, 16, 4)
    for _ in range(2):
        problem.samples("train", 2)
    assert solved == [0, 1, 0, 1]
    assert file.read_text() == "mine"


def test_what_cannot_be_locked_is_read_and_neither_changed_nor_removed(folder, solved, monkeypatch):
    problem = Darcy(4.0, 16, 4)
    problem.samples("train", 1)
    (file,) = folder.glob("*.nc")

    def refused(path):
        raise PermissionError(f"{path} cannot be written")

    monkeypatch.setattr(_cache, "FileLock", refused)
    before = file.read_bytes()
    assert len(problem.samples("train", 2).solutions) == 2
    assert solved == [0, 1]
    assert file.read_bytes() == before
    file.write_bytes(before[:-1])
    with pytest.warns(UserWarning, match="are damaged"):
        problem.samples("train", 1)
    assert file.read_bytes() == before[:-1]
