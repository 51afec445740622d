"""The page of all figures: what the other pages drew while they were executed, to be taken.

Nothing is drawn for it. Each page's kernel keeps its figures (see ``regimekit.noted``), and they
are shown here in the order of the chapters, each with a link to its place.
"""

import html
import shutil
from pathlib import Path
from typing import Any

from downloads import FOLDER, noted
from sphinx.application import Sphinx

from regimekit.noted import noted_figures

PAGE, PLACE = "book/gallery", '<div id="regimekit-gallery"></div>'


def _chapters(app: Sphinx) -> list[str]:
    """Pages in the order of the table of contents."""
    return [docname for docname in app.env.collect_relations() if docname != PAGE]


def _card(docname: str, name: str, words: dict[str, str]) -> str:
    slug = docname.rpartition("/")[2]
    file = f"../{FOLDER}/figures/{slug}-{name}"
    alt, provenance = html.escape(words["alt"]), html.escape(words["provenance"])
    links = " ".join(
        f'<a href="{file}.{kind}" download aria-label="{kind.upper()} of {slug}, {name}">'
        f"{kind.upper()}</a>"
        for kind in ("png", "svg")
    )
    return (
        f'<figure class="regimekit-card"><a href="{slug}.html#{name}">'
        f'<img src="{file}.png" alt="{alt}"></a>'
        f"<figcaption>{provenance} {links}</figcaption></figure>"
    )


def _fill(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    if pagename != PAGE:
        return
    parts = []
    for docname in _chapters(app):
        figures = noted_figures(noted(app, docname))
        if figures:
            title = html.escape(app.env.titles[docname].astext())
            cards = "".join(_card(docname, name, words) for name, words in figures.items())
            parts.append(f'<h2>{title}</h2><div class="regimekit-gallery">{cards}</div>')
    context["body"] = context["body"].replace(PLACE, "".join(parts))


def _copy(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html" or PAGE not in app.env.found_docs:
        return
    target = Path(app.outdir) / FOLDER / "figures"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for docname in _chapters(app):
        for name in noted_figures(noted(app, docname)):
            for kind in ("png", "svg"):
                file = noted(app, docname) / f"{name}.{kind}"
                shutil.copy2(file, target / f"{docname.rpartition('/')[2]}-{name}.{kind}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill the page as it is written, when all others have been read."""
    app.connect("html-page-context", _fill)
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
