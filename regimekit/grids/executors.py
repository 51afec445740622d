"""How cells are run: one after the other, on dask workers, or as vmapped lanes."""

import abc
import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from regimekit.errors import ConfigurationError
from regimekit.grids.cell import CellResult, run_cell
from regimekit.grids.device import SINGLE_THREAD
from regimekit.grids.lanes import run_lanes
from regimekit.grids.spec import Cell

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

Argument = TypeVar("Argument")
Result = TypeVar("Result")
Outcome = tuple[Cell, CellResult | Exception]
InHand = Callable[[Sequence[str]], None]


class Executor(abc.ABC):
    """Runs cells and hands each back as it ends; an error in one cell does not end the others."""

    def check(self) -> None:
        """Raise a ConfigurationError if it is known beforehand that no cell can be run."""
        return

    @abc.abstractmethod
    def run(self, cells: Sequence[Cell], in_hand: InHand) -> Iterator[Outcome]:
        """Run cells in about the given order; tell ``in_hand`` the labels of those under way."""


class SerialExecutor(Executor):
    """One cell after the other in this process: for debugging, and where dask is not wanted.

    Networks with large products (operators, the ResNet) come out equal to those of workers only up
    to rounding: XLA splits a product by the threads of its process, and a worker has one.
    """

    def run(self, cells: Sequence[Cell], in_hand: InHand) -> Iterator[Outcome]:
        """Run the cells in order."""
        for cell in cells:
            in_hand([cell.label])
            yield cell, _outcome(run_cell, cell)


class LanesExecutor(Executor):
    """Cells of one shape as vmapped lanes of one program: for an accelerator, or tiny models.

    Parameters
    ----------
    lanes
        Most cells in one program.
    """

    def __init__(self, lanes: int = 64):
        if lanes < 1:
            raise ConfigurationError(f"lanes = {lanes} must be at least 1.")
        self.lanes = lanes

    def run(self, cells: Sequence[Cell], in_hand: InHand) -> Iterator[Outcome]:
        """Run the cells shape by shape."""
        groups: dict[str, list[Cell]] = {}
        for cell in cells:
            groups.setdefault(cell.shape, []).append(cell)
        for group in groups.values():
            for first in range(0, len(group), self.lanes):
                batch = group[first : first + self.lanes]
                in_hand([cell.label for cell in batch])
                outcome = _outcome(run_lanes, batch)
                if isinstance(outcome, Exception):
                    yield from ((cell, outcome) for cell in batch)
                else:
                    yield from zip(batch, outcome, strict=True)


class DaskExecutor(Executor):
    """Cells as tasks of ``dask.distributed``.

    Parameters
    ----------
    scheduler
        Address of a running scheduler, such as ``tcp://host:8786``; a local cluster of
        single-threaded processes if not given. A cluster's own workers should be started with one
        thread each, and with the environment of ``regimekit.grids.SINGLE_THREAD``.
    workers
        Processes of the local cluster; one a core if not given.

    Notes
    -----
    A cell whose worker dies goes to another worker. Only this process writes results, so workers
    need no shared file system.
    """

    def __init__(self, scheduler: str | None = None, workers: int | None = None):
        if scheduler is not None and not isinstance(scheduler, str):
            raise ConfigurationError(
                f"scheduler = {scheduler!r} must be an address, such as 'tcp://host:8786'."
            )
        _check_workers(workers)
        if scheduler is not None and workers is not None:
            raise ConfigurationError(
                "Give either a scheduler's address or a number of local workers, not both."
            )
        self.scheduler = scheduler
        self.workers = workers

    def check(self) -> None:
        """Shake hands with the scheduler, if one is named.

        Raises
        ------
        ConfigurationError
            If no scheduler answers within a few seconds.
        """
        if self.scheduler is None:
            return
        # In a thread of its own, as this one may run an event loop already: a notebook's does.
        with ThreadPoolExecutor(1) as thread:
            try:
                thread.submit(asyncio.run, _shake_hands(self.scheduler)).result()
            except (OSError, ValueError, RuntimeError) as error:
                raise self._silent() from error

    def run(self, cells: Sequence[Cell], in_hand: InHand) -> Iterator[Outcome]:
        """Submit cells in order, and yield them as they end.

        Of each shape one cell goes first, and the others once its programs are compiled: until then
        they would hold a worker that can run cells of another shape, or of another experiment.
        """
        from distributed import as_completed

        keys = {_key(cell) for cell in cells}
        under_way: dict[str, None] = {}  # an ordered set
        compiled: set[str] = set()

        def note(event: tuple[object, dict[str, str]]) -> None:
            told = event[1]
            if told["key"] not in keys:  # the scheduler may have cells of others too
                return
            if told["state"] == BEGAN:
                under_way[told["label"]] = None
            else:
                compiled.add(told["shape"])

        with self._client() as client:
            client.subscribe_topic(TOPIC, note)
            shapes = [cell.shape for cell in cells]
            first = {shape: place for place, shape in reversed(list(enumerate(shapes)))}
            waiting = list(range(len(cells)))
            futures: dict[Future, int] = {}
            ended = as_completed([])
            while waiting or futures:
                ready = [i for i in waiting if shapes[i] in compiled or i == first[shapes[i]]]
                waiting = sorted(set(waiting) - set(ready))
                for i in ready:
                    future = client.submit(
                        _run_on_worker, cells[i], key=_key(cells[i]), priority=-i
                    )
                    futures[future] = i
                    ended.add(future)
                for future in ended.next_batch(block=False):
                    i = futures.pop(future)
                    cell = cells[i]
                    compiled.add(shapes[i])  # or it failed, and the others may not
                    under_way.pop(cell.label, None)
                    error = future.exception()
                    yield cell, error if error is not None else future.result()
                    # Free the worker's copy: from here on the result is on disk.
                    future.release()
                in_hand(list(under_way))
                time.sleep(0.2)

    @contextlib.contextmanager
    def _client(self) -> Iterator["Client"]:
        from distributed import Client

        if self.scheduler is None:
            with local_cluster(self.workers) as cluster, Client(cluster) as client:
                yield client
            return
        try:
            client = Client(self.scheduler, timeout="20s")
        except (OSError, ValueError) as error:
            raise self._silent() from error
        with client:
            yield client

    def _silent(self) -> ConfigurationError:
        return ConfigurationError(
            f"No dask scheduler answers at {self.scheduler}: start one with `dask scheduler`, "
            "or leave --scheduler out for a local cluster."
        )


@contextlib.contextmanager
def local_cluster(workers: int | None = None) -> Iterator["LocalCluster"]:
    """Keep a local cluster of single-threaded processes, one a core if no number is given.

    Its ``scheduler_address`` serves any number of :class:`DaskExecutor`, one after the other, whose
    cells then share what its workers have imported and compiled.

    Raises
    ------
    ConfigurationError
        If the number of workers is none.
    """
    import dask
    from distributed import LocalCluster

    _check_workers(workers)
    # Nannies pass this environment to their worker before it imports JAX.
    settings = {"distributed.nanny.pre-spawn-environ": SINGLE_THREAD} | _QUIET
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers or cores(),
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=40,
        ) as cluster,
    ):
        yield cluster


def cores() -> int:
    """Count the cores that this process may use; all there are where the system does not tell."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS or Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def make_executor(name: str, scheduler: str | None = None, workers: int | None = None) -> Executor:
    """Build an executor by name: ``dask``, ``serial`` or ``lanes``.

    Raises
    ------
    ConfigurationError
        If the name is unknown, or a scheduler or workers are given to one that has none.
    """
    if name == "dask":
        return DaskExecutor(scheduler, workers)
    if name not in ("serial", "lanes"):
        raise ConfigurationError(f"Unknown executor {name!r}; there are dask, lanes, serial.")
    if scheduler is not None or workers is not None:
        raise ConfigurationError(f"The {name} executor takes neither a scheduler nor workers.")
    return SerialExecutor() if name == "serial" else LanesExecutor()


TOPIC, BEGAN, COMPILED = "regimekit-cell", "began", "compiled"
"""Under which topic workers tell the scheduler of a cell, and what."""

_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.tick.interval": "500ms",
}
"""Dask watches itself a hundred times a second, which on a busy machine is time of the cells."""


def _check_workers(workers: int | None) -> None:
    if workers is None:
        return
    if isinstance(workers, bool) or not isinstance(workers, int):
        raise ConfigurationError(f"workers = {workers!r} must be a whole number, such as 2.")
    if workers < 1:
        raise ConfigurationError(f"workers = {workers} must be at least 1.")


async def _shake_hands(scheduler: str) -> None:
    from distributed import Security
    from distributed.comm import connect

    # Two limits: that of connect() does not hold once something listens but is no scheduler.
    options = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(scheduler, timeout=5, **options), 6)
    await comm.close()


def _run_on_worker(cell: Cell) -> CellResult:
    from distributed import get_worker

    def tell(state: str) -> None:
        event = {"state": state, "key": _key(cell), "label": cell.label, "shape": cell.shape}
        get_worker().log_event(TOPIC, event)

    tell(BEGAN)
    return run_cell(cell, lambda: tell(COMPILED))


def _key(cell: Cell) -> str:
    return f"{cell.label}#{cell.fingerprint}"


def _outcome(function: Callable[[Argument], Result], argument: Argument) -> Result | Exception:
    try:
        return function(argument)
    except Exception as error:  # a cell's error is reported, and the other cells go on
        return error
