"""The loss of a PINN, evaluated chunk by chunk of its collocation points."""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

CHUNK = 500
"""Most points in a chunk on a CPU: the layers of a network of width 50 then stay in the cache."""


@eqx.filter_custom_vjp
def chunked_loss(model: PyTree, task: Any) -> Float[Array, ""]:
    """Loss of a PINN task, whose gradient is accumulated chunk by chunk.

    Differentiating the whole loss keeps every layer of every point until the backward pass comes
    to it. Here each chunk is differentiated on its own, at the moment it is evaluated.
    Hessian products work forward over reverse, ``jax.jvp(jax.grad(...))``. Only derivatives with
    respect to ``model`` are defined.
    """
    return _accumulate(lambda function: function, model, task)


def _forward(perturbed: PyTree, model: PyTree, task: Any) -> tuple[Float[Array, ""], PyTree]:
    del perturbed
    return _accumulate(eqx.filter_value_and_grad, model, task)


def _backward(
    gradient: PyTree, cotangent: Float[Array, ""], perturbed: PyTree, model: PyTree, task: Any
) -> PyTree:
    del perturbed, model, task
    return jax.tree.map(lambda leaf: cotangent * leaf, gradient)


chunked_loss.def_fwd(_forward)
chunked_loss.def_bwd(_backward)


def _accumulate(transform: Callable[[Callable], Callable], model: PyTree, task: Any) -> Any:
    """Sum of ``transform`` of the parts of the loss: of the constraints, and of each chunk."""
    points = task.points.interior
    number = len(points)
    most = CHUNK if jax.default_backend() == "cpu" else number
    chunks = math.ceil(number / most)
    size = math.ceil(number / chunks)
    # Points that fill up the last chunk are copies of the first and weigh nothing.
    weight = jnp.full(number, task.weights["pde"] / number, points.dtype)
    weight = jnp.concatenate([weight, jnp.zeros(chunks * size - number, points.dtype)])
    filled = jnp.concatenate([points, points[: chunks * size - number]])

    def add(total: Any, chunk: tuple[Array, Array]) -> tuple[Any, None]:
        part = transform(_interior)(model, task, *chunk)
        return jax.tree.map(jnp.add, total, part), None

    parts = (filled.reshape(chunks, size, -1), weight.reshape(chunks, size))
    return jax.lax.scan(add, transform(_constraints)(model, task), parts)[0]


def _constraints(model: PyTree, task: Any) -> Float[Array, ""]:
    found = task.problem.constraints(model, task.points)
    return sum((task.weights[n] * task.reduce(n, r) for n, r in found.items()), jnp.zeros(()))


def _interior(
    model: PyTree,
    task: Any,
    points: Float[Array, "chunk 2"],
    weight: Float[Array, " chunk"],
) -> Float[Array, ""]:
    return jnp.sum(weight * task.problem.residual(model, points) ** 2)
