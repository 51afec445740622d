"""Build the book, and run the notebooks whose data it shows."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from regimekit.errors import ConfigurationError
from regimekit.launch import Repository

REPOSITORY, BRANCH = "REGIMEKIT_REPOSITORY", "REGIMEKIT_BRANCH"
"""Environment variables that tell a build the public address of the checkout."""
AT_ONCE = 2
"""Notebooks: while one starts, compiles or draws, the workers have the cells of another."""


def checkout() -> Path:
    """Root of the checkout, which has the book and the notebooks.

    Raises
    ------
    ConfigurationError
        If the library is installed without its checkout.
    """
    root = Path(__file__).resolve().parent.parent
    if not (root / "_config.yml").exists():
        raise ConfigurationError(
            "The book and the notebooks are not part of the installed library: clone the "
            "repository and run this command from its virtual environment."
        )
    return root


def made_by(name: str) -> tuple[Path | None, str]:
    """Say what makes a dataset.

    Parameters
    ----------
    name
        Of the dataset, such as ``pinn-convection-curvature``.

    Returns
    -------
    notebook, command
        The notebook that runs the experiment, if one does, and the command that makes the dataset.
    """
    from regimekit.grids.measured import MEASURED  # Below, so that a build starts without JAX.

    for kind in MEASURED:
        if name.endswith(kind):
            return None, f"regimekit {kind[1:]} {name.removesuffix(kind)}"
    # A notebook names its experiments in its parameters, or in the call that runs the only one.
    for notebook in sorted((checkout() / "notebooks").glob("*.ipynb")):
        if f'"{name}\\"' in notebook.read_text(encoding="utf-8"):
            return notebook, f"regimekit run {name}"
    return None, f"regimekit run {name}"


def build_book(data: Path, output: Path, repository: Repository | None = None) -> Path:
    """Build the book from the datasets in a folder, with warnings as errors.

    Parameters
    ----------
    data
        Folder of datasets.
    output
        Where the build goes.
    repository
        Where the checkout is public: pages then have buttons that run their notebooks there.

    Returns
    -------
    Path
        The front page.

    Raises
    ------
    ConfigurationError
        If there is no dataset, or no jupyter-book.
    RuntimeError
        If the build fails; its own output says why.
    """
    root = checkout()
    if not list(data.glob("*.nc")):
        raise ConfigurationError(
            f"There is no dataset in {data}: run `regimekit reproduce`, or name another folder."
        )
    program = _beside("jupyter-book")
    output.mkdir(parents=True, exist_ok=True)
    words = ["build", str(root), "--toc", str(root / "book" / "_toc.yml")]
    words += ["--path-output", str(output), "-W", "-n", "--keep-going"]
    # Pages whose source, code and datasets are as before are kept (book/_extensions/executed.py),
    # but none of a build that failed: its warnings would not be seen again.
    unfinished = output / "unfinished"
    if unfinished.exists():
        words += ["--all"]
    unfinished.touch()
    # Kernels and helpers are found beside this interpreter, activated environment or not.
    path = os.pathsep.join([str(program.parent), os.environ.get("PATH", "")])
    environment = os.environ | {"REGIMEKIT_DATA": str(data.resolve()), "PATH": path}
    if repository is not None:
        environment |= {REPOSITORY: repository.address, BRANCH: repository.branch}
    with kernel_settings() as settings:
        done = subprocess.run([str(program), *words], env=environment | settings, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"The book was not built (see above); its log is below {output}.")
    unfinished.unlink()
    return output / "_build" / "html" / "index.html"


def run_notebooks(preset: str, output: Path, workers: int | None = None) -> list[Path]:
    """Run every experiment notebook at a preset through papermill, two at a time.

    Parameters
    ----------
    preset
        Passed to each notebook.
    output
        Folder of results; executed copies go to its ``notebooks`` folder.
    workers
        Local processes; one a core if not given.

    Returns
    -------
    list of Path
        The executed notebooks.

    Raises
    ------
    ConfigurationError
        If the number of workers is none, or papermill is not there; nothing is written then.
    RuntimeError
        If a notebook fails; those under way come to their end, and no other begins.
    """
    from regimekit.grids import local_cluster

    program = _beside("papermill")
    os.environ["REGIMEKIT_PROGRESS"] = "log"
    # From the last name to the first, which has the long ones begin first.
    notebooks = sorted((checkout() / "notebooks").glob("*.ipynb"), reverse=True)
    targets = [output / "notebooks" / notebook.name for notebook in notebooks]
    failed: list[str] = []

    def execute(number: int, parameters: Mapping[str, str]) -> None:
        if failed:
            return
        notebook, target = notebooks[number], targets[number]
        print(f"Notebook {number + 1}/{len(notebooks)}: {notebook.name} -> {target}", flush=True)
        words = [str(program), str(notebook), str(target), "--kernel", "python3"]
        # Progress is what the notebook prints to standard error; "-" is our standard output.
        words += ["--no-progress-bar", "--stderr-file", "-", "--log-level", "ERROR"]
        for name, value in parameters.items():
            words += ["--parameters_raw", name, value]
        if subprocess.run(words, env=os.environ | settings, check=False).returncode != 0:
            failed.append(
                f"The notebook {notebook.name} was not run to its end (see above); {target} shows "
                "how far it came. What it computed is kept: the same command goes on from there."
            )

    # One cluster for all: to start its processes takes as long as some of the quick maps.
    with local_cluster(workers) as cluster, kernel_settings() as settings:
        (output / "notebooks").mkdir(parents=True, exist_ok=True)
        parameters = {
            "preset": preset,
            "output": str(output.resolve()),
            "scheduler": cluster.scheduler_address,
        }
        with ThreadPoolExecutor(AT_ONCE) as threads:
            # As a list, so that an error of any of them is raised here.
            list(threads.map(execute, range(len(notebooks)), itertools.repeat(parameters)))
    if failed:
        raise RuntimeError(failed[0])
    return targets


@contextlib.contextmanager
def kernel_settings() -> Iterator[dict[str, str]]:
    """Make settings of IPython for kernels, in place of the reader's own.

    Kernels talk to us over this machine's loopback, of which each would warn that it is not
    encrypted.

    Yields
    ------
    dict
        Variables for the environment of whatever starts the kernels.
    """
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "profile_default"
        profile.mkdir()
        settings = {"IPKernelApp": {"log_level": "ERROR"}}
        (profile / "ipython_kernel_config.json").write_text(json.dumps(settings), encoding="utf-8")
        yield {"IPYTHONDIR": folder}


def _beside(name: str) -> Path:
    """Find a program of the extra ``book``, which is beside this interpreter."""
    program = Path(sys.executable).parent / name
    if not program.exists():
        raise ConfigurationError(
            f"{name} is not installed: install the extra with `pip install regimekit[book]`."
        )
    return program
