"""A network of your own, in plain JAX: train it with our methods, and ask what became of it.

Burgers' equation u_t + u u_x = nu u_xx on [-1, 1] x [0, 1] from -sin(pi x), whose front steepens as
it goes. Nothing here knows the solution.
"""

import jax
import jax.numpy as jnp

from regimekit.grids import diagnose_model
from regimekit.methods import LBFGS, Budget
from regimekit.tasks import ResidualTask

NU = 0.02


def new_network(key, width=20):
    """Make a network with two hidden layers: any tree of arrays will do."""
    sizes = [(2, width), (width, width), (width, 1)]
    keys = jax.random.split(key, len(sizes))
    return [
        {"w": jax.random.normal(k, s) / jnp.sqrt(s[0]), "b": jnp.zeros(s[1])}
        for k, s in zip(keys, sizes, strict=True)
    ]


def network(params, x, t):
    """Evaluate it at one point."""
    h = jnp.stack([x, t])
    for layer in params[:-1]:
        h = jnp.tanh(h @ layer["w"] + layer["b"])
    return (h @ params[-1]["w"] + params[-1]["b"])[0]


def residuals(params, points):
    """Residual of the equation and of its conditions, one number a point."""

    def equation(x, t):
        u, (u_x, u_t) = jax.value_and_grad(network, (1, 2))(params, x, t)
        u_xx = jax.grad(jax.grad(network, 1), 1)(params, x, t)
        return u_t + u * u_x - NU * u_xx

    at = jax.vmap(lambda x, t: network(params, x, t))
    x, t = points["start"], points["sides"]
    return {
        "equation": jax.vmap(equation)(*points["inside"].T),
        "start": at(x, jnp.zeros_like(x)) + jnp.sin(jnp.pi * x),
        "sides": jnp.concatenate([at(jnp.full_like(t, s), t) for s in (-1, 1)]),
    }


def draw_points(key, inside):
    """Draw points: inside the domain, at the start, and on the sides."""
    keys = jax.random.split(key, 3)
    low, high = jnp.array([-1.0, 0.0]), jnp.array([1.0, 1.0])
    return {
        "inside": jax.random.uniform(keys[0], (inside, 2), minval=low, maxval=high),
        "start": jax.random.uniform(keys[1], (100,), minval=-1, maxval=1),
        "sides": jax.random.uniform(keys[2], (50,)),
    }


def main(inside=50, iterations=2000, curvature=True):
    """Train on so many points inside the domain, and judge the result."""
    params = new_network(jax.random.key(0))
    points = draw_points(jax.random.key(1), inside)
    fresh = draw_points(jax.random.key(2), 5000)
    task = ResidualTask(residuals, points, params, fresh=fresh)
    budget = Budget(2 * iterations, iterations)
    result = LBFGS().train(task, params, key=jax.random.key(3), budget=budget)
    return diagnose_model(task, result.model, curvature=curvature)


if __name__ == "__main__":
    for inside in (50, 2000):
        print(f"{inside} points", *main(inside).lines(), sep="\n  ")
