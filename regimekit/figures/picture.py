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
        Dataset, preset, commit and number of runs.
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


def provenance_of(dataset: xr.Dataset) -> str:
    """Where a dataset is from, in one line."""
    status = dataset["status"].values
    done, planned = int(((status == 1) | (status == 2)).sum()), int((status >= 0).sum())
    commits = [c[:7] for c in str(dataset.attrs.get("git_commit", "")).split(", ") if c]
    commit = f"commit {', '.join(commits)}" if commits else "commit unknown"
    return (
        f"Data: {dataset.attrs['experiment']}.nc, preset {dataset.attrs['preset']}, "
        f"{commit}, {done} of {planned} runs."
    )
