"""The ledger as pages of the book show it: each row is judged once a build."""

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from regimekit import datasets
from regimekit.noted import note_dataset, shared_folder
from regimekit.regimes import LEDGER, ledger
from regimekit.regimes.ledger import Entry, Load


def page_ledger(load: Load, entries: tuple[Entry, ...] = LEDGER) -> pd.DataFrame:
    """Judge claims as :func:`regimekit.regimes.ledger` does, or take what another page found.

    Rows are kept, as JSON, beside what pages of one build note (see :mod:`regimekit.noted`), under
    a name that changes with the library's code and with the data. Outside of a build, and for the
    first page, every row is judged. A page that takes a row notes the datasets that it rests on.

    Parameters
    ----------
    load, entries
        As there; ``load`` loads from the folder of datasets.
    """
    shared = shared_folder()
    if shared is None:
        return ledger(load, entries)
    path = shared / f"ledger-{_made_of()}.json"
    kept: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    there, once = set(kept), cache(load)
    for entry in entries:
        if _key(entry) in there:
            for name in kept[_key(entry)]["loaded"]:
                note_dataset(name)
        elif _key(entry) not in kept:
            loaded: set[str] = set()

            def noting(name: str, loaded: set[str] = loaded) -> xr.Dataset | None:
                loaded.add(name)
                return once(name)

            # One comparison may judge several rows; they are judged together, or it is made again.
            alike = tuple(e for e in entries if _comparison(e) == _comparison(entry))
            rows = ledger(noting, alike).to_dict("records")
            for row, of in zip(rows, alike, strict=True):
                kept[_key(of)] = {"row": row, "loaded": sorted(loaded)}
    if set(kept) != there:
        # Whole or not there: another page may be reading. Of two that write at a time one is kept.
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(kept), encoding="utf-8")
        draft.replace(path)
    return pd.DataFrame([kept[_key(entry)]["row"] for entry in entries])


def _key(entry: Entry) -> str:
    return json.dumps([entry.id, entry.statement, entry.dataset])


def _comparison(entry: Entry) -> tuple[object, ...]:
    return (_key(entry),) if entry.judge is None else (entry.judge, entry.dataset)


def _made_of() -> str:
    """Hash of all that a row depends on: the library's code, the data and what lies beside them."""
    digest = hashlib.sha256()
    for root, pattern in ((Path(__file__).parent, "*.py"), (datasets.folder(), "*")):
        for path in sorted(p for p in root.rglob(pattern) if p.is_file()):
            # Datasets are many megabytes; a change of one shows in its checksum or in its time.
            large = path.suffix == ".nc"
            state = f"{path.stat().st_size} {path.stat().st_mtime_ns}".encode()
            digest.update(f"{path.relative_to(root)}\n".encode())
            digest.update(state if large else path.read_bytes())
    return digest.hexdigest()[:16]
