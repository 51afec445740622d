"""Mend what the theme and bibliography write into a page that screen readers stumble over.

Each entry of ``MENDED`` is something that axe finds serious, or that is not valid HTML; the tests
of the pages find it again if an entry is taken away. What scrolls is made reachable by keyboard in
the browser (``scrolling.js``), since it depends on the width of the screen.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

MENDED: dict[str, tuple[re.Pattern[str], str]] = {
    # Chapters with pages below them unfold by an arrow, which is a picture only.
    "an arrow without a name": (
        re.compile(r'<summary>(?=<span class="toctree-toggle")'),
        '<summary aria-label="Pages below">',
    ),
    # A list has items; references are said to be entries instead, by a role that is withdrawn.
    "a list without items": (
        re.compile(r'<div role="list" class="citation-list">'),
        '<div class="citation-list">',
    ),
    "a withdrawn role": (re.compile(r' role="doc-biblioentry"'), ""),
    # Sphinx puts what a function returns into a paragraph, even lists and paragraphs. The first of
    # them has ended the outer one, so that nothing is left to be closed.
    "a block in a paragraph": (re.compile(r"(</(?:ul|ol|dl|p)>)\s*</p>"), r"\1"),
    "a paragraph of blocks alone": (re.compile(r"<p>(?=<(?:ul|ol|dl|p)\b)"), ""),
    # The page that leads to the first one.
    "a page without its type": (
        re.compile(r'\A\s*(<meta http-equiv="Refresh" content="0; url=([^"]*)" />)\s*\Z'),
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\\1'
        '<title>To the book</title></head><body><a href="\\2">To the book</a></body></html>\n',
    ),
}


def mend(text: str) -> str:
    """Return a page with everything mended; one that is mended already stays as it is."""
    for pattern, instead in MENDED.values():
        text = pattern.sub(instead, text)
    return text


def _mend_pages(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        if "_static" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if (mended := mend(text)) != text:
            path.write_text(mended, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Mend pages last, when everything else has been written."""
    app.connect("build-finished", _mend_pages, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
