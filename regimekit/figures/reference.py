"""Our map beside the published one."""

import numpy as np
import xarray as xr
from matplotlib.colors import BoundaryNorm, ListedColormap

from regimekit.figures.axes import draw_cells, dress
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_COLOURS, REGIME_INK, REGIME_NAMES, new_figure
from regimekit.regimes import (
    REGIMES,
    Comparison,
    Regime,
    Thresholds,
    compare_with_reference,
    label_reference,
    regime_map,
)

#: At most as many differing cells are named in the alt text.
NAMED = 10


def against_reference(
    dataset: xr.Dataset,
    reference: xr.Dataset,
    thresholds: Thresholds,
    method: str = "lbfgs",
    test_variable: str = "test_error_lattice",
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
    test_variable
        Name of that error.
    """
    ours = regime_map(dataset, thresholds, method, test_variable=test_variable)
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
    found = compare_with_reference(
        dataset, reference, thresholds, method, test_variable=test_variable, resamples=10
    )
    words = [f"Labels of our map beside those of the published one for {method}."]
    words += [f"{whose}: {_counts(label)}." for whose, label in labels.items()]
    words.append(
        f"{found.agreement:.0%} of {found.n_compared} shared cells agree."
        if found.n_compared
        else f"None of the {found.n_shared} shared cells has a label on both."
    )
    words += _differences(found)
    return Picture(figure, " ".join(words), provenance_of(dataset, method))


def _counts(label: xr.DataArray) -> str:
    values = label.values
    parts = [f"{int((values == r).sum())} cells {REGIME_NAMES[r]}" for r in REGIMES]
    return ", ".join([*parts, f"{int((values == Regime.UNDEFINED).sum())} without a label"])


def _differences(found: Comparison) -> list[str]:
    """Name the cells that differ, if they are few enough to listen to."""
    table = found.differing
    if not len(table):
        return []
    if len(table) > NAMED:
        return [f"{len(table)} cells differ, too many to name here."]
    difficulty, data = table.columns[:2]
    cells = "; ".join(
        f"{difficulty} {row[difficulty]:g} and {data} {row[data]:g} (ours {row['ours']}, "
        f"published {row['theirs']})"
        for row in table.to_dict("records")
    )
    return [f"Cells that differ: {cells}."]


def _with_names(source: xr.Dataset, dataset: xr.Dataset) -> xr.Dataset:
    named = source.copy()
    for key in ("difficulty_axis", "data_axis"):
        name = dataset.attrs[key]
        named[name].attrs |= dataset[name].attrs
    return named
