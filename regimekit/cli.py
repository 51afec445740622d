"""The command line: ``regimekit run | reproduce | book | labs | map | claims | doctor | ...``."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from regimekit.cli_measure import Method, Output, measuring
from regimekit.errors import ConfigurationError, StoreError

app = typer.Typer(
    help="Three training regimes of scientific machine learning: run, map, read.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Preset = Annotated[str, typer.Option(help="smoke, quick, published or paper.")]
Workers = Annotated[int | None, typer.Option(help="Local processes; one a core by default.")]


@app.command("run")
def run_command(
    experiment: Annotated[str, typer.Argument(help="Name, such as pinn-convection.")],
    preset: Preset = "quick",
    output: Output = Path("results"),
    executor: Annotated[str, typer.Option(help="dask, serial or lanes.")] = "dask",
    scheduler: Annotated[str | None, typer.Option(help="Address of a dask scheduler.")] = None,
    workers: Workers = None,
    resume_from: Annotated[
        Path | None, typer.Option(help="Folder with a (partial) dataset whose cells are kept.")
    ] = None,
    compute: Annotated[bool, typer.Option(help="Compute what is missing.")] = True,
    difficulty: Annotated[
        list[float] | None, typer.Option(help="In place of the preset's; repeat it.")
    ] = None,
    data: Annotated[
        list[int] | None, typer.Option(help="In place of the preset's; repeat it.")
    ] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Of the preset's methods; repeat it.")
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="In place of the preset's; repeat it.")
    ] = None,
) -> None:
    """Compute what is missing of an experiment and write its dataset."""
    from regimekit.grids.manifest import progress_of
    from regimekit.grids.run import file_stem, output_folder, run

    dataset = run(
        experiment,
        preset=preset,
        output=output,
        executor=executor,
        scheduler=scheduler,
        workers=workers,
        resume_from=resume_from,
        compute=compute,
        difficulties=difficulty or None,
        data=data or None,
        methods=method or None,
        seeds=seed or None,
    )
    done, planned = progress_of(dataset)
    print(f"{done} of {planned} runs in {output_folder(output, preset) / file_stem(experiment)}.nc")


@app.command()
def reproduce(
    preset: Preset = "quick", output: Output = Path("results"), workers: Workers = None
) -> None:
    """Run every experiment notebook, then build the book from the results."""
    from regimekit.book import build_book, run_notebooks
    from regimekit.grids import EXPERIMENTS
    from regimekit.grids.progress import duration

    for experiment in EXPERIMENTS.values():
        experiment.grid(preset)
    began = time.monotonic()
    run_notebooks(preset, output, workers)
    print(f"Notebooks took {duration(time.monotonic() - began)}. Building the book ...", flush=True)
    page = build_book(output / preset, output / "book")
    print(f"All of it took {duration(time.monotonic() - began)}.")
    print(f"Datasets: {output / preset}\nNotebooks: {output / 'notebooks'}\nBook: {page}")


@app.command()
def labs(
    output: Annotated[Path, typer.Option(help="Where the notebooks go.")] = Path("labs"),
    solutions: Annotated[bool, typer.Option(help="With solutions: the instructor's.")] = False,
) -> None:
    """Write the labs for coursework as notebooks, without their solutions."""
    from regimekit.labs import make_labs

    paths = make_labs(output, solutions=solutions)
    print(f"{len(paths)} labs {'with' if solutions else 'without'} solutions: {output}")


@app.command()
def book(
    data: Annotated[Path, typer.Option(help="Folder of datasets.")] = Path("data"),
    output: Annotated[Path, typer.Option(help="Where the build goes.")] = Path("_build/book"),
    pdf: Annotated[bool, typer.Option(help="Print it as well, with Chromium.")] = False,
    repository: Annotated[
        str | None,
        typer.Option(help="Public address of the checkout, for buttons of Binder and Colab."),
    ] = None,
    branch: Annotated[str, typer.Option(help="Branch or tag of the repository.")] = "main",
) -> None:
    """Build the book from datasets, with warnings as errors."""
    from regimekit.book import build_book
    from regimekit.launch import Repository
    from regimekit.printed import browser, print_book

    public = Repository(repository, branch) if repository else None
    if pdf:
        browser()
    page = build_book(data, output, public)
    print(f"Book: {page}")
    if pdf:
        print(f"PDF: {print_book(page, output / 'regimekit.pdf')}")


@app.command("map")
def map_command(
    dataset: Annotated[Path, typer.Argument(help="A dataset, such as data/pinn-convection.nc.")],
    thresholds: Annotated[
        str, typer.Option(help="auto (paper where there are any), paper or data.")
    ] = "auto",
    method: Method = None,
    output: Annotated[
        Path | None, typer.Option(help="PNG, PDF or SVG file; beside the dataset by default.")
    ] = None,
) -> None:
    """Draw the regime map of a dataset."""
    import xarray as xr

    from regimekit.figures import regime_map
    from regimekit.regimes import (
        data_thresholds,
        main_method,
        paper_thresholds,
        thresholds_for,
    )

    if not dataset.exists():
        raise ConfigurationError(f"There is no file {dataset}; `regimekit list` shows what is.")
    content = xr.load_dataset(dataset)
    methods = [str(m) for m in content["method"].values]
    method = method or main_method(content)
    if method not in methods:
        raise ConfigurationError(
            f"{dataset} has no method {method!r}; it has {', '.join(methods)}."
        )
    if thresholds not in ("auto", "paper", "data"):
        raise ConfigurationError(
            f"Unknown thresholds {thresholds!r}; there are auto, paper and data."
        )
    if thresholds == "auto":
        levels = thresholds_for(content, method)
    elif thresholds == "paper":
        levels = paper_thresholds(content.attrs["experiment"])
    else:
        levels = data_thresholds(content, method=method)
    target = output or dataset.with_suffix(".png")
    picture = regime_map(content, levels, method)
    picture.save(target)
    print(picture.alt)
    print(f"Map: {target}")


@app.command()
def claims(
    data: Annotated[
        Path | None, typer.Option(help="Folder of datasets; the published ones if not given.")
    ] = None,
    evidence: Annotated[bool, typer.Option(help="Show the numbers behind each verdict.")] = False,
) -> None:
    """Judge every claim of the paper by the datasets there are."""
    from rich.console import Console
    from rich.table import Table

    from regimekit import datasets
    from regimekit.regimes import ledger

    folder = datasets.folder() if data is None else data
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder {folder}; `regimekit run` makes datasets.")
    found = ledger(lambda name: datasets.load_if_there(name, folder))
    table = Table(title=f"Claims of Wang et al. 2026, judged by {folder}")
    headings = ["claim", "statement", "verdict", "dataset", "runs"] + ["evidence"] * evidence
    for heading in headings:
        table.add_column(heading)
    for row in found[headings].itertuples(index=False):
        table.add_row(*row)
    Console().print(table)


@app.command()
def cite(
    experiment: Annotated[str, typer.Argument(help="Name, such as pinn-convection-methods.")],
    preset: Preset = "published",
) -> None:
    """Show what to cite for a run: the study, its equation, and every method that it uses."""
    from regimekit.citations import citations

    for part, reference in citations(experiment, preset).items():
        print(f"{part}\n    {reference}")
    print("regimekit\n    CITATION.cff in the checkout says how to cite the software.")


app.add_typer(measuring)


@app.command("list")
def list_command(
    experiment: Annotated[
        str | None, typer.Argument(help="Show the axes and methods of this one.")
    ] = None,
    output: Output = Path("results"),
) -> None:
    """Show experiments and how much is computed of each preset, or all about one experiment."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from regimekit.grids import EXPERIMENTS, PRESETS, CellState, Grid, get_experiment
    from regimekit.grids.run import store_of

    def complete(grid: Grid) -> str:
        cells = list(grid.cells())
        states = store_of(grid.experiment, grid.preset, output).states(cells).values()
        return f"{sum(state is CellState.COMPLETE for state in states)}/{len(cells)}"

    console = Console()
    if experiment is not None:
        found = get_experiment(experiment)
        print(f"{found.name}: {found.title}")
        for preset in PRESETS:
            grid = found.grid(preset)
            print(f"\n{preset}, runs computed in {output}: {complete(grid)}")
            axes = Table.grid(padding=(0, 2))
            for axis, values in ((found.difficulty, grid.difficulties), (found.data, grid.data)):
                axes.add_row("", axis.long_name, ", ".join(f"{value:g}" for value in values))
            axes.add_row("", "methods", ", ".join(grid.methods))
            axes.add_row("", "seeds", ", ".join(str(seed) for seed in grid.seeds))
            console.print(axes)
        return
    table = Table(title=f"Runs computed in {output}, of all", box=box.SIMPLE_HEAD, pad_edge=False)
    # A name that is cut cannot be typed.
    table.add_column("experiment", no_wrap=True, min_width=max(map(len, EXPERIMENTS)))
    for heading in ("methods", *PRESETS):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, known in EXPERIMENTS.items():
        grids = [known.grid(preset) for preset in PRESETS]
        methods = max(len(grid.methods) for grid in grids)
        table.add_row(name, str(methods), *(complete(grid) for grid in grids))
    console.print(table)
    print("`regimekit list NAME` shows the axes, methods and seeds of one.")


@app.command()
def doctor(output: Output = Path("results")) -> None:
    """Check environment, cache, stores and published data; exit code 1 if something is wrong."""
    import collections

    import jax

    from regimekit import datasets
    from regimekit.grids import EXPERIMENTS, PRESETS, CellState
    from regimekit.grids.device import cache_folder
    from regimekit.grids.manifest import verify
    from regimekit.grids.provenance import git_commit, machine, versions
    from regimekit.grids.run import store_of

    print("Environment")
    for name, version in versions().items():
        print(f"  {name} {version}")
    print(f"  device {jax.devices()[0].device_kind}; machine {machine()}; commit {git_commit()}")
    folder = cache_folder()
    files = [p for p in folder.rglob("*") if p.is_file()] if folder.exists() else []
    size = sum(p.stat().st_size for p in files) / 1e6
    print(f"Cache of compiled programs\n  {folder}: {len(files)} files, {size:.1f} MB")
    problems = 0
    print(f"Stores in {output}")
    for experiment in EXPERIMENTS.values():
        for preset in PRESETS:
            store = store_of(experiment.name, preset, output)
            if not store.folder.exists():
                continue
            states = store.states(experiment.grid(preset).cells())
            counts = collections.Counter(state.value for state in states.values())
            summary = ", ".join(f"{n} {state}" for state, n in sorted(counts.items()))
            print(f"  {experiment.name} {preset}: {summary}")
            for cell, state in states.items():
                if state in (CellState.STALE, CellState.BROKEN):
                    problems += 1
                    print(f"    {state.value}: {store.path(cell)} (a rerun computes it again)")
    print(f"Published data in {datasets.folder()}")
    for name, verdict in verify(datasets.folder()).items():
        problems += verdict != "ok"
        print(f"  {name}: {verdict}")
    print("Nothing is wrong." if not problems else f"{problems} files need attention.")
    raise typer.Exit(1 if problems else 0)


@app.command()
def publish(
    source: Annotated[Path, typer.Option(help="Folder with the datasets of a preset.")] = Path(
        "results/published"
    ),
    target: Annotated[Path, typer.Option(help="Folder of published data.")] = Path("data"),
    partial: Annotated[bool, typer.Option(help="Publish with pending runs.")] = False,
) -> None:
    """Copy finished datasets to the published data and write the manifest."""
    from regimekit.grids.manifest import publish as publish_datasets

    for name, entry in publish_datasets(source, target, partial=partial).items():
        print(f"{target / name}: {entry['runs_done']} of {entry['runs_planned']} runs")


def main() -> None:
    """Run a command; a user's mistake ends with one sentence and exit code 2."""
    try:
        app()
    except ConfigurationError as error:
        print(f"regimekit: {error}", file=sys.stderr)
        sys.exit(2)
    except (StoreError, RuntimeError) as error:
        print(f"regimekit: {error}", file=sys.stderr)
        sys.exit(1)
