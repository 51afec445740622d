"""Point sets on a space-time rectangle: what training may draw, and what it never can.

The *training lattice* of the reference experiment has ``n_x`` by ``n_t`` nodes including the edges.
Collocation points are drawn from its interior; its edges carry the constraints. The *midpoint
lattice* consists of the centres of its cells, none of which is a node, so it serves as a test set
that training can never draw.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from regimekit.errors import ConfigurationError
from regimekit.problems._base import AbstractProblem, Points

Rectangle = AbstractProblem | type[AbstractProblem]
Rows = Float[np.ndarray, "points 2"]


def _rows(x: np.ndarray, t: np.ndarray) -> Rows:
    grid_x, grid_t = np.meshgrid(x, t, indexing="ij")
    return np.stack([grid_x.ravel(), grid_t.ravel()], axis=1)


def _axes(problem: Rectangle, n_x: int, n_t: int) -> tuple[np.ndarray, np.ndarray]:
    return np.linspace(*problem.x_range, n_x), np.linspace(*problem.t_range, n_t)


def pool_size(n_x: int, n_t: int) -> int:
    """Count the nodes from which collocation points may be drawn: off both ends in x, off t = 0."""
    return (n_x - 2) * (n_t - 1)


def training_points(
    problem: Rectangle, n_collocation: int, seed: int, n_x: int = 257, n_t: int = 101
) -> Points:
    """Draw collocation points from the training lattice, without replacement.

    For one seed the sets are nested: a smaller one is the beginning of a larger one, so that along
    the data axis nothing changes but the points added.

    Parameters
    ----------
    problem
        Gives the rectangle.
    n_collocation
        Number of collocation points, from 1 to ``pool_size(n_x, n_t)``.
    seed
        Seed of the draw.
    n_x, n_t
        Nodes of the lattice along x and t, edges included.

    Returns
    -------
    Points
        The drawn interior points, all ``n_x`` initial nodes and ``n_t`` nodes at each end of the x
        interval, in the precision that JAX is set to.

    Raises
    ------
    ConfigurationError
        If ``n_collocation`` is below 1 or above the number of nodes that may be drawn.
    """
    pool = pool_size(n_x, n_t)
    if not 1 <= n_collocation <= pool:
        raise ConfigurationError(
            f"n_collocation = {n_collocation} is outside 1 ... {pool}, the number of interior "
            f"nodes of the {n_x} x {n_t} training lattice from which collocation points are drawn."
        )
    x, t = _axes(problem, n_x, n_t)
    order = np.random.default_rng([seed, n_x, n_t]).permutation(pool)[:n_collocation]
    return Points(
        interior=as_array(_rows(x[1:-1], t[1:])[order]),
        initial=as_array(_rows(x, t[:1])),
        lower=as_array(_rows(x[:1], t)),
        upper=as_array(_rows(x[-1:], t)),
    )


def as_array(rows: Rows) -> Float[Array, "points 2"]:
    """Rows as a JAX array in the precision that JAX is set to."""
    return jnp.asarray(rows, dtype=jnp.result_type(float))


def midpoint_lattice(problem: Rectangle, n_x: int = 257, n_t: int = 101) -> Rows:
    """Centres of the cells of the training lattice, shape ((n_x - 1) (n_t - 1), 2)."""
    x, t = _axes(problem, n_x, n_t)
    return _rows((x[1:] + x[:-1]) / 2, (t[1:] + t[:-1]) / 2)


def reference_test_lattice(problem: Rectangle, n_x: int = 257, n_t: int = 101) -> Rows:
    """Test rows of the reference experiment: every second x node of the training lattice.

    As there, rows on the initial line and on the two edges come once for the interior-free part and
    the corners are repeated: interior, then initial line, then both edges; 13 031 rows for 257 x
    101. They lie *on* the training lattice; the metric is kept so that figures can be compared.
    """
    x, t = _axes(problem, n_x, n_t)
    x = x[::2]
    return np.concatenate(
        [_rows(x[1:-1], t[1:]), _rows(x, t[:1]), _rows(x[:1], t), _rows(x[-1:], t)]
    )


def fresh_points(problem: Rectangle, number: int = 20_000, seed: int = 0) -> Rows:
    """Points drawn uniformly in the rectangle, independent of every training draw."""
    low = np.array([problem.x_range[0], problem.t_range[0]])
    high = np.array([problem.x_range[1], problem.t_range[1]])
    return np.random.default_rng([seed, number]).uniform(low, high, size=(number, 2))
