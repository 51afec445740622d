"""Fields that stored operator networks predict, for figures."""

from collections.abc import Mapping

import equinox as eqx
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from regimekit.errors import ConfigurationError
from regimekit.grids.device import precision
from regimekit.grids.stored import stored_run
from regimekit.tasks import OperatorLearning
from regimekit.tasks.operator import Neural


def operator_fields_of(
    dataset: xr.Dataset, weights: xr.Dataset, places: Mapping[str, dict[str, int]], sample: int = 0
) -> xr.Dataset:
    """Let stored runs predict one sample of their test pool.

    Parameters
    ----------
    dataset, weights
        Of one experiment with operators.
    places
        Positions of the runs on the grid, by the names they shall have.
    sample
        Number of the sample in the test pool.

    Returns
    -------
    Dataset
        Dimensions (run, y, x): ``input`` (first channel), ``solution`` and ``prediction``; over
        ``run`` the relative L2 ``error`` of the sample. Runs whose weights are not there are left
        out.

    Raises
    ------
    ConfigurationError
        If the dataset is not of operators.
    """
    fields: dict[str, list[np.ndarray]] = {"input": [], "solution": [], "prediction": []}
    names, errors = [], []
    for name, place in places.items():
        if np.isnan(weights["weights"].isel(place).values).any():
            continue
        with precision("float32"):
            task, model = stored_run(dataset, weights, place)
            if not isinstance(task, OperatorLearning):
                raise ConfigurationError(
                    f"{dataset.attrs['experiment']!r} learns no operator: take one of FNO or PINO."
                )
            inputs, solutions = task.test.inputs[sample], task.test.solutions[sample]
            found = np.asarray(_predicted(model, inputs, task.scale))
        truth = np.asarray(solutions)
        for key, field in zip(fields, (np.asarray(inputs[..., 0]), truth, found), strict=True):
            fields[key].append(field)
        names.append(name)
        errors.append(float(np.linalg.norm(found - truth) / np.linalg.norm(truth)))
    size = next((field.shape for field in fields["input"]), (0, 0))
    made = {
        key: (("run", "y", "x"), np.array(values).reshape((len(values), *size)))
        for key, values in fields.items()
    }
    return xr.Dataset({**made, "error": ("run", np.array(errors))}, {"run": names})


@eqx.filter_jit
def _predicted(
    model: Neural, inputs: Float[Array, "y x channels"], scale: Float[Array, ""]
) -> Float[Array, "y x"]:
    """Prediction in units of the solution. As one program: an FNO has a hundred operations."""
    return scale * model(inputs)
