"""What a page of the book is made of, noted while it is executed.

The build of the book names a folder for each page in the environment variable ``REGIMEKIT_NOTED``;
without it nothing is noted. A page runs in a process of its own, so the folder is that of one page.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

#: Environment variable that names the folder.
VARIABLE = "REGIMEKIT_NOTED"

_DATASETS, _COMMIT = "datasets.txt", "commit"


def note_dataset(name: str) -> None:
    """Note that a dataset is asked for, whether it is there or not."""
    if (folder := _folder()) is not None:
        with open(folder / _DATASETS, "a", encoding="utf-8") as file:
            file.write(f"{name}\n")


def noted_datasets(folder: Path) -> list[str]:
    """Names that were noted in a folder, each once, in alphabetical order."""
    path = folder / _DATASETS
    return sorted(set(path.read_text(encoding="utf-8").split())) if path.exists() else []


def note_commit() -> None:
    """Note that the page says with which commit it was made."""
    if (folder := _folder()) is not None:
        (folder / _COMMIT).touch()


def noted_commit(folder: Path) -> bool:
    """Whether the page of a folder says with which commit it was made."""
    return (folder / _COMMIT).exists()


def note_figure(png: bytes, svg: Callable[[], bytes], alt: str, provenance: str) -> str | None:
    """Keep a figure as a file for slides.

    Parameters
    ----------
    png
        The picture as the page shows it.
    svg
        Makes the same as SVG; called only if the figure is kept.
    alt, provenance
        Its words.

    Returns
    -------
    str or None
        A name for the figure within its page; None if nothing is noted.
    """
    if (folder := _folder()) is None:
        return None
    name = f"figure-{1 + len(list(folder.glob('figure-*.png')))}"
    (folder / f"{name}.png").write_bytes(png)
    (folder / f"{name}.svg").write_bytes(svg())
    words = json.dumps({"alt": alt, "provenance": provenance})
    (folder / f"{name}.json").write_text(words, encoding="utf-8")
    return name


def noted_figures(folder: Path) -> dict[str, dict[str, str]]:
    """Words of the figures in a folder, by their names, in the order of the page."""
    paths = sorted(folder.glob("figure-*.json"), key=lambda p: int(p.stem.split("-")[1]))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def shared_folder() -> Path | None:
    """Folder that all pages of a build have in common; None if nothing is noted."""
    return None if (folder := _folder()) is None else folder.parent


def _folder() -> Path | None:
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
