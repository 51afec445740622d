"""The peer of curvature: power iteration and stochastic Lanczos quadrature in PyTorch.

Written for this benchmark as the common tools do both: the gradient's graph is kept, and each
product with the Hessian is one backward pass through it.
"""

from typing import Any


class TorchCurvature:
    """Hessian products of a peer's loss at its parameters."""

    def __init__(self, peer: Any):
        self.peer, self.torch = peer, peer.torch
        self.products = 0

    def prepare(self) -> None:
        """Make the graph of the gradient, once for all products."""
        graph = self.torch.autograd.grad(self.peer.loss(), self.peer.parameters, create_graph=True)
        self.gradient = self.torch.cat([g.reshape(-1) for g in graph])
        self.products = 0

    def product(self, vector: Any) -> Any:
        """Hessian times vector."""
        self.products += 1
        parts = self.torch.autograd.grad(
            self.gradient @ vector, self.peer.parameters, retain_graph=True
        )
        return self.torch.cat([p.reshape(-1) for p in parts])

    def power_iteration(self, start: Any, truth: float, tolerance: float) -> float:
        """Iterate until the value is within a relative tolerance of the truth, at most 100 times.

        Real tools do not know the truth and stop by the change of the value; being told when to
        stop is to the peer's advantage.
        """
        self.prepare()
        vector, value = start / start.norm(), float("nan")
        for _ in range(100):
            image = self.product(vector)
            value = float(vector @ image)
            if abs(value - truth) <= tolerance * abs(truth):
                break
            vector = image / image.norm()
        return value

    def quadrature(self, starts: Any, steps: int) -> list[tuple[Any, Any]]:
        """Nodes and weights of each start, with full re-orthogonalisation."""
        torch = self.torch
        self.prepare()
        found = []
        for start in starts:
            basis = torch.zeros(steps, len(start))
            diagonal, off_diagonal = torch.zeros(steps), torch.zeros(steps)
            vector = start / start.norm()
            for step in range(steps):
                basis[step] = vector
                image = self.product(vector)
                diagonal[step] = vector @ image
                for _ in range(2):
                    image = image - basis[: step + 1].T @ (basis[: step + 1] @ image)
                off_diagonal[step] = image.norm()
                vector = image / off_diagonal[step]
            off = torch.diag(off_diagonal[:-1], 1)
            values, vectors = torch.linalg.eigh(torch.diag(diagonal) + off + off.T)
            found.append((values, vectors[0] ** 2))
        return found
