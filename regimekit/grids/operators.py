"""Fourier neural operators: difficulty of the equation x number of training samples."""

import abc
import math
from collections.abc import Mapping
from typing import Any, ClassVar

from regimekit.errors import ConfigurationError
from regimekit.grids.experiment import Experiment, method_and_budget
from regimekit.grids.spec import Axis, Cell, Grid
from regimekit.methods import AbstractMethod, Budget
from regimekit.models import enough_nodes
from regimekit.problems import (
    AbstractOperatorProblem,
    AdvectionDiffusion,
    Darcy,
    Helmholtz,
    Poisson,
)
from regimekit.tasks import OperatorLearning

POOL = 32_768
"""Training samples that the original has of each problem; ours are drawn as they are needed."""

BATCH = 8
"""Samples a batch: at one cost, more and smaller steps bring the loss down further."""

PUBLISHED = 600
"""Iterations of a published run with a fixed budget."""

GROWTH = 0.47
"""Exponent of the original's iterations: 1000 with 128 samples, 9600 with 16 384."""

DATA_METRICS: dict[str, tuple[str, str]] = {
    "train_loss": ("training loss (unweighted sum of the blocks)", "1"),
    "train_loss_data": ("relative L2 error of the training samples", "1"),
    "test_error": ("relative L2 error of the test samples", "1"),
    "validation_error": ("relative L2 error of the validation samples", "1"),
}

PHYSICS_METRICS: dict[str, tuple[str, str]] = DATA_METRICS | {
    "train_loss_pde": ("relative residual of the equation on the training samples", "1"),
    "residual": ("relative residual of the equation on the test samples", "1"),
    "residual_floor": ("relative residual of the exact test solutions", "1"),
}


def minibatch_adam(iterations: int) -> dict[str, Any]:
    """Settings of Adam on batches; the rate falls tenfold over the run, whatever its length.

    Batches go on from one period of the rate to the next: were each to begin with the first batch,
    as it did before numerics 3, a map of 600 iterations would see 480 samples and no more.
    """
    updates = max(iterations // 10, 1)
    return {
        "kind": "minibatch-adam",
        "learning_rate": 5e-3,
        "decay": 0.8,
        "updates": updates,
        "iterations": iterations,
        "evaluations": iterations + 1,
    }


class OperatorExperiment(Experiment):
    """An FNO on one problem; every cell has one budget of iterations, whatever its samples."""

    data: ClassVar[Axis] = Axis("n_samples", "number of training samples", "1", "$n$")
    metrics: ClassVar[dict[str, tuple[str, str]]] = DATA_METRICS
    residual: ClassVar[str] = "none"
    weights: ClassVar[dict[str, float]] = {"data": 1.0}
    difficulties: ClassVar[tuple[float, ...]]
    samples: ClassVar[tuple[int, ...]]
    paper: ClassVar[dict[str, Any]]
    """Axes and settings of the reference's own size."""
    nodes: ClassVar[int]
    iterations: ClassVar[int] = PUBLISHED
    """Of every run at ``published``, unless the budget depends on the samples."""
    budget: ClassVar[str] = "fixed"
    """``fixed``, or ``reference``: iterations rise with the samples, as the original's do."""

    @abc.abstractmethod
    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> AbstractOperatorProblem:
        """Build the problem at a difficulty; ``settings`` are those of a grid or a cell."""

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset: reduced sizes except for ``paper``."""
        task: dict[str, Any] = {
            "held_out": 32,
            "width": 8,
            "modes": 8,
            "batch_size": BATCH,
            "residual": self.residual,
            "weights": self.weights,
        }
        axes: dict[str, dict[str, Any]] = {
            "smoke": {
                "difficulties": self.difficulties[:: len(self.difficulties) - 1],
                "data": self.samples[:2],
                "methods": {"adam": minibatch_adam(10)},
                "seeds": (0,),
            },
            "quick": {
                "difficulties": self.difficulties[:: len(self.difficulties) - 1],
                "data": self.samples[1::3],
                "methods": {"adam": minibatch_adam(200)},
                "seeds": (0,),
            },
            "published": {
                "difficulties": self.difficulties,
                "data": self.samples,
                "methods": {"adam": minibatch_adam(self.iterations)},
                "seeds": (0, 1),
            },
            "paper": self.paper["axes"] | {"methods": {"adam": minibatch_adam(15_000)}},
        }
        nodes = self.nodes
        if name == "quick":
            task |= {"layers": 2}  # half the time, most of which is compilation
        if name == "published":
            task |= {"held_out": 64}
        if name == "paper":
            task |= self.paper["task"]
            nodes = self.paper["nodes"]
        settings = {"numerics": 3, "precision": "float32", "nodes": nodes, "task": task}
        if self.budget == "reference":
            settings["pivot"] = math.sqrt(min(axes[name]["data"]) * max(axes[name]["data"]))
        return Grid(experiment=self.name, preset=name, settings=settings, **axes[name])

    def check(self, grid: Grid) -> None:
        """Refuse unknown difficulties, samples outside the pool and modes the grid has not."""
        for difficulty in grid.difficulties:
            self.problem(difficulty, grid.settings)
        enough_nodes(grid.settings["task"]["modes"], grid.settings["nodes"])
        for n in grid.data:
            if not 1 <= n <= POOL:
                raise ConfigurationError(
                    f"n_samples = {n} is outside 1 ... {POOL}, the samples of the training pool."
                )

    def method(self, cell: Cell) -> tuple[AbstractMethod, Budget]:
        """Build the training method; with the reference's budget its length is the samples'."""
        settings = dict(cell.settings["method"])
        if "pivot" in cell.settings:
            growth = (cell.data / cell.settings["pivot"]) ** GROWTH
            length = minibatch_adam(max(round(settings["iterations"] * growth), 1))
            settings |= {key: length[key] for key in ("updates", "iterations", "evaluations")}
        return method_and_budget(cell.method, settings)

    def task(self, cell: Cell) -> OperatorLearning:
        """Build the operator task of a cell; the seed draws the weights only."""
        problem = self.problem(cell.difficulty, cell.settings)
        return OperatorLearning(problem, cell.data, **cell.settings["task"])


class FNOAdvectionDiffusion(OperatorExperiment):
    """FNO for advection-diffusion over the ratio of advection to diffusion."""

    name: ClassVar[str] = "fno-advection-diffusion"
    title: ClassVar[str] = "FNO for advection-diffusion, one budget of iterations"
    difficulty: ClassVar[Axis] = Axis("a", "ratio of advection to diffusion", "1", "$a$")
    difficulties: ClassVar[tuple[float, ...]] = (0.2, 0.6, 1.0, 1.3, 1.7, 2.0)
    samples: ClassVar[tuple[int, ...]] = (32, 64, 128, 256, 512, 1024)
    # The Gaussians of a source are one node wide here, and still nearly band-limited: solutions are
    # those of a grid four times as fine to within two per cent, far below the errors of the maps.
    nodes: ClassVar[int] = 32
    paper: ClassVar[dict[str, Any]] = {
        "axes": {
            "difficulties": (0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.0),
            "data": (128, 256, 512, 1024, 2048, 4096, 8192, 16_384),
            "seeds": (0, 1, 2, 3, 4),
        },
        "task": {"held_out": 1024, "width": 16, "modes": 16, "batch_size": 128},
        "nodes": 128,
    }

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> AdvectionDiffusion:
        """Build the problem for the range that begins at a ratio."""
        return AdvectionDiffusion(lower=difficulty, nodes=settings["nodes"])


class FNOAdvectionDiffusionBudget(FNOAdvectionDiffusion):
    """The same on a coarser map, with another budget."""

    difficulties: ClassVar[tuple[float, ...]] = (0.2, 0.6, 1.0, 1.3, 2.0)
    samples: ClassVar[tuple[int, ...]] = (32, 64, 128, 256, 512)


class FNOAdvectionDiffusionEpochs(FNOAdvectionDiffusionBudget):
    """The same with the original's budget: iterations that rise with the samples."""

    name: ClassVar[str] = "fno-advection-diffusion-epochs"
    title: ClassVar[str] = "FNO for advection-diffusion, iterations rise with the samples"
    budget: ClassVar[str] = "reference"


class FNOAdvectionDiffusionLonger(FNOAdvectionDiffusionBudget):
    """The same, trained five times as long."""

    name: ClassVar[str] = "fno-advection-diffusion-longer"
    title: ClassVar[str] = "FNO for advection-diffusion, five times the iterations"
    iterations: ClassVar[int] = 5 * PUBLISHED


class FNOPoisson(OperatorExperiment):
    """FNO for the Poisson equation over the anisotropy of its diffusivity."""

    name: ClassVar[str] = "fno-poisson"
    title: ClassVar[str] = "FNO for the Poisson equation, one budget of iterations"
    difficulty: ClassVar[Axis] = Axis("K", "anisotropy of the diffusivity", "1", "$K$")
    difficulties: ClassVar[tuple[float, ...]] = (1.0, 5.0, 10.0, 20.0, 50.0, 100.0)
    samples: ClassVar[tuple[int, ...]] = FNOAdvectionDiffusion.samples
    nodes: ClassVar[int] = 32
    paper: ClassVar[dict[str, Any]] = FNOAdvectionDiffusion.paper | {
        "axes": FNOAdvectionDiffusion.paper["axes"]
        | {"difficulties": (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0)},
    }

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> Poisson:
        """Build the problem for the range that begins at an anisotropy."""
        return Poisson(lower=difficulty, nodes=settings["nodes"])


class FNOPoissonLonger(FNOPoisson):
    """The same, trained five times as long."""

    name: ClassVar[str] = "fno-poisson-longer"
    title: ClassVar[str] = "FNO for the Poisson equation, five times the iterations"
    iterations: ClassVar[int] = 5 * PUBLISHED


class PINOPoisson(FNOPoisson):
    """The same with the equation in the loss, by Fourier transforms; not in the original's maps."""

    name: ClassVar[str] = "pino-poisson"
    title: ClassVar[str] = "PINO for the Poisson equation, spectral residual"
    metrics: ClassVar[dict[str, tuple[str, str]]] = PHYSICS_METRICS
    residual: ClassVar[str] = "spectral"
    difficulties: ClassVar[tuple[float, ...]] = (1.0, 10.0, 100.0)
    samples: ClassVar[tuple[int, ...]] = (32, 128, 512)


class FNOHelmholtz(OperatorExperiment):
    """FNO for the Helmholtz equation over its squared wave number; not in the original's maps."""

    name: ClassVar[str] = "fno-helmholtz"
    title: ClassVar[str] = "FNO for the Helmholtz equation, one budget of iterations"
    difficulty: ClassVar[Axis] = Axis("omega", "squared wave number times 0.01", "1", r"$\omega$")
    difficulties: ClassVar[tuple[float, ...]] = (1.0, 3.0, 5.0, 7.0, 9.0)
    samples: ClassVar[tuple[int, ...]] = FNOAdvectionDiffusion.samples
    nodes: ClassVar[int] = 32
    paper: ClassVar[dict[str, Any]] = FNOAdvectionDiffusion.paper | {
        "axes": FNOAdvectionDiffusion.paper["axes"] | {"difficulties": difficulties},
        "task": {"held_out": 1024, "width": 64, "modes": 32, "batch_size": 128},
    }

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> Helmholtz:
        """Build the problem for the range that begins at an omega."""
        return Helmholtz(lower=difficulty, nodes=settings["nodes"])


BANDED_DARCY = 4
"""Numerics since Darcy flow is solved by factors of the band. That moved last bits of samples from
finer grids, two in 12 million; of samples solved on their own grid it moved none."""


class PINODarcy(OperatorExperiment):
    """PINO for Darcy flow, with the residual that its samples satisfy."""

    name: ClassVar[str] = "pino-darcy"
    title: ClassVar[str] = "PINO for Darcy flow, conservative residual"
    difficulty: ClassVar[Axis] = Axis("r", "contrast of the permeability", "1", "$r$")
    metrics: ClassVar[dict[str, tuple[str, str]]] = PHYSICS_METRICS
    residual: ClassVar[str] = "conservative"
    weights: ClassVar[dict[str, float]] = {"data": 5.0, "pde": 1.0}
    difficulties: ClassVar[tuple[float, ...]] = (1.0, 2.0, 3.0, 4.0, 6.0, 10.0)
    samples: ClassVar[tuple[int, ...]] = (5, 10, 20, 50, 100, 200)
    nodes: ClassVar[int] = 31
    refine: ClassVar[int] = 1
    paper: ClassVar[dict[str, Any]] = {
        "axes": {
            "difficulties": (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0),
            "data": (5, 10, 20, 50, 100, 200, 500),
            "seeds": (0, 1),
        },
        "task": {"held_out": 200, "width": 64, "modes": 20, "batch_size": 32},
        "nodes": 61,
    }

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset; it says how much finer the solver's grid is."""
        grid = super().preset(name)
        refine = 7 if self.refine > 1 and name == "paper" else self.refine
        settings = {**grid.settings, "refine": refine}
        if self.refine > 1:
            settings["numerics"] = BANDED_DARCY
        return Grid(**vars(grid) | {"settings": settings})

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> Darcy:
        """Build the problem at a contrast."""
        return Darcy(difficulty, settings["nodes"], settings["refine"])


class PINODarcyReference(PINODarcy):
    """The same with the original's residual, and samples from a finer grid."""

    name: ClassVar[str] = "pino-darcy-reference"
    title: ClassVar[str] = "PINO for Darcy flow, reference residual"
    residual: ClassVar[str] = "reference"
    # Half the spacing is enough for the exact solution's residual to grow with the contrast.
    refine: ClassVar[int] = 2


class FNODarcyLiterature(PINODarcy):
    """An FNO without the equation, of the size and on the flow of Li et al., trained for less.

    They print a relative error of 0.0108 with 85 nodes a side, 1000 samples and 500 epochs, which
    ``paper`` has too, and find that it hardly depends on the nodes; ``published`` has every second
    node and a tenth of the epochs.
    """

    measured: ClassVar[bool] = False
    name: ClassVar[str] = "fno-darcy-literature"
    title: ClassVar[str] = "FNO for Darcy flow, where others have published figures"
    metrics: ClassVar[dict[str, tuple[str, str]]] = DATA_METRICS
    residual: ClassVar[str] = "none"
    weights: ClassVar[dict[str, float]] = {"data": 1.0}

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset: one cell, small unless ``published`` or ``paper``."""
        small = name in ("smoke", "quick")
        iterations = {"smoke": 10, "quick": 200, "published": 2500, "paper": 25_000}[name]
        nodes, refine = {"published": (43, 2), "paper": (85, 5)}.get(name, (self.nodes, 1))
        grid = super().preset(name)
        task = {**grid.settings["task"]}
        if not small:
            task |= {"held_out": 200, "width": 32, "modes": 12, "batch_size": 20}
        return Grid(
            **vars(grid)
            | {
                "difficulties": (4.0,),
                "data": (40,) if small else (1000,),
                "seeds": (0,) if small else (0, 1),
                "methods": {"adam": minibatch_adam(iterations) | {"learning_rate": 1e-3}},
                "settings": {
                    **grid.settings,
                    "numerics": BANDED_DARCY,
                    "nodes": nodes,
                    "refine": refine,
                    "task": task,
                },
            }
        )
