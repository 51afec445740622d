"""Stochastic gradient descent: momentum and weight decay, one batch after the other."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree

from regimekit.errors import ConfigurationError
from regimekit.methods._base import require_counts
from regimekit.methods._iterative import AbstractIterativeMethod, IterativeState
from regimekit.methods.minibatch import batch_of
from regimekit.tasks import AbstractTask


class MinibatchSGD(AbstractIterativeMethod):
    """SGD with heavy-ball momentum, weight decay and a learning rate that falls along a cosine.

    The task says what its batches are (``batch(index)``). An evaluation is that of a batch, and the
    loss in the history is the last batch's before its step. So a last step that blows up shows only
    in the model. Weight decay is in the step and not in the loss, so a trained model is a minimum
    of the loss only about.

    Parameters
    ----------
    learning_rate
        Of the first step, above 0.
    momentum
        Share of the last step that is taken again, in [0, 1).
    weight_decay
        Times the parameters, what is added to the gradient; at least 0.
    horizon
        Iteration at which the learning rate has fallen to zero; 0 keeps it as it is.

    Raises
    ------
    ConfigurationError
        If a number is out of range; when training starts, if the task has no batches.

    References
    ----------
    Robbins and Monro, A stochastic approximation method, Ann. Math. Stat. 22, 1951; Sutskever,
    Martens, Dahl and Hinton, On the importance of initialization and momentum in deep learning,
    ICML 2013; Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR
    2017, equation 5 (the cosine).
    """

    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 0.0
    horizon: int = 0

    def __check_init__(self) -> None:
        if not self.learning_rate > 0:
            raise ConfigurationError(
                f"SGD's learning_rate = {self.learning_rate} must be above 0, such as 0.1."
            )
        if not 0 <= self.momentum < 1:
            raise ConfigurationError(f"SGD's momentum = {self.momentum} must lie in [0, 1).")
        if not self.weight_decay >= 0:
            raise ConfigurationError(
                f"SGD's weight_decay = {self.weight_decay} must be at least 0, such as 1e-3."
            )
        require_counts("SGD's", least=0, horizon=self.horizon)

    def objective(self, task: AbstractTask, iteration: Int[Array, ""]) -> Any:
        """Return the batch of an iteration."""
        return batch_of(task, iteration)

    def init(self, params: PyTree, gradient: PyTree) -> Any:
        """Make the momentum: none."""
        del params
        return jax.tree.map(jnp.zeros_like, gradient)

    def step(self, state: IterativeState, loss: Any) -> IterativeState:
        """Evaluate the batch, then move."""
        value, gradient = jax.value_and_grad(loss)(state.params)
        velocity = jax.tree.map(
            lambda v, g, p: self.momentum * v + g + self.weight_decay * p,
            state.inner,
            gradient,
            state.params,
        )
        rate = jnp.asarray(self.learning_rate, value.dtype)
        if self.horizon:
            part = jnp.minimum(state.iteration / self.horizon, 1.0)
            rate = rate * 0.5 * (1 + jnp.cos(jnp.pi * part)).astype(value.dtype)
        params = jax.tree.map(lambda p, v: p - rate * v, state.params, velocity)
        return state.moved(params, value, gradient, velocity)
