"""Run a regime map on a cluster with a job queue, through dask-jobqueue.

Start this on a login node, or inside a small job of its own: it submits jobs whose processes are
dask workers, hands them the cells, and writes each result as it arrives. Workers write no results,
so they need the environment (regimekit installed where they find it) but no common results folder.

    python examples/cluster_slurm.py --queue normal --account PROJECT --jobs 8
    python examples/cluster_slurm.py --system pbs --queue workq --jobs 8
    python examples/cluster_slurm.py --queue normal --show-script

If jobs end before the map is complete, start it again: only the missing cells are computed.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from dask_jobqueue import JobQueueCluster, PBSCluster, SLURMCluster

import regimekit
from regimekit.grids import SINGLE_THREAD

SYSTEMS: dict[str, type[JobQueueCluster]] = {
    "slurm": SLURMCluster,
    "pbs": PBSCluster,
}


def make_cluster(
    system: str,
    *,
    queue: str | None = None,
    account: str | None = None,
    cores: int = 8,
    memory: str = "16GB",
    walltime: str = "04:00:00",
    interface: str | None = None,
) -> JobQueueCluster:
    """Describe jobs of ``cores`` single-threaded worker processes each; submits none yet.

    Parameters
    ----------
    system
        ``slurm`` or ``pbs``.
    queue, account
        Partition or queue, and the project that pays; the site's defaults if not given.
    cores, memory
        Of one job. A cell needs one core and about 1 GB.
    walltime
        Of one job, as HH:MM:SS.
    interface
        Network interface on which workers reach the scheduler, such as ``ib0``.

    Returns
    -------
    dask_jobqueue.JobQueueCluster
        Call ``scale(jobs=...)`` on it to submit.
    """
    options: dict[str, Any] = {
        "cores": cores,
        # One process a core, each with one thread: XLA gains little from threads on small networks.
        "processes": cores,
        "memory": memory,
        "interface": interface,
        # Must be set before a worker imports JAX, hence in the job's script.
        "job_script_prologue": [f"export {k}='{v}'" for k, v in SINGLE_THREAD.items()],
        # A worker leaves before its job's time is up; what it had in hand goes to another.
        "worker_extra_args": ["--lifetime", _seconds(walltime, margin=300)],
        # Login nodes are shared, and the usual port of dask's dashboard may be taken.
        "scheduler_options": {"dashboard_address": ":0"},
        "queue": queue,
        "account": account,
        "walltime": walltime,
    }
    return SYSTEMS[system](**options)


def _seconds(walltime: str, *, margin: int) -> str:
    hours, minutes, seconds = (int(part) for part in walltime.split(":"))
    return f"{max(3600 * hours + 60 * minutes + seconds - margin, 60)}s"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, submit the jobs, and run the map on them."""
    parser = argparse.ArgumentParser(description="Run a regime map through a job queue.")
    parser.add_argument("--experiment", default="pinn-convection")
    parser.add_argument("--preset", default="paper")
    parser.add_argument("--output", default="results")
    parser.add_argument("--system", choices=sorted(SYSTEMS), default="slurm")
    parser.add_argument("--jobs", type=int, default=4, help="jobs to submit")
    parser.add_argument("--cores", type=int, default=8, help="worker processes in each job")
    parser.add_argument("--memory", default="16GB", help="of one job")
    parser.add_argument("--walltime", default="04:00:00", help="of one job")
    parser.add_argument("--queue")
    parser.add_argument("--account")
    parser.add_argument("--interface")
    parser.add_argument("--show-script", action="store_true", help="print a job and end")
    options = parser.parse_args(arguments)

    with make_cluster(
        options.system,
        queue=options.queue,
        account=options.account,
        cores=options.cores,
        memory=options.memory,
        walltime=options.walltime,
        interface=options.interface,
    ) as cluster:
        if options.show_script:
            print(cluster.job_script())
            return 0
        cluster.scale(jobs=options.jobs)
        dataset = regimekit.run(
            options.experiment,
            preset=options.preset,
            output=options.output,
            scheduler=cluster.scheduler_address,
        )
    print(dataset)
    return 0


if __name__ == "__main__":
    sys.exit(main())
