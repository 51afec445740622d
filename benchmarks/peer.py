"""The peer: the same loss in PyTorch, with derivatives by reverse over reverse.

Needs the extra ``bench``. Written for this benchmark; the network, points and loss are those of
:class:`regimekit.tasks.PINN` for convection and for the wave equation. The derivatives are taken as
the reference implementation of the study takes them, by a backward pass for u_t and another for
u_x. With ``backward_passes=1`` one pass gives both, which is the better way to write it in PyTorch.
"""

import math
import time

import numpy as np


class TorchPINN:
    """Loss and gradient of the convection PINN in PyTorch, on given points and weights."""

    def __init__(self, points, weights, biases, beta: float, backward_passes: int = 2):
        import torch

        self.backward_passes = backward_passes

        self.torch = torch
        as_tensor = lambda a: torch.tensor(np.array(a), dtype=torch.float32)  # noqa: E731
        self.interior = as_tensor(points.interior).requires_grad_(True)
        self.initial, self.lower, self.upper = map(
            as_tensor, (points.initial, points.lower, points.upper)
        )
        self.columns = self.split(self.interior)
        self.weights = [as_tensor(w).requires_grad_(True) for w in weights]
        self.biases = [as_tensor(b).requires_grad_(True) for b in biases]
        self.parameters = [*self.weights, *self.biases]
        self.beta = beta

    def split(self, rows) -> list:
        """Make x and t, each a tensor of its own, so that each can be differentiated by."""
        return [rows.detach()[:, i].clone().requires_grad_(True) for i in range(2)]

    def slope(self, u, along):
        """Derivative of ``u`` by ``along``, row by row, which can be differentiated again."""
        ones = self.torch.ones_like(u)
        return self.torch.autograd.grad(u, along, ones, retain_graph=True, create_graph=True)[0]

    def field(self, xt):
        """Evaluate the network on rows."""
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            xt = self.torch.tanh(xt @ weight + bias)
        return (xt @ self.weights[-1] + self.biases[-1])[:, 0]

    def loss(self):
        """Sum of the three mean squares."""
        torch = self.torch
        if self.backward_passes == 1:
            u = self.field(self.interior)
            (slopes,) = torch.autograd.grad(u.sum(), self.interior, create_graph=True)
            u_x, u_t = slopes[:, 0], slopes[:, 1]
        else:
            x, t = self.columns
            u = self.field(torch.stack([x, t], dim=1))
            u_t, u_x = self.slope(u, t), self.slope(u, x)
        residual = u_t + self.beta * u_x
        periodic = self.field(self.lower) - self.field(self.upper)
        initial = self.field(self.initial) - torch.sin(self.initial[:, 0])
        return (residual**2).mean() + (periodic**2).mean() + (initial**2).mean()

    def evaluate(self) -> tuple[float, list]:
        """Loss and its gradient."""
        loss = self.loss()
        return float(loss.detach()), list(self.torch.autograd.grad(loss, self.parameters))

    def lbfgs(self, iterations: int) -> tuple[float, int, float]:
        """Run L-BFGS; returns the last loss, the evaluations and the seconds."""
        torch = self.torch
        evaluations = 0
        optimiser = torch.optim.LBFGS(
            self.parameters,
            lr=1.0,
            max_iter=iterations,
            max_eval=25 * iterations,
            history_size=100,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            line_search_fn="strong_wolfe",
        )

        def closure():
            nonlocal evaluations
            evaluations += 1
            optimiser.zero_grad()
            loss = self.loss()
            loss.backward()
            return loss

        began = time.perf_counter()
        optimiser.step(closure)
        seconds = time.perf_counter() - began
        return float(self.loss().detach()), evaluations, seconds


class TorchWave(TorchPINN):
    """Loss and gradient of the wave PINN in PyTorch, each second derivative by two passes."""

    def __init__(self, points, weights, biases, beta: float, c: float):
        super().__init__(points, weights, biases, beta)
        self.c = c
        self.initial_columns = self.split(self.initial)

    def loss(self):
        """Sum of the five mean squares."""
        torch = self.torch
        x, t = self.columns
        u = self.field(torch.stack([x, t], dim=1))
        u_tt, u_xx = (self.slope(self.slope(u, along), along) for along in (t, x))
        residual = u_tt - self.c**2 * u_xx
        x, t = self.initial_columns
        start = self.field(torch.stack([x, t], dim=1))
        wanted = torch.sin(math.pi * x) + torch.sin(self.beta * math.pi * x) / 2
        blocks = (
            residual,
            self.field(self.lower),
            self.field(self.upper),
            start - wanted,
            self.slope(start, t),
        )
        return sum((block**2).mean() for block in blocks)
