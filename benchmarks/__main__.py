"""Run all benchmarks and print one table: ``python -m benchmarks --output results/bench``."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
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
            found = job("evaluation", n, 0.2 if quick else 2.0, passes)
            what = f"loss and gradient, N_f {n}, {way}"
            rows.append({"what": what, "target": target if passes == 2 else None} | found)
    return rows


def whole_runs(quick: bool) -> list[dict[str, Any]]:
    """A whole L-BFGS run at N_f 1000 against PyTorch, with an empty and with a warm cache."""
    iterations = 50 if quick else 1000
    with tempfile.TemporaryDirectory() as cache:
        cold = job("lbfgs", 1000, iterations, cache=cache)
        peer = job("torch_lbfgs", 1000, iterations)
        warm = job("lbfgs", 1000, iterations, cache=cache)
    rows = []
    for name, ours, target in (("empty", cold, 1.5), ("warm", warm, 2.5)):
        rows.append(
            {
                "what": f"L-BFGS, {iterations} iterations, {name} cache",
                "target": target,
                "ratio": peer["seconds"] / ours["seconds"],
                "ours_ms": 1e3 * ours["seconds"],
                "peer_ms": 1e3 * peer["seconds"],
                "ours_evaluations": ours["evaluations"],
                "peer_evaluations": peer["evaluations"],
            }
        )
    return rows


def workers(quick: bool) -> list[dict[str, Any]]:
    """Cells an hour with two workers against one, from the first cell's end to the last one's."""
    from regimekit.grids import get_experiment
    from regimekit.grids.executors import DaskExecutor

    grid = get_experiment("pinn-convection").grid(
        "smoke", methods=["adam"], data=[500], seeds=list(range(4 if quick else 100))
    )
    cells = list(grid.cells())

    def rate(count: int) -> float:
        ended = [
            time.perf_counter() for _ in DaskExecutor(workers=count).run(cells, lambda _: None)
        ]
        steady = ended[len(ended) // 4 :]
        return (len(steady) - 1) / (steady[-1] - steady[0])

    rate(1)  # fills the cache of compiled programs
    one, two = rate(1), rate(2)
    row = {"what": "cells an hour, 2 workers to 1", "target": 1.8, "ratio": two / one}
    return [row | {"one": 3600 * one, "two": 3600 * two}]


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
    for part in (evaluations, whole_runs, workers):
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
