"""A figure that carries its words: alt text for those who cannot see it, and where it is from."""

import base64
import html
import io
from dataclasses import dataclass
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

DPI = 150


@dataclass(frozen=True)
class Picture:
    """A figure with its alt text and provenance; notebooks and the book show all three.

    Attributes
    ----------
    figure
        What is drawn.
    alt
        What one sees, in words and with the numbers that matter, computed from the data.
    provenance
        Dataset, preset, commit and number of runs shown.
    """

    figure: Figure
    alt: str
    provenance: str

    def _repr_html_(self) -> str:
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=DPI)
        data = base64.b64encode(buffer.getvalue()).decode()
        width = round(self.figure.get_figwidth() * 96)
        return (
            f'<figure class="regimekit"><img alt="{html.escape(self.alt)}" '
            f'style="width:{width}px;max-width:100%;height:auto" '
            f'src="data:image/png;base64,{data}">'
            f"<figcaption>{html.escape(self.provenance)}</figcaption></figure>"
        )

    def __repr__(self) -> str:
        return f"{self.alt}\n[{self.provenance}]"

    def save(self, path: str | Path) -> None:
        """Write the figure as PNG, PDF or SVG, by the ending of the path."""
        self.figure.savefig(path, dpi=DPI)


def provenance_of(dataset: xr.Dataset, method: str | None = None, shown: int | None = None) -> str:
    """Where a figure is from, in one line, with the number of runs that it shows.

    Parameters
    ----------
    dataset
        Of one experiment.
    method
        The one whose runs are shown; None if the runs of all methods are.
    shown
        How many, for a figure of chosen runs; None if it shows all that are finished.
    """
    status = dataset["status"]
    if method is not None and "method" in status.dims:
        status = status.isel(method=[str(m) for m in dataset["method"].values].index(method))
    done = int(status.isin([1, 2]).sum())
    whose = "" if method is None else f"{method} "
    runs = f"{done} of {int((status >= 0).sum())} planned {whose}runs"
    if shown is not None:
        runs = f"{shown} of {done} finished {whose}runs"
    commits = [c[:7] for c in str(dataset.attrs.get("git_commit", "")).split(", ") if c]
    commit = f"commit {', '.join(commits)}" if commits else "commit unknown"
    return (
        f"Data: {dataset.attrs['experiment']}.nc, preset {dataset.attrs['preset']}, "
        f"{commit}, {runs}."
    )
