"""Every training method on one map, at equal cost: the evidence on finding 2."""

from typing import Any, ClassVar

from regimekit.grids.pinn import OfAnother, at_most
from regimekit.grids.pinn_convection import LBFGS, SETTINGS, PINNConvection
from regimekit.grids.pinn_equations import PINNWave
from regimekit.grids.spec import Grid

EVALUATIONS = 4_000
"""What each method may spend on a cell; a Hessian product counts as two evaluations."""


def methods(evaluations: int) -> dict[str, dict[str, Any]]:
    """Settings of all methods at one budget.

    NNCG's damping and SGD's learning rate are the better of two tried on the cell of convection
    with speed 10 and 1000 points (1e-2 and 1e-4; 1e-4 and 1e-3). The others are defaults.
    ``alm`` takes boundary and initial conditions as constraints, ``alm-pde`` the equation.
    """
    inner = {n: v for n, v in LBFGS.items() if n not in ("iterations", "evaluations")}
    lbfgs = {"name": "lbfgs"} | inner
    adam = {"name": "adam", "learning_rate": 1e-3}
    nncg = {"rank": 60, "damping": 1e-4, "refresh": 20, "cg_tolerance": 1e-3, "cg_iterations": 40}
    alm = {"method": lbfgs, "penalty": 2.0, "growth": 2.0, "rounds": 10, "warm_up": 0.5}
    kinds: dict[str, dict[str, Any]] = {
        "lbfgs": inner,
        "adam": {"learning_rate": 1e-3},
        "sgd": {"learning_rate": 1e-3, "momentum": 0.9},
        "adam-lbfgs": {"kind": "chain", "methods": [adam, lbfgs], "shares": [0.25, 0.75]},
        "nncg": nncg,
        "adam-lbfgs-nncg": {
            "kind": "chain",
            "methods": [adam, lbfgs, {"name": "nncg"} | nncg],
            "shares": [0.2, 0.4, 0.4],
        },
        "alm": alm,
        "alm-pde": {"kind": "alm", "constrained": ["pde"]} | alm,
        "curriculum": {"method": lbfgs, "stages": 10, "start": 0.0, "ramp": 0.5},
        "ropinn": {
            "method": lbfgs,
            "initial_radius": 0.01,
            "largest_radius": 0.05,
            "past": 5,
            "inner_iterations": 100,
        },
    }
    budget = {"evaluations": evaluations, "iterations": evaluations}
    return {name: settings | budget for name, settings in kinds.items()}


class MethodsExperiment(OfAnother):
    """An equation's map by every method."""

    measured: ClassVar[bool] = False
    settings: ClassVar[dict[str, Any]]
    axes: ClassVar[dict[str, dict[str, Any]]]

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset."""
        axes = self.axes[name]
        return Grid(experiment=self.name, preset=name, settings=self.settings, **axes)


class PINNConvectionMethods(MethodsExperiment):
    """Convection by every method."""

    name: ClassVar[str] = "pinn-convection-methods"
    title: ClassVar[str] = "PINN for the convection equation by every method"
    base = PINNConvection()
    settings = SETTINGS
    axes: ClassVar[dict[str, dict[str, Any]]] = {
        "smoke": {
            "difficulties": (5.0, 30.0),
            "data": (100,),
            "methods": methods(200),
            "seeds": (0,),
        },
        "quick": {
            "difficulties": (5.0, 20.0, 50.0),
            "data": (500,),
            "methods": methods(1_000),
            "seeds": (0,),
        },
        "published": {
            "difficulties": (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0),
            "data": (100, 200, 350, 500, 1000, 2000, 3500, 5000),
            "methods": methods(EVALUATIONS),
            "seeds": (0, 1),
        },
        "paper": {
            "difficulties": (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0),
            "data": (100, 200, 350, 500, 1000, 2000, 3500, 5000),
            "methods": methods(40_000),
            "seeds": (0, 1, 2, 3, 4),
        },
    }


class PINNWaveMethods(MethodsExperiment):
    """Wave equation by every method, on a coarser grid."""

    name: ClassVar[str] = "pinn-wave-methods"
    title: ClassVar[str] = "PINN for the wave equation by every method"
    base = PINNWave()
    settings: ClassVar[dict[str, Any]] = SETTINGS | {"problem": PINNWave.fixed}
    axes: ClassVar[dict[str, dict[str, Any]]] = {
        "smoke": {
            "difficulties": (0.5, 3.0),
            "data": (100,),
            "methods": methods(200),
            "seeds": (0,),
        },
        "quick": {
            "difficulties": (0.5, 3.0),
            "data": (100,),
            "methods": methods(500),
            "seeds": (0,),
        },
        "published": {
            "difficulties": (0.25, 1.0, 2.0, 3.0, 5.0),
            "data": (100, 300, 1000, 3000),
            "methods": methods(EVALUATIONS),
            "seeds": (0, 1),
        },
        "paper": {
            "difficulties": PINNWave.difficulties,
            "data": (100, 200, 500, 1000, 2000, 5000),
            "methods": methods(40_000),
            "seeds": (0, 1, 2, 3, 4),
        },
    }


def to_the_end(
    difficulties: tuple[float, ...], data: tuple[int, ...], seeds: tuple[int, ...]
) -> dict[str, dict[str, Any]]:
    """Axes of each preset for cells that L-BFGS trains as it does on an equation's own map."""
    one: dict[str, Any] = {"difficulties": difficulties[-1:], "seeds": (0,)}
    whole = {"difficulties": difficulties, "data": data, "methods": {"lbfgs": LBFGS}}
    return {
        "smoke": one | {"data": (100,), "methods": {"lbfgs": at_most(LBFGS, 40)}},
        "quick": one | {"data": (300,), "methods": {"lbfgs": at_most(LBFGS, 1500)}},
        "published": whole | {"seeds": seeds},
        "paper": whole | {"seeds": (0, 1, 2, 3, 4)},
    }


class PINNConvectionCorner(MethodsExperiment):
    """Hard, data-rich cells of the methods' map, by L-BFGS to its end, to say their regime.

    The map of convection lacks the speed 40 and 3500 points, and regime II lies there.
    """

    name: ClassVar[str] = "pinn-convection-corner"
    title: ClassVar[str] = "PINN for the convection equation, hard and data-rich cells"
    base = PINNConvection()
    settings = SETTINGS
    axes = to_the_end((30.0, 40.0, 50.0), (2000, 3500, 5000), (0, 1, 2))


class PINNWaveBetween(MethodsExperiment):
    """Cells of the wave equation's methods' map that its own map lacks, to say their regime."""

    name: ClassVar[str] = "pinn-wave-between"
    title: ClassVar[str] = "PINN for the wave equation, cells between those of its map"
    base = PINNWave()
    settings: ClassVar[dict[str, Any]] = SETTINGS | {"problem": PINNWave.fixed}
    axes = to_the_end((0.25, 1.0, 2.0, 3.0, 5.0), (300,), (0, 1))
