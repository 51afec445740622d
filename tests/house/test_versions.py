"""pyproject.toml, constraints.txt and environment.yml say the same; no file names a machine."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINNED_EXTRAS = ("book", "test", "cluster")
# What another supported Python or system needs and this one may not: papermill's aiohttp on Python
# 3.12 with its own requirements, and appnope on macOS.
ELSEWHERE = {
    *("aiohappyeyeballs", "aiohttp", "aiosignal", "frozenlist", "multidict", "propcache", "yarl"),
    "appnope",
}
PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.!_-]+)")

ADDRESSES = {
    "an option that names a package index": re.compile(
        r"--(?:(?:extra-)?index-url|find-links|trusted-host)"
    ),
    "the address of a package registry": re.compile(
        r"https?://[\w.-]*(?:pypi|pythonhosted|npmjs|anaconda|conda\.io|download\.pytorch)[\w.-]*"
    ),
    "a path of one machine": re.compile(r"(?<![\w.~-])/(?:home|root|Users|work|opt/pypi)/\w"),
    "a path of one machine, on Windows": re.compile(r"\b[A-Z]:\\+Users\\"),
}


def pins(path: Path) -> dict[str, str]:
    """Read a constraints file, each of whose lines must be ``name==version`` or a comment."""
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        match = PIN.fullmatch(line)
        assert match, f"{path.name}: {line!r} is not name==version"
        name = canonicalize_name(match[1])
        assert name not in found, f"{path.name}: {name} twice"
        found[name] = match[2]
    return found


CONSTRAINTS = pins(ROOT / "constraints.txt")


def direct(*extras: str) -> list[Requirement]:
    """Requirements of the library and of some extras, as pyproject.toml has them."""
    lists = [PROJECT["dependencies"], *(EXTRAS[extra] for extra in extras)]
    return [Requirement(text) for texts in lists for text in texts]


def closure(requirements: Iterable[Requirement]) -> set[str]:
    """Names of requirements and of all that they require, as far as installed here."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = list(requirements)
    while todo:
        requirement = todo.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            requires = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(name)
        for text in requires:
            child = Requirement(text)
            if child.marker is None or any(
                child.marker.evaluate({"extra": extra}) for extra in ("", *extras)
            ):
                todo.append(child)
    return found


def tracked_files() -> Iterator[Path]:
    """Yield the files that git has, or would take: what a clone gets."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, so nothing tells tracked files from others")
    yield from (p for name in sorted(done.stdout.split("\0")) if (p := ROOT / name).is_file())


@pytest.mark.parametrize("requirement", direct(*PINNED_EXTRAS), ids=str)
def test_each_direct_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    pin = CONSTRAINTS.get(canonicalize_name(requirement.name))
    assert pin is not None, f"{requirement.name} has no line in constraints.txt"
    assert requirement.specifier, f"{requirement.name} has no range in pyproject.toml"
    assert requirement.specifier.contains(pin, prereleases=True)
    assert requirement.url is None


def test_constraints_name_every_package_and_no_other() -> None:
    needed = closure(direct(*PINNED_EXTRAS))
    assert needed <= set(CONSTRAINTS), f"not pinned: {sorted(needed - set(CONSTRAINTS))}"
    # A package that is absent here (an extra left out) has requirements that cannot be seen.
    if all(canonicalize_name(r.name) in needed for r in direct(*PINNED_EXTRAS)):
        needless = set(CONSTRAINTS) - needed - ELSEWHERE
        assert not needless, f"needless: {sorted(needless)}"


def test_constraints_are_sorted() -> None:
    for name in ("constraints.txt", "constraints-bench.txt"):
        listed = list(pins(ROOT / name))
        assert listed == sorted(listed)


def test_bench_constraints_pin_the_peers_and_contradict_nothing() -> None:
    bench = pins(ROOT / "constraints-bench.txt")
    peers = list(map(Requirement, EXTRAS["bench"]))
    assert "torch" in {peer.name for peer in peers}
    for peer in peers:
        assert peer.specifier == SpecifierSet(f"=={bench[canonicalize_name(peer.name)]}")
    assert not set(bench) & set(CONSTRAINTS)


def test_environment_yml_is_in_step() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["name"]
    *conda, pip = environment["dependencies"]
    (python,) = (line.split("=")[1] for line in conda if line.startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(Version(python))
    options = [line for line in pip["pip"] if line.startswith("-")]
    assert options == ["-c constraints.txt", "-e ."]
    listed = {
        canonicalize_name(match[1]): match[2]
        for line in pip["pip"]
        if (match := PIN.fullmatch(line))
    }
    assert len(listed) == len(pip["pip"]) - len(options), "each package is name==version, once"
    wanted = {canonicalize_name(r.name) for r in direct("book", "test")}
    assert listed == {name: CONSTRAINTS[name] for name in wanted}


def test_release_is_the_same_everywhere() -> None:
    version = PROJECT["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == version
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{version}]" in changelog


def test_this_python_is_supported() -> None:
    assert SpecifierSet(PROJECT["requires-python"]).contains(Version(sys.version.split()[0]))


def third_party(folder: str, *, at_import: bool) -> dict[str, str]:
    """Imported top-level names with one place each; those that importing a module runs, or all."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = tree.body if at_import else list(ast.walk(tree))
        for node in nodes:
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [node.module]
            for name in names:
                found.setdefault(name.partition(".")[0], f"{path.relative_to(ROOT)}:{node.lineno}")
    ours = {"regimekit", "tests", "conftest"} | {p.stem for p in (ROOT / folder).rglob("*.py")}
    return {n: p for n, p in found.items() if n not in sys.stdlib_module_names | ours}


@pytest.mark.parametrize(
    ("folder", "at_import", "extras"),
    [
        ("regimekit", True, ()),
        ("regimekit", False, ("book",)),
        ("tests", False, ("book", "test", "cluster")),
        ("examples", False, ("cluster",)),
    ],
)
def test_what_is_imported_is_declared(
    folder: str, at_import: bool, extras: tuple[str, ...]
) -> None:
    declared = {canonicalize_name(r.name) for r in direct(*extras)}
    providers = importlib.metadata.packages_distributions()
    undeclared = {
        name: place
        for name, place in third_party(folder, at_import=at_import).items()
        if not declared & {canonicalize_name(p) for p in providers.get(name, [name])}
    }
    assert not undeclared, f"imported, and not in pyproject.toml for {extras}: {undeclared}"


def test_no_file_names_an_address_or_a_machine() -> None:
    found = []
    for path in tracked_files():
        # Attributes of a NetCDF file are stored as plain text, so data files are searched too.
        text = path.read_bytes().decode("utf-8", errors="ignore")
        for what, pattern in ADDRESSES.items():
            if match := pattern.search(text):
                found.append(f"{path.relative_to(ROOT)} has {what}: {match[0]!r}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("--extra-" + "index-url x", True),
        ("https://" + "files.python" + "hosted.org/packages/x", True),
        ("see /" + "home/me/regimekit", True),
        ("cd /" + "Users/me", True),
        ("the folder notebooks/home/x and https://example.org/work/x.html", False),
        ("https://arxiv.org/abs/2605.29153", False),
    ],
)
def test_an_address_is_caught(text: str, caught: bool) -> None:
    assert any(pattern.search(text) for pattern in ADDRESSES.values()) is caught
