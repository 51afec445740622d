"""Classes of a user's own modules, found by a name that every process can look up."""

import importlib
import os
import sys
from typing import Any

from regimekit.errors import ConfigurationError


def is_own(name: object) -> bool:
    """Whether a name is of the form ``module:Class``."""
    return isinstance(name, str) and ":" in name


def own_class(name: str, base: type) -> type[Any]:
    """Import a class that lies outside the library.

    Parameters
    ----------
    name
        ``module:Class``; the module is looked for where Python does, then in the working folder.
    base
        What the class must be a kind of.

    Raises
    ------
    ConfigurationError
        If there is no such module or class, or it is not a subclass of ``base``.
    """
    module, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0] and error.name != module:
            raise
        raise ConfigurationError(
            f"There is no module {module!r} for {name!r}: run where it lies, or add its folder "
            "to PYTHONPATH."
        ) from error
    except (AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"{name!r} names no class: write it as 'module:Class', such as 'own_equation:HeatMap'."
        ) from error
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ConfigurationError(f"{name!r} is not a subclass of {base.__name__}.")
    return found
