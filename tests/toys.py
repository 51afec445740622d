"""Small training problems with known answers."""

import equinox as eqx
import jax
import jax.numpy as jnp

from regimekit.tasks import AbstractTask


class Vector(eqx.Module):
    """A model that is nothing but its parameters."""

    x: jax.Array


class Quadratic(AbstractTask):
    """Mean square of A x - b."""

    matrix: jax.Array
    target: jax.Array
    weights: dict[str, float]

    def __init__(self, matrix, target):
        self.matrix, self.target = jnp.asarray(matrix), jnp.asarray(target)
        self.weights = {"fit": 1.0}

    def init(self, key):
        return Vector(jax.random.normal(key, (self.matrix.shape[1],)))

    def residuals(self, model):
        return {"fit": self.matrix @ model.x - self.target}

    def metrics(self, model):
        return {"test_error": self.test_error(model)}

    def test_error(self, model):
        return jnp.linalg.norm(model.x)

    def at(self, difficulty):
        return eqx.tree_at(lambda t: t.target, self, self.target.at[0].set(difficulty))

    @property
    def difficulty(self):
        return self.target[0]

    def resample(self, key, radius):
        return self

    def redraw(self, key):
        return self


class Rosenbrock(Quadratic):
    """Two residuals whose sum of squares is Rosenbrock's function, with its minimum at (1, 1)."""

    def residuals(self, model):
        x, y = model.x
        return {"fit": jnp.sqrt(2.0) * jnp.stack([1 - x, 10 * (y - x**2)])}


class Constrained(AbstractTask):
    """Least distance to a point (block ``pde``) on the plane sum(x) = 1 (block ``plane``)."""

    point: jax.Array
    weights: dict[str, float]

    def __init__(self, point):
        self.point = jnp.asarray(point)
        self.weights = {"pde": 1.0, "plane": 1.0}

    def init(self, key):
        return Vector(jax.random.normal(key, self.point.shape))

    def residuals(self, model):
        return {"pde": model.x - self.point, "plane": jnp.sum(model.x)[None] - 1}

    def metrics(self, model):
        return {"test_error": self.test_error(model)}

    def test_error(self, model):
        return jnp.abs(jnp.sum(model.x) - 1)

    def at(self, difficulty):
        return self

    @property
    def difficulty(self):
        return jnp.ones(())

    def resample(self, key, radius):
        return self

    def redraw(self, key):
        return self
