"""NysNewton-CG: damped Newton steps by conjugate gradients with a Nystrom preconditioner."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int, PyTree

from regimekit.errors import ConfigurationError
from regimekit.methods._base import StopReason, require_counts
from regimekit.methods._iterative import AbstractIterativeMethod, IterativeState, global_norm
from regimekit.methods.nystrom import Nystrom, Product, nystrom

Vector = Float[Array, " parameters"]

ARMIJO = 0.1
HALVINGS = 30


class _CG(NamedTuple):
    solution: Vector
    residual: Vector
    direction: Vector
    product: Float[Array, ""]  # residual times preconditioned residual
    iterations: Int[Array, ""]
    convex: Bool[Array, ""]


class NNCG(AbstractIterativeMethod):
    """NysNewton-CG on the full batch.

    Each iteration solves (H + damping I) d = g by preconditioned conjugate gradients and moves to
    ``params - t d`` with t halved from 1 until the loss falls enough (Armijo). Where the reference
    implementation differs: the tolerance is relative to the gradient; conjugate gradients end at a
    direction of negative curvature; a step that would not descend is replaced by the gradient; and
    a search that fails after 30 halvings ends the run as ``STALLED``.

    Parameters
    ----------
    rank
        Rank of the Nystrom approximation; its cost is so many Hessian products.
    damping
        Damping of the Newton equation and of the preconditioner, at least 0.
    refresh
        Iterations between two approximations.
    cg_tolerance
        Relative residual at which conjugate gradients end.
    cg_iterations
        Most iterations of conjugate gradients, each one Hessian product.
    seed
        Seed of the random test vectors.

    Raises
    ------
    ConfigurationError
        If a count is not a whole number of at least 1, the damping is negative or the tolerance is
        not above 0; when training starts, if the rank is above the number of parameters.

    References
    ----------
    Rathore, Lei, Frangella, Lu and Udell, Challenges in training PINNs: a loss landscape
    perspective, ICML 2024, algorithms 4 to 7 (appendix E).
    """

    rank: int = 60
    damping: float = 1e-2
    refresh: int = 20
    cg_tolerance: float = 1e-3
    cg_iterations: int = 100
    seed: int = 0

    def __check_init__(self) -> None:
        require_counts(
            "NNCG's", rank=self.rank, refresh=self.refresh, cg_iterations=self.cg_iterations
        )
        if not self.damping >= 0:
            raise ConfigurationError(
                f"NNCG's damping = {self.damping} must be at least 0, such as 1e-2."
            )
        if not self.cg_tolerance > 0:
            raise ConfigurationError(
                f"NNCG's cg_tolerance = {self.cg_tolerance} must be above 0, such as 1e-3."
            )

    def init(self, params: PyTree, gradient: PyTree) -> Nystrom:
        """Make an empty approximation; the first iteration fills it."""
        del gradient
        flat, _ = ravel_pytree(params)
        if self.rank > flat.size:
            raise ConfigurationError(
                f"NNCG's rank = {self.rank} is above the model's {flat.size} parameters."
            )
        return Nystrom(
            jnp.zeros((flat.size, self.rank), flat.dtype), jnp.zeros(self.rank, flat.dtype)
        )

    def step(self, state: IterativeState, loss: Any) -> IterativeState:
        """Make one Newton step with a line search."""
        flat, unravel = ravel_pytree(state.params)
        gradient, _ = ravel_pytree(state.gradient)

        def flat_loss(vector: Vector) -> Float[Array, ""]:
            return loss(unravel(vector))

        # Linearised once, so that all products of this iteration share the forward work.
        _, product = jax.linearize(jax.grad(flat_loss), flat)
        afresh = state.iteration % self.refresh == 0
        key = jax.random.fold_in(jax.random.key(self.seed), state.iteration)
        approximation = jax.lax.cond(
            afresh,
            lambda: nystrom(product, flat.size, self.rank, key, flat.dtype),
            lambda: state.inner,
        )
        solved = self._solve(product, gradient, approximation)
        descends = solved.solution @ gradient > 0
        direction = jnp.where(descends, solved.solution, gradient)
        length, trials, accepted = _armijo(flat_loss, flat, direction, state.loss, gradient)
        moved = jnp.where(accepted, flat - length * direction, flat)
        value, new_gradient = jax.value_and_grad(flat_loss)(moved)
        products = jnp.where(afresh, self.rank, 0) + solved.iterations
        stop = jnp.where(accepted, state.stop_reason, StopReason.STALLED)
        return IterativeState(
            params=unravel(moved),
            loss=value,
            gradient=unravel(new_gradient),
            gradient_norm=global_norm(new_gradient),
            iteration=state.iteration,
            evaluations=(state.evaluations + trials + 1).astype(jnp.int32),
            hessian_products=(state.hessian_products + products).astype(jnp.int32),
            stop_reason=stop.astype(jnp.int32),
            inner=approximation,
        )

    def _solve(self, product: Product, gradient: Vector, approximation: Nystrom) -> _CG:
        target = self.cg_tolerance * jnp.linalg.norm(gradient)

        def going(cg: _CG) -> Bool[Array, ""]:
            unsolved = jnp.linalg.norm(cg.residual) > target
            return unsolved & cg.convex & (cg.iterations < self.cg_iterations)

        def body(cg: _CG) -> _CG:
            image = product(cg.direction) + self.damping * cg.direction
            curvature = cg.direction @ image
            convex = curvature > 0
            length = jnp.where(convex, cg.product / curvature, 0)
            residual = cg.residual - length * image
            scaled = approximation.inverse(residual, self.damping)
            again = residual @ scaled
            # Along a direction of negative curvature nothing is added; if it is the first one, the
            # step is that direction itself, the preconditioned gradient.
            solution = jnp.where(
                convex | (cg.iterations > 0), cg.solution + length * cg.direction, cg.direction
            )
            return _CG(
                solution,
                residual,
                scaled + again / cg.product * cg.direction,
                again,
                cg.iterations + 1,
                convex,
            )

        first = approximation.inverse(gradient, self.damping)
        start = _CG(
            jnp.zeros_like(gradient),
            gradient,
            first,
            gradient @ first,
            jnp.zeros((), jnp.int32),
            jnp.ones((), bool),
        )
        return jax.lax.while_loop(going, body, start)


def _armijo(
    loss: Any, flat: Vector, direction: Vector, value: Float[Array, ""], gradient: Vector
) -> tuple[Float[Array, ""], Int[Array, ""], Bool[Array, ""]]:
    """Return the step length, the losses evaluated, and whether the last one was low enough."""
    slope = direction @ gradient

    def enough(length: Float[Array, ""]) -> Bool[Array, ""]:
        # False for NaN, so that a step out of the domain is halved. An equal loss is no decrease:
        # in float32 the slope can vanish beside the loss.
        found = loss(flat - length * direction)
        return (found <= value - ARMIJO * length * slope) & (found < value)

    def going(search: tuple[Array, Array, Array]) -> Bool[Array, ""]:
        _, trials, accepted = search
        return ~accepted & (trials <= HALVINGS)

    def body(search: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        length, trials, _ = search
        return jnp.where(trials > 0, length / 2, length), trials + 1, accepted_at(length, trials)

    def accepted_at(length: Float[Array, ""], trials: Int[Array, ""]) -> Bool[Array, ""]:
        return enough(jnp.where(trials > 0, length / 2, length))

    start = (jnp.ones((), flat.dtype), jnp.zeros((), jnp.int32), jnp.zeros((), bool))
    return jax.lax.while_loop(going, body, start)
