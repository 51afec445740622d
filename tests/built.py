"""The built book as the tests look at it: which pages there are, and what is in one."""

import re
from html.parser import HTMLParser
from pathlib import Path

from html5rdf import HTMLParser as StandardParser

from regimekit.book import checkout

BOOK = checkout() / "book"
PAGES = [f"book/{path.stem}.html" for path in sorted(BOOK.glob("*.md"))]


class Anchors(HTMLParser):
    """Anchors of a page, and the addresses that it points to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(text_of(path))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.names.add(value or "")
            elif name in ("href", "src") and value is not None:
                self.addresses.add(value)


def text_of(path: Path) -> str:
    """Source of a page, without the pictures that are written out in it."""
    return re.sub(r'"data:[^"]*"', '"data:,"', path.read_text(encoding="utf-8"))


def parse_errors(text: str) -> list[str]:
    """What the parser of the HTML standard complains about, with the line."""
    parser = StandardParser()
    parser.parse(text)
    return [f"line {line}: {error} {details}" for (line, _), error, details in parser.errors]
