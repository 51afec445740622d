"""Jobs on neural ODEs and neural operators, called by ``python -m benchmarks.jobs``."""

import resource
import time
from typing import Any

import equinox as eqx
import jax
import numpy as np

from benchmarks.timing import against_peer, in_turn, median_seconds
from regimekit.grids import get_experiment, run_cell
from regimekit.grids.cell import initialise
from regimekit.methods import Budget, MinibatchAdam
from regimekit.methods._iterative import (
    IterativeState,
    compiled_advance,
    compiled_start,
    limits,
)
from regimekit.models import VectorField
from regimekit.problems import AdvectionDiffusion, Pendulum
from regimekit.problems.darcy import LOW, solve_darcy
from regimekit.tasks import NODE, OperatorLearning


def same(loss: Any, gradient: VectorField, peer: tuple[float, list[Any]]) -> dict[str, float]:
    """How far loss and gradient of both differ, relative; refuses to compare different ones."""
    ours = np.concatenate([np.ravel(g) for g in (*gradient.weights, *gradient.biases)])
    theirs = np.concatenate([g.numpy().ravel() for g in peer[1]])
    off = abs(float(loss) - peer[0]) / peer[0]
    difference = float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))
    if not (difference < 1e-3 and off < 1e-4):
        raise AssertionError(
            f"Not the same loss: losses differ by {off:.1e}, gradients by {difference:.1e}."
        )
    return {"loss_difference": off, "gradient_difference": difference}


@eqx.filter_jit
def value_and_gradient(model: VectorField, task: NODE) -> tuple[Any, VectorField]:
    """Our loss and its gradient."""
    return eqx.filter_value_and_grad(lambda m: task.loss(m))(model)


def node_cell(epochs: int, rounds: int) -> dict[str, float]:
    """A whole cell of the reference's neural ODE, its metrics and history among the time of ours.

    Ours is compiled already, as it is for all but the first cell of a map.
    """
    import torch

    from benchmarks.peer_node import TorchNODE

    torch.set_num_threads(1)
    experiment = get_experiment("node-pendulum")
    grid = experiment.grid("published", difficulties=[8.0], data=[400], seeds=[0])
    adam = dict(grid.methods["adam"])
    length = epochs * adam["updates"]
    adam |= {"iterations": length, "evaluations": length + 1}
    grid = type(grid)(**vars(grid) | {"methods": {"adam": adam}})
    cell = next(grid.cells())
    task = experiment.task(cell)
    assert isinstance(task, NODE)
    model, _ = initialise(task, np.uint32(cell.seed))
    there = slice(None, int(task.pairs))
    samples = task.inputs[there], task.targets[there]

    def peer() -> TorchNODE:
        return TorchNODE(model.weights, model.biases, *samples, task.step)

    first = peer()
    size = len(first.inputs)
    found = same(*value_and_gradient(model, task), first.gradient(first.step_loss(0, size)))
    began = time.perf_counter()
    run_cell(cell)
    found["first_ms"] = 1e3 * (time.perf_counter() - began)
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        ended = run_cell(cell)
        ours, trained = time.perf_counter() - began, peer()
        rate = adam["learning_rate"], adam["decay"], adam["updates"]
        times.append({"ours": ours, "peer": trained.train(length, *rate)})
    found["loss"] = ended.scalars["train_loss"]
    found["peer_loss"] = float(trained.step_loss(0, size).detach())
    return against_peer(times) | found


def node_gradient(samples: int, seconds: float) -> dict[str, float]:
    """Loss and gradient through a solve along an orbit, by Heun's method with a step a sample."""
    import torch

    from benchmarks.peer_node import TorchNODE

    torch.set_num_threads(1)
    task = NODE(Pendulum(8.0), samples, solver="heun", padded=samples)
    model = task.init(jax.random.key(0))
    pairs = slice(None, samples - 1)
    orbit = task.inputs[pairs], task.targets[pairs]
    peer = TorchNODE(model.weights, model.biases, *orbit, task.step)
    theirs = peer.gradient(peer.solve_loss("heun2"))
    found = same(*value_and_gradient(model, task), theirs)
    rounds = in_turn(
        seconds,
        ours=lambda: jax.block_until_ready(value_and_gradient(model, task)),
        peer=lambda: peer.gradient(peer.solve_loss("heun2")),
    )
    return against_peer(rounds) | found


def fno_step(nodes: int, width: int, modes: int, batch: int, seconds: float) -> dict[str, float]:
    """One training step of an FNO on one batch: ours and that of neuraloperator in turn."""
    import torch

    from benchmarks.peer_fno import TorchFNO

    torch.set_num_threads(1)
    torch.manual_seed(0)
    problem = AdvectionDiffusion(lower=1.0, nodes=nodes)
    task = OperatorLearning(problem, 2 * batch, 1, width=width, modes=modes, batch_size=batch)
    model = task.init(jax.random.key(0))
    method = MinibatchAdam(learning_rate=5e-3, updates=2)
    static = eqx.filter(model, eqx.is_inexact_array, inverse=True)
    start = compiled_start(method, task, model)
    steps, budget = 4, Budget(10**9, 10**9)

    def ours() -> IterativeState:
        advanced = compiled_advance(method, task, static, start, limits(steps, budget))
        return jax.block_until_ready(advanced)

    train = task.train
    peer = TorchFNO(train.inputs, train.solutions, float(task.scale), width, modes, layers=4)

    def theirs() -> None:
        for i in range(steps):
            peer.step(slice(batch * (i % 2), batch * (i % 2 + 1)))

    found = against_peer(in_turn(seconds, ours=ours, peer=theirs))
    leaves = jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))
    found |= {"parameters": sum(leaf.size for leaf in leaves), "peer_parameters": peer.size()}
    per_step = {key: found[key] / steps for key in found if key.endswith("_ms")}
    return found | per_step | {"bound_ms": 1e3 * product_bound(nodes, width, modes, batch)}


def product_bound(nodes: int, width: int, modes: int, batch: int) -> float:
    """Seconds that the products of a step take at the speed of one large product on one core.

    The forward pass of a sample has, in four layers, products with the waves along both axes there
    and back, with the weights of the waves, and with pointwise weights; the gradient twice as many.
    """
    n, kept = nodes * nodes, 2 * modes * modes
    along = 2 * (2 * modes) * n * width  # real and imaginary part of waves along axis 1
    across = 2 * (4 * modes) * (2 * nodes) * modes * width
    weights = 2 * kept * (2 * width) ** 2
    layer = 2 * along + 2 * across + weights + 2 * n * width * width
    head = 2 * n * (2 * width * width + 2 * width)
    flops = 3 * batch * (4 * layer + head)
    side = 1024
    one = jax.random.normal(jax.random.key(0), (side, side))
    product = jax.jit(lambda a: a @ a)
    rate = 2 * side**3 / median_seconds(lambda: jax.block_until_ready(product(one)), 0.5)
    return flops / rate


def darcy_solve(nodes: int, solves: int) -> dict[str, float]:
    """Mean time to solve Darcy flow in a medium of two phases, field and assembly included."""
    from regimekit.problems._fields import generator, threshold_field

    def solve(index: int) -> None:
        field = threshold_field(generator("train", index), nodes)
        solve_darcy(np.where(field < 0, LOW, 4 * LOW), np.ones((nodes, nodes)))

    solve(0)
    began = time.perf_counter()
    for index in range(solves):
        solve(index)
    return {"ours_ms": 1e3 * (time.perf_counter() - began) / solves}


def published_memory(name: str) -> dict[str, float]:
    """Peak memory of a process that begins the largest cell of a published map."""
    grid = get_experiment(name).grid("published")
    cell = grid.cell(grid.difficulties[-1], max(grid.data), next(iter(grid.methods)), 0)
    settings = dict(cell.settings["method"]) | {"iterations": 3, "evaluations": 4}
    few = type(cell)(**vars(cell) | {"settings": {**cell.settings, "method": settings}})
    run_cell(few)
    return {"gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}
