"""The type checker that the import hook puts on every annotated function of ``regimekit``."""

from collections.abc import Callable
from typing import Any, Self

from beartype import beartype


def check(function: Callable[..., Any]) -> Callable[..., Any]:
    """Check a function's arguments and result by beartype, at each call.

    The hook decorates methods one by one, and there beartype refuses ``Self``, since it cannot see
    the class. That one annotation is therefore left to mypy.
    """
    hints = getattr(function, "__annotations__", {})
    if Self in hints.values():
        function.__annotations__ = {k: Any if h is Self else h for k, h in hints.items()}
    return beartype(function)
