"""The peer of NNCG: the same iteration in PyTorch, as eager code does it.

Written for this benchmark from Rathore et al., ICML 2024, appendix E, with the choices that
:class:`regimekit.methods.NNCG` documents, so that both make the same steps.
"""

from collections.abc import Callable
from typing import Any

ARMIJO = 0.1
HALVINGS = 30


class TorchNNCG:
    """NysNewton-CG on the loss of a peer, which it moves.

    ``draw`` gives the normal test vectors of an iteration, one a column: with those of the library
    the two sequences of steps can be compared.
    """

    def __init__(
        self,
        peer: Any,
        draw: Callable[[int], Any],
        *,
        damping: float,
        refresh: int,
        cg_tolerance: float,
        cg_iterations: int,
    ):
        self.peer, self.torch, self.draw = peer, peer.torch, draw
        self.damping, self.refresh = damping, refresh
        self.cg_tolerance, self.cg_iterations = cg_tolerance, cg_iterations
        self.begin = self._flat(peer.parameters).clone()
        self.reset()

    def reset(self) -> None:
        """Go back to where the peer stood at first."""
        self._move_to(self.begin)
        self.iteration = self.products = self.trials = 0
        self.vectors: Any = None
        self.values: Any = None

    def step(self) -> bool:
        """Make one iteration; returns whether the line search found a lower loss."""
        loss = self.peer.loss()
        # Kept with its graph for the whole step: each product is then one backward pass more.
        graph = self.torch.autograd.grad(loss, self.peer.parameters, create_graph=True)
        gradient = self._flat(graph)
        differentiable = self.torch.cat([g.reshape(-1) for g in graph])

        def product(vector):
            self.products += 1
            return self._flat(
                self.torch.autograd.grad(
                    differentiable @ vector, self.peer.parameters, retain_graph=True
                )
            )

        if self.iteration % self.refresh == 0:
            self._approximate(product)
        direction = self._solve(product, gradient)
        if not direction @ gradient > 0:
            direction = gradient
        self.iteration += 1
        return self._search(direction, float(direction @ gradient), float(loss.detach()))

    def _approximate(self, product: Callable) -> None:
        torch = self.torch
        test = torch.linalg.qr(self.draw(self.iteration))[0]
        sketch = torch.stack([product(column) for column in test.T], dim=1)
        epsilon = torch.finfo(test.dtype).eps
        shift = len(test) ** 0.5 * epsilon * torch.linalg.norm(sketch)
        shifted = sketch + shift * test
        core = test.T @ shifted
        roots, basis = torch.linalg.eigh((core + core.T) / 2)
        factor = shifted @ (basis / torch.maximum(roots, shift).sqrt())
        self.vectors, singular, _ = torch.linalg.svd(factor, full_matrices=False)
        self.values = torch.clamp(singular**2 - shift, min=0)

    def _precondition(self, x):
        inside = self.vectors.T @ x
        scaled = (self.values[-1] + self.damping) / (self.values + self.damping) * inside
        return x + self.vectors @ (scaled - inside)

    def _solve(self, product: Callable, gradient):
        target = self.cg_tolerance * float(gradient.norm())
        solution, residual = self.torch.zeros_like(gradient), gradient
        direction = self._precondition(gradient)
        along = residual @ direction
        for k in range(self.cg_iterations):
            if float(residual.norm()) <= target:
                break
            image = product(direction) + self.damping * direction
            curvature = direction @ image
            if not float(curvature) > 0:
                return solution if k > 0 else direction
            length = along / curvature
            solution = solution + length * direction
            residual = residual - length * image
            scaled = self._precondition(residual)
            again = residual @ scaled
            direction = scaled + again / along * direction
            along = again
        return solution

    def _search(self, direction, slope: float, value: float) -> bool:
        start = self._flat(self.peer.parameters).clone()
        length = 1.0
        for _ in range(HALVINGS + 1):
            self._move_to(start - length * direction)
            self.trials += 1
            found = float(self.peer.loss().detach())
            if found <= value - ARMIJO * length * slope and found < value:
                return True
            length /= 2
        self._move_to(start)
        return False

    def _flat(self, tensors):
        return self.torch.cat([tensor.detach().reshape(-1) for tensor in tensors])

    def _move_to(self, flat) -> None:
        with self.torch.no_grad():
            at = 0
            for parameter in self.peer.parameters:
                size = parameter.numel()
                parameter.copy_(flat[at : at + size].view_as(parameter))
                at += size
