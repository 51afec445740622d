"""Published runs begin as this code begins them; it compiles each of them."""

import numpy as np
import pytest

from regimekit.grids import get_experiment
from regimekit.grids.cell import initialise
from regimekit.grids.device import precision
from regimekit.methods import Budget


@pytest.mark.slow
def test_this_code_begins_a_stored_run_as_it_was(distinct):
    """The first iterations agree; later ones part, since rounding differs between processors."""
    experiment = get_experiment(distinct.attrs["experiment"])
    grid = experiment.grid(distinct.attrs["preset"])
    first = np.argwhere(distinct["status"].values == 1)[0]
    at = dict(zip(("difficulty", "data", "method", "seed"), first, strict=True))
    cell = grid.cell(
        grid.difficulties[first[0]],
        grid.data[first[1]],
        list(grid.methods)[first[2]],
        grid.seeds[first[3]],
    )
    with precision(cell.settings["precision"]):
        task = experiment.task(cell)
        method, _ = experiment.method(cell)
        model, key = initialise(task, np.uint32(cell.seed))
        result = method.train(task, model, key=key, budget=Budget(1000, 6))
    stored = distinct["history_loss"].isel(at).sel(iteration=result.history["iteration"])
    np.testing.assert_allclose(result.history["loss"], stored.values, rtol=1e-3)
