"""Gradient descent with momentum, which is SGD on whatever batch the task is."""

from typing import Any

import jax
import optax
from jaxtyping import PyTree

from regimekit.errors import ConfigurationError
from regimekit.methods._iterative import AbstractIterativeMethod, IterativeState, global_norm


class SGD(AbstractIterativeMethod):
    """Gradient descent with heavy-ball momentum at a constant learning rate.

    Parameters
    ----------
    learning_rate
        Step size, above 0.
    momentum
        Share of the last step that is taken again, in [0, 1).

    Raises
    ------
    ConfigurationError
        If the learning rate is not above 0 or the momentum is outside [0, 1).

    References
    ----------
    Polyak, Some methods of speeding up the convergence of iteration methods, USSR Comput. Math.
    Math. Phys. 4, 1964.
    """

    learning_rate: float = 1e-3
    momentum: float = 0.9

    def __check_init__(self) -> None:
        if not self.learning_rate > 0:
            raise ConfigurationError(
                f"SGD's learning_rate = {self.learning_rate} must be above 0, such as 1e-3."
            )
        if not 0 <= self.momentum < 1:
            raise ConfigurationError(f"SGD's momentum = {self.momentum} must lie in [0, 1).")

    def _optimiser(self) -> optax.GradientTransformation:
        return optax.sgd(self.learning_rate, self.momentum)

    def init(self, params: PyTree, gradient: PyTree) -> Any:
        """Start without momentum."""
        del gradient
        return self._optimiser().init(params)

    def step(self, state: IterativeState, loss: Any) -> IterativeState:
        """Move along the momentum, then evaluate at the new parameters."""
        updates, inner = self._optimiser().update(state.gradient, state.inner, state.params)
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
