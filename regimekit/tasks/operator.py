"""Learning the operator of a problem from samples, with or without the equation."""

from collections.abc import Callable
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from regimekit.errors import ConfigurationError
from regimekit.models import FNO2d, enough_nodes
from regimekit.problems import AbstractOperatorProblem, AbstractPeriodicProblem
from regimekit.problems._fields import SOURCE_SIZE
from regimekit.tasks._base import AbstractSampledTask

RESIDUALS = ("none", "conservative", "reference", "spectral")
AT_ONCE = 32
"""Samples that a network maps together; what they leave for the gradient is kept in memory."""

Operator = Callable[[Float[Array, "ny nx channels"]], Float[Array, "ny nx"]]


class Fields(eqx.Module):
    """Samples as a task holds them: inputs with channels last, and solutions."""

    inputs: Float[Array, "samples nodes nodes channels"]
    solutions: Float[Array, "samples nodes nodes"]


class Neural(eqx.Module):
    """An FNO whose output has the size, and at a boundary the zeros, of the solutions."""

    network: FNO2d
    periodic: bool = eqx.field(static=True)

    def __call__(self, inputs: Float[Array, "ny nx channels"]) -> Float[Array, "ny nx"]:
        """Output for one input, in units of the task's scale."""
        out = self.network(inputs)
        if self.periodic:
            return out
        shape = [np.sin(np.pi * np.linspace(0, 1, n)) for n in out.shape]
        return out * jnp.asarray(np.outer(*shape), out.dtype)


class Origin:
    """Where samples came from; equal to any other, so that difficulties share a program."""

    def __init__(self, problem: AbstractOperatorProblem):
        self.problem = problem

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin) and self._kind() == other._kind()

    def __hash__(self) -> int:
        return hash(self._kind())

    def _kind(self) -> tuple[type, int]:
        return type(self.problem), self.problem.nodes


class OperatorLearning(AbstractSampledTask):
    """A Fourier neural operator from samples: blocks ``data`` and, with an equation, ``pde``.

    A block is reduced to the mean over the samples of their relative norms (not squared), as in the
    original's PINO. ``data`` is relative to the solution and ``pde`` to the source.

    Parameters
    ----------
    problem
        Where the samples come from.
    n
        Number of training samples: the first ones of the training pool.
    held_out
        Number of samples to validate with, and as many to test with, from pools of their own.
    width, modes, layers
        Size of the network.
    residual
        ``none``; ``conservative``, the finite volumes by which Darcy's samples were solved;
        ``reference``, the original's central differences, applied twice to the nodal permeability,
        which the exact solution does not satisfy; or ``spectral``, derivatives by Fourier
        transforms, for the periodic problems.
    weights
        Weight of each block; 1 for a block not named.
    batch_size
        Samples a batch, at most ``n`` are taken.

    Raises
    ------
    ConfigurationError
        If there are too few samples or nodes, or the problem has not that residual.

    References
    ----------
    Li et al., Fourier neural operator for parametric partial differential equations, ICLR 2021; Li
    et al., Physics-informed neural operator for learning partial differential equations, 2024.
    """

    level: Float[Array, ""]
    origin: Origin = eqx.field(static=True)
    train: Fields
    validation: Fields
    test: Fields
    scale: Float[Array, ""]
    weights: dict[str, float]
    typical: Float[Array, " coefficients"] | None
    residual: str = eqx.field(static=True)
    size: tuple[int, int, int] = eqx.field(static=True)
    batch_size: int = eqx.field(static=True)

    def __init__(
        self,
        problem: AbstractOperatorProblem,
        n: int,
        held_out: int = 64,
        *,
        width: int = 16,
        modes: int = 8,
        layers: int = 4,
        residual: str = "none",
        weights: dict[str, float] | None = None,
        batch_size: int = 32,
    ):
        if min(n, held_out, batch_size) < 1:
            raise ConfigurationError(
                f"{n} training samples, {held_out} held out and batches of {batch_size} are too "
                "few: each must be at least 1."
            )
        enough_nodes(modes, problem.nodes)
        if residual not in RESIDUALS:
            raise ConfigurationError(
                f"Unknown residual {residual!r}; there are {', '.join(RESIDUALS)}."
            )
        if residual != "none" and problem.periodic != (residual == "spectral"):
            have = "'spectral'" if problem.periodic else "'conservative' or 'reference'"
            raise ConfigurationError(
                f"{type(problem).__name__} has no {residual} residual: take {have}, or 'none'."
            )
        self.origin, self.residual = Origin(problem), residual
        self.level = jnp.asarray(problem.difficulty, jnp.zeros(()).dtype)
        self.train = _fields(problem, "train", n)
        self.validation = _fields(problem, "validation", held_out)
        self.test = _fields(problem, "test", held_out)
        self.scale = jnp.sqrt(jnp.mean(self.train.solutions**2))
        self.typical = None
        if residual == "spectral":
            assert isinstance(problem, AbstractPeriodicProblem)
            self.typical = jnp.asarray(problem.typical() / SOURCE_SIZE, self.level.dtype)
        blocks = ("data",) if residual == "none" else ("data", "pde")
        self.weights = dict.fromkeys(blocks, 1.0) | (weights or {})
        if len(self.weights) != len(blocks):
            raise ConfigurationError(
                f"Weights are given for {sorted(self.weights)}, but the blocks of this task are "
                f"{sorted(blocks)}."
            )
        self.size, self.batch_size = (width, modes, layers), min(batch_size, n)

    @property
    def difficulty(self) -> Float[Array, ""]:
        """Difficulty of the problem."""
        return self.level

    def init(self, key: PRNGKeyArray) -> Neural:
        """Draw a new network."""
        problem = self.origin.problem
        return Neural(FNO2d(problem.channels, *self.size, key=key), problem.periodic)

    def predict(self, model: Operator, fields: Fields) -> Float[Array, "samples nodes nodes"]:
        """Solutions according to the model, so many samples at a time as memory should hold."""
        if len(fields.inputs) <= AT_ONCE:
            return self.scale * jax.vmap(lambda x: model(x))(fields.inputs)
        found = jax.lax.map(jax.checkpoint(lambda x: model(x)), fields.inputs, batch_size=AT_ONCE)
        return self.scale * found

    def residuals(self, model: Operator) -> dict[str, Float[Array, "..."]]:
        """Residuals per sample and node, each sample's divided by what it is relative to."""
        return self._residuals(self.predict(model, self.train), self.train)

    def _residuals(
        self, found: Float[Array, "samples nodes nodes"], fields: Fields
    ) -> dict[str, Float[Array, "..."]]:
        size = jnp.sqrt(jnp.sum(fields.solutions**2, (1, 2), keepdims=True))
        blocks = {"data": (found - fields.solutions) / size}
        if self.residual != "none":
            blocks["pde"] = self.equation(found, fields)
        return blocks

    def equation(
        self, found: Float[Array, "samples nodes nodes"], fields: Fields
    ) -> Float[Array, "samples inner inner"]:
        """Residual of the equation, divided by the norm of its source (1 in Darcy's)."""
        if self.residual == "spectral":
            return self._spectral(found, fields)
        a = fields.inputs[..., 0]
        operator = darcy_conservative if self.residual == "conservative" else darcy_reference
        defect = -operator(a, found) - 1
        return defect / defect.shape[-1]

    def _spectral(
        self, found: Float[Array, "samples nodes nodes"], fields: Fields
    ) -> Float[Array, "samples nodes nodes"]:
        """L u + f by Fourier transforms, with source and coefficients as the inputs have them."""
        problem = self.origin.problem
        assert isinstance(problem, AbstractPeriodicProblem)
        assert self.typical is not None
        source = fields.inputs[..., 0]
        coefficients = fields.inputs[:, 0, 0, 1:] * self.typical
        terms = jnp.asarray(problem.symbols(), jnp.result_type(found.dtype, jnp.complex64))
        symbol = jnp.einsum("sc,cyx->syx", coefficients, terms)
        applied = jnp.fft.ifft2(symbol * jnp.fft.fft2(found)).real
        size = jnp.sqrt(jnp.sum(source**2, (1, 2), keepdims=True))
        return (applied + source) / size

    def reduce(self, block: str, residual: Float[Array, "..."]) -> Float[Array, ""]:
        """Mean over the samples of the norm; finite gradients where a sample is met exactly."""
        del block
        squared = jnp.sum(residual**2, axis=(-2, -1))
        return jnp.mean(jnp.sqrt(squared + jnp.finfo(residual.dtype).eps ** 2))

    def square(self, block: str, residual: Float[Array, "..."]) -> Float[Array, ""]:
        """Mean over the samples of the squared norm."""
        del block
        return jnp.mean(jnp.sum(residual**2, axis=(-2, -1)))

    def batch(self, index: Int[Array, ""]) -> Self:
        """Return the task on one batch of the training samples, in order and over again.

        A batch that runs past the last sample goes on with the first, so that all are seen alike.
        """
        rows = self.batch_size * index + jnp.arange(self.batch_size)
        rows = rows % len(self.train.solutions)
        part = jax.tree.map(lambda leaf: leaf[rows], self.train)
        return eqx.tree_at(lambda task: task.train, self, part)

    def first(self, count: int) -> Self:
        """Return the task on its first training samples, with the scale of all of them."""
        part = jax.tree.map(lambda leaf: leaf[:count], self.train)
        return eqx.tree_at(lambda task: task.train, self, part)

    def _error(self, model: Operator, fields: Fields) -> Float[Array, ""]:
        difference = self.predict(model, fields) - fields.solutions
        norms = [jnp.sqrt(jnp.sum(f**2, (1, 2))) for f in (difference, fields.solutions)]
        return jnp.mean(norms[0] / norms[1])

    def test_error(self, model: Operator) -> Float[Array, ""]:
        """Mean relative L2 error of the test samples, from a pool that nothing else uses."""
        return self._error(model, self.test)

    def metrics(self, model: Operator) -> dict[str, Float[Array, ""]]:
        """Losses by block, errors of validation and test, and residuals beside their floor."""
        found = self.train_losses(model)
        found["test_error"] = self.test_error(model)
        found["validation_error"] = self._error(model, self.validation)
        if self.residual != "none":
            defect = self.equation(self.predict(model, self.test), self.test)
            found["residual"] = self.reduce("pde", defect)
            exact = self.equation(self.test.solutions, self.test)
            found["residual_floor"] = self.reduce("pde", exact)
        return found

    def at(self, difficulty: float | Float[Array, ""]) -> Self:
        """Return the same task, with samples made anew, at another difficulty."""
        return type(self)(
            self.origin.problem.at(float(difficulty)),
            len(self.train.solutions),
            len(self.test.solutions),
            **dict(zip(("width", "modes", "layers"), self.size, strict=True)),
            residual=self.residual,
            weights=self.weights,
            batch_size=self.batch_size,
        )


def darcy_conservative(
    a: Float[Array, "samples nodes nodes"], u: Float[Array, "samples nodes nodes"]
) -> Float[Array, "samples inner inner"]:
    """Divergence of a grad u at the inner nodes by finite volumes, whose faces have mean a."""
    squared = (u.shape[-1] - 1) ** 2
    along = 0.5 * (a[:, 1:-1, 1:] + a[:, 1:-1, :-1]) * jnp.diff(u[:, 1:-1], axis=2)
    across = 0.5 * (a[:, 1:, 1:-1] + a[:, :-1, 1:-1]) * jnp.diff(u[:, :, 1:-1], axis=1)
    return squared * (jnp.diff(along, axis=2) + jnp.diff(across, axis=1))


def darcy_reference(
    a: Float[Array, "samples nodes nodes"], u: Float[Array, "samples nodes nodes"]
) -> Float[Array, "samples inner inner"]:
    """The same two nodes from the boundary on, by central differences of a times those of u."""
    twice = 0.5 * (u.shape[-1] - 1)
    along = a[:, 2:-2, 1:-1] * twice * (u[:, 2:-2, 2:] - u[:, 2:-2, :-2])
    across = a[:, 1:-1, 2:-2] * twice * (u[:, 2:, 2:-2] - u[:, :-2, 2:-2])
    return twice * (along[:, :, 2:] - along[:, :, :-2] + across[:, 2:] - across[:, :-2])


def _fields(problem: AbstractOperatorProblem, pool: str, n: int) -> Fields:
    """Samples as arrays; made by a callback, so that shapes can be known without solving."""
    dtype = jnp.zeros(()).dtype
    shape = (n, problem.nodes, problem.nodes)
    shapes = [jax.ShapeDtypeStruct(s, dtype) for s in ((*shape, problem.channels), shape)]
    made = jax.pure_callback(
        lambda: tuple(part.astype(dtype) for part in problem.samples(pool, n)), tuple(shapes)
    )
    return Fields(*made)
