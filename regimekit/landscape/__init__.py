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
from regimekit.landscape.spectrum import Eigenpairs as Eigenpairs
from regimekit.landscape.spectrum import eigenpairs as eigenpairs
from regimekit.landscape.spectrum import lambda_max as lambda_max
from regimekit.landscape.trace import trace as trace
