"""What every test shares: the CPU, the type-checking import hook and fresh random keys.

The environment is settled before anything imports jax, and the hook before anything imports
``regimekit``: from then on each annotated signature of the package is checked by jaxtyping
(shapes and dtypes, consistent across one call) and beartype (everything else, by
``tests/typechecking.py``).
"""

import gc
import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# One thread a process, as in the workers of a grid (regimekit.grids.device, which imports JAX): the
# processes of tests share the cores already, and threads that wait for each other take their time.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
for threads in ("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
# Agg, so that a test which draws never looks for a display.
os.environ.setdefault("MPLBACKEND", "Agg")

from jaxtyping import install_import_hook

install_import_hook("regimekit", "typechecking.check")

import jax
import pytest

from regimekit.grids.device import use_compilation_cache


_builds: list[subprocess.Popen[bytes]] = []


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to build the book, if ``make test TESTS=all`` says so; most tests do not need it."""
    if os.environ.get("REGIMEKIT_SITE") == "beside" and not hasattr(session.config, "workerinput"):
        from built import LOG, begin_to_build

        _builds.append(begin_to_build())
        print(f"The book is built beside the tests; its log: {LOG}", flush=True)


def pytest_sessionfinish() -> None:
    """End a build that nobody waits for any more."""
    if _builds:
        from built import end

        end(_builds.pop())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first, so that no process is left with one of them at the end.

    Processes take whole files (``--dist loadfile``), in this order with
    ``--no-loadscope-reorder``; otherwise the files of few tests, which the slow ones are, come
    last. The very first one looks at the book: its process waits while that is built, and leaves it
    a core. With a process more than cores, tests took up to three times as long.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    pages = {item.path for item in items if "site" in getattr(item, "fixturenames", ())}
    browsed = {item.path for item in items if item.get_closest_marker("browser")} & pages

    def place(item: pytest.Item) -> int:
        # Those compiled alike follow each other: between them, programs are let go of. Of those
        # that look at the book one waits for it; the others come when it is there.
        if item.path in pages:
            return 0 if item.path in browsed else 5
        if item.path in slow:
            return 2 if compiled_more_than_run(item.path) else 1
        return 3 if compiled_more_than_run(item.path) else 4

    items.sort(key=place)  # stable: else as collected


@pytest.fixture(scope="session", autouse=True)
def compiled_programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache of compiled programs for all tests of a process, so that a shape compiles once.

    Not one for all processes: JAX reads what another is still writing, and warns.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGIMEKIT_CACHE", str(tmp_path_factory.mktemp("compiled")))
        use_compilation_cache()
        yield


COMPILED = {
    "landscape",
    "methods",
    "models",
    "tasks",
    "test_beginnings",
    "test_curvature",
    "test_dynamics",
    "test_experiments",
    "test_operators",
    "test_paths",
    "test_phase",
}
"""Folders and files whose tests compile much and compute little; ``test_faults`` would
take twice as long."""


def compiled_more_than_run(path: Path) -> bool:
    return bool(COMPILED & {path.parent.name, path.stem})


def optimise(little: bool) -> None:
    """Set how programs are optimised, and let go of those compiled the other way.

    JAX does not ask for this setting before it takes a program from memory (from disk it does), so
    that the last bits of a test would depend on which tests ran before it.
    """
    setting = "jax_disable_most_optimizations"
    if jax.config.values[setting] != little:
        jax.config.update(setting, little)
        jax.clear_caches()
    os.environ[setting.upper()] = str(int(little))  # for the processes that a test starts


@pytest.fixture(scope="module", autouse=True)
def optimised(request: pytest.FixtureRequest) -> None:
    """Programs are optimised little where to compile them takes longer than to run them."""
    optimise(compiled_more_than_run(request.path))


MAPPINGS = 20_000
"""Of memory, that a process of tests may have; Linux ends one that comes to 65 530."""

_tests_run = itertools.count(1)


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Let go of compiled programs before there are too many: each takes several mappings of memory.

    Past Linux's limit, the next compilation is a segmentation fault.
    """
    del item
    maps = Path("/proc/self/maps")
    if (
        next(_tests_run) % 10 == 0
        and maps.exists()
        and len(maps.read_bytes().splitlines()) > MAPPINGS
    ):
        jax.clear_caches()
        gc.collect()


@pytest.fixture
def getkey() -> Callable[[], jax.Array]:
    """A function that returns another random key at each call, the same ones in each run."""
    root = jax.random.key(20260529)
    counter = itertools.count()

    def key() -> jax.Array:
        return jax.random.fold_in(root, next(counter))

    return key
