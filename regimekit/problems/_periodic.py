"""Linear equations with constant coefficients on the periodic unit square."""

import abc
import math
from typing import ClassVar, Self

import equinox as eqx
import numpy as np
from jaxtyping import Complex, Float

from regimekit.errors import ConfigurationError
from regimekit.problems._fields import as_input, gaussian_source, generator, solve_periodic
from regimekit.problems._operator import AbstractOperatorProblem, whole_nodes


class AbstractPeriodicProblem(AbstractOperatorProblem):
    """An equation L u = -f whose sources f are sparse and whose coefficients are drawn anew.

    The difficulty is the lower end of a range from which each sample draws.

    Parameters
    ----------
    lower
        Lower end of the range.
    nodes
        Nodes a side.

    Raises
    ------
    ConfigurationError
        If no range begins at ``lower``, or the grid has fewer than 32 nodes a side, which do not
        resolve the source's Gaussians.
    """

    lower: float = eqx.field(static=True)
    nodes: int = eqx.field(static=True)
    letter: eqx.AbstractClassVar[str]
    ranges: eqx.AbstractClassVar[dict[float, float]]
    periodic: ClassVar[bool] = True
    dear: ClassVar[float] = math.inf  # two transforms are sooner made than a file is read
    centred: ClassVar[bool] = True
    """Whether sources have mean zero."""
    largest: ClassVar[float] = np.inf
    """A sample whose solution has a larger value is drawn again."""

    def __init__(self, lower: float, nodes: int = 64):
        if lower not in self.ranges:
            raise ConfigurationError(
                f"{self.letter} = {lower} is not the lower end of a range: those are "
                f"{', '.join(str(end) for end in self.ranges)}."
            )
        whole_nodes(nodes, 32)
        self.lower, self.nodes = float(lower), nodes

    @property
    def difficulty(self) -> float:
        """Lower end of the range."""
        return self.lower

    @property
    def upper(self) -> float:
        """Upper end of the range."""
        return self.ranges[self.lower]

    @abc.abstractmethod
    def symbol(self, coefficients: Float[np.ndarray, " n"]) -> Complex[np.ndarray, "nodes nodes"]:
        """Symbol of L for ``numpy.fft.fft2``."""

    def symbols(self) -> Complex[np.ndarray, "coefficients nodes nodes"]:
        """Symbols of the terms of L, each with coefficient 1; L is their sum with coefficients."""
        return np.stack([self.symbol(unit) for unit in np.eye(self.channels - 1)])

    @abc.abstractmethod
    def coefficients(self, rng: np.random.Generator) -> Float[np.ndarray, " n"]:
        """Draw the coefficients of one sample."""

    @abc.abstractmethod
    def typical(self) -> Float[np.ndarray, " n"]:
        """Sizes typical of the coefficients in the range, by which the inputs are divided."""

    def sample(self, pool: str, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Input (source and coefficients over their typical sizes) and solution."""
        rng = generator(pool, index)
        while True:
            source = gaussian_source(rng, index, self.nodes, centred=self.centred)
            coefficients = self.coefficients(rng)
            solution = solve_periodic(self.symbol(coefficients), source)
            if np.abs(solution).max() <= self.largest:
                return as_input(source, coefficients / self.typical()), solution

    def at(self, difficulty: float) -> Self:
        """Return the same problem for another range."""
        return type(self)(lower=difficulty, nodes=self.nodes)
