"""The cluster example: the jobs it would submit, and the whole path with processes for jobs."""

import functools
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import xarray as xr

pytest.importorskip("dask_jobqueue", reason="needs the extra cluster")

from dask_jobqueue.local import LocalCluster

import regimekit


@pytest.fixture
def example() -> ModuleType:
    path = Path(__file__).parents[2] / "examples" / "cluster_slurm.py"
    spec = importlib.util.spec_from_file_location("cluster_slurm", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("system", "lines"),
    [
        ("slurm", ["#SBATCH -p normal", "#SBATCH -A project", "#SBATCH --cpus-per-task=4"]),
        ("pbs", ["#PBS -q normal", "#PBS -A project", "#PBS -l select=1:ncpus=4:mem=8"]),
    ],
)
def test_job_script(
    example: ModuleType, capsys: pytest.CaptureFixture[str], system: str, lines: list[str]
) -> None:
    options = ["--queue", "normal", "--account", "project", "--cores", "4", "--memory", "8GiB"]
    options += ["--interface", "lo"]
    assert example.main(["--system", system, *options, "--show-script"]) == 0
    script = capsys.readouterr().out
    for line in lines:
        assert line in script
    # Each worker is a process with one thread, told so before it imports JAX.
    assert "--nthreads 1" in script
    assert "--nworkers 4" in script
    assert script.index("export XLA_FLAGS=") < script.index("dask_worker")


# dask-jobqueue's stand-in for a queue drops its handle on a job that it has just killed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_a_map_through_jobs(
    example: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def jobs_as_processes(system: str, *, cores: int, memory: str, **_: Any) -> LocalCluster:
        return LocalCluster(
            cores=cores,
            processes=cores,
            memory=memory,
            interface="lo",
            scheduler_options={"dashboard_address": ":0"},
        )

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(example, "make_cluster", jobs_as_processes)
    one_cell = {"difficulties": [5.0], "data": [100], "methods": ["adam"], "seeds": [0]}
    monkeypatch.setattr(regimekit, "run", functools.partial(regimekit.run, **one_cell))
    options = ["--jobs", "1", "--cores", "1", "--memory", "4GB", "--preset", "smoke"]
    assert example.main([*options, "--output", "results"]) == 0
    path = tmp_path / "results" / "smoke" / "pinn-convection.nc"
    with xr.open_dataset(path) as dataset:
        assert (dataset.status == 1).all()
