"""Run all benchmarks and print one table: ``python -m benchmarks --output results/bench``."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from regimekit.grids import SINGLE_THREAD
from regimekit.grids.provenance import git_commit, machine, versions


def job(name: str, *arguments: object, cache: str | None = None) -> dict[str, float]:
    """Run one job in a process of its own, with one thread."""
    environment = os.environ | SINGLE_THREAD
    if cache is not None:
        environment["REGIMEKIT_CACHE"] = cache
    words = [sys.executable, "-m", "benchmarks.jobs", name, json.dumps(arguments)]
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def evaluations(quick: bool) -> list[dict[str, Any]]:
    """Loss and gradient against PyTorch."""
    rows = []
    for passes, way in ((2, "as the reference"), (1, "best in PyTorch")):
        for n, target in ((100, None), (1000, 3.0), (10_000, 3.5)):
            found = job("evaluation", n, 0.2 if quick else 1.5, passes)
            what = f"loss and gradient, N_f {n}, {way}"
            row: dict[str, Any] = {"what": what, "target": target if passes == 2 else None}
            rows.append(row | found)
    return rows


def second_derivatives(quick: bool) -> list[dict[str, Any]]:
    """Loss and gradient with second derivatives against PyTorch."""
    rows = []
    for n, target in ((1000, 2.0), (10_000, None)):
        row: dict[str, Any] = {"what": f"second-order residual, N_f {n}", "target": target}
        rows.append(row | job("second_order", n, 0.2 if quick else 1.5))
    return rows


def newton_steps(quick: bool) -> list[dict[str, Any]]:
    """NNCG against PyTorch."""
    row: dict[str, Any] = {"what": "NNCG step, N_f 1000", "target": 3.0}
    return [row | job("nncg", 1000, 1 if quick else 3)]


def curvatures(quick: bool) -> list[dict[str, Any]]:
    """Largest eigenvalue and spectral density against PyTorch."""
    words = {"lambda_max": "largest eigenvalue to 1e-3", "density": "SLQ, 100 steps x 5 probes"}
    return [
        {"what": f"{what}, N_f 1000", "target": 5.0} | job("curvature", name, 1 if quick else 3)
        for name, what in words.items()
    ]


def neural_odes(quick: bool) -> list[dict[str, Any]]:
    """Neural ODEs against PyTorch and torchdiffeq."""
    epochs = 30 if quick else 600
    cell: dict[str, Any] = {"what": f"NODE cell, {epochs} epochs, 400 samples", "target": 20.0}
    solve: dict[str, Any] = {"what": "gradient through a solve, 96 samples", "target": 5.0}
    return [
        cell | job("node_cell", epochs, 1 if quick else 3),
        solve | job("node_gradient", 96, 0.2 if quick else 1.5),
    ]


def operators(quick: bool) -> list[dict[str, Any]]:
    """Training steps of an FNO against the package neuraloperator."""
    sizes = ((32, 8, 8, 8, 2.0), (64, 32, 12, 16, 1.0))
    return [
        {"what": f"FNO step, {n} x {n}, width {w}, {m} modes, batch {b}", "target": target}
        | job("fno_step", n, w, m, b, 0.2 if quick else 3)
        for n, w, m, b, target in sizes
    ]


def limits(quick: bool) -> list[dict[str, Any]]:
    """What a Darcy solve takes, and the memory of published maps of operators, against limits."""
    solve = job("darcy_solve", 121, 2 if quick else 20)
    rows = [
        {"what": "Darcy solve at 121 x 121, 50 ms to it", "target": 1.0}
        | {"ratio": 50 / solve["ours_ms"]}
        | solve
    ]
    for name in ("fno-advection-diffusion", "pino-darcy"):
        found = job("published_memory", name)
        row = {"what": f"memory of {name}, 3 GB to it", "target": 1.0}
        rows.append(row | {"ratio": 3 / found["gigabytes"]} | found)
    return rows


def whole_runs(quick: bool) -> list[dict[str, Any]]:
    """A whole L-BFGS run at N_f 1000 against PyTorch, with an empty and with a warm cache."""
    iterations = 50 if quick else 1000
    runs: dict[str, list[dict[str, float]]] = {"empty": [], "peer": [], "warm": []}
    for _ in range(1 if quick else 3):
        with tempfile.TemporaryDirectory() as cache:
            runs["empty"].append(job("lbfgs", 1000, iterations, cache=cache))
            runs["peer"].append(job("torch_lbfgs", 1000, iterations))
            runs["warm"].append(job("lbfgs", 1000, iterations, cache=cache))
    rows = []
    peer = [run["seconds"] for run in runs["peer"]]
    for name, target in (("empty", 1.5), ("warm", 2.5)):
        ours = [run["seconds"] for run in runs[name]]
        rows.append(
            {
                "what": f"L-BFGS, {iterations} iterations, {name} cache",
                "target": target,
                "ratio": statistics.median(p / o for p, o in zip(peer, ours, strict=True)),
                "ours_ms": 1e3 * statistics.median(ours),
                "peer_ms": 1e3 * statistics.median(peer),
                "ours_least_ms": 1e3 * min(ours),
                "peer_least_ms": 1e3 * min(peer),
                "ours_evaluations": runs[name][0]["evaluations"],
                "peer_evaluations": runs["peer"][0]["evaluations"],
            }
        )
    return rows


def compilations(quick: bool) -> list[dict[str, Any]]:
    """Programs compiled by two processes that start one shape together, against one process."""
    del quick
    with tempfile.TemporaryDirectory() as cache:
        alone = job("compilations", 0, cache=cache)
    with tempfile.TemporaryDirectory() as cache, ThreadPoolExecutor(2) as pool:
        pair = list(pool.map(lambda seed: job("compilations", seed, cache=cache), (0, 1)))
        third = job("compilations", 2, cache=cache)
    together = sum(found["compiled"] for found in pair)
    return [
        {
            "what": "programs compiled, 2 processes to 1, one shape",
            "target": None,
            "ratio": together / alone["compiled"],
            "one_process": alone["compiled"],
            "two_processes": together,
            "third_process": third["compiled"],
        }
    ]


def workers(quick: bool) -> list[dict[str, Any]]:
    """Cells an hour with two workers against one, from the first cell's end to the last one's."""
    from regimekit.grids import get_experiment
    from regimekit.grids.executors import DaskExecutor

    grid = get_experiment("pinn-convection").grid(
        "smoke", methods=["adam"], data=[500], seeds=list(range(4 if quick else 60))
    )
    cells = list(grid.cells())

    def rate(count: int) -> tuple[float, float]:
        """Cells a second without and with the start of the cluster."""
        began = time.perf_counter()
        ended = []
        for _, outcome in DaskExecutor(workers=count).run(cells, lambda _: None):
            if isinstance(outcome, Exception):
                raise outcome
            ended.append(time.perf_counter())
        steady = ended[len(ended) // 4 :]
        return (len(steady) - 1) / (steady[-1] - steady[0]), len(cells) / (ended[-1] - began)

    rate(1)  # fills the cache of compiled programs
    rounds = [(rate(1), rate(2)) for _ in range(1 if quick else 2)]
    ratios = [
        statistics.median(two[i] / one[i] for one, two in rounds)
        for i in range(2)  # without start-up, with it
    ]
    row = {"what": "cells an hour, 2 workers to 1", "target": 1.8, "ratio": ratios[0]}
    return [
        row
        | {
            "ratio_with_start_up": ratios[1],
            "one": 3600 * statistics.median(one[0] for one, _ in rounds),
            "two": 3600 * statistics.median(two[0] for _, two in rounds),
        }
    ]


def main() -> None:
    """Measure, print, write ``bench.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--output", type=Path, default=Path("results/bench"))
    parser.add_argument("--quick", action="store_true", help="shorter and noisier")
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        sys.exit("PyTorch is not installed: run `make bench`, or install the extra `bench`.")
    rows: list[dict[str, Any]] = []
    for part in (
        evaluations,
        second_derivatives,
        newton_steps,
        curvatures,
        neural_odes,
        operators,
        limits,
        whole_runs,
        compilations,
        workers,
    ):
        print(f"Measuring: {part.__doc__}", flush=True)
        rows += part(options.quick)
    print(f"\n{'what':52} {'ratio':>7} {'target':>7} {'ours':>10} {'peer':>10}")
    for row in rows:
        target = f"{row['target']:.1f}" if row["target"] else ""
        times = [f"{row[k]:.2f} ms" if k in row else "" for k in ("ours_ms", "peer_ms")]
        print(f"{row['what']:52} {row['ratio']:7.2f} {target:>7} {times[0]:>10} {times[1]:>10}")
    options.output.mkdir(parents=True, exist_ok=True)
    report = {
        "rows": rows,
        "machine": machine(),
        "versions": versions() | {"torch": torch.__version__},
        "git_commit": git_commit(),
    }
    path = options.output / "bench.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    print(f"\nAll figures: {path}")


if __name__ == "__main__":
    main()
