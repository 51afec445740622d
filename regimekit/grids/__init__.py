"""What to run (axes, presets) and how it runs (one cell, the store, the executors)."""

from regimekit.grids.cell import CellResult as CellResult
from regimekit.grids.cell import run_cell as run_cell
from regimekit.grids.dataset import configuration_of as configuration_of
from regimekit.grids.dataset import content_checksum as content_checksum
from regimekit.grids.device import SINGLE_THREAD as SINGLE_THREAD
from regimekit.grids.diagnose import ModelDiagnosis as ModelDiagnosis
from regimekit.grids.diagnose import diagnose_model as diagnose_model
from regimekit.grids.executors import local_cluster as local_cluster
from regimekit.grids.experiment import PRESETS as PRESETS
from regimekit.grids.experiment import Experiment as Experiment
from regimekit.grids.operator_fields import operator_fields_of as operator_fields_of
from regimekit.grids.refinement import refined_rollouts as refined_rollouts
from regimekit.grids.registry import EXPERIMENTS as EXPERIMENTS
from regimekit.grids.registry import get_experiment as get_experiment
from regimekit.grids.run import IncompleteRunError as IncompleteRunError
from regimekit.grids.run import run as run
from regimekit.grids.spec import Axis as Axis
from regimekit.grids.spec import Cell as Cell
from regimekit.grids.spec import Grid as Grid
from regimekit.grids.store import CellState as CellState
from regimekit.grids.store import Store as Store
