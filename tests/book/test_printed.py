"""The book as one PDF: pages in order, links within it, a clear word where nothing can print."""

import re
import shutil

import pytest

from regimekit import printed

PAGE = """<!DOCTYPE html><html lang="en"><head><title>{title}</title>
<script src="search.js"></script><script src="mathjax.js"></script>
{links}</head><body><nav id="top">menu</nav>
{contents}<article class="bd-article"><h1 id="title">{title}</h1>{body}</article></body></html>"""
CONTENTS = """<nav class="bd-links bd-docs-nav" aria-label="Main"><a href="#">One</a>
<details><summary>more</summary><a href="two.html">Two</a></details></nav>"""


@pytest.fixture
def index(tmp_path):
    book = tmp_path / "book"
    book.mkdir()
    one = '<a href="two.html#title">x</a> <a href="#title">y</a> <a href="../other.html">z</a>'
    two = '<a href="one.html">x</a> <a href="https://example.org/#title">y</a>'
    links = '<link rel="next" title="Two" href="two.html" />'
    first = PAGE.format(title="One & only", links=links, body=one, contents=CONTENTS)
    (book / "one.html").write_text(first)
    two += "<details class='hide'><summary>Show</summary>solution</details><details open></details>"
    (book / "two.html").write_text(PAGE.format(title="Two", links="", body=two, contents=""))
    front = tmp_path / "index.html"
    front.write_text('<meta http-equiv="Refresh" content="0; url=book/one.html" />')
    return front


def test_pages_are_joined_and_lead_to_one_another(index):
    pages = printed.pages_in_order(index.parent / "book" / "one.html")
    assert [page.name for page in pages] == ["one.html", "two.html"]
    text = printed.one_page(pages, "All & more")
    assert re.findall(r'href="([^"]*)"', text.split("<body>")[1]) == [
        *("#two-title", "#one-title", "../other.html"),
        *("#one", "#two"),  # the contents
        *("#one", "https://example.org/#title"),
    ]
    assert re.findall(r' id="([^"]*)"', text) == ["one", "one-title", "two", "two-title"]
    assert "<title>All &amp; more</title>" in text
    # Paper cannot be pressed: what opens is open.
    assert text.count("<details") == text.count("<details open") == 3
    assert "mathjax.js" in text
    assert "search.js" not in text


@pytest.mark.browser
def test_a_pdf_is_printed(index, chromium, tmp_path):
    target = printed.print_book(index, tmp_path / "book.pdf")
    content = target.read_bytes()
    assert content.startswith(b"%PDF")
    # Chapters begin on pages of their own only by the book's style, which is not here.
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 1
    assert not (tmp_path / "book" / "printed.html").exists()


def test_without_a_browser_a_sentence_says_so_before_the_build(tmp_path, monkeypatch, capsys):
    from regimekit import cli

    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr("sys.argv", ["regimekit", "book", "--pdf", "--output", str(tmp_path / "o")])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert "A PDF is printed by Chromium, and there is none here" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
