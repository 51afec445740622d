"""The experiments by name."""

from regimekit.errors import ConfigurationError
from regimekit.grids.experiment import Experiment
from regimekit.grids.pinn_convection import PINNConvection
from regimekit.grids.pinn_equations import (
    PINNReaction,
    PINNReactionDiffusion,
    PINNWave,
    PINNWaveMode,
    PINNWaveReference,
)
from regimekit.grids.pinn_literature import (
    PINNConvectionLiterature,
    PINNReactionLiterature,
    PINNWaveLiterature,
)
from regimekit.grids.pinn_methods import PINNConvectionMethods, PINNWaveMethods

EXPERIMENTS: dict[str, Experiment] = {
    experiment.name: experiment
    for experiment in (
        PINNConvection(),
        PINNReaction(),
        PINNWave(),
        PINNWaveReference(),
        PINNWaveMode(),
        PINNReactionDiffusion(),
        PINNConvectionMethods(),
        PINNWaveMethods(),
        PINNConvectionLiterature(),
        PINNReactionLiterature(),
        PINNWaveLiterature(),
    )
}


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
