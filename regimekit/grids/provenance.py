"""Where numbers come from: versions, commit, machine, device."""

import functools
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

from regimekit.noted import note_commit

PACKAGES = ("regimekit", "jax", "jaxlib", "equinox", "optax", "numpy", "scipy", "xarray", "dask")


@functools.cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that numbers depend on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def git_commit() -> str:
    """Commit of the library's checkout, ``+changes`` if its code differs; ``unknown`` if none."""
    note_commit()
    return checked_out()


@functools.cache
def checked_out() -> str:
    """Read the same from git, for who asks without telling it on a page."""
    package = Path(__file__).resolve().parent.parent

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(package), *words], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    try:
        commit = git("rev-parse", "HEAD")
        return commit + ("+changes" if git("status", "--porcelain", "--", str(package)) else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


@functools.cache
def machine() -> str:
    """Processor, cores and memory, in one line and without the machine's name."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    cores = os.cpu_count() or 1
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError, AttributeError):
        return f"{model}, {cores} cores"
    return f"{model}, {cores} cores, {memory:.0f} GiB"
