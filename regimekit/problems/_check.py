"""Judging the parameters of an equation before anything is computed."""

import math

from jaxtyping import Array, Float

from regimekit.errors import ConfigurationError


def at_least(
    name: str, value: float | Float[Array, ""], least: int, what: str, example: str
) -> None:
    """Refuse a plain number that is not finite or below ``least``.

    An array may be traced, and its value not known yet; only plain numbers are judged.

    Raises
    ------
    ConfigurationError
        If the number is out of range.
    """
    if isinstance(value, int | float) and not (math.isfinite(value) and value >= least):
        raise ConfigurationError(
            f"{name} = {value} is not a {what}: "
            f"it must be a finite number of at least {least}, {example}."
        )
