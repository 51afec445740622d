"""RoPINN: the equation imposed on regions around the points, their size calibrated in training."""

import itertools
import time
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Float, PRNGKeyArray, PyTree

from regimekit.errors import ConfigurationError
from regimekit.methods._base import (
    AbstractMethod,
    Budget,
    Probe,
    StopReason,
    TrainResult,
    log_schedule,
    require_counts,
)
from regimekit.methods._iterative import (
    AbstractIterativeMethod,
    IterativeState,
    Recorder,
    compiled_advance,
    compiled_restart,
    limits,
)
from regimekit.tasks import AbstractTask


class RoPINN(AbstractMethod):
    """Region-optimised training, over any iterative method.

    The collocation points are moved at random within their regions every ``inner_iterations``
    iterations; between two moves the method minimises one fixed loss (the reference moves them
    inside the line search, which then compares losses of different points). The radius of the
    regions is the initial one over the relative spread of the last gradients: where gradients
    agree, the region may be larger.

    Parameters
    ----------
    method
        The iterative method.
    initial_radius
        Radius before calibration, in the units of the coordinates; 0 is the method alone.
    largest_radius
        Limit of the calibrated radius.
    past
        Gradients that the calibration looks back on.
    inner_iterations
        Iterations between two moves.

    Raises
    ------
    ConfigurationError
        If a radius is negative, a count is too small, or the method is not an iterative one.

    References
    ----------
    Wu, Luo, Ma, Wang and Long, RoPINN: region optimized physics-informed neural networks,
    NeurIPS 2024, algorithm 1 and equation 11.
    """

    method: AbstractIterativeMethod
    initial_radius: float = 1e-4
    largest_radius: float = 0.01
    past: int = 5
    inner_iterations: int = 20

    def __check_init__(self) -> None:
        if not isinstance(self.method, AbstractIterativeMethod):
            raise ConfigurationError(
                "RoPINN moves points between the iterations of a method, so the method must be an "
                "iterative one, such as L-BFGS; not a chain, curriculum or multiplier method."
            )
        for name in ("initial_radius", "largest_radius"):
            if not getattr(self, name) >= 0:
                raise ConfigurationError(
                    f"RoPINN's {name} = {getattr(self, name)} must be at least 0, such as 1e-4."
                )
        require_counts("RoPINN's", least=2, past=self.past)
        require_counts("RoPINN's", inner_iterations=self.inner_iterations)

    def radius(self, gradients: Sequence[Float[np.ndarray, " parameters"]]) -> float:
        """Calibrated radius from the last gradients, newest last."""
        last = np.stack(gradients[-self.past :])
        spread = float(np.mean(last.std(axis=0) / (np.abs(last).mean(axis=0) + 1e-6)))
        # No spread: there is nothing to calibrate with yet.
        return min(self.initial_radius / (spread if spread > 0 else 1.0), self.largest_radius)

    def train(
        self,
        task: AbstractTask,
        model: PyTree,
        *,
        key: PRNGKeyArray,
        budget: Budget,
        schedule: Sequence[int] | None = None,
        probe: Probe | None = None,
    ) -> TrainResult:
        """Train; see :meth:`AbstractMethod.train`. Losses recorded are at moved points."""
        static = eqx.filter(model, eqx.is_inexact_array, inverse=True)
        began = time.perf_counter()
        state = self.method.begin(task, model, budget)
        records = set(schedule if schedule is not None else log_schedule(budget.iterations))
        moves = set(range(0, budget.iterations, self.inner_iterations))
        stops = sorted({s for s in records | moves if s < budget.iterations} | {budget.iterations})
        recorder = Recorder(began)
        gradients: list[Float[np.ndarray, " parameters"]] = []
        sampled, radius = task, 0.0
        for now, until in itertools.pairwise(stops):
            if now in records:
                recorder.record(task, eqx.combine(state.params, static), state, probe)
            if now in moves and not _spent(state):
                gradients = [*gradients, np.asarray(ravel_pytree(state.gradient)[0])][-self.past :]
                radius = self.radius(gradients)
                if radius > 0:
                    key, subkey = jax.random.split(key)
                    sampled = task.resample(subkey, jnp.asarray(radius))
                    state = compiled_restart(self.method, sampled, static, state)
            state = compiled_advance(self.method, sampled, static, state, limits(until, budget))
            # At fixed points a method that has stopped has nothing more to find.
            if _spent(state) or (radius == 0 and int(state.stop_reason) != StopReason.NONE):
                break
        recorder.record(task, eqx.combine(state.params, static), state, probe)
        reason = StopReason(int(state.stop_reason)) or StopReason.ITERATION_BUDGET
        return TrainResult(eqx.combine(state.params, static), recorder.history(), reason)


def _spent(state: IterativeState) -> bool:
    return int(state.stop_reason) in (StopReason.EVALUATION_BUDGET, StopReason.DIVERGED)
