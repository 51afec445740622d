"""Notebooks are kept without outputs: what a run made belongs to results, not to git."""

import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def traces(notebook: dict[str, Any]) -> list[str]:
    """Return what an execution left in a notebook, one phrase each."""
    found = []
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell.get("outputs"):
            found.append(f"cell {number} has outputs")
        if cell.get("execution_count") is not None:
            found.append(f"cell {number} has an execution count")
        if {"papermill", "execution"} & set(cell.get("metadata", {})):
            found.append(f"cell {number} has metadata of an execution")
    if "papermill" in notebook.get("metadata", {}):
        found.append("the notebook has metadata of papermill")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_is_stripped(path: Path) -> None:
    found = traces(json.loads(path.read_text(encoding="utf-8")))
    assert not found, f"{', '.join(found)}: run `make format`"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_has_one_parameters_cell(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0]["cell_type"] == "code"


def test_an_executed_notebook_is_caught() -> None:
    cell = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    ran = cell | {
        "execution_count": 1,
        "outputs": [{"output_type": "stream", "text": "1"}],
        "metadata": {"papermill": {"duration": 1.0}},
    }
    assert traces({"cells": [cell], "metadata": {}}) == []
    assert len(traces({"cells": [cell, ran], "metadata": {"papermill": {}}})) == 4
