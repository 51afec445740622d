"""Curvature along training: a probe for any method's recording schedule."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from regimekit.landscape.operators import Hessian
from regimekit.landscape.spectrum import eigenpairs
from regimekit.landscape.trace import trace
from regimekit.tasks import AbstractTask


@dataclass(frozen=True)
class CurvatureProbe:
    """Records the largest eigenvalue and the trace of the Hessian, to be passed as ``probe``.

    Its cost is ``steps + probes + 2`` Hessian products a record (more where the eigenvalue does not
    converge), none of which a method's budget is charged with.

    Parameters
    ----------
    steps, tolerance
        Of :func:`regimekit.landscape.eigenpairs`.
    probes
        Of :func:`regimekit.landscape.trace`, besides the leading eigenvector; 0 leaves it out.
    seed
        Of the random vectors, the same at each record, so that curves show training, not probes.
    """

    steps: int = 16
    tolerance: float = 1e-2
    probes: int = 8
    seed: int = 0

    def __call__(self, task: AbstractTask, model: PyTree, iteration: int) -> dict[str, float]:
        """Return ``lambda_max``, ``lambda_max_error``, ``trace``, ``trace_error`` and their cost.

        The cost is ``curvature_products``. A model whose loss is not finite, as a diverged run has
        it, has no curvature: all is NaN, and nothing is spent.
        """
        del iteration
        if not bool(jnp.isfinite(_loss(task, model))):
            names = ["lambda_max", "lambda_max_error"]
            names += ["trace", "trace_error"] if self.probes else []
            return dict.fromkeys(names, float("nan")) | {"curvature_products": 0.0}
        hessian = Hessian(task, model)
        keys = jax.random.split(jax.random.key(self.seed))
        top = eigenpairs(hessian, 1, key=keys[0], steps=self.steps, tolerance=self.tolerance)
        found = {"lambda_max": float(top.values[0]), "lambda_max_error": float(top.bounds[0])}
        spent = top.products
        if self.probes:
            total = trace(hessian, key=keys[1], probes=self.probes, known=top.vectors)
            found |= {"trace": total.value, "trace_error": total.standard_error}
            spent += self.probes + 1
        return found | {"curvature_products": float(spent)}


@eqx.filter_jit
def _loss(task: AbstractTask, model: PyTree) -> Float[Array, ""]:
    return task.loss(model)
