"""An equation of your own, and its map: the heat equation over its diffusivity.

Run it where this file lies::

    regimekit run own_equation:HeatMap --preset smoke
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from regimekit.grids import Grid
from regimekit.grids.pinn import PINNExperiment, at_most, pinn_metrics
from regimekit.grids.pinn_convection import LBFGS, SETTINGS
from regimekit.grids.spec import Axis
from regimekit.problems import AbstractProblem, Points, ScalarField, along, along_both, evaluate


class Heat(AbstractProblem):
    """u_t = nu u_xx on a ring, from sin x: the exact solution is exp(-nu t) sin x."""

    nu: Float[Array, ""]
    difficulty_name: str = eqx.field(static=True)
    x_range: ClassVar[tuple[float, float]] = (0.0, 2 * math.pi)
    t_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __init__(self, nu: float | Float[Array, ""]):
        self.nu, self.difficulty_name = jnp.asarray(nu, float), "nu"

    @property
    def difficulty(self) -> Float[Array, ""]:
        """The diffusivity."""
        return self.nu

    def solution(self, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Exact solution on rows (x, t)."""
        return jnp.exp(-self.nu * xt[:, 1]) * jnp.sin(xt[:, 0])

    def residual(self, u: ScalarField, xt: Float[Array, "points 2"]) -> Float[Array, " points"]:
        """Residual u_t - nu u_xx."""
        return along(u, xt, (0.0, 1.0)) - self.nu * along_both(u, xt, (1.0, 0.0), (1.0, 0.0))

    def constraints(self, u: ScalarField, points: Points) -> dict[str, Float[Array, "..."]]:
        """Periodic in x, and sin x at t = 0."""
        lower, upper, initial = evaluate(u, points.lower, points.upper, points.initial)
        return {"periodic": lower - upper, "initial": initial - jnp.sin(points.initial[:, 0])}

    def at(self, difficulty: float | Float[Array, ""]) -> "Heat":
        """Return the same problem at another diffusivity."""
        return Heat(difficulty)


class HeatMap(PINNExperiment):
    """Its map: diffusivity x number of collocation points."""

    name: ClassVar[str] = "own_equation:HeatMap"  # module:Class, so that every process finds it
    title: ClassVar[str] = "PINN for the heat equation"
    difficulty: ClassVar[Axis] = Axis("nu", "diffusivity", "1", r"$\nu$")
    metrics: ClassVar[dict[str, tuple[str, str]]] = pinn_metrics("pde", "periodic", "initial")

    def preset(self, name: str) -> Grid:
        """Return the grid of a preset."""
        few = name == "smoke"
        return Grid(
            experiment=self.name,
            preset=name,
            difficulties=(0.5, 5.0) if few else (0.5, 1.0, 2.0, 5.0, 10.0, 20.0),
            data=(100,) if few else (100, 500, 2000),
            methods={"lbfgs": at_most(LBFGS, 40) if few else LBFGS},
            seeds=(0,) if few else (0, 1, 2),
            settings=SETTINGS,
        )

    def problem(self, difficulty: float, settings: Mapping[str, Any]) -> Heat:
        """Build the equation at a diffusivity."""
        return Heat(difficulty)
