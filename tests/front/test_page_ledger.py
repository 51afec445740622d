"""Pages of one build judge each row of the ledger once, and note what it rests on all the same."""

import pandas as pd
import pytest

from regimekit import datasets, page_ledger
from regimekit.noted import noted_datasets
from regimekit.regimes import LEDGER, ledger

ENTRIES = tuple(e for e in LEDGER if e.dataset in ("node-pendulum", "node-pendulum-density"))


@pytest.fixture
def judged(monkeypatch, tmp_path):
    """Make pages note below a folder; the list of how many rows were judged at a time."""
    monkeypatch.setenv("REGIMEKIT_NOTED", str(tmp_path / "first"))
    found = []

    def counted(load, entries):
        found.append(len(entries))
        return ledger(load, entries)

    monkeypatch.setattr(page_ledger, "ledger", counted)
    return found


def test_rows_have_names_of_their_own():
    assert len({page_ledger._key(entry) for entry in LEDGER}) == len(LEDGER)


def test_another_page_has_the_same_rows_without_judging(judged, monkeypatch, tmp_path):
    expected = ledger(datasets.load_if_there, ENTRIES)
    first = page_ledger.page_ledger(datasets.load_if_there, ENTRIES)
    assert sum(judged) == len(ENTRIES)
    monkeypatch.setenv("REGIMEKIT_NOTED", str(tmp_path / "second"))
    second = page_ledger.page_ledger(datasets.load_if_there, ENTRIES[1:])
    assert sum(judged) == len(ENTRIES)
    pd.testing.assert_frame_equal(first, expected)
    pd.testing.assert_frame_equal(second, expected.iloc[1:].reset_index(drop=True))
    noted = [noted_datasets(tmp_path / page) for page in ("first", "second")]
    assert "node-pendulum-density" in noted[0]
    assert noted[0] == noted[1]


def test_rows_of_other_data_are_judged_anew(judged, monkeypatch, tmp_path):
    page_ledger.page_ledger(datasets.load_if_there, ENTRIES)
    once = sum(judged)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("REGIMEKIT_DATA", str(tmp_path / "data"))
    rows = page_ledger.page_ledger(datasets.load_if_there, ENTRIES)
    assert sum(judged) == 2 * once
    assert set(rows["verdict"]) == {"not tested"}


def test_outside_of_a_build_nothing_is_kept(judged, monkeypatch, tmp_path):
    monkeypatch.delenv("REGIMEKIT_NOTED")
    page_ledger.page_ledger(datasets.load_if_there, ENTRIES[:1])
    assert judged == [1]
    assert not list(tmp_path.iterdir())
