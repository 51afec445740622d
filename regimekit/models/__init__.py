"""Networks as ``equinox`` modules. No physics."""

from regimekit.models.field import VectorField as VectorField
from regimekit.models.mlp import MLP as MLP
from regimekit.models.resnet import ResNet as ResNet
