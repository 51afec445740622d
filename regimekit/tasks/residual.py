"""A training problem of a model and of residuals of one's own."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from regimekit.errors import ConfigurationError
from regimekit.tasks._base import AbstractTask


class ResidualTask(AbstractTask):
    """Residuals of one's own, in plain JAX, of a model of any kind.

    With it, methods train and diagnostics measure a network that knows nothing of this package: its
    parameters may be a dictionary of arrays, an Equinox module, or those of another library.

    Parameters
    ----------
    residuals
        Called with the model and the points; returns the residual of each point, as an array or,
        for several blocks, as a dictionary of arrays. The loss is the weighted sum of their mean
        squares.
    points
        What training sees: any tree of arrays.
    model
        One of the kind that is to be trained or measured, by which all else is checked here. Its
        parameters are its inexact arrays.
    fresh
        Points of the same kind that training never sees. None if there are none.
    weights
        Weight of each block in the loss; 1 for a block not named.
    error
        Called with the model; returns its relative error against what is known to be right. None if
        nothing is.
    init
        Called with a key; returns a new model. Not needed to measure one, or to train it further.

    Raises
    ------
    ConfigurationError
        If the points are no arrays, the residuals of that model at them cannot be evaluated or have
        no block, those at the fresh points have other blocks, a weight names no block, or the error
        is no single number.
    """

    points: PyTree
    fresh: PyTree
    weights: dict[str, float]
    # Not static: a function may be a module, or a method of one, with arrays in it.
    _residuals: Callable
    _error: Callable | None
    _init: Callable | None

    def __init__(
        self,
        residuals: Callable[[PyTree, PyTree], Mapping[str, Array] | Array],
        points: PyTree,
        model: PyTree,
        *,
        fresh: PyTree = None,
        weights: Mapping[str, float] | None = None,
        error: Callable[[PyTree], Float[Array, ""]] | None = None,
        init: Callable[[PRNGKeyArray], PyTree] | None = None,
    ):
        self.points, self.fresh = _arrays("points", points), _arrays("fresh points", fresh)
        self._residuals, self._error, self._init = residuals, error, init
        self.weights = {}
        blocks = _evaluated("residuals at the points", self.residuals, model)
        if not blocks:
            raise ConfigurationError("The residuals have no block: at least one is needed.")
        if fresh is not None:
            off = _evaluated("residuals at the fresh points", self._at_fresh, model)
            if set(off) != set(blocks):
                raise ConfigurationError(
                    f"The residuals have the blocks {sorted(blocks)} at the points, but "
                    f"{sorted(off)} at the fresh ones; they must have the same."
                )
        unknown = set(weights or {}) - set(blocks)
        if unknown:
            raise ConfigurationError(
                f"Weight given for {sorted(unknown)}, but the blocks of this task are "
                f"{sorted(blocks)}."
            )
        self.weights = dict.fromkeys(blocks, 1.0) | dict(weights or {})
        shape = () if error is None else jnp.shape(_evaluated("error", error, model))
        if shape != ():
            raise ConfigurationError(f"The error has shape {shape}; a single number is needed.")

    @property
    def difficulty(self) -> Float[Array, ""]:
        """Not known to such a task: NaN."""
        return jnp.full((), jnp.nan)

    def init(self, key: PRNGKeyArray) -> PyTree:
        """Draw a new model.

        Raises
        ------
        ConfigurationError
            If the task was made without ``init``.
        """
        if self._init is None:
            _cannot("make a new model", "give it `init`, a function of a key")
        return self._init(key)

    def residuals(self, model: PyTree) -> dict[str, Float[Array, "..."]]:
        """Residuals at the points, by block; the one block of an array is ``residual``."""
        return _by_block(self._residuals(model, self.points))

    def fresh_losses(self, model: PyTree) -> dict[str, Float[Array, ""]]:
        """Mean square of each block at the fresh points; empty if there are none."""
        if self.fresh is None:
            return {}
        return {name: self.reduce(name, r) for name, r in self._at_fresh(model).items()}

    def _at_fresh(self, model: PyTree) -> dict[str, Float[Array, "..."]]:
        return _by_block(self._residuals(model, self.fresh))

    def metrics(self, model: PyTree) -> dict[str, Float[Array, ""]]:
        """Losses by block, at the points and at the fresh ones, and the error."""
        fresh = {f"fresh_loss_{name}": value for name, value in self.fresh_losses(model).items()}
        return self.train_losses(model) | fresh | {"test_error": self.test_error(model)}

    def test_error(self, model: PyTree) -> Float[Array, ""]:
        """Error that was given; NaN if none was."""
        return jnp.asarray(jnp.nan if self._error is None else self._error(model))

    def at(self, difficulty: float | Float[Array, ""]) -> NoReturn:
        """Refuse: such a task knows no difficulty.

        Raises
        ------
        ConfigurationError
            Always.
        """
        del difficulty
        _cannot("be made harder or easier", "a curriculum needs a subclass of AbstractTask")

    def resample(self, key: PRNGKeyArray, radius: float | Float[Array, ""]) -> NoReturn:
        """Refuse: such a task knows no domain in which its points may move.

        Raises
        ------
        ConfigurationError
            Always.
        """
        del key, radius
        _cannot("move its points", "RoPINN needs a subclass of AbstractTask")

    def redraw(self, key: PRNGKeyArray) -> Self:
        """Refuse: such a task does not know how its points were drawn.

        Raises
        ------
        ConfigurationError
            Always.
        """
        del key
        _cannot("draw its points anew", "make another task with others")


def _arrays(what: str, tree: PyTree) -> PyTree:
    try:
        return jax.tree.map(jnp.asarray, tree)
    except TypeError as error:
        raise ConfigurationError(
            f"The {what} must be arrays, or a tree of them: {error}"
        ) from error


def _by_block(found: Mapping[str, Array] | Array) -> dict[str, Array]:
    return dict(found) if isinstance(found, Mapping) else {"residual": found}


def _evaluated(what: str, function: Callable[[PyTree], Any], model: PyTree) -> Any:
    """Shapes of what a function of the model returns, without computing it."""
    try:
        return eqx.filter_eval_shape(function, model)
    except Exception as error:
        raise ConfigurationError(
            f"The {what} of this {type(model).__name__} cannot be evaluated: {error}"
        ) from error


def _cannot(what: str, instead: str) -> NoReturn:
    raise ConfigurationError(f"A task made of residuals cannot {what}: {instead}.")
