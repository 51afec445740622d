"""The experiments by name."""

from regimekit.errors import ConfigurationError
from regimekit.grids.experiment import Experiment
from regimekit.grids.pinn_convection import PINNConvection

EXPERIMENTS: dict[str, Experiment] = {e.name: e for e in (PINNConvection(),)}


def get_experiment(name: str) -> Experiment:
    """Return an experiment by its name.

    Raises
    ------
    ConfigurationError
        If there is none of that name.
    """
    if name not in list(EXPERIMENTS):  # a list, since a wrong value need not be hashable
        raise ConfigurationError(
            f"Unknown experiment {name!r}; there are {', '.join(sorted(EXPERIMENTS))}."
        )
    return EXPERIMENTS[name]
