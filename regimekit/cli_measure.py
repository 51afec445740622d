"""Commands that measure stored runs from their weights: ``diagnose``, ``curvature``, ``paths``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from regimekit.errors import ConfigurationError

measuring = typer.Typer()

Output = Annotated[Path, typer.Option(help="Folder of results.")]
Method = Annotated[str | None, typer.Option(help="Training method; L-BFGS, or the first there is.")]
Stored = Annotated[str, typer.Argument(help="Name, such as pinn-convection, or a file.")]


@measuring.command()
def diagnose(
    dataset: Stored,
    difficulty: Annotated[float, typer.Option(help="Of the run.")],
    data: Annotated[int, typer.Option(help="Of the run.")],
    method: Method = None,
    seed: Annotated[int, typer.Option(help="Of the run.")] = 0,
) -> None:
    """Say the regime of a stored run, and the curvature where it ended, with error bars."""
    from regimekit.grids.diagnose import diagnose as look
    from regimekit.regimes import main_method, thresholds_for

    content, weights = _with_weights(dataset)
    method = method or main_method(content)
    found = look(
        content,
        weights,
        thresholds_for(content, method),
        difficulty=difficulty,
        data=data,
        method=method,
        seed=seed,
    )
    print("\n".join(found.lines()))


@measuring.command()
def curvature(
    dataset: Stored,
    output: Output = Path("results"),
    method: Annotated[list[str] | None, typer.Option(help="All by default; repeat it.")] = None,
    data: Annotated[list[int] | None, typer.Option(help="All by default; repeat it.")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="All by default; repeat it.")] = None,
) -> None:
    """Measure the curvature of all runs of a dataset from their weights; can be resumed."""
    from regimekit.grids.curvature import measure_grid

    content, weights = _with_weights(dataset)
    parts = _folder(content, output) / "curvature" / content.attrs["experiment"]
    measured = measure_grid(
        content, weights, parts, methods=method or None, data=data or None, seeds=seed or None
    )
    _keep(measured, output, "curvature", "runs")


@measuring.command()
def paths(
    dataset: Stored,
    output: Output = Path("results"),
    method: Method = None,
    difficulty: Annotated[
        list[float] | None, typer.Option(help="All by default; repeat it.")
    ] = None,
    data: Annotated[list[int] | None, typer.Option(help="All by default; repeat it.")] = None,
) -> None:
    """Measure paths and likeness between seeds from their stored weights; can be resumed."""
    from regimekit.grids.paths import measure_paths
    from regimekit.regimes import main_method

    content, weights = _with_weights(dataset)
    measured = measure_paths(
        content,
        weights,
        _folder(content, output) / "paths" / content.attrs["experiment"],
        method=method or main_method(content),
        difficulties=difficulty or None,
        data=data or None,
    )
    _keep(measured, output, "paths", "pairs")


def _folder(content: Any, output: Path) -> Path:
    from regimekit.grids.run import output_folder

    return output_folder(output, content.attrs["preset"])


def _keep(measured: Any, output: Path, what: str, units: str) -> None:
    from regimekit.grids.manifest import progress_of
    from regimekit.grids.store import write_atomically

    path = _folder(measured, output) / f"{measured.attrs['experiment']}-{what}.nc"
    write_atomically(measured, path, compress=True)
    done, planned = progress_of(measured)
    print(f"{done} of {planned} {units} in {path}")


def _with_weights(dataset: str) -> tuple[Any, Any]:
    """Load a dataset and its weights, by its name or its file."""
    import xarray as xr

    from regimekit import datasets

    path = Path(dataset)
    if path.suffix != ".nc":
        return datasets.load(dataset), datasets.load(f"{dataset}-weights")
    beside = path.with_name(f"{path.stem}-weights.nc")
    for file in (path, beside):
        if not file.exists():
            raise ConfigurationError(f"There is no file {file}; `regimekit list` shows what is.")
    return xr.load_dataset(path), xr.load_dataset(beside)
