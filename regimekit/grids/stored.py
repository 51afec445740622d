"""A stored run brought back: its task and its trained model, from a dataset and its weights."""

import json
from typing import Any

import equinox as eqx
import jax
import numpy as np
import xarray as xr
from jaxtyping import PyTree

from regimekit.errors import ConfigurationError
from regimekit.grids.cell import run_cell
from regimekit.grids.registry import get_experiment
from regimekit.grids.spec import Cell
from regimekit.models import is_parameter, with_parameters
from regimekit.tasks import AbstractTask


def cell_at(dataset: xr.Dataset, place: dict[str, int]) -> Cell:
    """Description of the run at a position along (difficulty, data, method, seed)."""
    run, configuration = dataset.isel(place), json.loads(dataset.attrs["configuration"])
    method = str(run["method"].item())
    return Cell(
        dataset.attrs["experiment"],
        float(run[dataset.attrs["difficulty_axis"]]),
        int(run[dataset.attrs["data_axis"]]),
        method,
        int(run["seed"]),
        configuration["settings"] | {"method": configuration["methods"][method]},
    )


def find_place(
    dataset: xr.Dataset, difficulty: float, data: int, method: str, seed: int
) -> dict[str, int]:
    """Position of a run given by its values.

    Raises
    ------
    ConfigurationError
        If an axis lacks the value; it says which there are.
    """
    names = (dataset.attrs["difficulty_axis"], dataset.attrs["data_axis"], "method", "seed")
    asked: tuple[Any, ...] = (difficulty, data, method, seed)
    place = {}
    for dim, name, value in zip(
        ("difficulty", "data", "method", "seed"), names, asked, strict=True
    ):
        values = dataset[name].values.tolist()
        if value not in values:
            raise ConfigurationError(
                f"The dataset has no {name} = {value}; it has {', '.join(map(str, values))}."
            )
        place[dim] = values.index(value)
    return place


def stored_run(
    dataset: xr.Dataset, weights: xr.Dataset, place: dict[str, int]
) -> tuple[AbstractTask, PyTree]:
    """Build the task of a stored run and put the stored weights into its model.

    To be called within :func:`regimekit.grids.device.precision` of the cell.

    Raises
    ------
    ConfigurationError
        If the run is not done, its weights were not kept, or they are not those of this
        experiment's model.
    """
    cell = _finished(dataset, place)
    if not is_stored(weights, place):
        raise ConfigurationError(
            f"The weights of the run {cell.label} of {cell.experiment} were not kept, as those of "
            "a few runs of large maps only are: `regimekit run` with its values trains it again."
        )
    task = get_experiment(cell.experiment).task(cell)
    return task, _with_parameters(task, np.asarray(weights["weights"].isel(place).values))


def is_stored(weights: xr.Dataset, place: dict[str, int]) -> bool:
    """Whether the weights of a run were kept: large maps keep those of a few."""
    return bool(np.isfinite(weights["weights"].isel(place).values).all())


def retrained_run(dataset: xr.Dataset, place: dict[str, int]) -> tuple[AbstractTask, PyTree, float]:
    """Train a run again whose weights were not kept.

    The same code on the same processor gives the same numbers. On another one the last bits of the
    loss differ at least, and where training is chaotic more than those.

    Returns
    -------
    task, model
        As of :func:`stored_run`.
    difference
        Of its training loss from the stored one, relative to that.

    Raises
    ------
    ConfigurationError
        If the run is not done, or diverges when it is trained again.
    """
    cell = _finished(dataset, place)
    result = run_cell(cell)
    if result.diverged:
        raise ConfigurationError(
            f"The run {cell.label} of {cell.experiment} diverged when it was trained again: its "
            "stored figures are of other versions or of another machine."
        )
    stored = float(dataset["train_loss"].isel(place))
    difference = abs(result.scalars["train_loss"] - stored) / stored
    task = get_experiment(cell.experiment).task(cell)
    return task, _with_parameters(task, result.weights), difference


def _finished(dataset: xr.Dataset, place: dict[str, int]) -> Cell:
    cell = cell_at(dataset, place)
    if int(dataset["status"].isel(place)) != 1:
        raise ConfigurationError(
            f"The run {cell.label} of {cell.experiment} is not done, or it diverged: "
            "choose a finished one."
        )
    return cell


def _with_parameters(task: AbstractTask, row: np.ndarray) -> PyTree:
    # Its shapes alone: to draw a model compiles a program or two for each of its arrays.
    shapes = eqx.filter_eval_shape(task.init, jax.random.key(0))
    others = [leaf for leaf in jax.tree.leaves(shapes) if not is_parameter(leaf)]
    if any(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in others):
        shapes = task.init(jax.random.key(0))  # for arrays that are not trained
    return with_parameters(shapes, row)
