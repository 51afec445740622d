"""Neural ODEs on the nonlinear pendulum: inverse damping x samples of the training orbit."""

import dataclasses
from typing import Any, ClassVar

from regimekit.errors import ConfigurationError
from regimekit.grids.experiment import Experiment
from regimekit.grids.spec import Axis, Cell, Grid
from regimekit.methods import AbstractMethod, Budget, MinibatchAdam
from regimekit.problems import Pendulum
from regimekit.regimes import COVERAGES, REPAIRS
from regimekit.tasks import NODE
from regimekit.tasks.node import check_samples

PADDED = 416
"""Samples that all tasks are filled up to, so that one program serves a map."""

ADAM: dict[str, Any] = {
    "kind": "minibatch-adam",
    "learning_rate": 1e-3,
    "decay": 0.995,
    "updates": 13,
    "iterations": 7_800,
    "evaluations": 7_801,
}
"""The original's: 600 epochs of 13 updates, whatever the number of samples; each epoch begins with
the first window (see :meth:`NODEExperiment.method`)."""

REFERENCE: dict[str, Any] = {
    "integrator": "euler",
    "accuracy": "reference",
    "start": 1.7,
    "test_start": 2.8,
    "step": 0.05,
    "width": 10,
}
"""The original's set-up. Its test orbit has more energy than any state of the training orbit."""

CORRECTED: dict[str, Any] = REFERENCE | {
    "representation": "state",
    "integrator": "rk4",
    "accuracy": "converged",
    "test_start": 1.2,
}
"""Injective coordinates, an integrator without truncation error to speak of, converged data, and a
test orbit within the energies of the training orbit."""


LONGER: dict[str, Any] = ADAM | {
    "updates": 130,
    "iterations": 78_000,
    "evaluations": 78_001,
}
"""Ten times the updates, with the same fall of the learning rate over the run."""

MENDED: dict[str, dict[str, Any]] = {
    "state": {"protocol": {"representation": "state"}},
    "rk4": {"protocol": {"integrator": "rk4", "accuracy": "converged"}},
    "inside": {"protocol": {"test_start": CORRECTED["test_start"]}},
    "wide": {"protocol": {"width": 64}},
    "longer": {"training": LONGER},
    "solve": {"protocol": {"solver": "tsit5", "integrator": "rk4", "accuracy": "converged"}},
}
"""What differs from the reference protocol if one thing is mended; `REPAIRS` says it in words."""

ORBITS = (0.8, 1.7, 2.4, 2.9)
"""Angles of release whose orbits enclose the test orbit's energy."""


def node_metrics(*blocks: str) -> dict[str, tuple[str, str]]:
    """Long name and units of what a neural ODE on the pendulum measures."""
    what = {"data": "single steps", "physics": "vector field, times the step"}
    losses = {f"train_loss_{b}": (f"training loss of the {what[b]}", "1") for b in blocks}
    return {
        "train_loss": ("training loss (sum of the blocks)", "1"),
        **losses,
        "test_error": ("relative L2 error of the test rollout, mean over coordinates", "1"),
        "test_error_joint": ("relative L2 error of the test rollout, all coordinates", "1"),
        "test_error_step": ("mean squared error of single steps on the test orbit", "1"),
        "test_error_refined": ("the same as the test error, with a quarter of the step", "1"),
        "test_error_floor": ("test error of the exact field by the same integrator", "1"),
        "energy_error": ("error of the final energy over the initial energy", "1"),
        "damping": ("damping of the learnt field on the training orbit", "1"),
    }


class NODEExperiment(Experiment):
    """A neural ODE on the pendulum under one protocol."""

    difficulty: ClassVar[Axis] = Axis("inverse_damping", "inverse damping", "1", "$1/b$")
    data: ClassVar[Axis] = Axis("n_samples", "samples of the training orbit", "1", "$N$")
    physics: ClassVar[bool] = False
    protocol: ClassVar[dict[str, Any]]
    training: ClassVar[dict[str, Any]] = ADAM
    difficulties: ClassVar[tuple[float, ...]] = (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 15.0)
    samples: ClassVar[tuple[int, ...]] = (20, 40, 100, 160, 200, 240, 300, 400)
    seeds: ClassVar[tuple[int, ...]] = (0, 1, 2, 3, 4)
    metrics: ClassVar[dict[str, tuple[str, str]]] = node_metrics("data")

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset."""
        small = self.training | {"iterations": 130, "evaluations": 131}
        axes: dict[str, dict[str, Any]] = {
            "smoke": {
                "difficulties": self.difficulties[::7],
                "data": self.samples[::7],
                "methods": {"adam": small},
                "seeds": (0,),
            },
            "quick": {
                "difficulties": self.difficulties[::2],
                "data": self.samples[::3],
                "methods": {"adam": self.training},
                "seeds": (0,),
            },
            "published": {
                "difficulties": self.difficulties,
                "data": self.samples,
                "methods": {"adam": self.training},
                "seeds": self.seeds,
            },
        }
        axes["paper"] = axes["published"]
        settings = {
            "numerics": 1,
            "precision": "float32",
            "padded": PADDED,
            "task": self.protocol | {"physics": self.physics},
        }
        return Grid(experiment=self.name, preset=name, settings=settings, **axes[name])

    def check(self, grid: Grid) -> None:
        """Refuse an inverse damping that is not above 0, and too few or too many samples."""
        for difficulty in grid.difficulties:
            Pendulum(difficulty)
        for n in grid.data:
            if not 2 <= n <= PADDED:
                raise ConfigurationError(
                    f"n_samples = {n} is outside 2 ... {PADDED}, the samples that this map's "
                    "training orbits can have."
                )
            task = grid.settings["task"]
            orbits = 1 if isinstance(task["start"], int | float) else len(task["start"])
            check_samples(n, orbits, task.get("window"))

    def method(self, cell: Cell) -> tuple[AbstractMethod, Budget]:
        """Build the training method of a cell; epochs on windows all begin with the first one."""
        method, budget = super().method(cell)
        if isinstance(method, MinibatchAdam):
            method = dataclasses.replace(method, from_first=True)
        return method, budget

    def task(self, cell: Cell) -> NODE:
        """Build the neural ODE of a cell; the seed draws the weights only."""
        return NODE(
            Pendulum(cell.difficulty),
            cell.data,
            padded=cell.settings["padded"],
            **cell.settings["task"],
        )


class NODEPendulum(NODEExperiment):
    """The original's neural ODE: embedded coordinates, Euler steps."""

    name: ClassVar[str] = "node-pendulum"
    title: ClassVar[str] = "Neural ODE for the pendulum, reference protocol"
    protocol: ClassVar[dict[str, Any]] = REFERENCE | {"representation": "embedded"}
    difficulties: ClassVar[tuple[float, ...]] = (1.0, 1.2, 2.0, 2.9, 5.5, 8.0, 12.0, 15.0)
    samples: ClassVar[tuple[int, ...]] = (20, 69, 119, 168, 217, 267, 316, 365)


class NODEPendulumIndependent(NODEPendulum):
    """Cells for which the original's script was run, with the width of 16 that it has there."""

    measured: ClassVar[bool] = False
    name: ClassVar[str] = "node-pendulum-independent"
    title: ClassVar[str] = "Neural ODE for the pendulum, where the original's script was run"
    protocol: ClassVar[dict[str, Any]] = REFERENCE | {"representation": "embedded", "width": 16}
    difficulties: ClassVar[tuple[float, ...]] = (1.0, 12.0)
    samples: ClassVar[tuple[int, ...]] = (20, 50, 100, 400)


class NODEPendulumCorrected(NODEPendulum):
    """The same with the defects mended."""

    name: ClassVar[str] = "node-pendulum-corrected"
    title: ClassVar[str] = "Neural ODE for the pendulum, corrected"
    protocol: ClassVar[dict[str, Any]] = CORRECTED


class PINODEPendulum(NODEExperiment):
    """The original's physics-informed neural ODE: state coordinates, Euler steps."""

    name: ClassVar[str] = "pinode-pendulum"
    title: ClassVar[str] = "Physics-informed neural ODE for the pendulum, reference protocol"
    protocol: ClassVar[dict[str, Any]] = REFERENCE | {"representation": "state"}
    physics: ClassVar[bool] = True
    metrics: ClassVar[dict[str, tuple[str, str]]] = node_metrics("data", "physics")


class PINODEPendulumCorrected(PINODEPendulum):
    """The same with the defects mended."""

    name: ClassVar[str] = "pinode-pendulum-corrected"
    title: ClassVar[str] = "Physics-informed neural ODE for the pendulum, corrected"
    protocol: ClassVar[dict[str, Any]] = CORRECTED


def repaired(base: type[NODEExperiment], repair: str) -> NODEExperiment:
    """Make the experiment of a reference protocol with one thing mended, or samples elsewhere."""
    mended = (MENDED | covering(base))[repair]
    words = (REPAIRS | COVERAGES)[repair]
    fields = {
        "__doc__": f"The same with {words}.",
        "name": f"{base.name}-{repair}",
        "title": f"{base.title}, but {words}",
        "protocol": base.protocol | mended.get("protocol", {}),
        "training": mended.get("training", base.training),
        "seeds": (0, 1, 2),
        "measured": False,
    }
    made: NODEExperiment = type(f"{base.__name__}{repair.title()}", (base,), fields)()
    return made


def covering(base: type[NODEExperiment]) -> dict[str, dict[str, Any]]:
    """Return what differs from a protocol if the data axis is one of density, not of length.

    The pairs of samples are spread over the longest orbit of the map, or over several of that
    length. The time between the two of a pair stays, and with it the integrator's own error.
    """
    window = {"window": max(base.samples)}
    return {
        "density": {"protocol": window},
        "orbits": {"protocol": window | {"start": ORBITS}},
    }


REPAIRED: tuple[NODEExperiment, ...] = tuple(
    repaired(base, repair)
    for base in (NODEPendulum, PINODEPendulum)
    for repair, mended in MENDED.items()
    # The PINODE of the original has state coordinates already.
    if not mended.get("protocol", {}).items() <= base.protocol.items() or "training" in mended
)

COVERED: tuple[NODEExperiment, ...] = tuple(
    repaired(base, coverage) for base in (NODEPendulum, PINODEPendulum) for coverage in COVERAGES
)
