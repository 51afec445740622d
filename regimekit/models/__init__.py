"""Networks as ``equinox`` modules. No physics."""

from regimekit.models.field import VectorField as VectorField
from regimekit.models.mlp import MLP as MLP
