"""Curvature along training: the convection PINN looked at on a logarithmic schedule."""

from collections.abc import Mapping
from typing import Any, ClassVar

from regimekit.grids.pinn import OfAnother, at_most
from regimekit.grids.pinn_convection import ADAM, LBFGS, SETTINGS, PINNConvection
from regimekit.grids.spec import Cell, Grid
from regimekit.landscape import CurvatureProbe
from regimekit.methods import Probe


class PINNConvectionDynamics(OfAnother):
    """A few cells of the convection map, of each regime, with the curvature along their training.

    Looking changes nothing: a run is that of the map, since methods draw nothing from a probe and
    are not charged for it. What looking costs is in the dataset, as Hessian products.
    """

    name: ClassVar[str] = "pinn-convection-dynamics"
    title: ClassVar[str] = "Curvature along the training of a PINN for the convection equation"
    base = PINNConvection()
    probed: ClassVar[dict[str, tuple[str, str]]] = {
        "lambda_max": ("largest eigenvalue of the Hessian", "1"),
        "lambda_max_error": ("bound of the error of the largest eigenvalue", "1"),
        "trace": ("trace of the Hessian", "1"),
        "trace_error": ("standard error of the trace over probes", "1"),
        "curvature_products": ("Hessian-vector products that a look took", "1"),
    }

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset."""
        methods: Mapping[str, Mapping[str, Any]] = {"lbfgs": LBFGS, "adam": ADAM}
        small = {"lbfgs": at_most(LBFGS, 12), "adam": at_most(ADAM, 12)}
        axes: dict[str, dict[str, Any]] = {
            "smoke": {
                "difficulties": (5.0, 30.0),
                "data": (100,),
                "methods": small,
                "seeds": (0,),
            },
            "quick": {
                "difficulties": (5.0, 30.0),
                "data": (100,),
                "methods": methods,
                "seeds": (0,),
            },
            "published": {
                "difficulties": (5.0, 15.0, 30.0, 50.0),
                "data": (100, 1000, 5000),
                "methods": methods,
                "seeds": (0, 1, 2),
            },
            "paper": {
                "difficulties": (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 70.0),
                "data": (100, 500, 1000, 2000, 5000, 10_000),
                "methods": {"lbfgs": LBFGS, "adam": at_most(ADAM, 20_000)},
                "seeds": (0, 1, 2, 3, 4),
            },
        }
        settings = SETTINGS | {"probe": {"steps": 16, "tolerance": 1e-2, "probes": 8}}
        return Grid(experiment=self.name, preset=name, settings=settings, **axes[name])

    def probe(self, cell: Cell) -> Probe:
        """Return what measures the curvature."""
        return CurvatureProbe(**cell.settings["probe"])
