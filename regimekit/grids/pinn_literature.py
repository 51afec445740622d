"""Cells whose figures others have published, at a budget that a laptop can afford."""

from typing import Any, ClassVar

from regimekit.grids.pinn import OfAnother
from regimekit.grids.pinn_convection import SETTINGS, PINNConvection
from regimekit.grids.pinn_equations import PINNReaction, PINNWaveMode
from regimekit.grids.pinn_methods import methods
from regimekit.grids.spec import Grid

EVALUATIONS = 6_000
"""What each method may spend on a cell: Rathore et al. made 41 000 iterations.

Their number of points is kept, and their smallest network.
"""


def compared(evaluations: int, *names: str) -> dict[str, dict[str, Any]]:
    """Settings of the methods of the published tables, as on the maps; a finer curriculum."""
    chosen = methods(evaluations)
    chosen["curriculum"] |= {"stages": 20, "ramp": 0.7}
    return {name: chosen[name] for name in names}


class LiteratureExperiment(OfAnother):
    """An equation where others have trained it: few cells, a large budget, our network."""

    fixed: ClassVar[dict[str, Any]] = {}
    target: ClassVar[float]
    """The difficulty of the published table."""
    points: ClassVar[tuple[int, ...]] = (10_000,)
    """Numbers of points of the published tables."""
    few: ClassVar[int] = 500
    """Points at ``quick``: as on the equation's quick map, whose compiled programs are shared."""
    trained: ClassVar[tuple[str, ...]] = ("lbfgs", "adam", "adam-lbfgs", "adam-lbfgs-nncg")

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset."""
        axes: dict[str, dict[str, Any]] = {
            "smoke": {"data": (100,), "methods": compared(200, *self.trained), "seeds": (0,)},
            "quick": {
                "data": (self.few,),
                "methods": compared(1000, "lbfgs", "adam-lbfgs"),
                "seeds": (0,),
            },
            "published": {
                "data": self.points,
                "methods": compared(EVALUATIONS, *self.trained),
                "seeds": (0, 1, 2),
                "fewer_seeds": {10_000: 1},
            },
            "paper": {
                "data": (1000, 10_000),
                "methods": compared(41_000, *self.trained),
                "seeds": (0, 1, 2, 3, 4),
            },
        }
        settings = SETTINGS | ({"problem": self.fixed} if self.fixed else {})
        return Grid(
            experiment=self.name,
            preset=name,
            difficulties=(self.target,),
            settings=settings,
            **axes[name],
        )


class PINNConvectionLiterature(LiteratureExperiment):
    """Convection at speed 40: Krishnapriyan et al. with 1000 points, Rathore et al. with 10 000."""

    name: ClassVar[str] = "pinn-convection-literature"
    title: ClassVar[str] = "PINN for convection, where others have published figures"
    base = PINNConvection()
    target: ClassVar[float] = 40.0
    points: ClassVar[tuple[int, ...]] = (1000, 10_000)
    few: ClassVar[int] = 1000
    trained: ClassVar[tuple[str, ...]] = (*LiteratureExperiment.trained, "curriculum")


class PINNReactionLiterature(LiteratureExperiment):
    """Reaction at rate 5, as Rathore et al. trained it."""

    name: ClassVar[str] = "pinn-reaction-literature"
    title: ClassVar[str] = "PINN for reaction, where others have published figures"
    base = PINNReaction()
    target: ClassVar[float] = 5.0


class PINNWaveLiterature(LiteratureExperiment):
    """Wave equation with a second mode of 5 half waves at speed 2, as Rathore et al. trained it."""

    name: ClassVar[str] = "pinn-wave-literature"
    title: ClassVar[str] = "PINN for the wave equation, where others have published figures"
    base = PINNWaveMode()
    fixed: ClassVar[dict[str, Any]] = PINNWaveMode.fixed
    target: ClassVar[float] = 5.0
