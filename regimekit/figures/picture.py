"""A figure that carries its words: alt text for those who cannot see it, and where it is from."""

import base64
import contextlib
import html
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from regimekit.figures.live import places
from regimekit.noted import note_figure

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
    live
        What the scripts of the book need to answer a reader; see ``regimekit.figures.live``.
    panels
        The axes that ``live`` speaks of.
    """

    figure: Figure
    alt: str
    provenance: str
    live: Mapping[str, Any] = field(default_factory=dict)
    panels: Sequence[Axes] = ()

    def _repr_html_(self) -> str:
        with _arranged(self.figure):
            png = self._png()
            name = note_figure(png, self._svg, self.alt, self.provenance)
        data = base64.b64encode(png).decode()
        width = round(self.figure.get_figwidth() * 96)
        identity = f' id="{name}"' if name else ""
        return (
            f'<figure class="regimekit"{identity}>'
            f'<img alt="{html.escape(self.alt)}" '
            f'style="width:{width}px;max-width:100%;height:auto" '
            f'src="data:image/png;base64,{data}">'
            f"{self._script()}"
            f"<figcaption>{html.escape(self.provenance)}</figcaption></figure>"
        )

    def _script(self) -> str:
        if not self.live:
            return ""
        # The places of axes are known only now, when the figure has been drawn.
        data = json.dumps(dict(self.live) | {"panels": places(self.panels)}, allow_nan=False)
        # In a script nothing is escaped but what would end it.
        data = data.replace("</", "<\\/")
        return f'<script type="application/json">{data}</script>'

    def _png(self) -> bytes:
        buffer, dpi = io.BytesIO(), self.figure.dpi
        self.figure.dpi = DPI
        FigureCanvasAgg(self.figure).print_png(buffer)
        self.figure.dpi = dpi
        return buffer.getvalue()

    def _svg(self) -> bytes:
        buffer = io.BytesIO()
        FigureCanvasSVG(self.figure).print_svg(buffer)
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"{self.alt}\n[{self.provenance}]"

    def save(self, path: str | Path) -> None:
        """Write the figure as PNG, PDF or SVG, by the ending of the path."""
        self.figure.savefig(path, dpi=DPI)


@contextlib.contextmanager
def _arranged(figure: Figure) -> Iterator[None]:
    """Arrange a figure once, for all formats in which canvases print it within this context.

    ``savefig`` would arrange it, draw it without ink and draw it, for each format: of a page with
    many figures that was half of the time.
    """
    engine, dpi = figure.get_layout_engine(), figure.dpi
    if engine is None:
        yield
        return
    figure.dpi = DPI
    engine.execute(figure)
    figure.dpi = dpi
    figure.set_layout_engine("none")
    try:
        yield
    finally:
        figure.set_layout_engine(engine)


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
