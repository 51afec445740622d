"""What an experiment is: its axes, its presets, and how one cell becomes a task and a method."""

import abc
from typing import Any, ClassVar

from regimekit.errors import ConfigurationError
from regimekit.grids.spec import Axis, Cell, Grid
from regimekit.methods import AbstractMethod, Budget, Probe, make_method
from regimekit.tasks import AbstractTask

PRESETS = ("smoke", "quick", "published", "paper")


class Experiment(abc.ABC):
    """One experiment: a model family on a physical system over difficulty x data."""

    name: ClassVar[str]
    title: ClassVar[str]
    difficulty: ClassVar[Axis]
    data: ClassVar[Axis]
    metrics: ClassVar[dict[str, tuple[str, str]]]
    """Long name and units of each figure that the task's metrics return."""
    probed: ClassVar[dict[str, tuple[str, str]]] = {}
    """The same for what :meth:`probe` returns, recorded along training."""
    measured: ClassVar[bool] = True
    """Whether its runs are measured from their weights, so that all of these are published."""

    @abc.abstractmethod
    def preset(self, name: str) -> Grid:
        """Return the grid of a preset."""

    @abc.abstractmethod
    def task(self, cell: Cell) -> AbstractTask:
        """Build the training problem of a cell."""

    @abc.abstractmethod
    def check(self, grid: Grid) -> None:
        """Refuse a grid with cells that cannot be built, in one sentence and before any compute."""

    def ready(self, grid: Grid) -> None:
        """Refuse to compute a grid where data that are not part of regimekit are not here."""
        del grid

    def grid(self, preset: str, **axes: Any) -> Grid:
        """Return the grid of a preset, with axes replaced as in :meth:`Grid.override`.

        Raises
        ------
        ConfigurationError
            If the preset is unknown or an axis has a value that the experiment cannot run.
        """
        if preset not in PRESETS:
            raise ConfigurationError(
                f"Unknown preset {preset!r} for {self.name}; there are {', '.join(PRESETS)}."
            )
        grid = self.preset(preset).override(**axes)
        self.check(grid)
        for name, settings in grid.methods.items():
            method_and_budget(name, settings)
        return grid

    def method(self, cell: Cell) -> tuple[AbstractMethod, Budget]:
        """Build the training method of a cell, and its budget."""
        return method_and_budget(cell.method, cell.settings["method"])

    def probe(self, cell: Cell) -> Probe | None:
        """Return what is measured along the training of a cell besides the test error."""
        del cell
        return None


def method_and_budget(name: str, settings: Any) -> tuple[AbstractMethod, Budget]:
    """Split a method's settings into what builds it and what it may spend."""
    settings = dict(settings)
    budget = Budget(settings.pop("evaluations"), settings.pop("iterations"))
    return make_method(name, settings), budget
