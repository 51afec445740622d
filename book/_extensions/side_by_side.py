"""Read pages side by side, one process a core: reading a page executes it.

Jupyter Book hands no number of jobs to Sphinx, and Sphinx would deal pages out by name in a few
large chunks: one process would have most of the long chapters, and nothing would be seen of a chunk
before its end. Here a process takes one page at a time, those first that take long.
"""

import os
import sys

from sphinx import builders
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

#: A process takes 1 to 2 GB of memory, and few pages are long.
MOST = 4

#: Pages of few words that compute much.
LONG = ("book/adapt", "book/how_methods_work")

_chunks = builders.make_chunks


def _one_by_one(pages: list[str], jobs: int, maxbatch: int = 1) -> list[list[str]]:
    return [[page] for page in pages]


def _begin(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    jobs = min(os.cpu_count() or 1, MOST)
    docnames.sort(key=lambda page: (page not in LONG, -os.path.getsize(env.doc2path(page))))
    # Sphinx begins a page for each process as pages come, and takes the others from the end.
    docnames[jobs:] = docnames[: jobs - 1 : -1]
    builders.make_chunks = _one_by_one
    if sys.platform == "linux":  # Sphinx forks, which is not safe elsewhere
        app.parallel = jobs
    # They do not say whether they allow this. The first numbers chapters when all pages have been
    # read; what the second does to a page stays in that page.
    for name in ("sphinx_multitoc_numbering", "sphinx_jupyterbook_latex"):
        app.extensions[name].parallel_read_safe = True


def _end(app: Sphinx, env: BuildEnvironment) -> None:
    # Pages are written by this process alone: extensions remember what they wrote.
    builders.make_chunks = _chunks
    app.parallel = 1


def setup(app: Sphinx) -> dict[str, bool]:
    """Take part before pages are read, and after."""
    app.connect("env-before-read-docs", _begin, priority=900)
    app.connect("env-updated", _end)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
