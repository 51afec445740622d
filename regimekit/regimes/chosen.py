"""Which thresholds a map is drawn with when nobody says."""

import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes.estimated import data_thresholds
from regimekit.regimes.repairs import CAUSES, COVERAGES, REPAIRS
from regimekit.regimes.thresholds import Thresholds, paper_thresholds

VARIANTS = (
    *("methods", "corner", "between", "reference", "literature", "corrected", "dynamics"),
    *("epochs", "protocols"),
    *CAUSES,
    *REPAIRS,
    *COVERAGES,
)
"""Last words of the names of experiments that are an equation of another one, run otherwise."""


def thresholds_for(dataset: xr.Dataset, method: str = "lbfgs") -> Thresholds:
    """Choose thresholds: the published ones of the experiment if there are any, else the data's.

    A variant of an experiment (`VARIANTS`) has the thresholds of its equation. If
    there are none, and too few runs to find any, those of the nearest equation are taken under its
    name: "wave" for maps of the wave equation, else "convection".

    Parameters
    ----------
    dataset
        Of one experiment, named in its attributes.
    method
        Whose runs the data's thresholds are found from.
    """
    name = str(dataset.attrs["experiment"])
    equation, _, variant = name.rpartition("-")
    name = equation if variant in VARIANTS else name
    try:
        return paper_thresholds(name)
    except ConfigurationError:
        pass
    try:
        return data_thresholds(dataset, method=method)
    except ConfigurationError:
        nearest = "wave" if name.startswith("pinn-wave") else "convection"
        found = paper_thresholds(f"pinn-{nearest}")
        return Thresholds(
            found.train_loss,
            found.test_error,
            nearest,
            f"Those of {nearest}: none are published for this map, and the runs are too few.",
        )
