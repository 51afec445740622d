"""Training problems: problem x model -> named residual blocks and test errors."""

from regimekit.tasks._base import AbstractSampledTask as AbstractSampledTask
from regimekit.tasks._base import AbstractTask as AbstractTask
from regimekit.tasks.augmented import Augmented as Augmented
from regimekit.tasks.classification import Classification as Classification
from regimekit.tasks.node import NODE as NODE
from regimekit.tasks.operator import OperatorLearning as OperatorLearning
from regimekit.tasks.pinn import PINN as PINN
from regimekit.tasks.pinn import relative_error as relative_error
from regimekit.tasks.residual import ResidualTask as ResidualTask
from regimekit.tasks.squared import SquaredErrors as SquaredErrors
