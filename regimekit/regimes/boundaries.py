"""The boundaries of one method's map: curves to draw and numbers to state."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from regimekit.regimes.contours import boundary, clip_to_trained
from regimekit.regimes.medians import regime_map
from regimekit.regimes.thresholds import Thresholds
from regimekit.regimes.transitions import transition_summary, transition_table

Curves = list[Float[np.ndarray, "points 2"]]


@dataclass(frozen=True)
class Boundaries:
    """The boundaries of one map.

    Curves are lists of (n, 2) arrays in index space: column (difficulty), row (data).

    Attributes
    ----------
    method
        Whose map; None for a dataset without methods.
    thresholds
        The levels.
    train
        Where the median training loss crosses its threshold: the edge of regime II.
    test
        Where the median test error crosses its threshold outside regime II: I against III.
    train_band, test_band
        The same curves for scaled thresholds, by factor; one threshold is scaled, the other stays.
    transitions
        The crossings in numbers, see `transition_table`.
    """

    method: str | None
    thresholds: Thresholds
    train: Curves
    test: Curves
    train_band: dict[float, Curves]
    test_band: dict[float, Curves]
    transitions: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Position, band and steepness of each kind of boundary; see `transition_summary`."""
        return transition_summary(self.transitions)


def boundaries(
    dataset: xr.Dataset,
    thresholds: Thresholds,
    method: str | None = None,
    *,
    factors: tuple[float, float] = (0.8, 1.2),
    train_variable: str = "train_loss",
    test_variable: str = "test_error",
) -> Boundaries:
    """Boundaries of a method's map of medians over seeds, with their bands.

    Parameters
    ----------
    dataset
        Of one experiment.
    thresholds
        The levels.
    method
        Whose runs; may be left out when there is one method only.
    factors
        Scalings of the thresholds for the bands.
    train_variable, test_variable
        Which loss and which error.

    Raises
    ------
    ConfigurationError
        If a variable, the method or an axis is missing, no method is named and there are several,
        or an axis has values that are not positive.
    """
    cells = regime_map(
        dataset, thresholds, method, train_variable=train_variable, test_variable=test_variable
    )
    # Rows are data sizes, columns difficulties, as the map is drawn.
    by_row = cells.transpose("data", "difficulty")
    loss = np.asarray(by_row["train_loss"].values, float)
    error = np.asarray(by_row["test_error"].values, float)

    def test_curves(factor: float) -> Curves:
        scaled = thresholds.scaled(1.0, factor)
        labels = regime_map(by_row, scaled)["label"].transpose("data", "difficulty").values
        curves = boundary(error, scaled.test_error)
        return clip_to_trained(curves, loss, labels, scaled.train_loss)

    return Boundaries(
        method=method,
        thresholds=thresholds,
        train=boundary(loss, thresholds.train_loss),
        test=test_curves(1.0),
        train_band={f: boundary(loss, f * thresholds.train_loss) for f in factors},
        test_band={f: test_curves(f) for f in factors},
        transitions=transition_table(cells, thresholds, factors=factors),
    )
