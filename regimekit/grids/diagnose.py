"""What became of a run: its regime, and the curvature where it ended, with error bars."""

from dataclasses import dataclass

import equinox as eqx
import jax
import numpy as np
import xarray as xr
from jaxtyping import PRNGKeyArray, PyTree

from regimekit.grids.device import precision, use_compilation_cache
from regimekit.grids.spec import Cell
from regimekit.grids.stored import cell_at, find_place, stored_run
from regimekit.landscape import Curvature, Effort, measure_curvature
from regimekit.landscape.operators import check_pair
from regimekit.regimes import Regime, Thresholds, label_cells, label_values
from regimekit.regimes.labels import GROWS
from regimekit.tasks import AbstractTask


@dataclass(frozen=True)
class Diagnosis:
    """A stored run, judged.

    Attributes
    ----------
    cell
        Which.
    regime
        By the thresholds.
    thresholds
        As given.
    train_loss, test_error
        As stored.
    curvature
        Measured now, from the stored weights.
    """

    cell: Cell
    regime: Regime
    thresholds: Thresholds
    train_loss: float
    test_error: float
    curvature: Curvature

    def lines(self) -> list[str]:
        """Say all of it, a line a fact."""
        found = self.curvature
        return [
            f"{self.cell.experiment}, {self.cell.label}",
            f"regime {self.regime.roman} by the thresholds '{self.thresholds.name}': "
            f"training loss {self.train_loss:.3g} (high above {self.thresholds.train_loss:.3g}), "
            f"test error {self.test_error:.3g} (high above {self.thresholds.test_error:.3g})",
            f"loss at the stored weights {found.loss:.6g}, gradient norm {found.gradient_norm:.3g}",
            *found.lines(),
        ]


def diagnose(
    dataset: xr.Dataset,
    weights: xr.Dataset,
    thresholds: Thresholds,
    *,
    difficulty: float,
    data: int,
    method: str = "lbfgs",
    seed: int = 0,
    effort: Effort | None = None,
) -> Diagnosis:
    """Judge one run of a dataset from its stored figures and weights.

    Parameters
    ----------
    dataset, weights
        Of one experiment.
    thresholds
        By which the run is labelled.
    difficulty, data, method, seed
        Which run.
    effort
        What is spent on its curvature.

    Raises
    ------
    ConfigurationError
        If the dataset has no such run, or it is not done.
    """
    place = find_place(dataset, difficulty, data, method, seed)
    cell, run = cell_at(dataset, place), dataset.isel(place)
    use_compilation_cache()
    with precision(cell.settings["precision"]):
        task, model = stored_run(dataset, weights, place)
        found = measure_curvature(task, model, key=jax.random.key(0), effort=effort)
    return Diagnosis(
        cell,
        Regime(int(label_cells(dataset, thresholds).isel(place))),
        thresholds,
        float(run["train_loss"]),
        float(run["test_error"]),
        found,
    )


@dataclass(frozen=True)
class ModelDiagnosis:
    """A trained model of one's own, judged.

    Attributes
    ----------
    losses
        Reduced residual of each block at the points of training.
    fresh
        The same at fresh points, of the blocks that have such.
    test_error
        NaN if none is known.
    thresholds
        As given.
    curvature
        Of the loss at the model; None if it was not measured.
    """

    losses: dict[str, float]
    fresh: dict[str, float]
    test_error: float
    thresholds: Thresholds | None
    curvature: Curvature | None

    @property
    def train_loss(self) -> float:
        """Unweighted sum over the blocks, which is what thresholds are for."""
        return sum(self.losses.values())

    @property
    def growth(self) -> dict[str, float]:
        """How many times larger the residual is at fresh points, by block; of mean squares."""
        pairs = {name: (value, self.losses[name]) for name, value in self.fresh.items()}
        return {name: f / t if t > 0 else float("inf") for name, (f, t) in pairs.items()}

    @property
    def regime(self) -> Regime:
        """By the thresholds; undefined without them, or if a low loss has no error beside it."""
        if self.thresholds is None:
            return Regime.UNDEFINED
        loss, error = np.array([self.train_loss]), np.array([self.test_error])
        return Regime(int(label_values(loss, error, self.thresholds)[0]))

    def lines(self) -> list[str]:
        """Say all of it, a line a fact."""
        blocks = ", ".join(f"{name} {value:.3g}" for name, value in self.losses.items())
        said = [f"training loss {self.train_loss:.3g}: {blocks}"]
        growth = self.growth
        said += [
            f"on fresh points {name} {value:.3g}, {growth[name]:.3g} times that of training"
            for name, value in self.fresh.items()
        ]
        if np.isfinite(self.test_error):
            said.append(f"test error {self.test_error:.3g}")
        said.append(self._verdict())
        if self.curvature is not None:
            loss, norm = self.curvature.loss, self.curvature.gradient_norm
            said += [f"loss {loss:.6g}, gradient norm {norm:.3g}", *self.curvature.lines()]
        return said

    def _verdict(self) -> str:
        if self.regime is not Regime.UNDEFINED:
            return f"regime {self.regime.roman} by the thresholds '{self._name}'"
        if self.thresholds is None:
            return (
                "no regime without thresholds: compare the loss with that of the same problem at "
                f"an easier setting{self._sign()}"
            )
        return f"not regime II by the thresholds '{self._name}'; no error is known{self._sign()}"

    @property
    def _name(self) -> str:
        return "" if self.thresholds is None else self.thresholds.name

    def _sign(self) -> str:
        if not self.fresh:
            return ""
        if max(self.growth.values()) > GROWS:
            return (
                f"; a residual more than {GROWS:g} times as large on fresh points is a sign of "
                "regime III"
            )
        return f"; no residual is more than {GROWS:g} times as large on fresh points"


def diagnose_model(
    task: AbstractTask,
    model: PyTree,
    *,
    thresholds: Thresholds | None = None,
    curvature: bool = True,
    key: PRNGKeyArray | None = None,
    effort: Effort | None = None,
) -> ModelDiagnosis:
    """Judge a trained model of one's own.

    Parameters
    ----------
    task, model
        Such as a :class:`regimekit.tasks.ResidualTask`, and what was trained.
    thresholds
        By which it is labelled; without them, the residual on fresh points is all that hints at a
        regime. On the published map of convection all runs of regime III show that sign, and so
        does a sixth of those of I.
    curvature
        Whether to measure it; all else takes seconds.
    key
        Of all random vectors; a fixed one if not given.
    effort
        What is spent on the curvature.

    Raises
    ------
    ConfigurationError
        If the parameters are not finite or do not fit the task.
    """
    check_pair(task, model)
    key = jax.random.key(0) if key is None else key
    found = measure_curvature(task, model, key=key, effort=effort) if curvature else None
    losses, fresh, error = _figures(task, model)
    return ModelDiagnosis(
        {name: float(value) for name, value in losses.items()},
        {name: float(value) for name, value in fresh.items()},
        float(error),
        thresholds,
        found,
    )


@eqx.filter_jit
def _figures(task: AbstractTask, model: PyTree) -> tuple[PyTree, PyTree, PyTree]:
    return task.block_losses(model), task.fresh_losses(model), task.test_error(model)
