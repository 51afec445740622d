"""Why scientific machine learning fails to train: models, methods, grids, regimes, figures."""

from typing import TYPE_CHECKING, Any

from regimekit.errors import ConfigurationError as ConfigurationError
from regimekit.errors import StoreError as StoreError

if TYPE_CHECKING:
    from regimekit.grids.run import run as run

__version__ = "0.1.0"
__all__ = ["ConfigurationError", "StoreError", "run"]


def __getattr__(name: str) -> Any:
    # Late, so that reading datasets and drawing maps needs neither JAX nor its start-up time.
    if name == "run":
        from regimekit.grids.run import run

        return run
    raise AttributeError(f"module 'regimekit' has no attribute {name!r}")
