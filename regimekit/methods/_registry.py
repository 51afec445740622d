"""Training methods by the names that grids and datasets use."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from regimekit.errors import ConfigurationError
from regimekit.methods._base import AbstractMethod
from regimekit.methods.adam import Adam
from regimekit.methods.lbfgs import LBFGS

METHODS: dict[str, type[AbstractMethod]] = {"adam": Adam, "lbfgs": LBFGS}


def make_method(name: str, settings: Mapping[str, Any]) -> AbstractMethod:
    """Build a method from its name and its settings.

    Raises
    ------
    ConfigurationError
        If the name or a setting is unknown, or a setting's value is out of range.
    """
    if name not in METHODS:
        raise ConfigurationError(
            f"Unknown training method '{name}'; there are {', '.join(sorted(METHODS))}."
        )
    kind = METHODS[name]
    known = {field.name for field in dataclasses.fields(kind) if field.init}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise ConfigurationError(
            f"Method '{name}' has no setting {', '.join(map(repr, unknown))}; "
            f"it has {', '.join(sorted(known))}."
        )
    return kind(**settings)
