"""Training methods: task, model, key and budget in; trained model and history out."""

from regimekit.methods._base import AbstractMethod as AbstractMethod
from regimekit.methods._base import Budget as Budget
from regimekit.methods._base import Probe as Probe
from regimekit.methods._base import StopReason as StopReason
from regimekit.methods._base import TrainResult as TrainResult
from regimekit.methods._base import log_schedule as log_schedule
from regimekit.methods._base import work as work
from regimekit.methods._iterative import AbstractIterativeMethod as AbstractIterativeMethod
from regimekit.methods._iterative import IterativeState as IterativeState
from regimekit.methods._iterative import Limits as Limits
from regimekit.methods._iterative import train_lanes as train_lanes
from regimekit.methods._registry import METHODS as METHODS
from regimekit.methods._registry import make_method as make_method
from regimekit.methods.adam import Adam as Adam
from regimekit.methods.alm import ALM as ALM
from regimekit.methods.chain import Chain as Chain
from regimekit.methods.curriculum import Curriculum as Curriculum
from regimekit.methods.lbfgs import LBFGS as LBFGS
from regimekit.methods.minibatch import MinibatchAdam as MinibatchAdam
from regimekit.methods.minibatch_sgd import MinibatchSGD as MinibatchSGD
from regimekit.methods.nncg import NNCG as NNCG
from regimekit.methods.nystrom import Nystrom as Nystrom
from regimekit.methods.nystrom import nystrom as nystrom
from regimekit.methods.ropinn import RoPINN as RoPINN
from regimekit.methods.sgd import SGD as SGD
