"""The HTML of the built book: valid, with links that lead somewhere and data to take along."""

import re
from collections import Counter
from urllib.parse import unquote, urlsplit

import pytest
from built import PAGES, Anchors, parse_errors, text_of

from regimekit.book import checkout


def _mistakes(text: str) -> list[str]:
    """What the parser of the HTML standard complains about, and names that are given twice."""
    found = parse_errors(text)
    names = Counter(re.findall(r'<[a-z][^<>]*\sid="([^"]*)"', text))
    return found + [f"id {name} {n} times" for name, n in names.items() if n > 1]


def test_html_is_valid(site):
    for name in ["index.html", "search.html", "genindex.html", *PAGES]:
        assert not _mistakes(text_of(site / name)), name


@pytest.mark.parametrize(
    "mistake", ["<p><div></p></div>", '<a href="x" href="y">z</a>', '<i id="a"></i><b id="a"></b>']
)
def test_a_mistake_in_html_is_found(mistake):
    page = "<!DOCTYPE html><html><head><title>t</title></head><body>{}</body></html>"
    assert _mistakes(page.format(mistake))
    assert _mistakes(page.replace("<!DOCTYPE html>", "").format(""))
    assert not _mistakes(page.format("<p>text</p>"))


def test_links_within_the_book_lead_somewhere(site):
    anchors = {path: Anchors(path) for path in (site / n for n in ["index.html", *PAGES])}
    others, checked = dict(anchors), 0
    for path, page in anchors.items():
        for address in page.addresses:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), f"{path.name}: {address}"
            if parts.fragment and target.suffix == ".html":
                if target not in others:
                    others[target] = Anchors(target)
                names = others[target].names
                assert unquote(parts.fragment) in names, f"{path.name}: {address}"
            checked += 1
    assert checked > 100


def test_pages_offer_their_datasets_and_notebooks(site):
    offered_by = {}
    for name in PAGES:
        text = text_of(site / name)
        block = re.search(r'<details class="regimekit-downloads">.*?</details>', text, re.DOTALL)
        offered = re.findall(r'href="\.\./_downloads/([^"]*)"', block[0] if block else "")
        # Captions of figures name the datasets that are drawn: the ones a reader wants.
        figures = re.findall(r'<figure class="regimekit"[^>]*>.*?</figure>', text, re.DOTALL)
        drawn = set(re.findall(r"([a-z0-9-]+\.nc), preset", "".join(figures)))
        assert drawn <= set(offered), name
        assert not [file for file in offered if "-weights" in file], name
        for file in offered:
            source = checkout() / ("data" if file.endswith(".nc") else "notebooks") / file
            assert (site / "_downloads" / file).read_bytes() == source.read_bytes()
        offered_by[name] = offered
    assert {"pinn-convection.nc", "pinn_convection.ipynb"} <= set(offered_by["book/pinn.html"])
    assert not offered_by["book/adapt.html"], "nothing published is shown there"


def test_the_gallery_has_every_figure_with_files_to_take(site):
    gallery = text_of(site / "book" / "gallery.html")
    cards = re.findall(r'<a href="([a-z_]+\.html)#(figure-\d+)"><img [^>]*alt="([^"]*)"', gallery)
    shown = []
    for name in PAGES:
        pattern = r'<figure class="regimekit" id="([^"]*)"><img alt="([^"]*)"'
        for figure, alt in re.findall(pattern, text_of(site / name)):
            shown.append((name.removeprefix("book/"), figure, alt))
            for kind, begins in (("png", b"\x89PNG"), ("svg", b"<?xml")):
                file = site / "_downloads" / "figures" / f"{name[5:-5]}-{figure}.{kind}"
                assert file.read_bytes().startswith(begins)
    assert len(shown) >= 10
    assert sorted(cards) == sorted(shown)
