"""The peer for neural ODEs: the same field and losses in PyTorch, steps and solves by torchdiffeq.

Needs the extra ``bench``. Written for this benchmark, as the reference implementation of the study
does it: batches of 32 samples in order, each carried one step of Euler's method further.
"""

import time

import numpy as np

BATCH = 32


class TorchNODE:
    """Vector field on given weights, with the losses of single steps and of a whole solve."""

    def __init__(self, weights, biases, inputs, targets, step: float):
        import torch
        from torchdiffeq import odeint

        self.torch, self.odeint, self.step = torch, odeint, step
        as_tensor = lambda a: torch.tensor(np.array(a), dtype=torch.float32)  # noqa: E731
        self.inputs, self.targets = as_tensor(inputs), as_tensor(targets)
        self.weights = [as_tensor(w).requires_grad_(True) for w in weights]
        self.biases = [as_tensor(b).requires_grad_(True) for b in biases]
        self.parameters = [*self.weights, *self.biases]

    def field(self, t, state):
        """Evaluate the network."""
        del t
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            state = self.torch.tanh(state @ weight + bias)
        return state @ self.weights[-1] + self.biases[-1]

    def step_loss(self, first: int, last: int):
        """Mean squared error of one Euler step from each of some samples."""
        times = self.torch.tensor([0.0, self.step])
        stepped = self.odeint(self.field, self.inputs[first:last], times, method="euler")[1]
        return ((stepped - self.targets[first:last]) ** 2).mean()

    def solve_loss(self, method: str):
        """Mean squared error along a solve from the first sample through all."""
        times = self.step * self.torch.arange(len(self.inputs) + 1)
        orbit = self.odeint(self.field, self.inputs[0], times, method=method)
        return ((orbit[1:] - self.targets) ** 2).mean()

    def gradient(self, loss) -> tuple[float, list]:
        """Value of a loss and its gradient."""
        return float(loss.detach()), list(self.torch.autograd.grad(loss, self.parameters))

    def train(self, iterations: int, learning_rate: float, decay: float, updates: int) -> float:
        """Train by Adam on one batch after the other; returns the seconds."""
        optimiser = self.torch.optim.Adam(self.parameters, lr=learning_rate)
        falling = self.torch.optim.lr_scheduler.ExponentialLR(optimiser, decay)
        batches = -(-len(self.inputs) // BATCH)
        began = time.perf_counter()
        for iteration in range(iterations):
            first = BATCH * (iteration % updates % batches)
            optimiser.zero_grad()
            self.step_loss(first, min(first + BATCH, len(self.inputs))).backward()
            optimiser.step()
            if iteration % updates == updates - 1:
                falling.step()
        return time.perf_counter() - began
