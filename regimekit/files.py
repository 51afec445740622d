"""Files that are whole or not there: written atomically, with a checksum beside them."""

import errno
import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import xarray as xr

from regimekit.errors import StoreError


def cache_folder() -> Path:
    """Folder of what can be made again: ``REGIMEKIT_CACHE``, or ``regimekit`` in the user's cache.

    Compiled programs and samples of operators are there.
    """
    named = os.environ.get("REGIMEKIT_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "regimekit"


def write_atomically(content: xr.Dataset, path: Path, *, compress: bool = False) -> str:
    """Write a NetCDF file and its checksum so that a reader never sees half of it.

    Returns
    -------
    str
        The SHA-256 checksum of the file, in hexadecimal.

    Raises
    ------
    StoreError
        If the disk is full or the folder cannot be written.
    """
    numeric = [n for n, v in content.variables.items() if np.issubdtype(v.dtype, np.number)]
    options = {"zlib": True, "complevel": 4, "shuffle": True} if compress else {}
    encoding = {
        name: ({} if content[name].ndim == 0 else dict(options))
        | ({"_FillValue": None} if np.issubdtype(content[name].dtype, np.integer) else {})
        for name in numeric
    }
    partial = path.with_suffix(f".{os.getpid()}.partial")
    checksum_file = path.with_suffix(".sha256")
    partial_checksum = path.with_suffix(f".{os.getpid()}.partial-sha256")
    try:
        content.to_netcdf(partial, engine="netcdf4", encoding=encoding)
        _sync(partial)
        digest = file_checksum(partial)
        partial_checksum.write_text(f"{digest}  {path.name}\n")
        os.replace(partial_checksum, checksum_file)
        os.replace(partial, path)
    # NetCDF's library knows of a full disk only that something went wrong, a RuntimeError.
    except (OSError, RuntimeError) as error:
        for unfinished in (partial, partial_checksum):
            unfinished.unlink(missing_ok=True)
        raise StoreError(
            f"{path} could not be written ({_reason(error, path, content.nbytes)}); what was "
            "finished before is safe, and a rerun goes on from there."
        ) from error
    return digest


def file_checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum_holds(path: Path) -> bool:
    """Whether a file agrees with the ``.sha256`` file beside it."""
    try:
        recorded = path.with_suffix(".sha256").read_text().split()[0]
    except (OSError, IndexError, UnicodeDecodeError):
        return False
    return recorded == file_checksum(path)


def _reason(error: Exception, path: Path, size: int) -> str:
    said = getattr(error, "strerror", None) or str(error)
    full = isinstance(error, RuntimeError) and shutil.disk_usage(path.parent).free < size
    return os.strerror(errno.ENOSPC) if full else said


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
