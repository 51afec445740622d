"""The peer for neural operators: the FNO of the package neuraloperator, of one size with ours.

Needs the extra ``bench``. It keeps one more wave along the second axis than ours, has its
biases in the spectral layers and not in the pointwise maps, and is otherwise the same network.
"""

import numpy as np


class TorchFNO:
    """Training steps of an FNO by Adam on given samples."""

    def __init__(self, inputs, solutions, scale: float, width: int, modes: int, layers: int):
        import torch
        from neuralop.models import FNO

        self.torch, self.scale = torch, scale
        self.inputs = torch.tensor(np.moveaxis(np.array(inputs), -1, 1).copy())
        self.solutions = torch.tensor(np.array(solutions))
        self.network = FNO(
            n_modes=(2 * modes, 2 * modes),
            in_channels=self.inputs.shape[1],
            out_channels=1,
            hidden_channels=width,
            n_layers=layers,
            lifting_channel_ratio=0,
            projection_channel_ratio=2,
            positional_embedding=None,
            use_channel_mlp=False,
            fno_skip="linear",
        )
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=5e-3)

    def size(self) -> int:
        """Real numbers among the parameters."""
        return sum(p.numel() * (2 if p.is_complex() else 1) for p in self.network.parameters())

    def step(self, rows: slice) -> float:
        """Make one step on some samples; returns their loss before it."""
        self.optimiser.zero_grad()
        found = self.scale * self.network(self.inputs[rows])[:, 0]
        apart, truth = found - self.solutions[rows], self.solutions[rows]
        norms = [self.torch.linalg.vector_norm(f, dim=(1, 2)) for f in (apart, truth)]
        loss = (norms[0] / norms[1]).mean()
        loss.backward()
        self.optimiser.step()
        return float(loss.detach())
