"""Networks as ``equinox`` modules. No physics."""

from regimekit.models.field import VectorField as VectorField
from regimekit.models.fno import FNO2d as FNO2d
from regimekit.models.fno import enough_nodes as enough_nodes
from regimekit.models.mlp import MLP as MLP
from regimekit.models.parameters import is_parameter as is_parameter
from regimekit.models.parameters import with_parameters as with_parameters
from regimekit.models.resnet import ResNet as ResNet
