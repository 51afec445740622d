"""Pages of a book built from very little: a few cells, none of which a published map has."""

import os
import re
import warnings

import IPython.display
import numpy as np
import pytest
import xarray as xr

from regimekit.book import checkout

PAGES = sorted(
    path.stem
    for path in (checkout() / "book").glob("*.md")
    if "{code-cell}" in path.read_text(encoding="utf-8")
)
#: What `make reproduce` does not make: these are measured from stored runs.
MEASURED = ("-curvature", "-paths", "-dynamics")


@pytest.fixture(scope="module")
def little(tmp_path_factory):
    """The corners of each published map, its first seed, with one sample more than any has."""
    folder = tmp_path_factory.mktemp("data")
    for path in (checkout() / "data").glob("*.nc"):
        name = path.stem.removesuffix("-weights")
        if name.endswith(MEASURED):
            continue
        dataset = xr.load_dataset(path)
        corners = {dim: sorted({0, dataset.sizes[dim] - 1}) for dim in ("difficulty", "data")}
        dataset = dataset.isel(corners | {"seed": [0]})
        axis = dataset.attrs.get("data_axis")
        if axis in dataset:
            moved = ("data", dataset[axis].values + 1, dataset[axis].attrs)
            dataset = dataset.assign_coords({axis: moved})
        dataset.attrs["preset"] = "smoke"
        dataset.to_netcdf(folder / path.name)
    return folder


def cells(page):
    """Code of a page, cell by cell, without its options."""
    text = (checkout() / "book" / f"{page}.md").read_text(encoding="utf-8")
    for cell in re.findall(r"```\{code-cell\}[^\n]*\n(.*?)```", text, re.DOTALL):
        code = cell.split("---\n", 2)[2] if cell.startswith("---") else cell
        yield re.sub(r"^:.*\n", "", code, flags=re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_made_of_little(page, little, monkeypatch):
    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda *given, **_: shown.extend(given))
    monkeypatch.setenv("REGIMEKIT_DATA", str(little))
    monkeypatch.chdir(checkout() / "book")
    monkeypatch.syspath_prepend(os.path.join(checkout(), "book", "_extensions"))
    names = {"__name__": "__main__"}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a kernel's warnings are no part of the page
        for code in cells(page):
            exec(compile(code, page, "exec"), names)
    words = " ".join(str(item.data) for item in shown if isinstance(item, IPython.display.Markdown))
    assert not re.search(r"\bnan\b", words)
