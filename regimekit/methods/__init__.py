"""Training methods: task, model, key and budget in; trained model and history out."""

from regimekit.methods._base import AbstractMethod as AbstractMethod
from regimekit.methods._base import Budget as Budget
from regimekit.methods._base import Probe as Probe
from regimekit.methods._base import StopReason as StopReason
from regimekit.methods._base import TrainResult as TrainResult
from regimekit.methods._base import log_schedule as log_schedule
from regimekit.methods._iterative import AbstractIterativeMethod as AbstractIterativeMethod
from regimekit.methods._iterative import IterativeState as IterativeState
from regimekit.methods._iterative import Limits as Limits
from regimekit.methods._iterative import train_lanes as train_lanes
from regimekit.methods._registry import METHODS as METHODS
from regimekit.methods._registry import make_method as make_method
from regimekit.methods.adam import Adam as Adam
from regimekit.methods.lbfgs import LBFGS as LBFGS
