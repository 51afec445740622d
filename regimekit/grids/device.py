"""How JAX is set up for a process that trains cells: threads, precision, compilation cache."""

import contextlib
from collections.abc import Iterator

import jax
from filelock import FileLock

from regimekit.files import cache_folder as cache_folder

SINGLE_THREAD = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "NPROC": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Environment of a worker process, to be set before it imports JAX: one thread a process."""


def use_compilation_cache() -> None:
    """Keep compiled programs on disk, so that processes share them and a rerun starts at once."""
    folder = cache_folder() / "xla"
    folder.mkdir(parents=True, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
    """Compute in ``float32`` or ``float64`` within this context."""
    with jax.enable_x64(name == "float64"):
        yield


@contextlib.contextmanager
def one_compiler(shape: str) -> Iterator[None]:
    """Let one process at a time compile programs of one shape; the others then find them cached."""
    folder = cache_folder() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{shape}.lock"):
        yield
