"""Curvature, surfaces, connectivity and similarity: (task, model) to numbers with error bars."""

from regimekit.landscape._estimate import Estimate as Estimate
from regimekit.landscape.density import Density as Density
from regimekit.landscape.density import density as density
from regimekit.landscape.operators import AbstractOperator as AbstractOperator
from regimekit.landscape.operators import GaussNewton as GaussNewton
from regimekit.landscape.operators import Hessian as Hessian
from regimekit.landscape.operators import Matrix as Matrix
from regimekit.landscape.operators import Restricted as Restricted
from regimekit.landscape.operators import flat_view as flat_view
from regimekit.landscape.operators import parameter_slices as parameter_slices
from regimekit.landscape.operators import restrict as restrict
from regimekit.landscape.sharpness import Scaled as Scaled
from regimekit.landscape.sharpness import Sharpness as Sharpness
from regimekit.landscape.sharpness import filter_norms as filter_norms
from regimekit.landscape.sharpness import sharpness as sharpness
from regimekit.landscape.spectrum import Eigenpairs as Eigenpairs
from regimekit.landscape.spectrum import eigenpairs as eigenpairs
from regimekit.landscape.spectrum import lambda_max as lambda_max
from regimekit.landscape.summary import Curvature as Curvature
from regimekit.landscape.summary import Effort as Effort
from regimekit.landscape.summary import measure_curvature as measure_curvature
from regimekit.landscape.trace import trace as trace
