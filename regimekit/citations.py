"""What to cite for a run: the references that the docstrings of its parts name."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import equinox as eqx

from regimekit.grids import get_experiment

STUDY = (
    "Wang et al., Unveiling Multi-regime Patterns in SciML: Distinct Failure Modes and "
    "Regime-specific Optimization, ICML 2026, arXiv 2605.29153."
)


def references(of: type) -> str:
    """Return the section *References* of a class's docstring, as one line; empty without one."""
    text = inspect.getdoc(of) or ""
    found = re.search(
        r"^References\n-+\n(.*?)(?=\n\S[^\n]*\n---|\Z)", text, re.MULTILINE | re.DOTALL
    )
    return " ".join(found.group(1).split()) if found else ""


def citations(experiment: str, preset: str = "published") -> dict[str, str]:
    """Collect what to cite for an experiment: the study, its equation, model and every method.

    Parameters
    ----------
    experiment
        Name of an experiment, or ``module:Class``.
    preset
        Whose methods.

    Returns
    -------
    dict
        A reference by the name of the part that rests on it; the study first.

    Raises
    ------
    ConfigurationError
        If the experiment or the preset is unknown.
    """
    description = get_experiment(experiment)
    cells = {cell.method: cell for cell in description.grid(preset).cells()}
    found = {"the study": STUDY}
    for cell in cells.values():
        for part in (description.task(cell), description.method(cell)[0]):
            for kind in _kinds(part):
                words = references(kind)
                if words:
                    found.setdefault(kind.__name__, words)
    return found


def _kinds(part: Any) -> Iterator[type]:
    """Class of a module, and of every module that it holds."""
    if isinstance(part, tuple | list):
        for item in part:
            yield from _kinds(item)
    if not isinstance(part, eqx.Module):
        return
    yield type(part)
    for name in part.__dataclass_fields__:
        yield from _kinds(getattr(part, name, None))
