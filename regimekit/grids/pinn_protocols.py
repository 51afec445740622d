"""Curriculum and RoPINN as the reference implementation runs them, beside ours."""

from typing import Any, ClassVar

from regimekit.grids.pinn import OfAnother
from regimekit.grids.pinn_convection import SETTINGS, PINNConvection
from regimekit.grids.pinn_methods import EVALUATIONS, methods
from regimekit.grids.spec import Grid

LONGER = 10
"""How many times our budget the long curricula have.

The reference gives every stage the budget of a whole run: 200 to 1000 times ours in these cells.
"""


def protocols(evaluations: int, step: float = 0.05) -> dict[str, dict[str, Any]]:
    """Settings of the methods, from ours to the reference's one difference at a time.

    ``curriculum-redrawn`` differs from ``curriculum`` in its points, which are new in every stage;
    ``curriculum-long`` in its fine steps and its budget; ``curriculum-reference`` in both.
    ``ropinn-reference`` has the reference's radius, which is far below the distance of points, and
    moves the points at every iteration. Its network, which is a hundred times as large, is not
    taken over, so that a pair differs in the method alone.
    """
    ours = {name: methods(evaluations)[name] for name in ("lbfgs", "curriculum", "ropinn")}
    budget = {"evaluations": LONGER * evaluations, "iterations": LONGER * evaluations}
    curriculum, region = ({"kind": n} | ours[n] for n in ("curriculum", "ropinn"))
    # As many stages as steps: the last one, at the target, is one among them.
    long = curriculum | budget | {"step": step, "ramp": 0.99}
    reference = {"initial_radius": 1e-5, "largest_radius": 0.01, "inner_iterations": 1}
    return ours | {
        "curriculum-redrawn": curriculum | {"redraw": True},
        "curriculum-long": long,
        "curriculum-reference": long | {"redraw": True},
        "ropinn-reference": region | reference,
    }


class PINNConvectionProtocols(OfAnother):
    """Convection by two methods and by what the reference made of them."""

    name: ClassVar[str] = "pinn-convection-protocols"
    title: ClassVar[str] = "PINN for the convection equation, methods as the reference runs them"
    base = PINNConvection()

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset."""
        axes: dict[str, dict[str, Any]] = {
            "smoke": {
                "difficulties": (5.0, 30.0),
                "data": (100,),
                "methods": protocols(200, 5.0),
                "seeds": (0,),
            },
            "quick": {
                "difficulties": (10.0, 30.0),
                "data": (100,),
                "methods": protocols(300, 1.0),
                "seeds": (0,),
            },
            "published": {
                "difficulties": (10.0, 30.0, 50.0),
                "data": (100, 500, 2000),
                "methods": protocols(EVALUATIONS),
                "seeds": (0,),
            },
            "paper": {
                "difficulties": (5.0, 10.0, 20.0, 30.0, 50.0, 70.0),
                "data": (100, 500, 2000, 10_000),
                "methods": protocols(40_000),
                "seeds": (0, 1, 2, 3, 4),
            },
        }
        return Grid(experiment=self.name, preset=name, settings=SETTINGS, **axes[name])
