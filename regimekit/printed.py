"""The built book as one PDF: its pages one after the other, printed by Chromium."""

import html
import os
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path

from regimekit.errors import ConfigurationError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: Milliseconds of a page's own time that formulas may take; the clock runs as fast as the work.
PATIENCE = 120_000

_ARTICLE = re.compile(r'<article class="bd-article">(.*)</article>', re.DOTALL)
_CONTENTS = re.compile(r'<nav class="bd-links[^>]*>(.*?)</nav>', re.DOTALL)
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
_CLOSED = re.compile(r"<details(?![^>]*\sopen)")
_NEXT = re.compile(r'<link rel="next" [^>]*href="([^"]*)"')
_ADDRESS = re.compile(r'(?<=\shref=")([^"#:]*)(?:#([^"]*))?(?=")')
_NAME = re.compile(r'(?<=\sid=")([^"]*)(?=")')
# Of what a page loads, its looks and its formulas; the rest is for readers at a screen.
_SCRIPT = re.compile(r"<script\b[^>]*>.*?</script>\s*", re.DOTALL)


def browser() -> Path:
    """Find the program that prints.

    Raises
    ------
    ConfigurationError
        If there is none.
    """
    for name in PROGRAMS:
        if (found := shutil.which(name)) is not None:
            return Path(found)
    raise ConfigurationError(
        "A PDF is printed by Chromium, and there is none here: install it (on Debian: `apt-get "
        "install chromium`), or leave out --pdf and print pages from your browser."
    )


def pages_in_order(first: Path) -> list[Path]:
    """Follow each page's link to the next one.

    Parameters
    ----------
    first
        The page to begin with.
    """
    pages = [first.resolve()]
    while (following := _NEXT.search(pages[-1].read_text(encoding="utf-8"))) is not None:
        page = (pages[-1].parent / following[1]).resolve()
        if page in pages:
            break
        pages.append(page)
    return pages


def one_page(pages: list[Path], title: str = "Regimekit") -> str:
    """Join pages of one folder into one, in which links between them stay within it.

    The contents follow the first page, and what a reader of the pages opens is open.

    Parameters
    ----------
    pages
        Of one folder, in the order of reading.
    title
        Of all.
    """
    names = {page.name for page in pages}
    parts = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        found = _ARTICLE.search(text)
        if found is None:
            continue

        body = _ADDRESS.sub(partial(_within, page.name, names), found[1])
        body = _CLOSED.sub("<details open", _NAME.sub(rf"{_slug(page.name)}-\1", body))
        parts.append(f'<div class="printed" id="{_slug(page.name)}">{body}</div>')
    text = pages[0].read_text(encoding="utf-8")
    if (contents := _CONTENTS.search(text)) is not None:
        links = _ADDRESS.sub(partial(_within, pages[0].name, names), contents[1])
        links = _CLOSED.sub("<details open", links)
        parts.insert(1, f'<div class="printed contents"><h1>Contents</h1>{links}</div>')
    named = f"<title>{html.escape(title)}</title>"
    text = _TITLE.sub(lambda _: named, text)  # as it stands: a backslash is no group
    head = _SCRIPT.sub(
        lambda script: script[0] if "mathjax" in script[0].lower() else "",
        text.partition("</head>")[0],
    )
    article = f'<article class="bd-article">{"".join(parts)}</article>'
    return f"{head}</head><body>{article}</body></html>\n"


def print_book(index: Path, target: Path) -> Path:
    """Print the built book.

    Parameters
    ----------
    index
        The front page, which leads to the first chapter.
    target
        The PDF.

    Returns
    -------
    Path
        The PDF.

    Raises
    ------
    ConfigurationError
        If there is no Chromium.
    RuntimeError
        If it printed nothing.
    """
    program = browser()
    leads = re.search(r'url=([^"]*)"', index.read_text(encoding="utf-8"))
    first = index.parent / leads[1] if leads is not None else index
    # Beside the pages, so that their styles and scripts are found; it is no page of the book.
    joined = first.parent / "printed.html"
    pages = pages_in_order(first)
    heading = re.search(r"<h1[^>]*>([^<]*)", pages[0].read_text(encoding="utf-8"))
    title = html.unescape(heading[1]) if heading is not None else "Regimekit"
    joined.write_text(one_page(pages, title), encoding="utf-8")
    target.unlink(missing_ok=True)
    words = [str(program), "--headless", "--disable-gpu", "--no-pdf-header-footer"]
    words += [f"--virtual-time-budget={PATIENCE}", "--generate-pdf-document-outline"]
    # Chromium's sandbox refuses to start for the superuser, as in most containers.
    words += ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    words += [f"--print-to-pdf={target.resolve()}", joined.resolve().as_uri()]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    joined.unlink()
    if not target.exists():
        raise RuntimeError(f"{program.name} printed no PDF: {done.stderr.strip()[-500:]}")
    return target


def _within(page: str, names: set[str], address: re.Match[str]) -> str:
    name, anchor = address[1] or page, address[2]
    if name not in names:
        return address[0]
    return f"#{_slug(name)}" + (f"-{anchor}" if anchor else "")


def _slug(name: str) -> str:
    return name.removesuffix(".html")
