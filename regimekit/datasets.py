"""Where readers find datasets: the published ones, or their own.

The environment variable ``REGIMEKIT_DATA`` names the folder, as the book's build sets it; without
it the ``data`` folder of the checkout is used.
"""

import os
from pathlib import Path

import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.noted import note_dataset


def folder() -> Path:
    """Folder of datasets: ``REGIMEKIT_DATA``, or ``data`` in the checkout."""
    named = os.environ.get("REGIMEKIT_DATA")
    return Path(named) if named else Path(__file__).resolve().parent.parent / "data"


def available(name: str) -> bool:
    """Whether there is a dataset of this name."""
    note_dataset(name)
    return (folder() / f"{name}.nc").exists()


def load(name: str) -> xr.Dataset:
    """Load a dataset by name, such as ``pinn-convection`` or ``pinn-convection-weights``.

    Raises
    ------
    ConfigurationError
        If the folder has no such dataset.
    """
    found = load_if_there(name)
    if found is None:
        have = ", ".join(sorted(p.stem for p in folder().glob("*.nc"))) or "none"
        raise ConfigurationError(
            f"There is no dataset '{name}' in {folder()} (it has: {have}); make it with "
            f"`regimekit run {name.removesuffix('-weights')}`, or set REGIMEKIT_DATA."
        )
    return found


def load_if_there(name: str, where: Path | None = None) -> xr.Dataset | None:
    """Load a dataset by name from a folder; None if it has none of this name."""
    note_dataset(name)
    path = (folder() if where is None else where) / f"{name}.nc"
    return xr.load_dataset(path) if path.exists() else None
