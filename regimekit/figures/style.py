"""One look for every figure: palette, line styles, fonts."""

from matplotlib.figure import Figure

from regimekit.regimes import Regime

#: Okabe-Ito colours: told apart by colour-blind readers, and of different lightness in grey.
REGIME_COLOURS = {
    Regime.WELL_TRAINED: "#009E73",
    Regime.UNDER_TRAINED: "#D55E00",
    Regime.OVER_TRAINED: "#332288",
}
#: Line styles say in grey what colours say in colour.
REGIME_LINES = {
    Regime.WELL_TRAINED: "-",
    Regime.UNDER_TRAINED: "--",
    Regime.OVER_TRAINED: ":",
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


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure that no global state holds on to; sizes in inches."""
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")
