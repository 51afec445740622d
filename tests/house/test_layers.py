"""The rule of layers: a part of the library imports only what lies above it.

Imports are read from the source, so that one inside a function or under ``TYPE_CHECKING`` counts as
well. The picture that goes with ``ALLOWED`` is in CONTRIBUTING.md.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

PACKAGE = Path(__file__).parents[2] / "regimekit"

_PHYSICS = {"problems", "models"}
_TRAINING = _PHYSICS | {"tasks", "methods"}

ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "plugins": set(),
    "files": set(),
    "noted": set(),
    "problems": {"files"},
    "models": set(),
    "tasks": _PHYSICS,
    "methods": _PHYSICS | {"tasks", "plugins"},
    "landscape": _TRAINING,
    # Regimes are statistics of datasets: they know nothing of what made the numbers.
    "regimes": set(),
    "grids": _TRAINING | {"landscape", "regimes", "plugins", "noted", "files"},
    # Figures are drawn from datasets; problems and models give them fields, never a training run.
    "figures": _PHYSICS | {"regimes", "noted"},
    # Checks of answers: from datasets and physics, without training.
    "labs": _PHYSICS | {"regimes", "datasets", "book"},
}
"""What each part may import, besides itself and ``errors``. A part that is not named here, such as
``cli``, is a front end: it may import everything, and no part named here may import it."""

NO_JAX = {"regimes"}
JAX = {"jax", "jaxlib", "equinox", "optax"}
# Nothing is unpickled, and nothing is fetched: neither by the library nor by its notebooks.
FORBIDDEN = {
    *("pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"),
    *("aiohttp", "ftplib", "http", "httpx", "requests", "urllib", "urllib3"),
}


def imports(source: str, module: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Yield line and absolute dotted name of each import in ``source``, the text of ``module``."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            # "from regimekit import grids" imports a layer, so the name belongs to the path.
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("import_module", "importlib.import_module", "__import__")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.lineno, str(node.args[0].value)


def violations(package: Path) -> list[str]:
    """Return one sentence for each import in ``package`` that breaks a rule."""
    parts = {p.stem for p in package.iterdir() if p.is_dir() or p.suffix == ".py"}
    found = []
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package).with_suffix("").parts
        layer = place[0]
        module = ".".join((package.name, *place)).removesuffix(".__init__")
        source = path.read_text(encoding="utf-8")
        for line, name in imports(source, module, is_package=path.stem == "__init__"):
            top, _, rest = name.partition(".")
            target = rest.partition(".")[0]
            where = f"{path.relative_to(package.parent)}:{line}"
            if top in FORBIDDEN:
                found.append(f"{where} imports {top}: no pickle, and no network access")
            elif layer in NO_JAX and top in JAX:
                found.append(f"{where} imports {top}: {layer} works on datasets, without jax")
            elif top != package.name or layer not in ALLOWED:
                continue
            elif target not in {layer, "errors"} | ALLOWED[layer]:
                # A name that is no part, as in "from regimekit import run", is the front door.
                what = f"{package.name}.{target}" if target in parts else package.name
                found.append(f"{where}: {layer} may not import {what}")
    return found


def test_layers() -> None:
    assert not (found := violations(PACKAGE)), "\n".join(found)


def test_each_layer_is_known() -> None:
    packages = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert packages <= set(ALLOWED), f"name in ALLOWED: {sorted(packages - set(ALLOWED))}"


@pytest.mark.parametrize(
    ("path", "source", "message"),
    [
        ("problems/wave.py", "from regimekit.models import MLP", "problems may not import"),
        ("problems/wave.py", "from ..models.mlp import MLP", "problems may not import"),
        ("models/mlp.py", "import regimekit.problems as p", "models may not import"),
        ("methods/adam.py", "from regimekit import grids", "methods may not import"),
        ("methods/adam.py", "from .. import grids", "methods may not import"),
        ("methods/adam.py", "from regimekit import run", "methods may not import regimekit"),
        ("methods/__init__.py", "from ..grids import run", "methods may not import"),
        ("figures/map.py", "def f():\n    from regimekit.methods import Adam", "figures may not"),
        ("figures/map.py", "if TYPE_CHECKING:\n    import regimekit.tasks", "figures may not"),
        ("grids/run.py", "from regimekit.cli import main", "grids may not import regimekit.cli"),
        ("grids/run.py", "import_module('regimekit.figures')", "grids may not import"),
        ("regimes/labels.py", "import jax.numpy as jnp", "without jax"),
        ("regimes/labels.py", "from regimekit.grids import Grid", "regimes may not import"),
        ("cli.py", "import pickle", "no pickle"),
        ("grids/run.py", "from urllib.request import urlopen", "no network"),
    ],
)
def test_a_planted_violation_is_caught(
    tmp_path: Path, path: str, source: str, message: str
) -> None:
    file = tmp_path / "regimekit" / path
    file.parent.mkdir(parents=True)
    for name in ("cli.py", "grids.py"):
        (tmp_path / "regimekit" / name).touch()
    file.write_text(source, encoding="utf-8")
    (found,) = violations(tmp_path / "regimekit")
    assert message in found
    assert str(Path("regimekit") / path) in found


def test_what_is_allowed_passes(tmp_path: Path) -> None:
    files = {
        "problems/wave.py": "from regimekit.problems._base import AbstractProblem\nimport jax",
        "tasks/pinn.py": "from ..errors import ConfigurationError\nfrom ..models import MLP",
        "tasks/__init__.py": "from .pinn import PINN",
        "figures/map.py": "from regimekit import regimes\nimport matplotlib.pyplot as plt",
        "cli.py": """
            from regimekit.grids import run
            from regimekit.figures import regime_map
            """,
    }
    for path, source in files.items():
        file = tmp_path / "regimekit" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(source), encoding="utf-8")
    assert violations(tmp_path / "regimekit") == []
