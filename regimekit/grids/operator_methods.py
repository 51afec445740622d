"""Five training methods on the PINO for Darcy flow, at equal cost, on fewer nodes and samples."""

from typing import Any, ClassVar

from regimekit.grids.operators import PINODarcy
from regimekit.grids.pinn_methods import methods
from regimekit.grids.spec import Grid

EVALUATIONS = 200
"""What each method may spend on a cell; a Hessian product counts as two evaluations."""


def operator_methods(evaluations: int) -> dict[str, dict[str, Any]]:
    """Settings of the methods for a PINO: those for PINNs, in the size of its budget.

    Every method sees all training samples at once. ALM takes the samples as its constraint, as the
    original does, and fewer rounds; the curriculum rises in few stages from one phase to two, and
    NNCG takes a smaller approximation, for which its products leave time.
    """
    pinn = methods(evaluations)
    return {
        "lbfgs": pinn["lbfgs"],
        "adam": pinn["adam"] | {"learning_rate": 5e-3},
        "nncg": pinn["nncg"] | {"rank": 10, "damping": 1e-2, "refresh": 5, "cg_iterations": 10},
        "alm": pinn["alm"] | {"constrained": ["data"], "rounds": 4},
        "curriculum": pinn["curriculum"] | {"start": 1.0, "stages": 4},
    }


class PINODarcyMethods(PINODarcy):
    """PINO for Darcy flow with the conservative residual, by every method."""

    measured: ClassVar[bool] = False
    name: ClassVar[str] = "pino-darcy-methods"
    title: ClassVar[str] = "PINO for Darcy flow by every method"
    samples: ClassVar[tuple[int, ...]] = (5, 10, 20, 50)
    nodes: ClassVar[int] = 21

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset."""
        grid = super().preset(name)
        evaluations = {"smoke": 40, "quick": 100, "paper": 10_000}.get(name, EVALUATIONS)
        axes: dict[str, Any] = {"methods": operator_methods(evaluations)}
        # Without batches, which is what numerics 3 changed.
        axes["settings"] = {**grid.settings, "numerics": 2}
        if name == "smoke":
            axes |= {"difficulties": (2.0,), "data": (5,)}
        if name == "quick":
            axes |= {"difficulties": (2.0, 10.0), "data": (10,)}
        return Grid(**vars(grid) | axes)
