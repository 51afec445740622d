"""Curvature of a task's loss as matrix-free symmetric operators on one vector of parameters."""

import abc
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from regimekit.errors import ConfigurationError
from regimekit.tasks import AbstractTask

Vector = Float[Array, " parameters"]
Product = Callable[[Vector], Vector]


def flat_view(model: PyTree) -> tuple[Vector, Callable[[Vector], PyTree]]:
    """Return the parameters as one vector, and the function that makes a model of such a vector.

    Parameters are the model's inexact arrays, in the order in which datasets store them.
    """
    params, static = eqx.partition(model, eqx.is_inexact_array)
    flat, unravel = ravel_pytree(params)
    return flat, lambda vector: eqx.combine(unravel(vector), static)


def parameter_slices(model: PyTree) -> dict[str, slice]:
    """Where each array of parameters lies in the flat vector, by its path such as weights[0]."""
    params = eqx.filter(model, eqx.is_inexact_array)
    found, start = {}, 0
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        found[jax.tree_util.keystr(path).removeprefix(".")] = slice(start, start + leaf.size)
        start += leaf.size
    return found


def check_pair(task: AbstractTask, model: PyTree) -> None:
    """Refuse parameters that are not finite, and a model that the task cannot evaluate.

    Raises
    ------
    ConfigurationError
        In one sentence, before anything is computed.
    """
    leaves = jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))
    if not leaves:
        raise ConfigurationError("The model has no parameters: one with inexact arrays is needed.")
    for leaf in leaves:
        # By numpy, since JAX would compile a program for each shape.
        if not isinstance(leaf, jax.core.Tracer) and not np.isfinite(np.asarray(leaf)).all():
            raise ConfigurationError(
                "The model has parameters that are NaN or infinite, so it has no curvature: "
                "take a run that did not diverge."
            )
    try:
        shape = eqx.filter_eval_shape(lambda t, m: t.loss(m), task, model).shape
    except Exception as error:
        raise ConfigurationError(
            f"The task {type(task).__name__} cannot evaluate this {type(model).__name__}: "
            "take a model as its init makes it."
        ) from error
    if shape != ():
        raise ConfigurationError(f"The task's loss has shape {shape}; a scalar is needed.")


class AbstractOperator(eqx.Module):
    """A symmetric linear operator on vectors of ``size`` entries of type ``dtype``."""

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """Number of rows and columns."""

    @property
    @abc.abstractmethod
    def dtype(self) -> Any:
        """Floating-point type of the vectors."""

    @abc.abstractmethod
    def product(self) -> Product:
        """Return the function that multiplies a vector; call it within a compiled function."""


def images(
    operator: AbstractOperator, vectors: Float[Array, "vectors parameters"]
) -> Float[Array, "vectors parameters"]:
    """Multiply each row, one after the other, by the same program however many there are."""
    # By way of numpy: JAX would compile taking the rows apart for each number of them.
    found = [np.asarray(_image(operator, row)) for row in np.asarray(vectors)]
    return jnp.asarray(np.reshape(found, vectors.shape), vectors.dtype)


@eqx.filter_jit
def _image(operator: AbstractOperator, vector: Vector) -> Vector:
    return operator.product()(vector)


class Matrix(AbstractOperator):
    """A dense symmetric matrix, for small problems and for tests."""

    matrix: Float[Array, "parameters parameters"]

    @property
    def size(self) -> int:
        """Number of rows."""
        return self.matrix.shape[0]

    @property
    def dtype(self) -> Any:
        """Type of the entries."""
        return self.matrix.dtype

    def product(self) -> Product:
        """Return the product with the matrix."""
        return lambda vector: self.matrix @ vector


class AbstractModified(AbstractOperator):
    """An operator made of another one on the same parameters."""

    inner: eqx.AbstractVar[AbstractOperator]

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.inner.size

    @property
    def dtype(self) -> Any:
        """Type of the parameters."""
        return self.inner.dtype


class AbstractCurvature(AbstractOperator):
    """A matrix of second derivatives of a task's loss, or of one weighted block of it."""

    task: AbstractTask
    model: PyTree
    block: str | None = eqx.field(static=True, default=None)

    def __check_init__(self) -> None:
        check_pair(self.task, self.model)
        if self.block is not None and self.block not in self.task.weights:
            raise ConfigurationError(
                f"The task has no block {self.block!r}; its blocks are "
                f"{', '.join(sorted(self.task.weights))}."
            )

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(leaf.size for leaf in self._parameters())

    @property
    def dtype(self) -> Any:
        """Type of the parameters."""
        return jnp.result_type(*self._parameters())

    def _parameters(self) -> list[Array]:
        # Not as one vector: it would be put together, array by array, at each question.
        return jax.tree.leaves(eqx.filter(self.model, eqx.is_inexact_array))


class Hessian(AbstractCurvature):
    """Hessian of a task's loss, or of one weighted block of it, at a model.

    Products are forward over reverse, never a dense matrix: about two and a half gradients each.

    Parameters
    ----------
    task, model
        Where the curvature is taken.
    block
        One block of residuals; the whole loss if not given.

    Raises
    ------
    ConfigurationError
        If the parameters are not finite, the task cannot evaluate the model, or there is no such
        block.

    References
    ----------
    Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6, 1994.
    """

    def loss(self, vector: Vector) -> Float[Array, ""]:
        """Loss, or the block's part of it, as a function of the flat parameters."""
        model = flat_view(self.model)[1](vector)
        if self.block is None:
            return self.task.loss(model)
        residual = self.task.residuals(model)[self.block]
        return self.task.weights[self.block] * self.task.reduce(self.block, residual)

    def product(self) -> Product:
        """Return the product; nothing is kept between two calls, which suits a CPU's cache."""
        flat, gradient = flat_view(self.model)[0], jax.grad(self.loss)
        return lambda vector: jax.jvp(gradient, (flat,), (vector,))[1]


class GaussNewton(AbstractCurvature):
    """Generalised Gauss-Newton matrix of a task's loss, or of one weighted block, at a model.

    The Jacobian of the residuals on both sides of the second derivative of how each block is
    reduced; positive semidefinite where the reduction is convex, as the mean square and the cross
    entropy are. What it leaves out of the Hessian vanishes with the residuals.

    Parameters
    ----------
    task, model, block
        As for :class:`Hessian`.

    Raises
    ------
    ConfigurationError
        As for :class:`Hessian`.

    References
    ----------
    Schraudolph, Fast curvature matrix-vector products for second-order gradient descent, Neural
    Computation 14, 2002.
    """

    def product(self) -> Product:
        """Return the product: forward through the residuals, and back."""
        flat, rebuild = flat_view(self.model)

        def outputs(vector: Vector) -> dict[str, Array]:
            found = self.task.residuals(rebuild(vector))
            return found if self.block is None else {self.block: found[self.block]}

        def reduced(residuals: dict[str, Array]) -> Float[Array, ""]:
            parts = (self.task.weights[n] * self.task.reduce(n, r) for n, r in residuals.items())
            return sum(parts, jnp.zeros(()))

        def product(vector: Vector) -> Vector:
            residuals, tangent = jax.jvp(outputs, (flat,), (vector,))
            curved = jax.jvp(jax.grad(reduced), (residuals,), (tangent,))[1]
            return jax.vjp(outputs, flat)[1](curved)[0]

        return product


class Restricted(AbstractOperator):
    """An operator on some of the parameters, the others held fixed: curvature of a layer.

    Parameters
    ----------
    inner
        On all parameters.
    slices
        Ranges of the flat vector that are kept, as (start, stop); see :func:`restrict`.
    """

    inner: AbstractOperator
    slices: tuple[tuple[int, int], ...] = eqx.field(static=True)

    @property
    def size(self) -> int:
        """Number of parameters that are kept."""
        return sum(stop - start for start, stop in self.slices)

    @property
    def dtype(self) -> Any:
        """Type of the parameters."""
        return self.inner.dtype

    def product(self) -> Product:
        """Return the product with the diagonal block."""
        product, whole = self.inner.product(), jnp.zeros(self.inner.size, self.inner.dtype)

        def restricted(vector: Vector) -> Vector:
            embedded, at = whole, 0
            for start, stop in self.slices:
                embedded = embedded.at[start:stop].set(vector[at : at + stop - start])
                at += stop - start
            image = product(embedded)
            return jnp.concatenate([image[start:stop] for start, stop in self.slices])

        return restricted


def restrict(operator: AbstractCurvature, *names: str) -> Restricted:
    """Restrict an operator to some arrays of the model, named as in :func:`parameter_slices`.

    Raises
    ------
    ConfigurationError
        If the model has no array of one of the names.
    """
    slices = _named(operator, names)
    return Restricted(operator, tuple((slices[n].start, slices[n].stop) for n in names))


def without(operator: AbstractCurvature, *names: str) -> Restricted:
    """Restrict an operator to all arrays of the model but some, which are held fixed.

    Raises
    ------
    ConfigurationError
        If the model has no array of one of the names, or no other.
    """
    left = [part for name, part in _named(operator, names).items() if name not in names]
    if not left:
        raise ConfigurationError("No parameters are left: name fewer of them.")
    ranges: list[tuple[int, int]] = []
    for part in left:
        joined = bool(ranges) and ranges[-1][1] == part.start
        start = ranges.pop()[0] if joined else part.start
        ranges.append((start, part.stop))
    return Restricted(operator, tuple(ranges))


def _named(operator: AbstractCurvature, names: tuple[str, ...]) -> dict[str, slice]:
    slices = parameter_slices(operator.model)
    unknown = [name for name in names if name not in slices]
    if unknown or not names:
        raise ConfigurationError(
            f"The model has no parameters {', '.join(unknown) or 'without a name'}; "
            f"it has {', '.join(slices)}."
        )
    return slices
