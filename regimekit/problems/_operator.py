"""What every operator problem provides: samples of inputs, and their solutions."""

import abc
from typing import ClassVar, NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Float

from regimekit.errors import ConfigurationError
from regimekit.problems._cache import kept_samples


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
    dear: ClassVar[float] = 61
    """Nodes a side of the solver's grid from which on samples are kept on disk; infinite: never."""

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

    @property
    def solved_nodes(self) -> int:
        """Nodes a side of the grid on which samples are solved."""
        return self.nodes

    def samples(self, pool: str, n: int) -> Samples:
        """Return the first ``n`` samples of a pool.

        Those that are dear to solve (on grids of ``dear`` nodes a side or more) are kept in the
        user's cache, in double precision and with a checksum; a larger set begins with the smaller.
        """
        if self.solved_nodes < self.dear:
            return self._made(pool, 0, n)
        settings = (type(self).__name__, repr(self.difficulty), self.nodes, self.solved_nodes, pool)
        name = "-".join(map(str, settings)).lower()
        return Samples(*kept_samples(name, n, lambda first, last: self._made(pool, first, last)))

    def _made(self, pool: str, first: int, last: int) -> Samples:
        pairs = [self.sample(pool, index) for index in range(first, last)]
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
