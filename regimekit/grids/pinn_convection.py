"""The convection PINN: speed x number of collocation points."""

from collections.abc import Mapping
from typing import Any, ClassVar

from regimekit.grids.pinn import PINNExperiment, at_most, pinn_metrics
from regimekit.grids.spec import Axis, Grid
from regimekit.problems import Convection

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


class PINNConvection(PINNExperiment):
    """Wang et al.'s first map: a PINN for convection, by L-BFGS and by Adam."""

    name: ClassVar[str] = "pinn-convection"
    title: ClassVar[str] = "PINN for the convection equation"
    difficulty: ClassVar[Axis] = Axis("beta", "convection speed", "1", r"$\beta$")
    metrics: ClassVar[dict[str, tuple[str, str]]] = pinn_metrics("pde", "periodic", "initial")

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset; ``paper`` has the axes of the published figure."""
        axes: dict[str, dict[str, Any]] = {
            "smoke": {
                "difficulties": (5.0, 30.0),
                "data": (100, 500),
                "methods": {"lbfgs": at_most(LBFGS, 40), "adam": at_most(ADAM, 40)},
                "seeds": (0,),
            },
            "quick": {
                "difficulties": (5.0, 15.0, 30.0, 50.0),
                "data": (100, 500, 2000),
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
                "methods": {"lbfgs": LBFGS, "adam": at_most(ADAM, 20_000)},
                "seeds": (0, 1, 2, 3, 4),
            },
        }
        return Grid(experiment=self.name, preset=name, settings=SETTINGS, **axes[name])

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> Convection:
        """Build the equation at a speed."""
        del settings
        return Convection(difficulty)
