"""Methods that are one of optax's gradient transformations, evaluated once an iteration."""

import abc
from typing import Any

import jax
import optax
from jaxtyping import PyTree

from regimekit.methods._iterative import AbstractIterativeMethod, IterativeState


class AbstractOptaxMethod(AbstractIterativeMethod):
    """A first-order method on the full batch; subclasses say which transformation it is."""

    @abc.abstractmethod
    def optimiser(self) -> optax.GradientTransformation:
        """Return the transformation of the gradient."""

    def init(self, params: PyTree, gradient: PyTree) -> Any:
        """Make the transformation's state: no past gradients."""
        del gradient
        return self.optimiser().init(params)

    def step(self, state: IterativeState, loss: Any) -> IterativeState:
        """Move along the transformed gradient, then evaluate at the new parameters."""
        updates, inner = self.optimiser().update(state.gradient, state.inner, state.params)
        params = optax.apply_updates(state.params, updates)
        value, gradient = jax.value_and_grad(loss)(params)
        return state.moved(params, value, gradient, inner)
