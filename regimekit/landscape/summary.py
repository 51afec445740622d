"""All of the curvature of one model that a dataset keeps, measured in one go."""

import time
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from regimekit.landscape._estimate import Estimate
from regimekit.landscape.density import Density, density
from regimekit.landscape.double import error_in_double
from regimekit.landscape.operators import Hessian, flat_view
from regimekit.landscape.sharpness import Scaled, filter_norms
from regimekit.landscape.spectrum import Eigenpairs, eigenpairs
from regimekit.landscape.trace import trace
from regimekit.tasks import AbstractTask


class Effort(NamedTuple):
    """How much is spent on the curvature of one model; the defaults are what datasets have.

    Attributes
    ----------
    eigenvalues, steps, tolerance
        Largest eigenvalues of the Hessian, Lanczos steps in the first round, and the residual at
        which there is no second one.
    density_steps, density_probes
        Of the spectral density.
    trace_probes
        Of the trace.
    """

    eigenvalues: int = 5
    steps: int = 40
    tolerance: float = 1e-3
    density_steps: int = 40
    density_probes: int = 4
    trace_probes: int = 30

    def within(self, parameters: int) -> "Effort":
        """Limit it to what a model of so few parameters can have."""
        return self._replace(
            eigenvalues=min(self.eigenvalues, parameters),
            steps=min(self.steps, parameters),
            density_steps=min(self.density_steps, parameters),
        )


class Curvature(NamedTuple):
    """Curvature of the loss at one model.

    Attributes
    ----------
    loss, gradient_norm
        At the model.
    top
        Largest eigenvalues of the Hessian, with their errors.
    double_error
        Bound of the error of the largest one that also sees rounding within products: see
        :func:`error_in_double`.
    smallest
        Smallest Ritz value: the smallest eigenvalue is at most this.
    trace
        With its standard error.
    density
        Distribution of the eigenvalues.
    filter_normalised
        Largest eigenvalue in units of the filters' norms.
    products
        Products with the Hessian that all of it took.
    seconds
        Wall time, compilation included.
    """

    loss: float
    gradient_norm: float
    top: Eigenpairs
    double_error: float
    smallest: float
    trace: Estimate
    density: Density
    filter_normalised: Eigenpairs
    products: int
    seconds: float

    def lines(self) -> list[str]:
        """Say all of it, a line a fact."""
        largest = float(self.top.values[0])
        flat = self.density.mass_within(1e-3 * largest)
        below = self.density.nodes < -1e-6 * largest
        share = float((self.density.weights * below).sum(axis=1).mean())
        ends = zip(self.top.values[1:], self.top.bounds[1:], strict=True)
        return [
            f"largest eigenvalue {largest:.5g} (error at most {self.top.bounds[0]:.1g}); next "
            + ", ".join(f"{v:.4g} ({e:.1g})" for v, e in ends),
            f"smallest eigenvalue at most {self.smallest:.3g}; "
            f"{100 * share:.1f} % of eigenvalues are below -1e-6 of the largest",
            f"trace {self.trace} (standard error, {self.trace.samples} probes)",
            f"share of eigenvalues within 1e-3 of the largest around zero {flat}",
            f"sharpness over loss {largest / self.loss:.3g}; filter-normalised "
            f"{self.filter_normalised.values[0]:.4g} "
            f"(error at most {self.filter_normalised.bounds[0]:.1g})",
            f"{self.products} Hessian products in {self.seconds:.1f} s",
        ]


def measure_curvature(
    task: AbstractTask, model: PyTree, *, key: PRNGKeyArray, effort: Effort | None = None
) -> Curvature:
    """Measure the ends, the trace and the density of the Hessian's spectrum.

    Parameters
    ----------
    task, model
        Where.
    key
        Of all random vectors: the same key gives the same numbers.
    effort
        What is spent; if not given, :class:`Effort`'s defaults as far as there are parameters.

    Raises
    ------
    ConfigurationError
        If the parameters are not finite or do not fit the task, or the effort asks for more steps
        than there are parameters.
    """
    began, point = time.perf_counter(), flat_view(model)[0]
    effort = effort or Effort().within(len(point))
    # In units of one, so that the products in units of filters are by the same compiled programs.
    hessian = Scaled(Hessian(task, model), jnp.ones_like(point))
    keys = jax.random.split(key, 4)
    top = eigenpairs(
        hessian,
        effort.eigenvalues,
        key=keys[0],
        steps=effort.steps,
        tolerance=effort.tolerance,
    )
    found = density(hessian, key=keys[1], steps=effort.density_steps, probes=effort.density_probes)
    total = trace(hessian, key=keys[2], probes=effort.trace_probes, known=top.vectors)
    scaled = Scaled(hessian.inner, filter_norms(model))
    normalised = eigenpairs(scaled, 1, key=keys[3], steps=effort.steps, tolerance=effort.tolerance)
    loss, norm = _at(task, model)
    spent = top.products + found.nodes.size + normalised.products
    spent += effort.trace_probes + effort.eigenvalues + 1
    return Curvature(
        float(loss),
        float(norm),
        top,
        error_in_double(hessian, top),
        float(found.nodes[found.weights > 0].min()),
        total,
        found,
        normalised,
        spent,
        time.perf_counter() - began,
    )


@eqx.filter_jit
def _at(task: AbstractTask, model: PyTree) -> tuple[Float[Array, ""], Float[Array, ""]]:
    loss, gradient = eqx.filter_value_and_grad(lambda m: task.loss(m))(model)
    return loss, jnp.linalg.norm(ravel_pytree(gradient)[0])
