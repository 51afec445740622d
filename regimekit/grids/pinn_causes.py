"""What regimes II and III of the convection PINN are made of: one suspect taken away at a time."""

from collections.abc import Mapping
from typing import Any, ClassVar

from regimekit.grids.pinn import OfAnother, at_most
from regimekit.grids.pinn_convection import LBFGS, SETTINGS, PINNConvection
from regimekit.grids.spec import Grid


class CauseExperiment(OfAnother):
    """Clear cells of the convection map of each regime, trained again with one thing changed.

    Points and first weights of a seed are those of the map, so that runs are compared in pairs.
    """

    base = PINNConvection()
    settings: ClassVar[Mapping[str, Any]] = SETTINGS
    training: ClassVar[dict[str, Any]]
    short: ClassVar[int]
    """Iterations of a run at ``quick``."""

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset; its cells are all on the map of that preset."""
        axes: dict[str, dict[str, Any]] = {
            "smoke": {
                "difficulties": (5.0, 30.0),
                "data": (100,),
                "methods": {"lbfgs": at_most(self.training, 40)},
                "seeds": (0,),
            },
            "quick": {
                "difficulties": (30.0, 50.0),
                "data": (100,),
                "methods": {"lbfgs": at_most(self.training, self.short)},
                "seeds": (0,),
            },
            "published": {
                "difficulties": (10.0, 30.0, 50.0, 70.0),
                "data": (100, 1000, 5000),
                "methods": {"lbfgs": self.training},
                "seeds": (0, 1),
            },
        }
        axes["paper"] = axes["published"] | {
            "difficulties": self.base.preset("published").difficulties,
            "seeds": (0, 1, 2, 3, 4),
        }
        return Grid(experiment=self.name, preset=name, settings=self.settings, **axes[name])


class PINNConvectionFloat64(CauseExperiment):
    """The same training in double precision, where no loss of the map is near rounding."""

    name: ClassVar[str] = "pinn-convection-float64"
    title: ClassVar[str] = "PINN for the convection equation in double precision"
    settings: ClassVar[Mapping[str, Any]] = SETTINGS | {"precision": "float64"}
    training: ClassVar[dict[str, Any]] = LBFGS
    short: ClassVar[int] = 2_500


class PINNConvectionPatient(CauseExperiment):
    """No tolerance stops a run: only a line search that fails afresh, or ten times the work.

    A run of the map makes about 5000 evaluations before it stalls.
    """

    name: ClassVar[str] = "pinn-convection-patient"
    title: ClassVar[str] = "PINN for the convection equation without tolerances"
    training: ClassVar[dict[str, Any]] = LBFGS | {
        "gradient_tolerance": 0.0,
        "stall_tolerance": 0.0,
        "iterations": 50_000,
        "evaluations": 50_000,
    }
    short: ClassVar[int] = 8_000
