"""A number with its error: what every stochastic estimate here returns."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Estimate(NamedTuple):
    """Mean of independent samples with its standard error.

    Attributes
    ----------
    value
        Mean of the samples.
    standard_error
        Standard deviation of the samples over the square root of their number; NaN for one sample.
    samples
        Their number.
    """

    value: float
    standard_error: float
    samples: int

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the confidence interval by Student's t distribution; few samples make it wide."""
        from scipy.special import stdtrit  # A third of a second that figures need not spend.

        half = float(stdtrit(self.samples - 1, 0.5 + 0.5 * confidence)) * self.standard_error
        return self.value - half, self.value + half

    def __str__(self) -> str:
        return f"{self.value:.4g} +- {self.standard_error:.2g}"


def estimate(samples: Float[np.ndarray, " samples"]) -> Estimate:
    """Summarise independent samples."""
    values = np.asarray(samples, np.float64)
    n = values.size
    error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return Estimate(float(values.mean()), error, n)
