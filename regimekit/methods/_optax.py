"""Methods that are one of optax's gradient transformations, evaluated once an iteration."""

import abc
from typing import Any

import jax
import optax
from jaxtyping import PyTree

from regimekit.methods._iterative import AbstractIterativeMethod, IterativeState, global_norm


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
        return IterativeState(
            params=params,
            loss=value,
            gradient=gradient,
            gradient_norm=global_norm(gradient),
            iteration=state.iteration,
            evaluations=state.evaluations + 1,
            hessian_products=state.hessian_products,
            stop_reason=state.stop_reason,
            inner=inner,
        )
