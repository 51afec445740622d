"""Augmented Lagrangian method: chosen blocks of residuals as constraints, with multipliers."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from regimekit.errors import ConfigurationError
from regimekit.methods._base import AbstractMethod, Budget, Probe, TrainResult, require_counts
from regimekit.methods._phases import Phases
from regimekit.tasks import AbstractTask, Augmented


class ALM(AbstractMethod):
    r"""Augmented Lagrangian method with one multiplier for each residual of the constrained blocks.

    Each round minimises soft blocks + $\sum_c [\langle \lambda_c, r_c \rangle + \frac{\mu}{2}
    \langle r_c, r_c \rangle]$ over the network (brackets: means over the block), then sets
    $\lambda_c \leftarrow \lambda_c + \mu r_c$ and $\mu \leftarrow$ growth x $\mu$. The square is
    completed, so that each round is plain training on shifted residuals and any method can do it.

    Parameters
    ----------
    method
        The method of every round.
    constrained
        Names of the blocks that are constraints; every block but ``pde`` if not given.
    penalty
        First penalty $\mu$, above 0.
    growth
        Factor on the penalty after every round, at least 1.
    rounds
        Number of rounds, at least 1.
    warm_up
        Share of the evaluation budget for plain training before the first round, in [0, 1).

    Raises
    ------
    ConfigurationError
        If a number is out of range; when training starts, if a constrained block does not exist.

    References
    ----------
    Nocedal and Wright, Numerical Optimization, algorithm 17.4. For PINNs: Basir and Senocak,
    Physics and equality constrained artificial neural networks, J. Comput. Phys. 463, 2022.
    """

    method: AbstractMethod
    constrained: tuple[str, ...] | None = None
    penalty: float = 2.0
    growth: float = 2.0
    rounds: int = 10
    warm_up: float = 0.5

    def __check_init__(self) -> None:
        if not self.penalty > 0:
            raise ConfigurationError(f"ALM's penalty = {self.penalty} must be above 0, such as 2.")
        if not self.growth >= 1:
            raise ConfigurationError(f"ALM's growth = {self.growth} must be at least 1.")
        require_counts("ALM's", rounds=self.rounds)
        if not 0 <= self.warm_up < 1:
            raise ConfigurationError(f"ALM's warm_up = {self.warm_up} must lie in [0, 1).")

    def blocks(self, task: AbstractTask) -> tuple[str, ...]:
        """Names of the constrained blocks of a task.

        Raises
        ------
        ConfigurationError
            If a block does not exist, or none is left to constrain.
        """
        names = tuple(task.weights)
        chosen = self.constrained
        if chosen is None:
            chosen = tuple(name for name in names if name != "pde")
        unknown = [name for name in chosen if name not in names]
        if unknown or not chosen:
            what = f"block '{unknown[0]}'" if unknown else "no block"
            raise ConfigurationError(
                f"ALM cannot constrain {what}: the blocks of this task are {', '.join(names)}."
            )
        return chosen

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
        """Train round by round; see :meth:`AbstractMethod.train`."""
        blocks = self.blocks(task)
        phases = Phases(task, model, key, budget, schedule, probe)
        if self.warm_up > 0:
            phases.run(self.method, round(self.warm_up * budget.evaluations))
        penalty = self.penalty
        multipliers = jax.tree.map(jnp.zeros_like, _residuals(task, phases.model, blocks))
        for i in range(self.rounds):
            lagrangian = augmented(task, multipliers, penalty)
            phases.run(self.method, round(phases.left / (self.rounds - i)), lagrangian)
            residuals = _residuals(task, phases.model, blocks)
            multipliers = {n: multipliers[n] + penalty * residuals[n] for n in blocks}
            penalty *= self.growth
        return phases.result()

    def rehearse(self, task: AbstractTask, model: PyTree, key: PRNGKeyArray) -> None:
        """Compile what training on a task of this shape needs."""
        self.method.rehearse(task, model, key)
        multipliers = jax.tree.map(jnp.zeros_like, _residuals(task, model, self.blocks(task)))
        self.method.rehearse(augmented(task, multipliers, self.penalty), model, key)


def augmented(
    task: AbstractTask, multipliers: dict[str, Float[Array, "..."]], penalty: float
) -> Augmented:
    """Augmented Lagrangian of a task, less a constant, as a task with shifted residuals."""
    shifts = {name: values / penalty for name, values in multipliers.items()}
    return Augmented(task, shifts, jnp.asarray(penalty / 2))


@eqx.filter_jit
def _residuals(
    task: AbstractTask, model: PyTree, blocks: tuple[str, ...]
) -> dict[str, Float[Array, "..."]]:
    residuals = task.residuals(model)
    return {name: residuals[name] for name in blocks}
