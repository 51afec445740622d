"""Read and execute a page again if, and only if, something that its numbers depend on has changed.

Sphinx looks at the sources of pages. What a page shows depends on more: on the datasets it loads,
the library's code, the versions of packages. A hash over all of it is kept with each page that has
been read; a page whose hash is another one now counts as changed. If any page has, all are written
anew, since they name one another.
"""

import functools
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from downloads import noted
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from regimekit import datasets
from regimekit.book import checkout
from regimekit.grids.provenance import checked_out, machine, versions
from regimekit.noted import noted_commit, noted_datasets

#: Below the checkout: code that pages run, show or list.
CODE = ("regimekit", "examples", "notebooks", "book/_extensions")


@functools.cache
def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "none"


@functools.cache
def _common() -> dict[str, object]:
    """Everything that any page may depend on."""
    root, data = checkout(), datasets.folder()
    code = [p for part in CODE for p in sorted((root / part).rglob("*")) if p.is_file()]
    beside = [p for p in sorted(data.rglob("*")) if p.is_file() and p.suffix != ".nc"]
    return {
        "code": {str(p): _hash(p) for p in code if "__pycache__" not in p.parts},
        # Which datasets there are, and what lies beside them; contents go with the pages that load.
        "data": sorted(p.name for p in data.glob("*.nc")),
        "beside": {str(p.relative_to(data)): _hash(p) for p in beside},
        # Pages say on which machine they were made; some say with which commit.
        "versions": versions(),
        "machine": machine(),
    }


def made_of(app: Sphinx, docname: str) -> str:
    """Hash of everything that a page depends on, besides its source."""
    folder = noted(app, docname)
    own = {
        "loaded": {n: _hash(datasets.folder() / f"{n}.nc") for n in noted_datasets(folder)},
        "commit": checked_out() if noted_commit(folder) else "",
    }
    text = json.dumps(_common() | own, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(app: Sphinx, doctree: nodes.document) -> None:
    app.env.metadata[app.env.docname]["made_of"] = made_of(app, app.env.docname)


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> Iterable[str]:
    _changed.extend(removed)
    return [
        docname
        for docname in env.found_docs - added - changed
        if env.metadata.get(docname, {}).get("made_of") != made_of(app, docname)
    ]


def _note_changes(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    _changed.extend(docnames)


def _write_all(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    return sorted(env.found_docs) if _changed else []


#: Pages that are read, or gone, in this build.
_changed: list[str] = []


def setup(app: Sphinx) -> dict[str, bool]:
    """Keep a hash as a page is read, and compare it before the next build reads any."""
    app.connect("doctree-read", _keep)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-before-read-docs", _note_changes)
    app.connect("env-updated", _write_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
