"""The published datasets, and which of them stand for those that run the same code."""

from pathlib import Path

from regimekit.grids.manifest import MEASURED, read_manifest

DATA = Path(__file__).resolve().parents[1] / "data"
NAMES = [
    name
    for name in read_manifest(DATA)
    if not name.endswith(("-weights.nc", *(f"{end}.nc" for end in MEASURED)))
]

SAME_CODE = (
    *("-inside", "-longer", "-independent", "-wide", "-epochs", "-methods"),
    *("-corner", "-between", "-protocols", "-literature", "-patient"),
)
"""Ends of names of experiments that differ from another one in numbers, and not in what runs."""

DISTINCT = [name for name in NAMES if not name.removesuffix(".nc").endswith(SAME_CODE)]
"""One of each kind, for tests that compile and run cells."""
