"""One look for every figure: palette, line styles, fonts."""

from typing import Any

from matplotlib.figure import Figure

from regimekit.regimes import Regime

#: Okabe-Ito colours of falling lightness: told apart by colour-blind readers, and in grey.
REGIME_COLOURS = {
    Regime.WELL_TRAINED: "#56B4E9",
    Regime.UNDER_TRAINED: "#D55E00",
    Regime.OVER_TRAINED: "#0072B2",
}
#: Line styles say in grey what colours say in colour.
REGIME_LINES = {
    Regime.WELL_TRAINED: "-",
    Regime.UNDER_TRAINED: "--",
    Regime.OVER_TRAINED: ":",
}
REGIME_HATCHES = {
    Regime.WELL_TRAINED: "",
    Regime.UNDER_TRAINED: "///",
    Regime.OVER_TRAINED: "...",
}
#: Colours of text on the regimes' colours.
REGIME_INK = {
    Regime.WELL_TRAINED: "black",
    Regime.UNDER_TRAINED: "white",
    Regime.OVER_TRAINED: "white",
}
#: Okabe-Ito colours again; variants are dashed, so that ten methods are told apart.
METHOD_STYLES: dict[str, dict[str, Any]] = {
    "lbfgs": {"color": "black", "linewidth": 2.2},
    "adam": {"color": "#E69F00"},
    "sgd": {"color": "#999999"},
    "adam-lbfgs": {"color": "#E69F00", "linestyle": "--"},
    "nncg": {"color": "#009E73"},
    "adam-lbfgs-nncg": {"color": "#009E73", "linestyle": "--"},
    "alm": {"color": "#CC79A7"},
    "alm-pde": {"color": "#CC79A7", "linestyle": "--"},
    "curriculum": {"color": "#0072B2"},
    "ropinn": {"color": "#D55E00"},
}
REGIME_NAMES = {
    Regime.WELL_TRAINED: "I well-trained",
    Regime.UNDER_TRAINED: "II under-trained",
    Regime.OVER_TRAINED: "III over-trained",
}
#: Lightness falls steadily with the value, so that the map reads in grey: dark is bad.
VALUES = "cividis_r"
TRAIN_LINE = "-"
TEST_LINE = (0, (4, 2))
NOT_RUN = "0.88"
DIVERGED: dict[str, Any] = {"hatch": "///", "edgecolor": "0.3", "linewidth": 0}


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure that no global state holds on to; sizes in inches."""
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")
