"""Five training methods on the map of the PINODE, at equal cost."""

from typing import Any, ClassVar

from regimekit.grids.node import PINODEPendulum
from regimekit.grids.pinn_methods import methods
from regimekit.grids.spec import Grid

EVALUATIONS = 2_000
"""What each method may spend on a cell; a Hessian product counts as two evaluations."""


def node_methods(evaluations: int) -> dict[str, dict[str, Any]]:
    """Settings of the methods for a PINODE: those for PINNs, in the scale of its loss.

    ALM takes the equation as its constraint; the curriculum begins where damping is strong. NNCG's
    damping is the best of 1e-4, 1e-6 and 1e-8 on the cell with 1/b = 8 and 200 samples: the loss of
    these networks is a thousandth of a PINN's.
    """
    pinn = methods(evaluations)
    return {
        "lbfgs": pinn["lbfgs"],
        "adam": pinn["adam"],
        "nncg": pinn["nncg"] | {"damping": 1e-6},
        "alm": pinn["alm"] | {"constrained": ["physics"]},
        "curriculum": pinn["curriculum"] | {"start": 0.5},
    }


class PINODEPendulumMethods(PINODEPendulum):
    """The PINODE's reference protocol, each method on all samples at once."""

    measured: ClassVar[bool] = False
    name: ClassVar[str] = "pinode-pendulum-methods"
    title: ClassVar[str] = "Physics-informed neural ODE for the pendulum by every method"

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset."""
        grid = super().preset(name)
        evaluations = {"smoke": 60, "quick": 500}.get(name, EVALUATIONS)
        axes: dict[str, Any] = {"methods": node_methods(evaluations)}
        if name == "quick":
            axes |= {"difficulties": (2.0, 8.0), "data": (40, 400)}
        if name == "published":
            axes["seeds"] = (0, 1, 2)
        return Grid(**vars(grid) | axes)
