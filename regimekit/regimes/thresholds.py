"""Thresholds on training loss and test error: the pair of numbers that defines a map."""

import math
from dataclasses import dataclass, replace

from regimekit.errors import ConfigurationError
from regimekit.regimes.split import Split


@dataclass(frozen=True)
class Thresholds:
    """Two numbers and where they come from.

    Attributes
    ----------
    train_loss
        Above it a run is under-trained (II). Units of the loss, positive.
    test_error
        Above it a run with a low loss is over-trained (III). Units of the error, positive.
    name
        Short, for a figure's caption: "paper", "data".
    provenance
        One sentence on how the numbers were found.
    train_split, test_split
        For thresholds found from data: how well the values separate, and how sure the numbers are.
    """

    train_loss: float
    test_error: float
    name: str
    provenance: str
    train_split: Split | None = None
    test_split: Split | None = None

    def __post_init__(self) -> None:
        for which in ("train_loss", "test_error"):
            value = getattr(self, which)
            if not (math.isfinite(value) and value > 0):
                raise ConfigurationError(
                    f"The threshold on {which} must be a positive finite number, not {value}."
                )

    def scaled(
        self, factor_train: float | int = 1.0, factor_test: float | int = 1.0
    ) -> "Thresholds":
        """These thresholds times two factors (the evidence of a data threshold is dropped)."""
        return replace(
            self,
            train_loss=float(self.train_loss * factor_train),
            test_error=float(self.test_error * factor_test),
            provenance=f"{self.provenance} Scaled by {factor_train:g} (train) and "
            f"{factor_test:g} (test).",
            train_split=None,
            test_split=None,
        )


_SCRIPTS = "Set by hand in the plotting scripts of Wang et al. (arXiv 2605.29153)."
_FIGURE = "Read off the contours of the figure of Wang et al. (arXiv 2605.29153), to about 20 %."
_ORIGINAL = {
    "pinn-convection": (0.004, 0.23, "paper", _SCRIPTS),
    "pinn-reaction": (0.028, 0.23, "paper", _SCRIPTS),
    "pinn-wave": (0.01, 0.33, "paper", _SCRIPTS),
    "node-pendulum": (5e-5, 1.5, "figure", _FIGURE),
    "pinode-pendulum": (0.95e-6, 1.4, "figure", _FIGURE),
    "fno-advection-diffusion": (0.066, 0.25, "figure", _FIGURE),
    "fno-poisson": (0.05, 0.08, "paper", _SCRIPTS),
    "pino-darcy": (0.57, 0.158, "figure", _FIGURE),
}


def paper_thresholds(experiment: str = "pinn-convection") -> Thresholds:
    """The original's thresholds: typed into its plotting scripts, or read off its figure.

    Parameters
    ----------
    experiment
        "pinn-convection" (0.004 / 0.23), "pinn-reaction" (0.028 / 0.23) or
        "pinn-wave" (0.01 / 0.33), from the scripts; "node-pendulum" (5e-5 / 1.5),
        "pinode-pendulum" (0.95e-6 / 1.4), "fno-advection-diffusion" (0.066 / 0.25) or "pino-darcy"
        (0.57 / 0.158), from the values that the figure's contours separate; "fno-poisson"
        (0.05 / 0.08), from the scripts.

    Raises
    ------
    ConfigurationError
        If none are known for the experiment.

    Source: plotting scripts in the history of the public code of Wang et al. 2026 (arXiv
    2605.29153). There they are applied to maps that were smoothed first; here to raw values.
    """
    if experiment not in _ORIGINAL:
        raise ConfigurationError(
            f"No published thresholds are known for '{experiment}'; "
            f"they are for: {', '.join(_ORIGINAL)}."
        )
    return Thresholds(*_ORIGINAL[experiment])
