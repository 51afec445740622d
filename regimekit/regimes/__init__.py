"""Regimes: thresholds, labels, boundaries, and how sure they are. Datasets in, tables out.

Start with thresholds (`paper_thresholds` or `data_thresholds`), label the runs (`label_cells`), and
ask how sure a label is (`label_probability`, `threshold_sensitivity`), where the regimes meet
(`boundaries`, `transitions`) and how the map compares with the published one
(`compare_with_reference`).
"""

from regimekit.regimes.boundaries import Boundaries, boundaries
from regimekit.regimes.comparison import Comparison, compare_with_reference
from regimekit.regimes.contours import boundary, clip_to_trained
from regimekit.regimes.estimated import data_thresholds
from regimekit.regimes.labels import REGIMES, Regime, label_cells, label_values
from regimekit.regimes.medians import map_summary, regime_map, seed_median
from regimekit.regimes.probability import label_intervals, label_probability, wilson_interval
from regimekit.regimes.ranks import RankCorrelation, rank_correlation
from regimekit.regimes.reference import Flag, data_directory, label_reference, load_reference
from regimekit.regimes.sensitivity import threshold_sensitivity
from regimekit.regimes.split import Split, between_class_shares, otsu_split, separation_p_value
from regimekit.regimes.thresholds import Thresholds, paper_thresholds
from regimekit.regimes.transitions import transition_summary, transition_table, transitions

__all__ = [
    "REGIMES",
    "Boundaries",
    "Comparison",
    "Flag",
    "RankCorrelation",
    "Regime",
    "Split",
    "Thresholds",
    "between_class_shares",
    "boundaries",
    "boundary",
    "clip_to_trained",
    "compare_with_reference",
    "data_directory",
    "data_thresholds",
    "label_cells",
    "label_intervals",
    "label_probability",
    "label_reference",
    "label_values",
    "load_reference",
    "map_summary",
    "otsu_split",
    "paper_thresholds",
    "rank_correlation",
    "regime_map",
    "seed_median",
    "separation_p_value",
    "threshold_sensitivity",
    "transition_summary",
    "transition_table",
    "transitions",
    "wilson_interval",
]
