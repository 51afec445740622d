"""Physical systems: equation, reference solution, data, difficulty axis. No networks."""

from regimekit.problems._base import AbstractProblem as AbstractProblem
from regimekit.problems._base import Points as Points
from regimekit.problems._base import ScalarField as ScalarField
from regimekit.problems._base import evaluate as evaluate
from regimekit.problems._derivatives import along as along
from regimekit.problems._derivatives import along_both as along_both
from regimekit.problems._operator import AbstractOperatorProblem as AbstractOperatorProblem
from regimekit.problems._operator import Samples as Samples
from regimekit.problems.advection_diffusion import AdvectionDiffusion as AdvectionDiffusion
from regimekit.problems.convection import Convection as Convection
from regimekit.problems.darcy import Darcy as Darcy
from regimekit.problems.lattice import as_array as as_array
from regimekit.problems.lattice import fresh_points as fresh_points
from regimekit.problems.lattice import midpoint_lattice as midpoint_lattice
from regimekit.problems.lattice import pool_size as pool_size
from regimekit.problems.lattice import reference_test_lattice as reference_test_lattice
from regimekit.problems.lattice import training_points as training_points
from regimekit.problems.pendulum import TEST_HORIZON as TEST_HORIZON
from regimekit.problems.pendulum import Pendulum as Pendulum
from regimekit.problems.pendulum import embed as embed
from regimekit.problems.poisson import Poisson as Poisson
from regimekit.problems.reaction import Reaction as Reaction
from regimekit.problems.reaction_diffusion import ReactionDiffusion as ReactionDiffusion
from regimekit.problems.stepping import advance as advance
from regimekit.problems.stepping import rollout as rollout
from regimekit.problems.wave import Wave as Wave
