"""From a lab's source, notebooks with and without its solutions.

A source is a notebook written as MyST Markdown. What lies between the lines ``### BEGIN SOLUTION``
and ``### END SOLUTION`` of a code cell (the marks that nbgrader uses as well), and Markdown cells
tagged ``solution``, are left out of the students' notebook.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from regimekit.book import checkout
from regimekit.errors import ConfigurationError

if TYPE_CHECKING:
    from nbformat import NotebookNode

LAB_NAMES = (
    "reading_a_map",
    "pinn",
    "equations",
    "methods",
    "inside_methods",
    "node",
    "landscapes",
    "statistics",
    "operators",
)
"""The labs in the order in which they are taught."""

_SOLUTION = re.compile(
    r"^(?P<indent> *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION\n?", re.DOTALL | re.MULTILINE
)

_CHECKED = re.compile(r'^check\("[^"]*", (?P<name>\w+)\)', re.MULTILINE)


def lab_notebook(name: str, *, solutions: bool) -> "NotebookNode":
    """Read a lab, with its solutions or with blanks in their place.

    Parameters
    ----------
    name
        One of `LAB_NAMES`.
    solutions
        Whether the solutions are in it.

    Raises
    ------
    ConfigurationError
        If there is no such lab, or the extra ``book`` is not installed.
    """
    if name not in LAB_NAMES:
        raise ConfigurationError(f"There is no lab {name!r}; there are {', '.join(LAB_NAMES)}.")
    try:
        from myst_nb.core.read import read_myst_markdown_notebook
    except ImportError as error:
        raise ConfigurationError(
            "Labs are read by myst-nb: install the extra with `pip install regimekit[book]`."
        ) from error
    source = checkout() / "notebooks" / "labs" / f"{name}.md"
    notebook = read_myst_markdown_notebook(source.read_text())
    cells = []
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{name.replace('_', '-')}-{number}"
        tags = cell.metadata.get("tags", [])
        if solutions or "solution" not in tags:
            cells.append(cell)
        if cell.cell_type == "code" and not solutions:
            cell.source = _without_solution(cell.source)
    notebook.cells = cells
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    return notebook


def _without_solution(source: str) -> str:
    """Put blanks in the place of solutions: of a function's body, or of what is checked."""
    checked = _CHECKED.search(source)

    def blank(solution: re.Match[str]) -> str:
        name = "" if solution["indent"] or checked is None else f"{checked['name']} = "
        return f"{solution['indent']}{name}...  # your answer\n"

    return _SOLUTION.sub(blank, source + "\n").rstrip("\n")


def make_labs(output: Path, *, solutions: bool = False) -> list[Path]:
    """Write all labs as notebooks.

    Parameters
    ----------
    output
        Folder, made if needed.
    solutions
        Whether the solutions are in them: the instructor's version.

    Returns
    -------
    list of Path
        The notebooks, numbered in the order in which they are taught.

    Raises
    ------
    ConfigurationError
        As for :func:`lab_notebook`, or if the folder has a notebook of that name already: it may
        be somebody's work.
    """
    paths = [output / f"{i}_{name}.ipynb" for i, name in enumerate(LAB_NAMES, 1)]
    there = [path.name for path in paths if path.exists()]
    if there:
        raise ConfigurationError(
            f"{output} has {there[0]} already, which may hold answers: name another folder."
        )
    import nbformat

    notebooks = [lab_notebook(name, solutions=solutions) for name in LAB_NAMES]
    output.mkdir(parents=True, exist_ok=True)
    for path, notebook in zip(paths, notebooks, strict=True):
        nbformat.write(notebook, path)
    return paths
