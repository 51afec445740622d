"""A training method of your own: gradient descent whose step length adapts to the loss."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from regimekit.methods import AbstractIterativeMethod, Budget, IterativeState
from regimekit.problems import Convection
from regimekit.tasks import PINN


class BoldDriver(AbstractIterativeMethod):
    """Lengthens its steps while the loss falls; takes a step back, and halves them, if it rises."""

    first: float = 1e-3
    growth: float = 1.1

    def init(self, params: PyTree, gradient: PyTree) -> Any:
        """Start with the first step length."""
        return jnp.asarray(self.first)

    def step(self, state: IterativeState, loss: Any) -> IterativeState:
        """Try a step; keep it if the loss fell."""
        length = state.inner
        tried = jax.tree.map(lambda p, g: p - length * g, state.params, state.gradient)
        value, gradient = jax.value_and_grad(loss)(tried)
        fell = value < state.loss
        params, value, gradient = jax.tree.map(
            lambda new, old: jnp.where(fell, new, old),
            (tried, value, gradient),
            (state.params, state.loss, state.gradient),
        )
        length = length * jnp.where(fell, self.growth, 0.5)
        return state.moved(params, value, gradient, length)


def main(iterations: int = 300) -> float:
    """Train one cell of the convection map with it; returns the final loss."""
    task = PINN(Convection(5.0), n_collocation=100)
    model = task.init(jax.random.key(0))
    result = BoldDriver().train(
        task, model, key=jax.random.key(1), budget=Budget(10_000, iterations)
    )
    print(f"{result.stop_reason.name}: loss {result.history['loss'][-1]:.2e}")
    return float(result.history["loss"][-1])


if __name__ == "__main__":
    main()
