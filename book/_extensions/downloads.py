"""At the end of each page, the datasets that it loaded and the notebooks that make them.

A page is executed in a kernel of its own, which notes what it loads in a folder that an environment
variable names (see ``regimekit.noted``). Weights are left out: they are many times larger, and
whoever wants them has the repository.
"""

import html
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from regimekit import datasets
from regimekit.book import checkout, made_by
from regimekit.noted import VARIABLE, noted_datasets

FOLDER = "_downloads"


def noted(app: Sphinx, docname: str) -> Path:
    """Return the folder in which a page notes what it is made of."""
    return Path(app.doctreedir) / "noted" / docname.replace("/", "-")


def _ask(app: Sphinx, docname: str, source: list[str]) -> None:
    """Before a page is read, and executed: name its folder to its kernel."""
    shutil.rmtree(noted(app, docname), ignore_errors=True)
    os.environ[VARIABLE] = str(noted(app, docname))


def _offered(app: Sphinx, docname: str) -> list[str]:
    """Datasets that a page loaded, without weights and those that were asked for in vain."""
    names = noted_datasets(noted(app, docname))
    return [n for n in names if not n.endswith("-weights") and _file(n).exists()]


def makers(app: Sphinx, docname: str) -> list[Path]:
    """Return the notebooks that make a page's datasets, that which makes most of them first."""
    notebooks = Counter(made_by(name)[0] for name in _offered(app, docname))
    return [notebook for notebook, _ in notebooks.most_common() if notebook is not None]


def _file(name: str) -> Path:
    return datasets.folder() / f"{name}.nc"


def _offer(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    names = _offered(app, pagename)
    if not names:
        return
    root = "../" * pagename.count("/") + FOLDER
    rows = []
    for name in names:
        size = _file(name).stat().st_size / 1e6
        notebook, command = made_by(name)
        maker = f"<code>{html.escape(command)}</code>"
        if notebook is not None:
            maker = f'<a href="{root}/{notebook.name}" download>{notebook.name}</a>, or {maker}'
        rows.append(
            f'<li><a href="{root}/{name}.nc" download>{name}.nc</a> ({size:.1f} MB), '
            f"made by {maker}</li>"
        )
    count = f"{len(names)} datasets" if len(names) > 1 else "The dataset"
    context["body"] += (
        f'<details class="regimekit-downloads"><summary>{count} of this page, and what makes '
        f"{'them' if len(names) > 1 else 'it'}</summary><ul>{''.join(rows)}</ul></details>"
    )


def _copy(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / FOLDER
    target.mkdir(exist_ok=True)
    for name in {n for docname in app.env.found_docs for n in _offered(app, docname)}:
        shutil.copy2(_file(name), target)
    for notebook in (checkout() / "notebooks").glob("*.ipynb"):
        shutil.copy2(notebook, target)


def setup(app: Sphinx) -> dict[str, bool]:
    """Note what pages load as they are read, and add the links as they are written."""
    app.connect("source-read", _ask)
    app.connect("html-page-context", _offer)
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
