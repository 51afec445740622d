"""The experiments by name."""

import difflib

from regimekit.errors import ConfigurationError
from regimekit.grids.experiment import Experiment
from regimekit.grids.node import (
    COVERED,
    REPAIRED,
    NODEPendulum,
    NODEPendulumCorrected,
    NODEPendulumIndependent,
    PINODEPendulum,
    PINODEPendulumCorrected,
)
from regimekit.grids.node_methods import PINODEPendulumMethods
from regimekit.grids.operator_methods import PINODarcyMethods
from regimekit.grids.operators import (
    FNOAdvectionDiffusion,
    FNOAdvectionDiffusionEpochs,
    FNOAdvectionDiffusionLonger,
    FNODarcyLiterature,
    FNOHelmholtz,
    FNOPoisson,
    FNOPoissonLonger,
    PINODarcy,
    PINODarcyReference,
    PINOPoisson,
)
from regimekit.grids.pinn_causes import PINNConvectionFloat64, PINNConvectionPatient
from regimekit.grids.pinn_convection import PINNConvection
from regimekit.grids.pinn_dynamics import PINNConvectionDynamics
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
from regimekit.grids.pinn_methods import (
    PINNConvectionCorner,
    PINNConvectionMethods,
    PINNWaveBetween,
    PINNWaveMethods,
)
from regimekit.grids.pinn_protocols import PINNConvectionProtocols
from regimekit.grids.resnet import ResNetDigits
from regimekit.plugins import is_own, own_class

EXPERIMENTS: dict[str, Experiment] = {
    experiment.name: experiment
    for experiment in (
        PINNConvection(),
        PINNReaction(),
        PINNWave(),
        PINNWaveReference(),
        PINNWaveMode(),
        PINNReactionDiffusion(),
        PINNConvectionFloat64(),
        PINNConvectionPatient(),
        PINNConvectionMethods(),
        PINNConvectionCorner(),
        PINNWaveMethods(),
        PINNWaveBetween(),
        PINNConvectionProtocols(),
        PINNConvectionLiterature(),
        PINNReactionLiterature(),
        PINNWaveLiterature(),
        NODEPendulum(),
        NODEPendulumIndependent(),
        NODEPendulumCorrected(),
        PINODEPendulum(),
        PINODEPendulumCorrected(),
        *REPAIRED,
        *COVERED,
        PINODEPendulumMethods(),
        FNOAdvectionDiffusion(),
        FNOAdvectionDiffusionEpochs(),
        FNOAdvectionDiffusionLonger(),
        FNOPoisson(),
        FNOPoissonLonger(),
        FNOHelmholtz(),
        PINODarcy(),
        PINODarcyReference(),
        PINODarcyMethods(),
        FNODarcyLiterature(),
        PINOPoisson(),
        ResNetDigits(),
        PINNConvectionDynamics(),
    )
}


def get_experiment(name: str) -> Experiment:
    """Return an experiment by its name, or one of your own by ``module:Class``.

    Raises
    ------
    ConfigurationError
        If there is none of that name, or one of your own does not carry that name itself.
    """
    if is_own(name):
        own: Experiment = own_class(name, Experiment)()
        if own.name != name:
            raise ConfigurationError(
                f"The experiment {name!r} calls itself {own.name!r}: its name must be {name!r}, by "
                "which other processes find it."
            )
        return own
    if name not in list(EXPERIMENTS):  # a list, since a wrong value need not be hashable
        near = difflib.get_close_matches(str(name), EXPERIMENTS)
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        raise ConfigurationError(
            f"Unknown experiment {name!r}; {meant}`regimekit list` shows all {len(EXPERIMENTS)}."
        )
    return EXPERIMENTS[name]
