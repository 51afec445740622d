"""Regimes: from losses and errors to labels, boundaries and what can be said about them.

Numpy, xarray and pandas only: a dataset can be judged without the library that computed it.
"""

from regimekit.regimes.boundaries import Boundaries as Boundaries
from regimekit.regimes.boundaries import Contour as Contour
from regimekit.regimes.boundaries import boundaries as boundaries
from regimekit.regimes.chosen import thresholds_for as thresholds_for
from regimekit.regimes.claims import Claim as Claim
from regimekit.regimes.claims import layout_claims as layout_claims
from regimekit.regimes.claims import overall_verdict as overall_verdict
from regimekit.regimes.claims import position_claims as position_claims
from regimekit.regimes.claims import stability_claims as stability_claims
from regimekit.regimes.comparison import Comparison as Comparison
from regimekit.regimes.comparison import compare_with_reference as compare_with_reference
from regimekit.regimes.comparison import ratio_summary as ratio_summary
from regimekit.regimes.contours import boundary as boundary
from regimekit.regimes.deception import curvature_correlations as curvature_correlations
from regimekit.regimes.deception import deception_claims as deception_claims
from regimekit.regimes.deception import join_curvature as join_curvature
from regimekit.regimes.deception import sharpening_phases as sharpening_phases
from regimekit.regimes.estimated import data_thresholds as data_thresholds
from regimekit.regimes.labels import REGIMES as REGIMES
from regimekit.regimes.labels import Regime as Regime
from regimekit.regimes.labels import label_cells as label_cells
from regimekit.regimes.labels import label_values as label_values
from regimekit.regimes.medians import map_summary as map_summary
from regimekit.regimes.medians import regime_map as regime_map
from regimekit.regimes.medians import seed_median as seed_median
from regimekit.regimes.methods import labels_by_method as labels_by_method
from regimekit.regimes.methods import paired_differences as paired_differences
from regimekit.regimes.methods import regime_of_cells as regime_of_cells
from regimekit.regimes.methods import winners as winners
from regimekit.regimes.probability import describe_share as describe_share
from regimekit.regimes.probability import label_intervals as label_intervals
from regimekit.regimes.probability import label_probability as label_probability
from regimekit.regimes.probability import wilson_interval as wilson_interval
from regimekit.regimes.ranks import RankCorrelation as RankCorrelation
from regimekit.regimes.ranks import rank_correlation as rank_correlation
from regimekit.regimes.reference import Reading as Reading
from regimekit.regimes.reference import label_reference as label_reference
from regimekit.regimes.reference import load_reference as load_reference
from regimekit.regimes.reference import reference_folder as reference_folder
from regimekit.regimes.sensitivity import threshold_sensitivity as threshold_sensitivity
from regimekit.regimes.split import Split as Split
from regimekit.regimes.split import otsu_split as otsu_split
from regimekit.regimes.thresholds import Thresholds as Thresholds
from regimekit.regimes.thresholds import paper_thresholds as paper_thresholds
from regimekit.regimes.transitions import transition_summary as transition_summary
from regimekit.regimes.transitions import transitions as transitions
