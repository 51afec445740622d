"""What to run: cells, grids of cells, and the fingerprint by which a finished cell is known."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from regimekit.errors import ConfigurationError
from regimekit.methods import METHODS


@dataclass(frozen=True)
class Axis:
    """A physical axis of a grid: its coordinate name, and how figures call it."""

    name: str
    long_name: str
    units: str
    symbol: str


@dataclass(frozen=True)
class Cell:
    """One training run: where on the grid it lies and everything that decides its numbers."""

    experiment: str
    difficulty: float
    data: int
    method: str
    seed: int
    settings: Mapping[str, Any] = field(hash=False)

    @property
    def label(self) -> str:
        """A name for people and file names, unique within a grid."""
        # All digits of the number, and no more: two difficulties never share a file.
        difficulty = repr(float(self.difficulty)).removesuffix(".0")
        return f"{self.method}/difficulty={difficulty},data={self.data},seed={self.seed}"

    @property
    def fingerprint(self) -> str:
        """Hash of all that decides the numbers: a stored cell with another one is stale."""
        content = {
            "experiment": self.experiment,
            "difficulty": float(self.difficulty),
            "data": self.data,
            "method": self.method,
            "seed": self.seed,
            "settings": self.settings,
        }
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:16]

    @property
    def shape(self) -> str:
        """Cells of equal shape share their compiled programs."""
        content: dict[str, Any] = {"experiment": self.experiment, "method": self.method}
        if "padded" not in self.settings:  # else all amounts of data are filled up to one length
            content["data"] = self.data
        text = canonical_json(content | {"settings": self.settings})
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Grid:
    """The cells of one experiment at one preset.

    Attributes
    ----------
    experiment, preset
        Names.
    difficulties, data, methods, seeds
        The axes; ``methods`` maps each method to its settings, its budget among them.
    fewer_seeds
        For some values of the data axis, how many of the seeds are run (the dearest rows). Of the
        preset's seeds: none is left out of those that are asked for by :meth:`override`.
    settings
        What all cells share: network, lattice, precision, and the version of the numerics.
    """

    experiment: str
    preset: str
    difficulties: tuple[float, ...]
    data: tuple[int, ...]
    methods: Mapping[str, Mapping[str, Any]]
    seeds: tuple[int, ...]
    settings: Mapping[str, Any]
    fewer_seeds: Mapping[int, int] = field(default_factory=dict)

    def seeds_for(self, data: int) -> tuple[int, ...]:
        """Seeds that are run at one value of the data axis."""
        return self.seeds[: self.fewer_seeds.get(data, len(self.seeds))]

    def cell(self, difficulty: float, data: int, method: str, seed: int) -> Cell:
        """Return one cell of the grid."""
        settings = dict(self.settings) | {"method": dict(self.methods[method])}
        return Cell(self.experiment, float(difficulty), int(data), method, int(seed), settings)

    def cells(self) -> Iterator[Cell]:
        """All cells, in the order in which they are worth having.

        Method by method, seed by seed, so that an interrupted run leaves whole maps; within a map
        the dearest cells come first, so that workers finish together.
        """
        for method in self.methods:
            for seed in self.seeds:
                for data in sorted(self.data, reverse=True):
                    if seed in self.seeds_for(data):
                        for difficulty in self.difficulties:
                            yield self.cell(difficulty, data, method, seed)

    def configuration(self) -> dict[str, Any]:
        """Return the resolved configuration, as datasets carry it."""
        return {
            "experiment": self.experiment,
            "preset": self.preset,
            "difficulties": [float(d) for d in self.difficulties],
            "data": list(self.data),
            "methods": {name: dict(settings) for name, settings in self.methods.items()},
            "seeds": list(self.seeds),
            "fewer_seeds": {str(k): v for k, v in self.fewer_seeds.items()},
            "settings": dict(self.settings),
        }

    def override(
        self,
        *,
        difficulties: Sequence[float] | None = None,
        data: Sequence[int] | None = None,
        methods: Sequence[str] | None = None,
        seeds: Sequence[int] | None = None,
    ) -> "Grid":
        """Return a grid with other axes; methods are chosen from those of the preset.

        Difficulties and data are put in rising order. Seeds that are given are run everywhere.

        Raises
        ------
        ConfigurationError
            If an axis is empty, repeats a value, has a value of the wrong type, or names an unknown
            method.
        """
        given = {"difficulties": difficulties, "data": data, "methods": methods, "seeds": seeds}
        for name, values in given.items():
            if isinstance(values, str) or not isinstance(values, Sequence | None):
                raise ConfigurationError(f"{name} = {values!r} must be a list, such as [1, 2].")
        changes: dict[str, Any] = {}
        if difficulties is not None:
            changes["difficulties"] = tuple(_number(d, "a difficulty") for d in difficulties)
        if data is not None:
            changes["data"] = tuple(_whole(n, "an amount of data") for n in data)
        if seeds is not None:
            changes["seeds"] = tuple(_whole(s, "a seed", below=2**32) for s in seeds)
            changes["fewer_seeds"] = {}
        if methods is not None:
            # Compared one by one: a wrong value, such as a list, need not be hashable.
            unknown = [name for name in methods if name not in list(self.methods)]
            if unknown:
                known = "there are" if unknown[0] not in list(METHODS) else "this preset has"
                raise ConfigurationError(
                    f"Unknown training method '{unknown[0]}' for {self.experiment} at preset "
                    f"'{self.preset}'; {known} {', '.join(sorted(self.methods))}."
                )
            changes["methods"] = {name: self.methods[name] for name in methods}
        grid = replace(self, **changes)
        # Maps are read by position: boundaries lie between neighbours.
        difficulties, data = sorted(grid.difficulties), sorted(grid.data)
        grid = replace(grid, difficulties=tuple(difficulties), data=tuple(data))
        for name in given:
            values = list(getattr(grid, name))
            if not values or len(set(values)) != len(values):
                raise ConfigurationError(
                    f"The list of {name} is {values}: it must name at least one value, each once."
                )
        return grid


def canonical_json(content: Any) -> str:
    """One text for one content: sorted keys, no spaces, no NaN."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _number(value: Any, what: str) -> float:
    needed = "a finite number such as 30 is needed."
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigurationError(f"{value!r} is not {what}: {needed}")
    try:
        finite = math.isfinite(value)
    except OverflowError as error:
        # Not shown: it has hundreds of digits, and Python refuses to print some thousands.
        raise ConfigurationError(f"A whole number beyond 1e308 is not {what}: {needed}") from error
    if not finite:
        raise ConfigurationError(f"{value!r} is not {what}: {needed}")
    return float(value)


def _whole(value: Any, what: str, below: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigurationError(
            f"{value!r} is not {what}: a whole number of at least 0, such as 3, is needed."
        )
    if below is not None and value >= below:
        raise ConfigurationError(f"{value} is not {what}: it must be below {below}, such as 3.")
    return value
