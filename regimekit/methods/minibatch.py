"""Adam on one part of the data after the other."""

from typing import Any

import jax
import optax
from jaxtyping import Array, Int, PyTree

from regimekit.errors import ConfigurationError
from regimekit.methods._base import require_counts
from regimekit.methods._iterative import AbstractIterativeMethod, IterativeState
from regimekit.tasks import AbstractSampledTask, AbstractTask


class MinibatchAdam(AbstractIterativeMethod):
    """Adam with a learning rate that falls by a factor every epoch; each step sees one batch.

    The task says what its batches are (``batch(index)``). An evaluation is that of a batch, and the
    loss in the history is the last batch's before its step. So a last step that blows up shows only
    in the model.

    Parameters
    ----------
    learning_rate
        Step size of the first epoch, above 0.
    decay
        Factor on it after every epoch, in (0, 1].
    updates
        Steps an epoch, at least 1.
    from_first
        Whether each epoch begins with the first batch, so that samples beyond ``updates`` batches
        are never seen. Else batches go on where the last epoch ended, and all are seen alike.

    Raises
    ------
    ConfigurationError
        If a number is out of range; when training starts, if the task has no batches.

    References
    ----------
    Kingma and Ba, Adam: A method for stochastic optimization, ICLR 2015, algorithm 1.
    """

    learning_rate: float = 1e-3
    decay: float = 1.0
    updates: int = 1
    from_first: bool = False

    def __check_init__(self) -> None:
        if not self.learning_rate > 0:
            raise ConfigurationError(
                f"Adam's learning_rate = {self.learning_rate} must be above 0, such as 1e-3."
            )
        if not 0 < self.decay <= 1:
            raise ConfigurationError(f"Adam's decay = {self.decay} must lie in (0, 1].")
        require_counts("Adam's", updates=self.updates)

    def objective(self, task: AbstractTask, iteration: Int[Array, ""]) -> Any:
        """Return the batch of an iteration."""
        return batch_of(task, iteration % self.updates if self.from_first else iteration)

    def init(self, params: PyTree, gradient: PyTree) -> Any:
        """Make Adam's state: no past gradients."""
        del gradient
        return optax.scale_by_adam().init(params)

    def step(self, state: IterativeState, loss: Any) -> IterativeState:
        """Evaluate the batch, then move."""
        value, gradient = jax.value_and_grad(loss)(state.params)
        updates, inner = optax.scale_by_adam().update(gradient, state.inner)
        rate = self.learning_rate * self.decay ** (state.iteration // self.updates)
        params = jax.tree.map(lambda p, u: p - rate * u, state.params, updates)
        return state.moved(params, value, gradient, inner)


def batch_of(task: AbstractTask, index: Int[Array, ""]) -> AbstractSampledTask:
    """Return a batch of a task.

    Raises
    ------
    ConfigurationError
        If it has none.
    """
    if not isinstance(task, AbstractSampledTask):
        raise ConfigurationError(
            f"{type(task).__name__} has no batches: train it with adam, on all of its data."
        )
    return task.batch(index)
