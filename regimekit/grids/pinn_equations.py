"""PINNs for reaction, wave and reaction-diffusion, to see whether the structure is the same."""

from collections.abc import Mapping
from typing import Any, ClassVar

from regimekit.grids.pinn import PINNExperiment, at_most, pinn_metrics
from regimekit.grids.pinn_convection import LBFGS, SETTINGS
from regimekit.grids.spec import Axis, Grid
from regimekit.problems import AbstractProblem, Reaction, ReactionDiffusion, Wave

POINTS = (100, 200, 500, 1000, 2000, 5000)


class EquationExperiment(PINNExperiment):
    """One more equation, by L-BFGS."""

    fixed: ClassVar[dict[str, Any]]
    """Parameters of the equation that are not the difficulty."""
    difficulties: ClassVar[tuple[float, ...]]
    quick: ClassVar[tuple[float, ...]]

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset; the reference's own axes for these are not known."""
        axes: dict[str, dict[str, Any]] = {
            "smoke": {
                "difficulties": self.quick[:: len(self.quick) - 1],
                "data": (100, 500),
                "methods": {"lbfgs": at_most(LBFGS, 40)},
                "seeds": (0,),
            },
            "quick": {
                "difficulties": self.quick,
                "data": (100, 500),
                "methods": {"lbfgs": at_most(LBFGS, 1500)},
                "seeds": (0,),
            },
            "published": {
                "difficulties": self.difficulties,
                "data": POINTS,
                "methods": {"lbfgs": LBFGS},
                "seeds": (0, 1, 2),
            },
            "paper": {
                "difficulties": self.difficulties,
                "data": (*POINTS, 10_000, 25_000),
                "methods": {"lbfgs": LBFGS},
                "seeds": (0, 1, 2, 3, 4),
            },
        }
        settings = SETTINGS | {"problem": self.fixed}
        return Grid(experiment=self.name, preset=name, settings=settings, **axes[name])


class PINNReaction(EquationExperiment):
    """Logistic reaction over its rate."""

    name: ClassVar[str] = "pinn-reaction"
    title: ClassVar[str] = "PINN for the reaction equation"
    difficulty: ClassVar[Axis] = Axis("rho", "reaction rate", "1", r"$\rho$")
    metrics: ClassVar[dict[str, tuple[str, str]]] = pinn_metrics("pde", "periodic", "initial")
    fixed: ClassVar[dict[str, Any]] = {}
    difficulties: ClassVar[tuple[float, ...]] = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0)
    quick: ClassVar[tuple[float, ...]] = (1.0, 5.0, 10.0)

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> AbstractProblem:
        """Build the equation at a rate."""
        del settings
        return Reaction(difficulty)


class PINNWave(EquationExperiment):
    """Wave equation over its speed, with two modes of the string."""

    name: ClassVar[str] = "pinn-wave"
    title: ClassVar[str] = "PINN for the wave equation"
    difficulty: ClassVar[Axis] = Axis("c", "wave speed", "1", "$c$")
    metrics: ClassVar[dict[str, tuple[str, str]]] = pinn_metrics(
        "pde", "lower", "upper", "initial", "velocity"
    )
    fixed: ClassVar[dict[str, Any]] = {"beta": 3.0, "reference_residual": False}
    difficulties: ClassVar[tuple[float, ...]] = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
    quick: ClassVar[tuple[float, ...]] = (0.25, 1.0, 4.0)

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> AbstractProblem:
        """Build the equation at a speed."""
        return Wave(c=difficulty, difficulty_name="c", **settings["problem"])


class PINNWaveReference(PINNWave):
    """The same with the reference's residual, which has speed 2 whatever the solution's is."""

    name: ClassVar[str] = "pinn-wave-reference"
    title: ClassVar[str] = "PINN for the wave equation, reference protocol"
    fixed: ClassVar[dict[str, Any]] = {"beta": 3.0, "reference_residual": True}


class PINNWaveMode(EquationExperiment):
    """Wave equation at speed 2 over the second mode of the string."""

    name: ClassVar[str] = "pinn-wave-mode"
    title: ClassVar[str] = "PINN for the wave equation, over its second mode"
    difficulty: ClassVar[Axis] = Axis("beta", "half waves of the second mode", "1", r"$\beta$")
    metrics: ClassVar[dict[str, tuple[str, str]]] = PINNWave.metrics
    fixed: ClassVar[dict[str, Any]] = {"c": 2.0}
    difficulties: ClassVar[tuple[float, ...]] = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
    quick: ClassVar[tuple[float, ...]] = (1.0, 3.0, 6.0)

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> AbstractProblem:
        """Build the equation with a second mode."""
        return Wave(difficulty, **settings["problem"])


class PINNReactionDiffusion(EquationExperiment):
    """Reaction-diffusion at rate 5 over its diffusivity."""

    name: ClassVar[str] = "pinn-reaction-diffusion"
    title: ClassVar[str] = "PINN for the reaction-diffusion equation"
    difficulty: ClassVar[Axis] = Axis("nu", "diffusivity", "1", r"$\nu$")
    metrics: ClassVar[dict[str, tuple[str, str]]] = pinn_metrics("pde", "periodic", "initial")
    fixed: ClassVar[dict[str, Any]] = {"rho": 5.0}
    difficulties: ClassVar[tuple[float, ...]] = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 10.0)
    quick: ClassVar[tuple[float, ...]] = (1.0, 3.0, 6.0)

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> AbstractProblem:
        """Build the equation at a diffusivity."""
        return ReactionDiffusion(difficulty, **settings["problem"])
