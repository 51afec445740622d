"""Adam."""

import optax

from regimekit.errors import ConfigurationError
from regimekit.methods._optax import AbstractOptaxMethod


class Adam(AbstractOptaxMethod):
    """Adam on the full batch, at a constant learning rate.

    Parameters
    ----------
    learning_rate
        Step size, above 0.
    b1, b2, epsilon
        Decay rates of the two moments and the term that keeps the division finite.

    Raises
    ------
    ConfigurationError
        If the learning rate is not above 0 or a decay rate is outside [0, 1).

    References
    ----------
    Kingma and Ba, Adam: A method for stochastic optimization, ICLR 2015, algorithm 1.
    """

    learning_rate: float = 1e-3
    b1: float = 0.9
    b2: float = 0.999
    epsilon: float = 1e-8

    def __check_init__(self) -> None:
        if not self.learning_rate > 0:
            raise ConfigurationError(
                f"Adam's learning_rate = {self.learning_rate} must be above 0, such as 1e-3."
            )
        if not (0 <= self.b1 < 1 and 0 <= self.b2 < 1):
            raise ConfigurationError(
                f"Adam's decay rates b1 = {self.b1}, b2 = {self.b2} must lie in [0, 1)."
            )

    def optimiser(self) -> optax.GradientTransformation:
        """Return optax's transformation."""
        return optax.adam(self.learning_rate, self.b1, self.b2, self.epsilon)
