"""Networks as ``equinox`` modules. No physics."""

from regimekit.models.mlp import MLP as MLP
