"""Fields that stored operator networks predict, for figures."""

from collections.abc import Mapping

import equinox as eqx
import jax
import numpy as np
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.grids.device import precision
from regimekit.grids.stored import stored_run
from regimekit.tasks import OperatorLearning


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
            chosen = jax.tree.map(lambda values: values[sample : sample + 1], task.test)
            # As one program: operation by operation, an FNO would compile a hundred.
            found = np.asarray(eqx.filter_jit(type(task).predict)(task, model, chosen)[0])
        truth = np.asarray(chosen.solutions[0])
        for key, field in zip(
            fields, (np.asarray(chosen.inputs[0, ..., 0]), truth, found), strict=True
        ):
            fields[key].append(field)
        names.append(name)
        errors.append(float(np.linalg.norm(found - truth) / np.linalg.norm(truth)))
    size = next((field.shape for field in fields["input"]), (0, 0))
    made = {
        key: (("run", "y", "x"), np.array(values).reshape((len(values), *size)))
        for key, values in fields.items()
    }
    return xr.Dataset({**made, "error": ("run", np.array(errors))}, {"run": names})
