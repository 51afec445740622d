"""Keep the built book offline: leave out what the theme would load for live code cells.

Jupyter Book always loads its extension for running cells on a remote server, whose scripts name an
address outside. This book has no such cells.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def _without_live_code(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if not _is_live_code(file)]


def _without_live_code_settings(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Drop the settings that the same extension appends to each page: they name a remote server."""
    for node in list(doctree.findall(nodes.raw)):
        text = node.astext()
        if "thebe" in text or text.startswith("<script>kernelName"):
            node.parent.remove(node)


def _is_live_code(file: Any) -> bool:
    attributes = getattr(file, "attributes", {})
    return "thebe" in f"{file} {getattr(file, 'filename', '')} {attributes}".lower()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the filter, after everything that adds files to a page."""
    app.connect("doctree-resolved", _without_live_code_settings, priority=900)
    app.connect("html-page-context", _without_live_code, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
