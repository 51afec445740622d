"""What a stored run is: its regime, and the curvature where it ended, with error bars."""

from dataclasses import dataclass

import jax
import xarray as xr

from regimekit.grids.device import precision, use_compilation_cache
from regimekit.grids.spec import Cell
from regimekit.grids.stored import cell_at, find_place, stored_run
from regimekit.landscape import Curvature, Effort, measure_curvature
from regimekit.regimes import Regime, Thresholds, label_cells


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
        found, largest = self.curvature, float(self.curvature.top.values[0])
        flat = found.density.mass_within(1e-3 * largest)
        below = found.density.nodes < -1e-6 * largest
        share = float((found.density.weights * below).sum(axis=1).mean())
        ends = zip(found.top.values[1:], found.top.bounds[1:], strict=True)
        return [
            f"{self.cell.experiment}, {self.cell.label}",
            f"regime {self.regime.roman} by the thresholds '{self.thresholds.name}': "
            f"training loss {self.train_loss:.3g} (high above {self.thresholds.train_loss:.3g}), "
            f"test error {self.test_error:.3g} (high above {self.thresholds.test_error:.3g})",
            f"loss at the stored weights {found.loss:.6g}, gradient norm {found.gradient_norm:.3g}",
            f"largest eigenvalue {largest:.5g} (error at most {found.top.bounds[0]:.1g}); next "
            + ", ".join(f"{v:.4g} ({e:.1g})" for v, e in ends),
            f"smallest eigenvalue at most {found.smallest:.3g}; "
            f"{100 * share:.1f} % of eigenvalues are below -1e-6 of the largest",
            f"trace {found.trace} (standard error, {found.trace.samples} probes)",
            f"share of eigenvalues within 1e-3 of the largest around zero {flat}",
            f"sharpness over loss {largest / found.loss:.3g}; filter-normalised "
            f"{found.filter_normalised.values[0]:.4g} "
            f"(error at most {found.filter_normalised.bounds[0]:.1g})",
            f"{found.products} Hessian products in {found.seconds:.1f} s",
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
