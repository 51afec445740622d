"""Curvature over the map, against the loss, and as a spectrum."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from regimekit.errors import ConfigurationError
from regimekit.figures.axes import draw_cells, dress, log_norm
from regimekit.figures.cells import method_index
from regimekit.figures.live import surfaces
from regimekit.figures.picture import Picture, provenance_of
from regimekit.figures.style import REGIME_COLOURS, REGIME_NAMES, new_figure
from regimekit.regimes import REGIMES, Thresholds, join_curvature, label_cells

_MAPS = {
    "lambda_max": "largest eigenvalue",
    "filter_normalised": "filter-normalised sharpness",
    "trace": "trace",
}
_MARKERS = dict(zip(REGIMES, ("o", "^", "s"), strict=True))


def curvature_maps(curvature: xr.Dataset, method: str = "lbfgs") -> Picture:
    """Draw medians over seeds of the largest eigenvalue, raw and filter-normalised, and the trace.

    Parameters
    ----------
    curvature
        As `regimekit curvature` makes it.
    method
        Training method.
    """
    runs = curvature.isel(method=method_index(curvature, method))
    measured = runs["lambda_max"].notnull()
    figure = new_figure(12.5, 4.0)
    panels = figure.subplots(1, len(_MAPS), sharey=True)
    words = [f"Curvature where training by {method} ended, medians over seeds, over the map."]
    if not bool(measured.any()):
        words.append("No run is measured.")
    for axes, (name, title) in zip(panels, _MAPS.items(), strict=True):
        values = _median(runs[name]).transpose("data", "difficulty").values
        mesh = draw_cells(axes, values, log_norm(values))
        dress(axes, curvature, title)
        figure.colorbar(mesh, ax=axes, pad=0.02)
        if np.isfinite(values).any():
            low, high = np.nanmin(values), np.nanmax(values)
            words.append(
                f"The {title} goes from {low:.2g} ({_where(curvature, values == low)}) to "
                f"{high:.2g} ({_where(curvature, values == high)})."
            )
    for axes in panels[1:]:
        axes.set_ylabel("")
    return Picture(figure, " ".join(words), curvature_provenance(curvature, method))


def sharpness_against_loss(
    dataset: xr.Dataset, curvature: xr.Dataset, thresholds: Thresholds, method: str = "lbfgs"
) -> Picture:
    """Draw each run's sharpness, raw and filter-normalised, against its training loss.

    Parameters
    ----------
    dataset, curvature
        Of one experiment.
    thresholds
        By which runs are labelled.
    method
        Training method.
    """
    method_index(curvature, method)
    runs = join_curvature(dataset, curvature, method)
    labels = label_cells(runs, thresholds)
    figure = new_figure(10.0, 4.0)
    panels = figure.subplots(1, 2)
    words = [f"Sharpness against training loss, one mark a run of {method}."]
    for axes, name in zip(panels, ("lambda_max", "filter_normalised"), strict=True):
        for regime in REGIMES:
            inside = (labels == regime) & runs[name].notnull()
            loss = runs["train_loss"].where(inside).values.ravel()
            sharp = runs[name].where(inside).values.ravel()
            axes.plot(
                loss,
                sharp,
                _MARKERS[regime],
                color=REGIME_COLOURS[regime],
                markersize=5,
                markeredgecolor="black",
                markeredgewidth=0.4,
                label=REGIME_NAMES[regime],
            )
            n = int(inside.sum())
            if n:
                words.append(
                    f"{_MAPS[name]}, {REGIME_NAMES[regime]}: median {np.nanmedian(sharp):.2g} at "
                    f"a median loss of {np.nanmedian(loss):.2g} ({n} runs)."
                )
            else:
                words.append(f"{_MAPS[name]}, {REGIME_NAMES[regime]}: no run.")
        axes.axvline(thresholds.train_loss, color="0.4", linestyle=":")
        axes.set(xlabel="training loss", ylabel=_MAPS[name], xscale="log", yscale="log")
    panels[0].legend(frameon=False, fontsize="small")
    return Picture(figure, " ".join(words), curvature_provenance(curvature, method))


def spectra(
    edges: Float[np.ndarray, " edges"],
    shares: Mapping[str, tuple[Float[np.ndarray, " bins"], Float[np.ndarray, " bins"]]],
    provenance: str,
) -> Picture:
    """Draw spectral densities over logarithmic bins of the ratio to the largest eigenvalue.

    Parameters
    ----------
    edges
        Ascending, symmetric about zero; the middle bin is the one around zero.
    shares
        By name: the share of eigenvalues in each bin, and its standard error.
    provenance
        Under the figure.

    Raises
    ------
    ConfigurationError
        If a share has not one value a bin.
    """
    figure = new_figure(10.0, 4.2)
    axes = figure.subplots()
    bins = len(edges) - 1
    words = [
        "Share of the Hessian's eigenvalues by their ratio to the largest one, with bands of one "
        f"standard error; the middle bin holds all within {edges[bins // 2 + 1]:.0e} of zero."
    ]
    styles = ("-", "--", ":", "-.")
    for number, (name, (share, error)) in enumerate(shares.items()):
        if len(share) != bins:
            raise ConfigurationError(
                f"{name} has {len(share)} shares, the edges bound {bins} bins: one share a bin."
            )
        low = np.maximum(share - error, 1e-6)
        places = np.arange(bins + 1)
        axes.stairs(share, places, label=name, linestyle=styles[number % 4], linewidth=1.8)
        axes.fill_between(
            np.repeat(places, 2)[1:-1],
            np.repeat(low, 2),
            np.repeat(np.maximum(share + error, 1e-6), 2),
            alpha=0.2,
        )
        near = np.abs(0.5 * (edges[1:] + edges[:-1])) < 1e-3
        words.append(
            f"{name}: {100 * share[bins // 2]:.1f} % in the middle bin, "
            f"{100 * share[near].sum():.1f} % within 1e-3, "
            f"{100 * share[: bins // 2].sum():.1f} % negative beyond it."
        )
    shown = range(0, bins + 1, 4)
    axes.set_xticks(list(shown), [f"{edges[i]:.0e}" for i in shown], fontsize="small")
    axes.set(yscale="log", ylim=(1e-5, 1.5), xlabel="eigenvalue / largest eigenvalue")
    axes.set_ylabel("share of eigenvalues")
    axes.legend(frameon=False, fontsize="small")
    return Picture(figure, " ".join(words), provenance)


def loss_surfaces(
    panels: Mapping[
        str, tuple[Float[np.ndarray, " offsets"], Float[np.ndarray, "offsets offsets"]]
    ],
    directions: str,
    provenance: str,
) -> Picture:
    """Draw the loss on squares through trained models, on one colour scale.

    Parameters
    ----------
    panels
        By title: offsets along both directions, and the loss.
    directions
        What they are, such as "filter-normalised random directions".
    provenance
        Under the figure.
    """
    figure = new_figure(4.0 * len(panels) + 0.8, 3.9)
    row = figure.subplots(1, len(panels), squeeze=False)[0]
    norm = log_norm(np.concatenate([loss.ravel() for _, loss in panels.values()]))
    words = [f"Training loss on squares through trained models, along {directions}."]
    for axes, (title, (offsets, loss)) in zip(row, panels.items(), strict=True):
        mesh = axes.pcolormesh(
            offsets, offsets, loss.T, norm=norm, cmap="cividis_r", rasterized=True
        )
        levels = np.geomspace(float(norm.vmin or 1e-6), float(norm.vmax or 1.0), 9)[1:-1]
        axes.contour(offsets, offsets, loss.T, levels=levels, colors="black", linewidths=0.5)
        axes.plot(0, 0, "+", color="red", markersize=8)
        axes.set_title(title, fontsize="small")
        axes.set(xlabel="first direction", ylabel="second direction")
        i, j = np.unravel_index(int(np.nanargmin(loss)), loss.shape)
        centre = loss[len(offsets) // 2, len(offsets) // 2]
        words.append(
            f"{title}: {centre:.2g} at the model, lowest {np.nanmin(loss):.2g} at "
            f"({offsets[i]:.2g}, {offsets[j]:.2g}), highest {np.nanmax(loss):.2g}."
        )
    figure.colorbar(mesh, ax=row, label="training loss", pad=0.02)
    return Picture(figure, " ".join(words), provenance, live=surfaces(panels))


def curvature_provenance(curvature: xr.Dataset, method: str) -> str:
    """Where a figure of curvature is from: the file beside that of the runs."""
    name = f"{curvature.attrs['experiment']}-curvature"
    return provenance_of(curvature.assign_attrs(experiment=name), method)


def _median(values: xr.DataArray) -> xr.DataArray:
    rows = values.transpose("difficulty", "data", "seed").values
    there = np.isfinite(rows).any(axis=2)
    found = np.full(rows.shape[:2], np.nan)
    found[there] = np.nanmedian(rows[there], axis=1)
    return xr.DataArray(found, dims=("difficulty", "data"))


def _where(dataset: xr.Dataset, mask: np.ndarray) -> str:
    row, column = np.argwhere(mask)[0]
    difficulty, data = dataset.attrs["difficulty_axis"], dataset.attrs["data_axis"]
    return f"{difficulty} {float(dataset[difficulty][column]):g}, {data} {int(dataset[data][row])}"
