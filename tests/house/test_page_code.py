"""No name is missing in the code of the book's pages, and none is imported for nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.DOTALL | re.MULTILINE)


def code_of(page: Path) -> str:
    """All cells of a page, as one module."""
    return "\n\n".join(OPTIONS.sub("", cell) for cell in CELL.findall(page.read_text()))


PAGES = {page.name: code for page in sorted(BOOK.glob("*.md")) if (code := code_of(page))}


def complaints(code: str) -> str:
    # A page may import again what an exercise needs.
    words = ["--isolated", "--select", "F", "--ignore", "F811", "--output-format", "concise"]
    command = [sys.executable, "-m", "ruff", "check", *words, "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True).stdout


@pytest.mark.parametrize("page", PAGES)
def test_names_are_there_and_used(page):
    assert "All checks passed!" in complaints(PAGES[page])


def test_a_missing_name_is_found():
    assert len(PAGES) > 10
    assert "F821" in complaints("print(nowhere)")
