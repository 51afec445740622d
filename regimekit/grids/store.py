"""The store: finished cells on disk, each written atomically with a checksum.

A cell is one NetCDF file and, beside it, a ``.sha256`` file that ``sha256sum -c`` can read. The
checksum is put in place first and the data second, each by an atomic rename: at any moment a cell
is either whole or found to be missing or broken.
"""

import contextlib
import enum
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr
from filelock import FileLock, Timeout

from regimekit.errors import StoreError
from regimekit.files import checksum_holds as checksum_holds
from regimekit.files import file_checksum as file_checksum
from regimekit.files import write_atomically as write_atomically
from regimekit.grids.cell import CellResult
from regimekit.grids.provenance import git_commit, machine
from regimekit.grids.spec import Cell, canonical_json

BYTES_PER_CELL = 120_000
"""Room for one finished cell with its share of the consolidated dataset."""


class CellState(enum.StrEnum):
    """What the store holds of one cell."""

    MISSING = "missing"
    COMPLETE = "complete"
    STALE = "stale"
    BROKEN = "broken"


class Store:
    """The cells of one experiment at one preset, in one folder."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def path(self, cell: Cell) -> Path:
        """File of a cell."""
        return self.folder / f"{cell.label}.nc"

    def prepare(self, cells_to_come: int) -> None:
        """Make the folder and say now, not after hours, if it cannot be written.

        Raises
        ------
        StoreError
            If the folder cannot be made or written, or has too little room for the cells to come.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder) as probe:
                probe.write(b"regimekit")
                probe.flush()
                os.fsync(probe.fileno())
        except OSError as error:
            raise StoreError(
                f"Results cannot be written to {self.folder} ({error.strerror}): "
                "choose another folder with --output."
            ) from error
        needed = cells_to_come * BYTES_PER_CELL
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise StoreError(
                f"{self.folder} has {free / 1e6:.0f} MB free, but {cells_to_come} cells need about "
                f"{needed / 1e6:.0f} MB: make room or choose another folder with --output."
            )

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one runner; the lock goes with the process, however it ends.

        Files that a killed runner left half written are removed.

        Raises
        ------
        StoreError
            If another runner holds it.
        """
        lock = FileLock(self.folder / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise StoreError(
                f"Another run is writing to {self.folder}: wait until it ends, "
                "or choose another folder with --output."
            ) from error
        try:
            # Only the holder of the lock writes cells, so nobody is at work on these.
            remove_unfinished(self.folder, "**/*")
            yield
        finally:
            lock.release()

    def write(
        self, cell: Cell, result: CellResult, origin: Mapping[str, str] | None = None
    ) -> None:
        """Write a finished cell; whatever was there before is replaced as a whole.

        ``origin`` (``git_commit`` and ``machine``) is that of this process unless given.
        """
        content = xr.Dataset(
            {name: ((), value) for name, value in result.scalars.items()}
            | {f"history_{name}": ("iteration", v) for name, v in result.history.items()}
            | {"weights": ("parameter", result.weights)},
            coords={"iteration": result.iterations},
            attrs={
                "fingerprint": cell.fingerprint,
                "settings": canonical_json(cell.settings),
                "stop_reason": result.stop_reason,
                "diverged": int(result.diverged),
            }
            | dict(origin or {"git_commit": git_commit(), "machine": machine()}),
        )
        path = self.path(cell)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(content, path)

    def read(self, cell: Cell) -> tuple[CellResult, dict[str, str]] | None:
        """Read a cell and its attributes, or None unless it is complete and of this fingerprint."""
        if self.state(cell) is not CellState.COMPLETE:
            return None
        # Not by xarray, which takes several times as long: grids have hundreds of cells.
        prefix = "history_"
        with netCDF4.Dataset(self.path(cell)) as content:
            content.set_auto_mask(False)
            values = {name: np.asarray(v[...]) for name, v in content.variables.items()}
            result = CellResult(
                scalars={n: float(v) for n, v in values.items() if v.ndim == 0},
                history={
                    n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)
                },
                iterations=values["iteration"],
                weights=values["weights"],
                stop_reason=int(content.getncattr("stop_reason")),
                diverged=bool(content.getncattr("diverged")),
            )
            return result, {k: str(content.getncattr(k)) for k in ("git_commit", "machine")}

    def state(self, cell: Cell) -> CellState:
        """Say whether a cell is there, whole and of the present configuration."""
        path = self.path(cell)
        if not path.exists():
            return CellState.MISSING
        if not checksum_holds(path):
            return CellState.BROKEN
        try:
            with netCDF4.Dataset(path) as content:
                same = getattr(content, "fingerprint", None) == cell.fingerprint
        except OSError:
            return CellState.BROKEN
        return CellState.COMPLETE if same else CellState.STALE

    def states(self, cells: Iterable[Cell]) -> dict[Cell, CellState]:
        """State of each cell."""
        return {cell: self.state(cell) for cell in cells}


def remove_unfinished(folder: Path, name: str = "*") -> None:
    """Remove what killed processes left half written; ``name`` is a pattern without its suffix."""
    for suffix in (".partial", ".partial-sha256"):
        for path in folder.glob(f"{name}{suffix}"):
            path.unlink(missing_ok=True)
