"""Gradient descent with momentum, which is SGD on whatever batch the task is."""

import optax

from regimekit.errors import ConfigurationError
from regimekit.methods._optax import AbstractOptaxMethod


class SGD(AbstractOptaxMethod):
    """Gradient descent with heavy-ball momentum at a constant learning rate.

    Parameters
    ----------
    learning_rate
        Step size, above 0.
    momentum
        Share of the last step that is taken again, in [0, 1).

    Raises
    ------
    ConfigurationError
        If the learning rate is not above 0 or the momentum is outside [0, 1).

    References
    ----------
    Polyak, Some methods of speeding up the convergence of iteration methods, USSR Comput. Math.
    Math. Phys. 4, 1964.
    """

    learning_rate: float = 1e-3
    momentum: float = 0.9

    def __check_init__(self) -> None:
        if not self.learning_rate > 0:
            raise ConfigurationError(
                f"SGD's learning_rate = {self.learning_rate} must be above 0, such as 1e-3."
            )
        if not 0 <= self.momentum < 1:
            raise ConfigurationError(f"SGD's momentum = {self.momentum} must lie in [0, 1).")

    def optimiser(self) -> optax.GradientTransformation:
        """Return optax's transformation."""
        return optax.sgd(self.learning_rate, self.momentum)
