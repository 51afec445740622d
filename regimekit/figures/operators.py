"""What an operator's network predicts for a test sample, beside the solution."""

import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.figures.picture import Picture
from regimekit.figures.style import VALUES, new_figure


def operator_fields(fields: xr.Dataset, provenance: str) -> Picture:
    """Draw input, solution, prediction and error of one test sample for each of some runs.

    Parameters
    ----------
    fields
        Dimensions (run, y, x), as :func:`regimekit.grids.operator_fields_of` makes it; ``run`` has
        their names.
    provenance
        Where the runs are from.

    Raises
    ------
    ConfigurationError
        If there is no run to draw.
    """
    names = [str(name) for name in fields["run"].values]
    if not names:
        raise ConfigurationError("There is no run whose fields could be drawn.")
    figure = new_figure(9.0, 2.35 * len(names) + 0.2)
    panels = figure.subplots(len(names), 4, squeeze=False)
    words = ["Input, solution, prediction and error of one test sample for each run."]
    for row, name in enumerate(names):
        run = fields.isel(run=row)
        truth, found = run["solution"].values, run["prediction"].values
        low, high = float(truth.min()), float(truth.max())
        for axes, what, values, limits in zip(
            panels[row],
            ("input", "solution", "prediction", "prediction - solution"),
            (run["input"].values, truth, found, found - truth),
            ((None, None), (low, high), (low, high), (None, None)),
            strict=True,
        ):
            image = axes.imshow(values, origin="lower", cmap=VALUES, vmin=limits[0], vmax=limits[1])
            axes.set_xticks([])
            axes.set_yticks([])
            figure.colorbar(image, ax=axes, shrink=0.8)
            if row == 0:
                axes.set_title(what, fontsize="small")
        panels[row][0].set_ylabel(name.replace(": ", ":\n"), fontsize="small")
        words.append(
            f"{name}: the solution lies between {low:.2g} and {high:.2g}, the prediction between "
            f"{float(found.min()):.2g} and {float(found.max()):.2g}; relative error of this sample "
            f"{float(run['error']):.2g}."
        )
    return Picture(figure, " ".join(words), provenance)
