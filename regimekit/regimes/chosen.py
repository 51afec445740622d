"""Which thresholds a map is drawn with when nobody says."""

import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import main_method, select_method
from regimekit.regimes.estimated import data_thresholds
from regimekit.regimes.repairs import CAUSES, COVERAGES, REPAIRS
from regimekit.regimes.thresholds import Thresholds, paper_thresholds

VARIANTS = (
    *("methods", "corner", "between", "reference", "literature", "corrected", "dynamics"),
    *("epochs", "protocols", "independent"),
    *CAUSES,
    *REPAIRS,
    *COVERAGES,
)
"""Last words of the names of experiments that are an equation of another one, run otherwise."""


_NEAREST = {
    "pinn-wave": "pinn-wave",
    "pinn": "pinn-convection",
    "fno": "fno-poisson",
    "pino": "pino-darcy",
    "node": "node-pendulum",
    "pinode": "pinode-pendulum",
}
"""By how the names of experiments begin, whose thresholds are taken where there are no others."""


def thresholds_for(dataset: xr.Dataset, method: str | None = None) -> Thresholds:
    """Choose thresholds: the published ones of the experiment if there are any, else the data's.

    A variant of an experiment (`VARIANTS`) has the thresholds of its equation. If there are none,
    and too few runs to find any, those of the nearest equation of its family are taken under its
    name: for PINNs "wave" for maps of the wave equation, else "convection", which also stands in
    for experiments of no family here, and says so.

    Parameters
    ----------
    dataset
        Of one experiment, named in its attributes.
    method
        Whose runs the data's thresholds are found from; :func:`main_method` if not given.

    Raises
    ------
    ConfigurationError
        If the dataset has no such method.
    """
    name = str(dataset.attrs["experiment"])
    equation, _, variant = name.rpartition("-")
    name = equation if variant in VARIANTS else name
    try:
        return paper_thresholds(name)
    except ConfigurationError:
        pass
    method = main_method(dataset) if method is None else method
    select_method(dataset, method)
    try:
        return data_thresholds(dataset, method=method)
    except ConfigurationError:
        families = [family for family in _NEAREST if f"{name}-".startswith(f"{family}-")]
        nearest = _NEAREST[families[0]] if families else "pinn-convection"
        found = paper_thresholds(nearest)
        short = nearest.removeprefix("pinn-")
        kind = "" if families else ", a task of another kind"
        return Thresholds(
            found.train_loss,
            found.test_error,
            short,
            f"Those of {short}{kind}: none are published for this map, and the runs are too few.",
        )
