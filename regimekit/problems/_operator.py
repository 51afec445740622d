"""What every operator problem provides: samples of inputs, and their solutions."""

import abc
from typing import NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Float

from regimekit.errors import ConfigurationError


class Samples(NamedTuple):
    """Inputs (channels last) of an operator, and the solutions, on a grid; axis 1 is y."""

    inputs: Float[np.ndarray, "samples nodes nodes channels"]
    solutions: Float[np.ndarray, "samples nodes nodes"]


class AbstractOperatorProblem(eqx.Module):
    """A distribution of input fields and the operator that takes them to solutions.

    Its fields are plain numbers: samples are made on the host, in float64, before training.
    """

    nodes: eqx.AbstractVar[int]
    channels: eqx.AbstractClassVar[int]
    periodic: eqx.AbstractClassVar[bool]

    @property
    @abc.abstractmethod
    def difficulty(self) -> float:
        """The parameter that makes the problem hard."""

    @abc.abstractmethod
    def sample(
        self, pool: str, index: int
    ) -> tuple[
        Float[np.ndarray, "nodes nodes channels"],
        Float[np.ndarray, "nodes nodes"],
    ]:
        """Input and solution of one sample of a pool, always the same ones."""

    @abc.abstractmethod
    def at(self, difficulty: float) -> "AbstractOperatorProblem":
        """Return the same problem at another difficulty."""

    def samples(self, pool: str, n: int) -> Samples:
        """Return the first ``n`` samples of a pool."""
        pairs = [self.sample(pool, index) for index in range(n)]
        return Samples(np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs]))


def whole_nodes(nodes: int, least: int) -> None:
    """Refuse a grid that is too coarse.

    Raises
    ------
    ConfigurationError
        If there are fewer than ``least`` nodes a side.
    """
    if nodes < least:
        raise ConfigurationError(
            f"nodes = {nodes} is too coarse a grid: at least {least} a side are needed."
        )
