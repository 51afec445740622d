"""Our map beside the published one."""

import numpy as np
import xarray as xr
from matplotlib.colors import BoundaryNorm, ListedColormap

from regimekit.figures.axes import draw_cells, dress
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_COLOURS, REGIME_INK, new_figure
from regimekit.regimes import (
    REGIMES,
    Regime,
    Thresholds,
    compare_with_reference,
    label_reference,
    regime_map,
)


def against_reference(
    dataset: xr.Dataset, reference: xr.Dataset, thresholds: Thresholds, method: str = "lbfgs"
) -> Picture:
    """Draw our labels beside those of the published map, both at the same thresholds.

    Parameters
    ----------
    dataset
        Ours; its error on the reference's test lattice is used, as in the published map.
    reference
        From :func:`regimekit.regimes.load_reference`.
    thresholds, method
        As for the regime map.
    """
    ours = regime_map(dataset, thresholds, method, test_variable="test_error_lattice")
    theirs = label_reference(reference, thresholds)
    labels = {"ours": ours["label"], "published": theirs}
    figure = new_figure(10.0, 4.4)
    panels = figure.subplots(1, 2)
    colours = ListedColormap([REGIME_COLOURS[r] for r in REGIMES])
    norm = BoundaryNorm([0.5, 1.5, 2.5, 3.5], 3)
    for axes, (whose, label) in zip(panels, labels.items(), strict=True):
        values = label.transpose("data", "difficulty").values.astype(float)
        draw_cells(axes, np.where(values == Regime.UNDEFINED, np.nan, values), norm, colours)
        for row, column in np.argwhere(values > 0):
            regime = Regime(int(values[row, column]))
            text = axes.text(column, row, regime.roman, ha="center", va="center", fontsize=8)
            text.set_color(REGIME_INK[regime])
        source = (
            dataset
            if whose == "ours"
            else reference.assign_attrs(
                difficulty_axis=dataset.attrs["difficulty_axis"],
                data_axis=dataset.attrs["data_axis"],
            )
        )
        dress(axes, _with_names(source, dataset), f"{whose}, thresholds '{thresholds.name}'")
    found = compare_with_reference(dataset, reference, thresholds, method, resamples=10)
    share = f"{found.agreement:.0%} of {found.n_compared} shared cells agree."
    if not found.n_compared:
        share = f"none of the {found.n_shared} shared cells has a label on both."
    alt = f"Labels of our map beside those of the published one for {method}: {share}"
    return Picture(figure, alt, provenance_of(dataset))


def _with_names(source: xr.Dataset, dataset: xr.Dataset) -> xr.Dataset:
    named = source.copy()
    for key in ("difficulty_axis", "data_axis"):
        name = dataset.attrs[key]
        named[name].attrs |= dataset[name].attrs
    return named
