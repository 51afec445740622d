"""Extensions of the book, without the book: what they mend, and when they read a page again."""

import importlib
import sys
import warnings
from pathlib import Path

import pytest
from built import parse_errors
from sphinx.errors import ConfigError

from regimekit.book import checkout, made_by

EXTENSIONS = checkout() / "book" / "_extensions"


@pytest.fixture
def extensions(monkeypatch):
    """Make the extensions importable, as Sphinx does."""
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    yield
    for path in EXTENSIONS.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.fixture
def mend(extensions):
    return importlib.import_module("accessibility").mend


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        (
            '<summary><span class="toctree-toggle" role="presentation">',
            '<summary aria-label="Pages below"><span class="toctree-toggle" role="presentation">',
        ),
        ('<div role="list" class="citation-list">', '<div class="citation-list">'),
        ('<div class="citation" role="doc-biblioentry">', '<div class="citation">'),
        ("<p><ul><li><p>a</p></li></ul>\n</p>", "<ul><li><p>a</p></li></ul>"),
        ("<p><p>a</p>\n<ul></ul>\n<p>b</p>\n</p>", "<p>a</p>\n<ul></ul>\n<p>b</p>"),
        ("<p>text <ol><li>a</li></ol></p>", "<p>text <ol><li>a</li></ol>"),
    ],
)
def test_pages_are_mended_once(mend, written, mended):
    assert mend(written) == mended
    assert mend(mended) == mended


def test_the_way_to_the_first_page_is_a_page(mend):
    page = mend('\n<meta http-equiv="Refresh" content="0; url=book/intro.html" />\n')
    assert '<a href="book/intro.html">' in page
    assert not parse_errors(page)


def test_a_dataset_is_made_by_a_notebook_or_a_command():
    notebook, command = made_by("pinn-convection")
    assert notebook is not None
    assert (notebook.name, command) == ("pinn_convection.ipynb", "regimekit run pinn-convection")
    assert made_by("pinn-convection-paths") == (None, "regimekit paths pinn-convection")


def _build(folder: Path, loaded: str = "some", *more: str) -> list[str]:
    """Build a book of two pages, one of which loads a dataset; the pages that were read."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    from regimekit import datasets

    sys.modules.pop("executed", None)  # a build is a process of its own
    read = []

    def load(app, doctree):
        read.append(app.env.docname)
        if app.env.docname == "page":
            datasets.load_if_there(loaded)

    with warnings.catch_warnings(), docutils_namespace():
        warnings.simplefilter("ignore")  # of Sphinx itself
        app = Sphinx(
            *(str(folder / part) for part in ("source", "source", "html", "doctrees")),
            buildername="html",
            status=None,
            confoverrides={"extensions": ["downloads", "executed", *more]},
        )
        app.connect("doctree-read", load, priority=100)
        app.build()
    return sorted(read)


def test_a_page_is_read_again_if_what_it_loads_changed(extensions, tmp_path, monkeypatch):
    import xarray as xr

    data, source = tmp_path / "data", tmp_path / "source"
    data.mkdir()
    source.mkdir()
    (source / "conf.py").write_text("")
    (source / "index.rst").write_text("Index\n=====\n\n.. toctree::\n\n   page\n")
    (source / "page.rst").write_text("Page\n====\n")
    monkeypatch.setenv("REGIMEKIT_DATA", str(data))
    monkeypatch.setenv("REGIMEKIT_NOTED", "")  # the build sets it; to be unset again
    xr.Dataset({"x": 1}).to_netcdf(data / "some.nc")
    xr.Dataset({"x": 1}).to_netcdf(data / "other.nc")

    assert _build(tmp_path) == ["index", "page"]
    assert _build(tmp_path) == []
    html = (tmp_path / "html" / "page.html").read_text()
    assert '<a href="_downloads/some.nc" download>some.nc</a>' in html
    assert "regimekit-downloads" not in (tmp_path / "html" / "index.html").read_text()

    xr.Dataset({"x": 2}).to_netcdf(data / "other.nc")
    assert _build(tmp_path) == []
    xr.Dataset({"x": 2}).to_netcdf(data / "some.nc")
    assert _build(tmp_path) == ["page"]
    (data / "bench.json").write_text("{}")
    assert _build(tmp_path) == ["index", "page"]
    (data / "some.nc").unlink()
    assert _build(tmp_path) == ["index", "page"]


def test_pages_have_buttons_for_their_notebook_where_the_address_is_known(
    extensions, tmp_path, monkeypatch
):
    import xarray as xr

    data, source = tmp_path / "data", tmp_path / "source"
    data.mkdir()
    source.mkdir()
    (source / "conf.py").write_text("html_theme = 'sphinx_book_theme'")
    (source / "index.rst").write_text(
        "Index\n=====\n\n.. toctree::\n\n   page\n\n"
        '.. raw:: html\n\n   <div class="regimekit-launch"></div>\n'
    )
    (source / "page.rst").write_text("Page\n====\n")
    monkeypatch.setenv("REGIMEKIT_DATA", str(data))
    monkeypatch.setenv("REGIMEKIT_NOTED", "")
    xr.Dataset({"x": 1}).to_netcdf(data / "node-pendulum.nc")
    html = tmp_path / "html"

    def build():
        return _build(tmp_path, "node-pendulum", "launch")

    assert build() == ["index", "page"]
    assert "mybinder" not in (html / "page.html").read_text()
    assert "does not know the address" in (html / "index.html").read_text()

    monkeypatch.setenv("REGIMEKIT_REPOSITORY", "https://github.com/someone/fork")
    assert build() == []  # read again, and executed, is none
    page = (html / "page.html").read_text()
    assert "https://mybinder.org/v2/gh/someone/fork/main?urlpath=lab/tree/notebooks/node.i" in page
    assert "https://colab.research.google.com/github/someone/fork/blob/main/notebooks/node" in page
    index = (html / "index.html").read_text()
    notebooks = sorted((checkout() / "notebooks").glob("*.ipynb"))
    assert all(index.count(f"/{path.name}") == 2 for path in notebooks)
    assert "git+https://github.com/someone/fork@main" in index
    assert not parse_errors(index)

    monkeypatch.setenv("REGIMEKIT_REPOSITORY", "someone/fork")
    with pytest.raises(ConfigError, match="must be an address"):
        build()
