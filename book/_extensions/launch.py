"""Buttons that run a page's notebook on Binder or Colab, if the book knows a public address.

It is told one by ``regimekit book --repository``, or by ``repository`` in ``_config.yml``.
"""

import html
import os
from typing import Any

from downloads import makers
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

from regimekit.book import BRANCH, REPOSITORY, checkout
from regimekit.errors import ConfigurationError
from regimekit.launch import Repository

PLACE = '<div class="regimekit-launch"></div>'
"""Where a page asks for the list of all notebooks."""


def _know(app: Sphinx, config: Config) -> None:
    theme = config.html_theme_options
    told = os.environ.get(REPOSITORY), os.environ.get(BRANCH)
    written = theme.get("repository_url"), theme.get("repository_branch")
    address, branch = told if told[0] else written
    try:
        public = Repository(address, branch or "main") if address else None
    except ConfigurationError as error:
        raise ConfigError(str(error)) from error
    # As text, of which Sphinx sees that it changed since the last build: pages are written again.
    config.regimekit_repository = f"{public.address} {public.branch}" if public else ""


def _repository(app: Sphinx) -> Repository | None:
    known = app.config.regimekit_repository
    return Repository(*known.split()) if known else None


def _link(address: str, name: str, where: str) -> str:
    return (
        f'<a class="reference external" href="{html.escape(address)}" '
        f'aria-label="{name} on {where}">on {where}</a>'
    )


def listing(repository: Repository | None) -> str:
    """All notebooks with the links that run them, as HTML."""
    if repository is None:
        return (
            "<p>This copy of the book does not know the address of a public repository. Built by "
            "<code>make book REPOSITORY=https://github.com/OWNER/regimekit</code> it has buttons "
            "for both, here and on each page that shows what a notebook computes.</p>"
        )
    rows = []
    for path in sorted((checkout() / "notebooks").glob("*.ipynb")):
        inside = f"notebooks/{path.name}"
        binder = _link(repository.binder(inside), path.name, "Binder")
        colab = _link(repository.colab(inside), path.name, "Colab")
        rows.append(f"<li><code>{path.name}</code>: {binder}, {colab}</li>")
    return (
        f"<ul>{''.join(rows)}</ul><p>Binder installs all by itself. On Colab run this first, in a "
        f"cell of its own:</p><pre><code>{html.escape(repository.installation)}</code></pre>"
    )


def _offer(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    repository = _repository(app)
    if PLACE in context.get("body", ""):
        context["body"] = context["body"].replace(PLACE, listing(repository))
    notebooks = makers(app, pagename)
    if repository is None or not notebooks:
        return
    path = f"notebooks/{notebooks[0].name}"
    buttons = [
        {
            "type": "link",
            "text": where,
            "tooltip": f"Run {notebooks[0].name} on {where}",
            "icon": f"_static/images/logo_{picture}",
            "url": address,
        }
        for where, picture, address in (
            ("Binder", "binder.svg", repository.binder(path)),
            ("Colab", "colab.png", repository.colab(path)),
        )
    ]
    context.setdefault("header_buttons", []).append(
        {
            "type": "group",
            "tooltip": "Run the notebook of this page",
            "icon": "fas fa-rocket",
            "buttons": buttons,
            "label": "launch-buttons",
        }
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Learn the address as the build begins; offer it as pages are written, after the theme."""
    app.add_config_value("regimekit_repository", "", "html")
    app.connect("config-inited", _know)
    app.connect("html-page-context", _offer, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
