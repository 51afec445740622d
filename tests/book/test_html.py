"""The HTML of the built book: valid, with links that lead somewhere and data to take along."""

import re
from urllib.parse import unquote, urlsplit

from built import PAGES, Anchors, text_of
from justhtml import JustHTML

from regimekit.book import checkout

#: Errors that the theme's own templates make, with the reason why they stay.
THEMES: dict[str, str] = {}


def test_html_is_valid(site):
    for name in ["index.html", "search.html", "genindex.html", *PAGES]:
        errors = JustHTML(text_of(site / name), collect_errors=True, sanitize=False).errors
        ours = [str(error) for error in errors if error.code not in THEMES]
        assert not ours, f"{name}: {ours[:5]}"


def test_links_within_the_book_lead_somewhere(site):
    anchors = {path: Anchors(path) for path in (site / n for n in ["index.html", *PAGES])}
    checked = 0
    for path, page in anchors.items():
        for address in page.addresses:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), f"{path.name}: {address}"
            if parts.fragment and target.suffix == ".html":
                names = anchors.setdefault(target, Anchors(target)).names
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
        drawn = set(re.findall(r"([a-z0-9-]+\.nc), preset", text))
        assert drawn <= set(offered), name
        assert not [file for file in offered if "-weights" in file], name
        for file in offered:
            source = checkout() / ("data" if file.endswith(".nc") else "notebooks") / file
            assert (site / "_downloads" / file).read_bytes() == source.read_bytes()
        offered_by[name] = offered
    assert {"pinn-convection.nc", "pinn_convection.ipynb"} <= set(offered_by["book/pinn.html"])
    assert not offered_by["book/adapt.html"], "nothing published is shown there"
