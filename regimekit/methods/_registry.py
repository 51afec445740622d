"""Training methods by the names that grids and datasets use."""

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from regimekit.errors import ConfigurationError
from regimekit.methods._base import AbstractMethod
from regimekit.methods.adam import Adam
from regimekit.methods.alm import ALM
from regimekit.methods.chain import Chain
from regimekit.methods.curriculum import Curriculum
from regimekit.methods.lbfgs import LBFGS
from regimekit.methods.minibatch import MinibatchAdam
from regimekit.methods.minibatch_sgd import MinibatchSGD
from regimekit.methods.nncg import NNCG
from regimekit.methods.ropinn import RoPINN
from regimekit.methods.sgd import SGD
from regimekit.plugins import is_own, own_class

METHODS: dict[str, type[AbstractMethod]] = {
    "adam": Adam,
    "alm": ALM,
    "chain": Chain,
    "curriculum": Curriculum,
    "lbfgs": LBFGS,
    "minibatch-adam": MinibatchAdam,
    "minibatch-sgd": MinibatchSGD,
    "nncg": NNCG,
    "ropinn": RoPINN,
    "sgd": SGD,
}


def make_method(name: str, settings: Mapping[str, Any]) -> AbstractMethod:
    """Build a method from its name and its settings.

    A setting that is itself a method is a mapping with its ``name`` and its settings; several
    methods are a list of such mappings. A method known under another name, such as the chain
    ``adam-lbfgs``, has its kind as the setting ``kind``; so has one of your own, as
    ``module:Class``.

    Raises
    ------
    ConfigurationError
        If the name or a setting is unknown, a setting that is needed is missing, or a setting's
        value is out of range.
    """
    settings = dict(settings)
    name = settings.pop("kind", name)
    if name not in METHODS and not is_own(name):
        raise ConfigurationError(
            f"Unknown training method '{name}'; there are {', '.join(sorted(METHODS))}."
        )
    kind = METHODS[name] if name in METHODS else own_class(name, AbstractMethod)
    known = {field.name for field in dataclasses.fields(kind) if field.init}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise ConfigurationError(
            f"Method '{name}' has no setting {', '.join(map(repr, unknown))}; "
            f"it has {', '.join(sorted(known))}."
        )
    # From the signature, since a method of one's own may have a constructor of its own.
    expected = inspect.signature(kind.__init__).parameters.values()
    needed = [
        p.name for p in expected if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    missing = sorted({*needed[1:]} - set(settings))
    if missing:
        raise ConfigurationError(f"Method '{name}' needs the setting {', '.join(missing)} too.")
    return kind(**{setting: _build(value) for setting, value in settings.items()})


def _build(value: Any) -> Any:
    if isinstance(value, Mapping):
        inner = dict(value)
        return make_method(inner.pop("name"), inner)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_build(item) for item in value)
    return value
