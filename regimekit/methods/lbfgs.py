"""L-BFGS with a strong-Wolfe line search that knows when float rounding has stopped it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int, PyTree

from regimekit.errors import ConfigurationError
from regimekit.methods._base import Budget, StopReason, require_counts
from regimekit.methods._iterative import (
    AbstractIterativeMethod,
    IterativeState,
    Limits,
    compiled_advance,
    global_norm,
    limits,
)
from regimekit.tasks import AbstractTask


class _Inner(NamedTuple):
    memory: Any
    restarted: Int[Array, ""]  # iterations since the memory was last emptied
    window_loss: Float[Array, ""]  # loss at the start of the present stall window
    window_start: Int[Array, ""]


class LBFGS(AbstractIterativeMethod):
    """Limited-memory BFGS on the full batch (optax), with every reason to stop named.

    In float32 a physics-informed loss reaches a level where the line search can no longer tell a
    decrease from rounding. Then a step that fails to decrease is *rejected* and the memory emptied;
    if the first step after that fails too, the run has ``STALLED``. So has a run whose loss fell by
    less than ``stall_tolerance`` (relative) over ``stall_window`` evaluations; 0 switches this
    second rule off, and the run may then spend its whole budget without progress.
    (Counting evaluations makes the window short just when line searches burn their allowance.)

    Parameters
    ----------
    memory
        Number of update pairs kept.
    line_search_steps
        Most evaluations in one line search.
    gradient_tolerance
        Stop once the largest absolute entry of the gradient is at most this.
    change_tolerance
        Stop once the loss changes by less than this (absolute) in one iteration; 0 switches it off.
    stall_window, stall_tolerance
        Stop once the loss fell by less than ``stall_tolerance`` relative over so many evaluations.

    Raises
    ------
    ConfigurationError
        If a count is not a whole number of at least 1, or a tolerance is negative or NaN.

    References
    ----------
    Liu and Nocedal, On the limited memory BFGS method for large scale optimization, Math. Program.
    45, 1989. Line search: Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6.
    """

    memory: int = 100
    line_search_steps: int = 25
    gradient_tolerance: float = 1e-7
    change_tolerance: float = 0.0
    stall_window: int = 500
    stall_tolerance: float = 1e-3

    def __check_init__(self) -> None:
        require_counts(
            "L-BFGS's",
            memory=self.memory,
            line_search_steps=self.line_search_steps,
            stall_window=self.stall_window,
        )
        for name in ("gradient_tolerance", "change_tolerance", "stall_tolerance"):
            if not getattr(self, name) >= 0:  # nor is NaN
                raise ConfigurationError(
                    f"L-BFGS's {name} = {getattr(self, name)} must be 0 (off) or above."
                )

    def _optimiser(self) -> optax.GradientTransformationExtraArgs:
        search = optax.scale_by_zoom_linesearch(
            max_linesearch_steps=self.line_search_steps, initial_guess_strategy="one"
        )
        return optax.lbfgs(memory_size=self.memory, linesearch=search)

    def init(self, params: PyTree, gradient: PyTree) -> _Inner:
        """Make an empty memory."""
        del gradient
        flat, _ = ravel_pytree(params)
        zero = jnp.zeros((), jnp.int32)
        return _Inner(self._optimiser().init(flat), zero, jnp.full((), jnp.inf, flat.dtype), zero)

    def begin(self, task: AbstractTask, model: PyTree, budget: Budget) -> IterativeState:
        """Evaluate once, by the program of the iterations; another one takes long to compile."""
        params, static = eqx.partition(model, eqx.is_inexact_array)
        state = jax.eval_shape(self._unevaluated, params)
        state = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), state)
        infinite = np.full_like(state.loss, np.inf)
        state = eqx.tree_at(
            lambda s: (s.params, s.loss, s.inner.window_loss, s.iteration),
            state,
            (params, infinite, infinite, np.full_like(state.iteration, -1)),
        )
        return compiled_advance(self, task, static, state, limits(0, budget))

    def _unevaluated(self, params: PyTree) -> IterativeState:
        zero = jnp.zeros((), jnp.int32)
        return IterativeState(
            params=params,
            loss=jnp.zeros((), jnp.result_type(*jax.tree.leaves(params))),
            gradient=params,
            gradient_norm=global_norm(params),
            iteration=zero,
            evaluations=zero,
            hessian_products=zero,
            stop_reason=zero,
            inner=self.init(params, params),
        )

    def advance(
        self, task: AbstractTask, static: PyTree, state: IterativeState, limits: Limits
    ) -> IterativeState:
        """Iterate on one flat vector: a program for many small arrays takes longer to compile.

        It also keeps the two-loop recursion to one product per pair.
        """
        params, unravel = ravel_pytree(state.params)
        gradient, _ = ravel_pytree(state.gradient)
        flat = eqx.tree_at(lambda s: (s.params, s.gradient), state, (params, gradient))
        loss_at = self.losses(task, static)

        def flat_loss_at(iteration: Int[Array, ""]) -> Callable[[PyTree], Float[Array, ""]]:
            loss = loss_at(iteration)
            return lambda vector: loss(unravel(vector))

        end = self.iterate(flat_loss_at, flat, limits)
        params, gradient = unravel(end.params), unravel(end.gradient)
        # Leaf by leaf at the start, as every method's `start` takes it: the two round differently.
        norm = jnp.where(end.iteration == 0, global_norm(gradient), end.gradient_norm)
        return eqx.tree_at(
            lambda s: (s.params, s.gradient, s.gradient_norm), end, (params, gradient, norm)
        )

    def step(self, state: IterativeState, loss: Any) -> IterativeState:
        """Search along the quasi-Newton direction, then judge what came of it.

        Parameters and gradient are flat vectors here, as :meth:`advance` makes them. From an
        infinite loss and no gradient, before iteration 0, this is the first evaluation: the search
        ends where it begins, at once.
        """
        optimiser = self._optimiser()
        flat, gradient, inner = state.params, state.gradient, state.inner
        updates, memory = optimiser.update(
            gradient, inner.memory, flat, value=state.loss, grad=gradient, value_fn=loss
        )
        search: optax.ScaleByZoomLinesearchState = memory[-1]
        first = state.evaluations == 0
        accepted = first | ((search.info.decrease_error <= 0) & jnp.isfinite(search.value))
        value = jnp.where(accepted, search.value, state.loss)
        new_flat = jnp.where(accepted, flat + updates, flat)
        new_gradient = jnp.where(accepted, search.grad, gradient)
        memory = jax.tree.map(
            lambda kept, empty: jnp.where(accepted & ~first, kept, empty),
            memory,
            optimiser.init(flat),
        )
        failed_afresh = ~accepted & (inner.restarted == 0)
        restarted = jnp.where(accepted & ~first, inner.restarted + 1, 0)

        # optax counts in the default integer type, which is wider in double precision.
        spent = jnp.where(first, 1, search.info.num_linesearch_steps)
        evaluations = (state.evaluations + spent).astype(jnp.int32)
        full = evaluations - inner.window_start >= self.stall_window
        judged = full if self.stall_tolerance > 0 else jnp.zeros_like(full)
        stalled = judged & ~(value < inner.window_loss * (1 - self.stall_tolerance))
        new_inner = _Inner(
            memory,
            restarted.astype(jnp.int32),
            jnp.where(full | (state.iteration == 0), value, inner.window_loss),
            jnp.where(full, evaluations, inner.window_start),
        )
        changed_little = accepted & (jnp.abs(value - state.loss) < self.change_tolerance)
        reason = jnp.select(
            [
                first,
                jnp.max(jnp.abs(new_gradient)) <= self.gradient_tolerance,
                changed_little,
                failed_afresh | stalled,
            ],
            [
                StopReason.NONE,
                StopReason.GRADIENT_TOLERANCE,
                StopReason.CHANGE_TOLERANCE,
                StopReason.STALLED,
            ],
            StopReason.NONE,
        )
        return IterativeState(
            params=new_flat,
            loss=value,
            gradient=new_gradient,
            gradient_norm=global_norm(new_gradient),
            iteration=state.iteration,
            evaluations=evaluations,
            hessian_products=state.hessian_products,
            stop_reason=reason.astype(jnp.int32),
            inner=new_inner,
        )
