"""The convection PINN: speed x number of collocation points."""

from typing import Any, ClassVar

from regimekit.errors import ConfigurationError
from regimekit.grids.experiment import Experiment
from regimekit.grids.spec import Axis, Cell, Grid
from regimekit.problems import Convection, pool_size
from regimekit.tasks import PINN

SETTINGS: dict[str, Any] = {
    # Raise this when code changes numbers: every stored cell then counts as stale.
    "numerics": 2,
    "network": {"width": 50, "depth": 3},
    "lattice": [257, 101],
    "precision": "float32",
}

LBFGS: dict[str, Any] = {
    "memory": 100,
    "line_search_steps": 25,
    "gradient_tolerance": 1e-7,
    "change_tolerance": 0.0,
    "stall_window": 500,
    "stall_tolerance": 1e-3,
    "iterations": 20_000,
    "evaluations": 25_000,
}

ADAM: dict[str, Any] = {"learning_rate": 1e-3, "iterations": 2_000, "evaluations": 2_001}


def _at_most(settings: dict[str, Any], iterations: int) -> dict[str, Any]:
    return settings | {"iterations": iterations, "evaluations": 2 * iterations + 1}


class PINNConvection(Experiment):
    """Wang et al.'s first map: a PINN for convection, by L-BFGS and by Adam."""

    name: ClassVar[str] = "pinn-convection"
    title: ClassVar[str] = "PINN for the convection equation"
    difficulty: ClassVar[Axis] = Axis("beta", "convection speed", "1", r"$\beta$")
    data: ClassVar[Axis] = Axis("n_collocation", "number of collocation points", "1", "$N_f$")
    metrics: ClassVar[dict[str, tuple[str, str]]] = {
        "train_loss": ("training loss (unweighted sum of the blocks)", "1"),
        "train_loss_pde": ("training loss of the equation", "1"),
        "train_loss_periodic": ("training loss of the periodic boundary condition", "1"),
        "train_loss_initial": ("training loss of the initial condition", "1"),
        "test_error": ("relative L2 test error on the midpoint lattice", "1"),
        "test_error_l1": ("relative L1 test error on the midpoint lattice", "1"),
        "test_error_lattice": ("relative L2 test error on the reference's test lattice", "1"),
        "test_error_lattice_l1": ("relative L1 test error on the reference's test lattice", "1"),
        "fresh_residual": ("mean squared residual on 20 000 fresh points", "1"),
    }

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset; ``paper`` has the axes of the published figure."""
        axes: dict[str, dict[str, Any]] = {
            "smoke": {
                "difficulties": (5.0, 30.0),
                "data": (100, 500),
                "methods": {"lbfgs": _at_most(LBFGS, 40), "adam": _at_most(ADAM, 40)},
                "seeds": (0,),
            },
            "quick": {
                "difficulties": (5.0, 10.0, 20.0, 30.0, 50.0),
                "data": (100, 500, 1000, 2000),
                "methods": {"lbfgs": LBFGS},
                "seeds": (0,),
            },
            "published": {
                "difficulties": (5.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 70.0),
                "data": (100, 200, 500, 1000, 2000, 5000, 10_000, 25_000),
                "methods": {"lbfgs": LBFGS, "adam": ADAM},
                "seeds": (0, 1, 2, 3, 4),
                "fewer_seeds": {10_000: 3, 25_000: 3},
            },
            "paper": {
                "difficulties": (5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 70.0),
                "data": (
                    *(100, 150, 200, 250, 500, 1000, 2000, 5000),
                    *(10_000, 15_000, 20_000, 25_000),
                ),
                "methods": {"lbfgs": LBFGS, "adam": _at_most(ADAM, 20_000)},
                "seeds": (0, 1, 2, 3, 4),
            },
        }
        return Grid(experiment=self.name, preset=name, settings=SETTINGS, **axes[name])

    def check(self, grid: Grid) -> None:
        """Refuse speeds below 0 and more points than the lattice has."""
        for beta in grid.difficulties:
            Convection(beta)
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
            Convection(cell.difficulty),
            cell.data,
            cell.seed,
            **cell.settings["network"],
            lattice=tuple(cell.settings["lattice"]),
        )
