"""The reference: every public name has words, and signatures read like the source."""

import importlib
import importlib.util
import inspect
import re
import typing

import pytest
from built import Anchors
from jaxtyping import PRNGKeyArray

from regimekit.book import checkout

BOOK = checkout() / "book"
PACKAGES = sorted(path.stem.removeprefix("api_") for path in BOOK.glob("api_*.md"))


def extension():
    """The module, which lies outside the package."""
    path = BOOK / "_extensions" / "signatures.py"
    spec = importlib.util.spec_from_file_location("signatures", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_package_that_exports_has_its_page():
    root = checkout() / "regimekit"
    inner = {"labs"}  # for those who write labs: its one function for readers is in *Teach with it*
    assert set(PACKAGES) == {p.parent.name for p in root.glob("*/__init__.py")} - inner
    contents = (BOOK / "_toc.yml").read_text()
    for name in PACKAGES:
        assert f"book/api_{name}\n" in contents
        assert f"automodule:: regimekit.{name}\n" in (BOOK / f"api_{name}.md").read_text()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_words(package):
    module = importlib.import_module(f"regimekit.{package}")
    public = {n: v for n, v in vars(module).items() if not n.startswith("_")}
    described = {n: v for n, v in public.items() if inspect.isclass(v) or inspect.isfunction(v)}
    assert described
    for name, of in described.items():
        words = inspect.getdoc(of) or ""
        # A dataclass without a docstring gets its signature for one.
        assert re.match(r"(?s)[A-Z$].{15,}", words), name
        assert not words.startswith(f"{name}("), name


def test_types_are_written_as_in_the_source():
    shorten = extension().shorten
    key = " | ".join(f"~jaxtyping.{kind.__name__}" for kind in typing.get_args(PRNGKeyArray))
    assert shorten(f"(key: {key}) -> int") == "(key: PRNGKeyArray) -> int"
    shaped = "Float[jaxlib._jax.Array, 'points 2']"
    assert shorten(f"(x: ~jaxtyping.{shaped})") == "(x: ~jaxtyping.Float[Array, 'points 2'])"
    # As Sphinx writes the class behind ``Array``, in short and in full.
    assert shorten("~jax.jaxlib._jax.Array") == shorten("jax.jaxlib._jax.Array") == "Array"


def test_formulas_of_docstrings_are_marked():
    formulas = extension().formulas
    assert formulas(r"A wave $\sin x$, at $c = 2$.") == r"A wave :math:`\sin x`, at :math:`c = 2`."
    assert formulas("Over\n$a +\n b$ lines") == "Over\n:math:`a + b` lines"
    assert formulas("costs 3$ or 4$, ``$HOME``") == "costs 3$ or 4$, ``$HOME``"


def test_the_built_reference_has_every_public_class_and_function(site):
    missing = []
    for package in PACKAGES:
        names = Anchors(site / "book" / f"api_{package}.html").names
        for name, of in vars(importlib.import_module(f"regimekit.{package}")).items():
            public = inspect.isclass(of) or inspect.isfunction(of)
            if public and not name.startswith("_") and f"regimekit.{package}.{name}" not in names:
                missing.append(f"{package}.{name}")
    assert missing == []
