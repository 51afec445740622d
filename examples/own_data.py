"""Measurements of your own beside the equation: one more block of residuals.

``measurements.csv`` has rows x, t, u: values of convection at speed 20 with an error of 0.02, at
places and times drawn at random. Without them this cell is in regime III: a hundred collocation
points do not determine the solution.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from regimekit.methods import LBFGS, Budget
from regimekit.problems import Convection, Points, ScalarField
from regimekit.tasks import PINN


class MeasuredConvection(Convection):
    """Convection, with values that were measured at some places and times."""

    xt: Float[Array, "measurements 2"]
    values: Float[Array, " measurements"]

    def __init__(self, beta: float, table: np.ndarray):
        super().__init__(beta)
        self.xt, self.values = jnp.asarray(table[:, :2], float), jnp.asarray(table[:, 2], float)

    def constraints(self, u: ScalarField, points: Points) -> dict[str, Float[Array, "..."]]:
        """Those of the equation, and the measurements."""
        return super().constraints(u, points) | {"measured": u(self.xt) - self.values}


def main(file: str | Path, beta: float = 20.0, iterations: int = 2000) -> dict[str, float]:
    """Train with and without the measurements; returns both test errors."""
    table = np.loadtxt(file, delimiter=",", skiprows=1)
    errors = {}
    problems = {"equation": Convection(beta), "with data": MeasuredConvection(beta, table)}
    for name, problem in problems.items():
        task = PINN(problem, n_collocation=100)
        model = task.init(jax.random.key(0))
        budget = Budget(2 * iterations, iterations)
        result = LBFGS().train(task, model, key=jax.random.key(1), budget=budget)
        errors[name] = float(task.test_error(result.model))
        print(f"{name}: loss {result.history['loss'][-1]:.1e}, test error {errors[name]:.3f}")
    return errors


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("measurements.csv"))
