"""What all PINN experiments share: equation x number of collocation points."""

import abc
from collections.abc import Mapping
from typing import Any, ClassVar

from regimekit.errors import ConfigurationError
from regimekit.grids.experiment import Experiment
from regimekit.grids.spec import Axis, Cell, Grid
from regimekit.problems import AbstractProblem, pool_size
from regimekit.tasks import PINN

POINTS = Axis("n_collocation", "number of collocation points", "1", "$N_f$")

BLOCKS = {
    "pde": "equation",
    "periodic": "periodic boundary condition",
    "lower": "condition at the lower end",
    "upper": "condition at the upper end",
    "initial": "initial condition",
    "velocity": "initial velocity",
}


def pinn_metrics(*blocks: str) -> dict[str, tuple[str, str]]:
    """Long name and units of what a PINN task with these blocks measures."""
    losses = {f"train_loss_{b}": (f"training loss of the {BLOCKS[b]}", "1") for b in blocks}
    return {
        "train_loss": ("training loss (unweighted sum of the blocks)", "1"),
        **losses,
        "test_error": ("relative L2 test error on the midpoint lattice", "1"),
        "test_error_l1": ("relative L1 test error on the midpoint lattice", "1"),
        "test_error_lattice": ("relative L2 test error on the reference's test lattice", "1"),
        "test_error_lattice_l1": ("relative L1 test error on the reference's test lattice", "1"),
        "fresh_residual": ("mean squared residual on 20 000 fresh points", "1"),
    }


def at_most(settings: dict[str, Any], iterations: int) -> dict[str, Any]:
    """Return a method's settings with a small budget."""
    return settings | {"iterations": iterations, "evaluations": 2 * iterations + 1}


class PINNExperiment(Experiment):
    """A PINN for one equation."""

    data: ClassVar[Axis] = POINTS

    @abc.abstractmethod
    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> AbstractProblem:
        """Build the equation at a difficulty; ``settings`` are those of a grid or a cell."""

    def check(self, grid: Grid) -> None:
        """Refuse difficulties that the equation has not, and more points than the lattice has."""
        for difficulty in grid.difficulties:
            self.problem(difficulty, grid.settings)
        pool = pool_size(*grid.settings["lattice"])
        for n in grid.data:
            if not 1 <= n <= pool:
                raise ConfigurationError(
                    f"n_collocation = {n} is outside 1 ... {pool}, the interior nodes of the "
                    "training lattice from which collocation points are drawn."
                )

    def task(self, cell: Cell) -> PINN:
        """Build the PINN of a cell; its seed draws the points as well as the weights."""
        return PINN(
            self.problem(cell.difficulty, cell.settings),
            cell.data,
            cell.seed,
            **cell.settings["network"],
            lattice=tuple(cell.settings["lattice"]),
        )


class OfAnother(PINNExperiment):
    """The equation of another experiment, on another grid: its axes, metrics and problem."""

    base: ClassVar[PINNExperiment]

    def __init_subclass__(cls) -> None:
        if "base" in vars(cls):
            cls.difficulty, cls.metrics = cls.base.difficulty, cls.base.metrics

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> AbstractProblem:
        """Build the equation as the other experiment does."""
        return self.base.problem(difficulty, settings)
