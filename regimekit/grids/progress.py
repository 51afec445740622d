"""Live progress: cells done and left, time to go, the cells in hand."""

import math
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Where progress is shown; used as a context."""

    def __enter__(self) -> "Progress": ...

    def __exit__(self, *details: object) -> None: ...

    def show(self, text: str, share: float, event: bool) -> None:
        """Show one line; ``event`` says that a cell ended, not only that time went by."""


SHOWN = 4
"""Most cells in hand that a line names: where cells are quick there are dozens."""


class Tracker:
    """Counts cells and turns them into lines of progress.

    Parameters
    ----------
    title
        What is run.
    costs
        Expected relative cost of each cell to run, by label; the time to go follows from the share
        of the cost that is done.
    kept
        Cells that were there already.
    progress
        Where to show it.
    """

    def __init__(self, title: str, costs: dict[str, float], kept: int, progress: Progress):
        self._title, self._costs, self._kept, self._progress = title, costs, kept, progress
        self._began = time.monotonic()
        self._done: set[str] = set()
        self._in_hand: tuple[str, ...] = ()
        self._shown = 0.0

    def in_hand(self, labels: Sequence[str]) -> None:
        """Note the cells that are under way."""
        changed = tuple(labels) != self._in_hand
        self._in_hand = tuple(labels)
        if changed or time.monotonic() - self._shown > 1:
            self._show(event=False)

    def done(self, label: str) -> None:
        """Note that a cell has ended."""
        self._done.add(label)
        self._show(event=True)

    def _show(self, *, event: bool) -> None:
        total = len(self._costs)
        spent = sum(self._costs[label] for label in self._done)
        share = spent / sum(self._costs.values()) if total else 1.0
        elapsed = time.monotonic() - self._began
        left = f"about {duration(elapsed * (1 - share) / share)} to go" if share else "timing"
        if len(self._done) == total:
            left = f"took {duration(elapsed)}"
        kept = f" ({self._kept} more were there)" if self._kept else ""
        more = len(self._in_hand) - SHOWN
        shown = [*self._in_hand[:SHOWN], *([f"{more} more"] if more > 0 else [])]
        now = f"; now {', '.join(shown)}" if shown else ""
        text = f"{self._title}: {len(self._done)}/{total} cells{kept}, {left}{now}"
        self._progress.show(text, share, event)
        self._shown = time.monotonic()


class LogProgress:
    """Plain lines: one at the start, then one whenever a cell ends.

    There is at most one every ``interval`` seconds, and one every ``silence`` seconds where no
    cell ends: a long cell should not look like a run that hangs.
    """

    def __init__(self, stream: Any = None, interval: float = 5.0, silence: float = 60.0):
        self._stream = stream
        self._interval = interval
        self._silence = silence
        self._last = -math.inf
        self._pending: str | None = None

    def __enter__(self) -> "LogProgress":
        return self

    def __exit__(self, *details: object) -> None:
        if self._pending is not None:
            self._write(self._pending)

    def show(self, text: str, share: float, event: bool) -> None:
        """Write a line if the last one is old enough."""
        del share
        if event:
            self._pending = text
        if time.monotonic() - self._last >= (self._interval if event else self._silence):
            self._write(text)

    def _write(self, text: str) -> None:
        print(time.strftime("%H:%M:%S ") + text, file=self._stream or sys.stderr, flush=True)
        self._last = time.monotonic()
        self._pending = None


class TerminalProgress:
    """A bar at the foot of a terminal."""

    def __enter__(self) -> "TerminalProgress":
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            BarColumn(bar_width=20), TextColumn("{task.percentage:>3.0f} %  {task.description}")
        )
        self._bar.start()
        self._task = self._bar.add_task("starting", total=1.0)
        return self

    def __exit__(self, *details: object) -> None:
        self._bar.stop()

    def show(self, text: str, share: float, event: bool) -> None:
        """Redraw the bar."""
        del event
        self._bar.update(self._task, completed=share, description=text)


class NotebookProgress:
    """One output of a notebook cell, updated in place; what is left there is the last line."""

    def __enter__(self) -> "NotebookProgress":
        from IPython.display import display

        self._handle = display({"text/plain": "starting"}, raw=True, display_id=True)
        return self

    def __exit__(self, *details: object) -> None:
        pass

    def show(self, text: str, share: float, event: bool) -> None:
        """Replace the output by a bar of text."""
        del event
        filled = round(20 * share)
        bar = "█" * filled + "░" * (20 - filled)
        if self._handle is not None:
            self._handle.update({"text/plain": f"{bar} {share:4.0%}  {text}"}, raw=True)


def choose_progress() -> Progress:
    """Choose by where this process runs: a notebook, a terminal, or neither.

    The environment variable ``REGIMEKIT_PROGRESS=log`` asks for plain lines anywhere.
    """
    if os.environ.get("REGIMEKIT_PROGRESS") == "log":
        return LogProgress()
    if "IPython" in sys.modules:
        from IPython import get_ipython

        if getattr(get_ipython(), "kernel", None) is not None:
            return NotebookProgress()
    return TerminalProgress() if sys.stderr.isatty() else LogProgress()


def duration(seconds: float) -> str:
    """Say a time span in the two units that matter: ``40 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
