"""What is measured, each in a process of its own with one thread: ``python -m benchmarks.jobs``."""

import collections
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from benchmarks import families
from benchmarks.timing import against_peer, in_turn
from regimekit import datasets
from regimekit.grids import get_experiment, run_cell
from regimekit.grids.cell import initialise
from regimekit.grids.device import use_compilation_cache
from regimekit.grids.stored import find_place, stored_run
from regimekit.landscape import Hessian, density, lambda_max
from regimekit.methods import LBFGS, NNCG, Budget
from regimekit.methods._iterative import (
    IterativeState,
    compiled_advance,
    compiled_start,
    limits,
)
from regimekit.models import MLP
from regimekit.problems import Convection, Wave
from regimekit.tasks import PINN

BETA = 30.0


@eqx.filter_jit
def loss_and_gradient(model: MLP, task: PINN) -> tuple[Any, MLP]:
    """Our evaluation."""
    return eqx.filter_value_and_grad(lambda m: task.loss(m))(model)


def flattened(gradient: MLP) -> np.ndarray:
    """Gradient in the peer's order of parameters."""
    return np.concatenate([np.ravel(g) for g in (*gradient.weights, *gradient.biases)])


def differences(model: MLP, task: PINN, peer: Any) -> dict[str, float]:
    """How far the two losses and gradients differ, relative; refuses to compare different ones."""
    loss, gradient = loss_and_gradient(model, task)
    peer_loss, peer_gradient = peer.evaluate()
    peer_flat = np.concatenate([g.numpy().ravel() for g in peer_gradient])
    off = abs(float(loss) - peer_loss) / peer_loss
    flat = flattened(gradient)
    difference = float(np.linalg.norm(flat - peer_flat) / np.linalg.norm(peer_flat))
    if not (difference < 1e-4 and off < 1e-5):
        raise AssertionError(
            f"Not the same loss: losses differ by {off:.1e}, gradients by {difference:.1e}."
        )
    return {"loss_difference": off, "gradient_difference": difference}


def evaluation(n: int, seconds: float, backward_passes: int) -> dict[str, float]:
    """One loss and gradient: ours and the peer's in turn, and how far they differ."""
    import torch

    from benchmarks.peer import TorchPINN

    torch.set_num_threads(1)
    task = PINN(Convection(BETA), n)
    model = task.init(jax.random.key(0))
    peer = TorchPINN(task.points, model.weights, model.biases, BETA, backward_passes)
    found = differences(model, task, peer)
    rounds = in_turn(
        seconds,
        ours=lambda: jax.block_until_ready(loss_and_gradient(model, task)),
        peer=peer.evaluate,
    )
    return against_peer(rounds) | found


def second_order(n: int, seconds: float) -> dict[str, float]:
    """One loss and gradient with second derivatives, also against our one with first ones."""
    import torch

    from benchmarks.peer import TorchWave

    torch.set_num_threads(1)
    problem = Wave(5.0)
    task, first = PINN(problem, n), PINN(Convection(BETA), n)
    model = task.init(jax.random.key(0))
    peer = TorchWave(task.points, model.weights, model.biases, 5.0, float(problem.c))
    found = differences(model, task, peer)
    rounds = in_turn(
        seconds,
        ours=lambda: jax.block_until_ready(loss_and_gradient(model, task)),
        peer=peer.evaluate,
        first=lambda: jax.block_until_ready(loss_and_gradient(model, first)),
    )
    found["to_first_order"] = statistics.median(r["ours"] / r["first"] for r in rounds)
    return against_peer(rounds) | found


def nncg(n: int, rounds: int) -> dict[str, float]:
    """Mean time of an NNCG iteration over one refresh of its approximation, in turn.

    Both start from one model and draw the same test vectors, but after some steps rounding has set
    them apart. Should one then end conjugate gradients earlier (at negative curvature), the ratio
    is that of the times per Hessian product, and ``products`` and ``peer_products`` differ.
    """
    import torch

    from benchmarks.peer import TorchPINN
    from benchmarks.peer_nncg import TorchNNCG

    torch.set_num_threads(1)
    iterations = 20
    # A tolerance out of reach: conjugate gradients always take all their iterations.
    method = NNCG(rank=60, damping=1e-2, refresh=20, cg_tolerance=1e-12, cg_iterations=10)
    task = PINN(Convection(BETA), n)
    model = task.init(jax.random.key(0))
    static = eqx.filter(model, eqx.is_inexact_array, inverse=True)
    start = compiled_start(method, task, model)
    size = ravel_pytree(start.params)[0].size

    def draw(iteration: int) -> torch.Tensor:
        key = jax.random.fold_in(jax.random.key(method.seed), iteration)
        return torch.tensor(np.array(jax.random.normal(key, (size, method.rank))))

    budget = Budget(10**9, iterations)

    def ours(until: int = iterations) -> IterativeState:
        advanced = compiled_advance(method, task, static, start, limits(until, budget))
        return jax.block_until_ready(advanced)

    peer = TorchPINN(task.points, model.weights, model.biases, BETA)
    found = differences(model, task, peer)
    optimiser = TorchNNCG(
        peer,
        draw,
        damping=method.damping,
        refresh=method.refresh,
        cg_tolerance=method.cg_tolerance,
        cg_iterations=method.cg_iterations,
    )

    def theirs(until: int = iterations) -> None:
        optimiser.reset()
        while optimiser.iteration < until and optimiser.step():
            pass

    first = ours(1)
    theirs(1)
    fall = float(start.loss - first.loss)
    found["first_step_difference"] = abs(float(first.loss) - peer.evaluate()[0]) / fall
    if not found["first_step_difference"] < 1e-2:
        raise AssertionError(
            f"Not the same step: {found['first_step_difference']:.1e} of its fall."
        )
    last, times = first, []
    for _ in range(rounds):
        began = time.perf_counter()
        last = ours()
        middle = time.perf_counter()
        theirs()
        times.append((middle - began, time.perf_counter() - middle))
    products, made = int(last.hessian_products), int(last.iteration)
    same = (products, made) == (optimiser.products, optimiser.iteration)
    scale = 1.0 if same else products / optimiser.products
    mine, peers = sorted(times, key=lambda pair: pair[1] / pair[0])[len(times) // 2]
    return found | {
        "ours_ms": 1e3 * mine / made,
        "peer_ms": 1e3 * peers / optimiser.iteration,
        "ratio": scale * peers / mine,
        "normalised_by_products": float(not same),
        "iterations": made,
        "peer_iterations": optimiser.iteration,
        "products": products,
        "peer_products": optimiser.products,
        "evaluations": int(last.evaluations),
        "peer_trials": optimiser.trials,
        "loss": float(last.loss),
        "peer_loss": peer.evaluate()[0],
        "product_in_evaluations": product_in_evaluations(model, task),
    }


def product_in_evaluations(model: MLP, task: PINN) -> float:
    """Cost of one more product with a Hessian already linearised, in losses with gradients."""
    params, static = eqx.partition(model, eqx.is_inexact_array)
    flat, unravel = ravel_pytree(params)

    @jax.jit
    def products(flat: jax.Array, vectors: jax.Array) -> jax.Array:
        gradient = jax.grad(lambda vector: task.loss(eqx.combine(unravel(vector), static)))
        return jax.lax.map(jax.linearize(gradient, flat)[1], vectors)

    vectors = jax.random.normal(jax.random.key(1), (41, flat.size))
    rounds = in_turn(
        0.3,
        one=lambda: jax.block_until_ready(products(flat, vectors[:1])),
        many=lambda: jax.block_until_ready(products(flat, vectors)),
        evaluation=lambda: jax.block_until_ready(loss_and_gradient(model, task)),
    )
    return statistics.median((r["many"] - r["one"]) / 40 / r["evaluation"] for r in rounds)


def curvature(what: str, rounds: int) -> dict[str, float]:
    """Largest eigenvalue to 1e-3, or a spectral density, at a published PINN with 1 000 points."""
    import torch

    from benchmarks.peer import TorchPINN
    from benchmarks.peer_curvature import TorchCurvature

    torch.set_num_threads(1)
    runs, weights = (datasets.load(f"pinn-convection{end}") for end in ("", "-weights"))
    place = find_place(runs, BETA, 1000, "lbfgs", 0)
    task, model = stored_run(runs, weights, place)
    if not isinstance(task, PINN):
        raise AssertionError(f"A PINN is expected, not a {type(task).__name__}.")
    hessian, key = Hessian(task, model), jax.random.key(0)
    peer = TorchPINN(task.points, model.weights, model.biases, BETA, 1)
    theirs = TorchCurvature(peer)
    signs = jax.random.rademacher(key, (5, hessian.size), hessian.dtype)
    starts = torch.tensor(np.array(signs))
    # At a minimum the gradient is what rounding leaves of large terms, so products are compared.
    theirs.prepare()
    product = np.asarray(jax.jit(hessian.product())(signs[0]))
    other = theirs.product(starts[0]).numpy()
    apart = float(np.linalg.norm(product - other) / np.linalg.norm(other))
    if not apart < 1e-3:
        raise AssertionError(f"Not the same Hessian: products differ by {apart:.1e}.")
    truth = lambda_max(hessian, key=key, steps=60, tolerance=1e-6)[0]
    results: dict[str, Any] = {}

    def ours() -> None:
        if what == "lambda_max":
            results["ours"] = lambda_max(hessian, key=key, steps=4, tolerance=2e-2)[0]
        else:
            results["ours"] = density(hessian, key=key, steps=100, probes=5).moment(1).value

    def peers() -> None:
        if what == "lambda_max":
            results["peer"] = theirs.power_iteration(starts[0], truth, 1e-3)
        else:
            pairs = theirs.quadrature(starts, 100)
            results["peer"] = float(np.mean([float(v @ w) for v, w in pairs]))

    ours()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        ours()
        middle = time.perf_counter()
        peers()
        times.append({"ours": middle - began, "peer": time.perf_counter() - middle})
    off = abs(results["ours"] - results["peer"]) / abs(results["peer"])
    near = {"lambda_max": abs(results["ours"] - truth) / truth < 1e-3, "density": off < 1e-3}
    if not near[what]:
        raise AssertionError(f"Not the same {what}: they differ by {off:.1e}.")
    middle_round = sorted(times, key=lambda r: r["peer"] / r["ours"])[len(times) // 2]
    return {
        "product_difference": apart,
        "ours_ms": 1e3 * middle_round["ours"],
        "peer_ms": 1e3 * middle_round["peer"],
        "ratio": middle_round["peer"] / middle_round["ours"],
        "result_difference": off,
        "peer_products": float(theirs.products),
    }


def lbfgs(n: int, iterations: int) -> dict[str, float]:
    """A whole run of ours, with whatever the compilation cache of this process holds."""
    use_compilation_cache()
    began = time.perf_counter()
    task = PINN(Convection(BETA), n)
    model, key = initialise(task, np.uint32(0))  # as a cell does it: one program, not many
    method = LBFGS(stall_tolerance=0.0, gradient_tolerance=0.0)
    budget = Budget(25 * iterations, iterations)
    result = method.train(task, model, key=key, budget=budget, schedule=[0])
    return {
        "seconds": time.perf_counter() - began,
        "loss": float(result.history["loss"][-1]),
        "evaluations": float(result.history["evaluations"][-1]),
    }


def torch_lbfgs(n: int, iterations: int) -> dict[str, float]:
    """The same run of the peer."""
    import torch

    from benchmarks.peer import TorchPINN

    torch.set_num_threads(1)
    task = PINN(Convection(BETA), n)
    model, _ = initialise(task, np.uint32(0))
    peer = TorchPINN(task.points, model.weights, model.biases, BETA)
    loss, evaluations, seconds = peer.lbfgs(iterations)
    return {"seconds": seconds, "loss": loss, "evaluations": float(evaluations)}


def compilations(seed: int) -> dict[str, float]:
    """Programs that a small cell compiled in this process, and those it found in the cache.

    Counted as events: two processes that compile the same program leave one file in the cache.
    """
    counts: collections.Counter[str] = collections.Counter()

    def note(event: str, **_: str | int) -> None:
        counts[event] += 1

    jax.monitoring.register_event_listener(note)
    grid = get_experiment("pinn-convection").grid(
        "smoke", difficulties=[BETA], data=[100], methods=["lbfgs"], seeds=[seed]
    )
    run_cell(next(iter(grid.cells())))
    prefix = "/jax/compilation_cache/cache_"
    return {"compiled": counts[f"{prefix}misses"], "found": counts[f"{prefix}hits"]}


JOBS: dict[str, Callable[..., dict[str, float]]] = {
    "evaluation": evaluation,
    "second_order": second_order,
    "nncg": nncg,
    "curvature": curvature,
    "lbfgs": lbfgs,
    "torch_lbfgs": torch_lbfgs,
    "compilations": compilations,
    "node_cell": families.node_cell,
    "node_gradient": families.node_gradient,
    "fno_step": families.fno_step,
    "darcy_solve": families.darcy_solve,
    "published_memory": families.published_memory,
}


if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](*json.loads(sys.argv[2]))))
