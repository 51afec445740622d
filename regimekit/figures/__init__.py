"""One function per kind of figure: dataset in, figure with its alt text out. Nothing trains."""

from regimekit.figures.cells import representative_cells as representative_cells
from regimekit.figures.connections import connections as connections
from regimekit.figures.curves import loss_curves as loss_curves
from regimekit.figures.distribution import loss_distribution as loss_distribution
from regimekit.figures.dynamics import curvature_curves as curvature_curves
from regimekit.figures.families import family_maps as family_maps
from regimekit.figures.fields import predicted_and_exact as predicted_and_exact
from regimekit.figures.landscape import curvature_maps as curvature_maps
from regimekit.figures.landscape import loss_surfaces as loss_surfaces
from regimekit.figures.landscape import sharpness_against_loss as sharpness_against_loss
from regimekit.figures.landscape import spectra as spectra
from regimekit.figures.methods import cost_curves as cost_curves
from regimekit.figures.methods import label_maps as label_maps
from regimekit.figures.methods import method_differences as method_differences
from regimekit.figures.methods import winner_map as winner_map
from regimekit.figures.operators import operator_fields as operator_fields
from regimekit.figures.phase import phase_portraits as phase_portraits
from regimekit.figures.picture import Picture as Picture
from regimekit.figures.probability import label_probabilities as label_probabilities
from regimekit.figures.probability import sensitivity as sensitivity
from regimekit.figures.reference import against_reference as against_reference
from regimekit.figures.refinement import refinement_curves as refinement_curves
from regimekit.figures.regime_map import regime_map as regime_map
from regimekit.figures.sharpest import sharpest as sharpest
