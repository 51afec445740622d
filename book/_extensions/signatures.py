"""The reference as the source reads: short types, and nothing that only Python put there.

Types are resolved when the library is imported: ``Array`` becomes the class behind it, and
jaxtyping's ``PRNGKeyArray`` the union that it stands for. Formulas stand between dollars in
docstrings, which the pages of the book read and the markup of docstrings does not.
"""

import re
from enum import Enum
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

ARRAY = re.compile(r"~?(jax\.)?jaxlib\._jax\.Array")
KEY = re.compile(
    r"~?(jaxtyping\.)?Key\[Array, ''\] \| ~?(jaxtyping\.)?UInt32\[Array, '2'\]"
    r" \| ~?(jaxtyping\.)?UInt32\[Array, '4'\]"
)

FORMULA = re.compile(r"(?<![\\\w])\$(?=\S)([^$`]+?)(?<=\S)\$(?!\w)")


def shorten(text: str) -> str:
    """Write a signature or a type with the names that its source uses."""
    return KEY.sub("PRNGKeyArray", ARRAY.sub("Array", text))


def _short(
    app: Sphinx,
    what: str,
    name: str,
    of: Any,
    options: Any,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    # Nobody makes a member of an enumeration by calling it.
    if isinstance(of, type) and issubclass(of, Enum):
        return "", None
    return (
        None if signature is None else shorten(signature),
        None if returned is None else shorten(returned),
    )


def formulas(text: str) -> str:
    """Mark what stands between dollars as mathematics."""
    return FORMULA.sub(lambda found: f":math:`{' '.join(found[1].split())}`", text)


def _with_formulas(
    app: Sphinx, what: str, name: str, of: Any, options: Any, lines: list[str]
) -> None:
    lines[:] = formulas("\n".join(lines)).split("\n")


def _short_annotations(app: Sphinx, doctree: nodes.document) -> None:
    """Types of properties and attributes, which no signature has."""
    for text in list(doctree.findall(nodes.Text)):
        words = text.astext()
        if words.startswith("jaxtyping.") or "jaxlib._jax" in words:
            text.parent.replace(text, nodes.Text(shorten(words.removeprefix("jaxtyping."))))


def _skipped(app: Sphinx, what: str, name: str, of: Any, skip: bool, options: Any) -> bool | None:
    """Leave out fields of named tuples, whose only words are "Alias for field number 0"."""
    alias = str(getattr(of, "__doc__", "")).startswith("Alias for field number")
    return True if alias else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Change what autodoc is about to write."""
    app.connect("autodoc-process-signature", _short)
    app.connect("autodoc-process-docstring", _with_formulas)
    app.connect("autodoc-skip-member", _skipped)
    app.connect("doctree-read", _short_annotations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
