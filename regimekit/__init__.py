"""Why scientific machine learning fails to train: models, methods, grids, regimes, figures."""

from regimekit.errors import ConfigurationError as ConfigurationError
from regimekit.errors import StoreError as StoreError
from regimekit.grids.run import run as run

__version__ = "0.1.0"
