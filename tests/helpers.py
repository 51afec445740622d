"""A made-up dataset in the schema of the published ones: three regimes, seeds, two methods.

Nothing is trained. Tests import it as ``from helpers import synthetic_dataset``.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

CELL_DIMS = ("difficulty", "data", "method", "seed")

BETAS = (5.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 70.0)
COLLOCATION = (100, 200, 500, 1000, 2000, 5000, 10_000, 25_000)

STATUS = {-1: "not_planned", 0: "pending", 1: "done", 2: "diverged", 3: "failed"}
STOP_REASONS = (
    *("none", "iteration_budget", "evaluation_budget", "gradient_tolerance"),
    *("change_tolerance", "stalled", "diverged"),
)

#: Name -> (long name, units) of what every cell ends with.
SCALARS = {
    "train_loss": ("training loss (unweighted sum of the blocks)", "1"),
    "train_loss_pde": ("training loss of the equation", "1"),
    "train_loss_periodic": ("training loss of the periodic boundary condition", "1"),
    "train_loss_initial": ("training loss of the initial condition", "1"),
    "test_error": ("relative L2 test error on the midpoint lattice", "1"),
    "test_error_l1": ("relative L1 test error on the midpoint lattice", "1"),
    "test_error_lattice": ("relative L2 test error on the reference's test lattice", "1"),
    "test_error_lattice_l1": ("relative L1 test error on the reference's test lattice", "1"),
    "fresh_residual": ("mean squared residual on 20 000 fresh points", "1"),
    "gradient_norm": ("norm of the gradient at the end", "1"),
    "evaluations": ("evaluations of loss and gradient", "1"),
    "hessian_products": ("Hessian-vector products", "1"),
    "iterations": ("iterations made", "1"),
    "seconds": ("wall time of training and evaluation", "s"),
}
HISTORY = {
    "loss": ("training loss", "1"),
    "gradient_norm": ("norm of the gradient", "1"),
    "evaluations": ("evaluations of loss and gradient so far", "1"),
    "hessian_products": ("Hessian-vector products so far", "1"),
    "seconds": ("wall time of training so far", "s"),
    "test_error": ("test error", "1"),
}


def synthetic_dataset(
    betas: Sequence[float] = BETAS,
    collocation: Sequence[int] = COLLOCATION,
    methods: Sequence[str] = ("lbfgs", "adam"),
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    *,
    fewer_seeds: Mapping[int, int] | None = None,
    preset: str = "published",
    seed: int = 0,
) -> xr.Dataset:
    """Build a complete dataset: regime I easy and data-rich, II hard and data-rich, III data-poor.

    The transitions lie where the published map has them (I/II near beta 27 from about 2000 points
    on; II/III near 1200 points; I/III from beta 11 at 100 points to 27 at 2000). Near them the
    seeds of a cell fall in two groups. Adam reaches higher losses, and fails earlier.

    Parameters
    ----------
    betas, collocation, methods, seeds
        The axes, increasing.
    fewer_seeds
        How many seeds are run for some values of ``collocation``; by default 3 for 10 000 and
        25 000. The rest is ``not_planned``.
    preset
        Written in the attributes.
    seed
        Of the made-up numbers.
    """
    fewer = {10_000: 3, 25_000: 3} if fewer_seeds is None else dict(fewer_seeds)
    shape = (len(betas), len(collocation), len(methods), len(seeds))
    rng = np.random.default_rng(seed)
    beta = np.asarray(betas, float).reshape(-1, 1, 1, 1)
    data = np.asarray(collocation, float).reshape(1, -1, 1, 1)
    adam = np.asarray([m == "adam" for m in methods], float).reshape(1, 1, -1, 1)

    # Decimal logarithms of the difficulty where learning fails, and of the data where fitting does.
    rich = np.clip((np.log10(data) - 2.0) / (np.log10(2000.0) - 2.0), 0.0, 1.0)
    fails_at = np.log10(11.0) + rich * (np.log10(27.0) - np.log10(11.0)) - 0.12 * adam
    fails = np.log10(beta) - fails_at > rng.logistic(scale=0.025, size=shape)
    starved = np.log10(data) - np.log10(1200.0) < rng.logistic(scale=0.06, size=shape)
    two, three = fails & ~starved, fails & starved

    noise = rng.normal(size=(2, *shape))
    log_loss = np.where(two, -2.0, np.where(three, -4.4, -5.2)) + 0.25 * noise[0] * ~two
    log_loss = log_loss + 0.05 * noise[1] + 0.3 * np.log10(beta / 20.0) + 0.6 * adam
    log_error = np.where(two, -0.1, np.where(three, 0.08, -2.3)) + 0.03 * noise[1]
    log_error = log_error + np.where(fails, 0.0, 0.3 * adam + 0.15 * noise[0])
    loss, error = 10**log_loss, 10**log_error

    shares = rng.dirichlet([6.0, 2.0, 2.0], size=shape)
    iterations = np.rint(np.where(adam > 0, 2000.0, rng.uniform(600, 1900, shape)))
    evaluations = np.rint(np.where(adam > 0, iterations + 1, 1.08 * iterations))
    values = {
        "train_loss": loss,
        "train_loss_pde": loss * shares[..., 0],
        "train_loss_periodic": loss * shares[..., 1],
        "train_loss_initial": loss * shares[..., 2],
        "test_error": error,
        "test_error_l1": 0.9 * error,
        "test_error_lattice": 0.97 * error,
        "test_error_lattice_l1": 0.88 * error,
        "fresh_residual": np.where(fails, 50.0, 100.0 * loss),
        "gradient_norm": 0.1 * np.sqrt(loss) * rng.uniform(0.5, 2.0, shape),
        "evaluations": evaluations,
        "hessian_products": np.zeros(shape),
        "iterations": iterations,
        "seconds": evaluations * 2e-6 * (300.0 + data),
    }
    reasons = np.where(adam > 0, 1, np.where(two, 5, 3)) + np.zeros(shape, int)
    planned = np.ones(shape, bool)
    for row, n in enumerate(collocation):
        planned[:, row, :, fewer.get(int(n), len(seeds)) :] = False

    schedule = _schedule(2000)
    variables: dict[str, Any] = {}
    for name, (long_name, units) in SCALARS.items():
        attributes = {"long_name": long_name, "units": units}
        variables[name] = (CELL_DIMS, np.where(planned, values[name], np.nan), attributes)
    for name, (long_name, units) in HISTORY.items():
        attributes = {"long_name": f"{long_name} along training", "units": units}
        history = np.where(planned[..., None], _history(name, values, schedule), np.nan)
        variables[f"history_{name}"] = ((*CELL_DIMS, "iteration"), history, attributes)
    prints = [hashlib.sha256(str(i).encode()).hexdigest()[:16] for i in range(planned.size)]
    variables["status"] = (
        CELL_DIMS,
        np.where(planned, 1, -1).astype(np.int8),
        _flags("status of the cell", STATUS),
    )
    variables["stop_reason"] = (
        CELL_DIMS,
        np.where(planned, reasons, 0).astype(np.int8),
        _flags("why training stopped", dict(enumerate(STOP_REASONS))),
    )
    variables["fingerprint"] = (
        CELL_DIMS,
        np.where(planned, np.reshape(prints, shape), ""),
        {"long_name": "hash of all that decides the numbers of the cell", "units": "1"},
    )
    dataset = xr.Dataset(
        variables,
        {
            "beta": (
                "difficulty",
                np.asarray(betas, float),
                {"long_name": "convection speed", "units": "1", "symbol": r"$\beta$"},
            ),
            "n_collocation": (
                "data",
                np.asarray(collocation, np.int64),
                {"long_name": "number of collocation points", "units": "1", "symbol": "$N_f$"},
            ),
            "method": ("method", list(methods), {"long_name": "training method", "units": "1"}),
            "seed": (
                "seed",
                np.asarray(seeds, np.int64),
                {"long_name": "random seed", "units": "1"},
            ),
            "iteration": (
                "iteration",
                schedule,
                {"long_name": "iteration of the method", "units": "1"},
            ),
        },
    )
    configuration = {
        "experiment": "pinn-convection",
        "preset": preset,
        "difficulties": [float(b) for b in betas],
        "data": [int(n) for n in collocation],
        "methods": {name: {"iterations": 2000, "evaluations": 4001} for name in methods},
        "seeds": [int(s) for s in seeds],
        "fewer_seeds": {str(n): k for n, k in fewer.items() if n in collocation},
        "settings": {"network": {"width": 50, "depth": 3}, "precision": "float32"},
    }
    dataset.attrs = {
        "title": "PINN for the convection equation",
        "Conventions": "CF-1.11",
        "schema_version": 1,
        "experiment": "pinn-convection",
        "preset": preset,
        "difficulty_axis": "beta",
        "data_axis": "n_collocation",
        "configuration": json.dumps(configuration, sort_keys=True, separators=(",", ":")),
        "versions": json.dumps({"numpy": np.__version__, "xarray": xr.__version__}),
        "device": "cpu",
        "machine": "none: made-up numbers",
        "git_commit": "0" * 40,
    }
    return _stamped(dataset)


def with_status(dataset: xr.Dataset, status: int, **index: Any) -> xr.Dataset:
    """Copy a dataset with the runs at ``index`` (as in ``isel``) set to a status and emptied.

    ``with_status(ds, 2, difficulty=0, data=0)`` makes a whole cell diverge; all its numbers become
    NaN, as in a real dataset. A diverged run keeps its history.
    """
    dataset = dataset.copy(deep=True)
    names = [n for n in SCALARS if status != 2 or n.startswith(("train_", "test_", "fresh_"))]
    names += [] if status == 2 else [f"history_{name}" for name in HISTORY]
    for name in names:
        dataset[name][index] = np.nan
    dataset["status"][index] = status
    dataset["stop_reason"][index] = 6 if status == 2 else 0
    if status != 2:
        dataset["fingerprint"][index] = ""
    return _stamped(dataset)


def _schedule(last: int) -> np.ndarray:
    powers = np.arange(0, np.log10(last) + 1e-9, 1 / 12)
    return np.unique(np.concatenate([[0, last], np.rint(10**powers)]).astype(np.int64))


def _history(name: str, values: Mapping[str, np.ndarray], schedule: np.ndarray) -> np.ndarray:
    """Power laws from the start to a run's final value; NaN after its last iteration."""
    last = values["iterations"][..., None]
    progress = np.log1p(schedule) / np.log1p(last)
    if name in ("evaluations", "hessian_products", "seconds"):
        curve = values[name][..., None] * schedule / last
    else:
        start = {"loss": 2.0, "gradient_norm": 1.0, "test_error": 1.0}[name]
        final = values["train_loss" if name == "loss" else name][..., None]
        curve = start * (final / start) ** progress
    return np.where(schedule <= last, curve, np.nan)


def _flags(long_name: str, meanings: Mapping[int, str]) -> dict[str, Any]:
    return {
        "long_name": long_name,
        "units": "1",
        "flag_values": np.array(list(meanings), np.int8),
        "flag_meanings": " ".join(meanings.values()),
    }


def _stamped(dataset: xr.Dataset) -> xr.Dataset:
    """Add what is computed over the whole: the checksum (all but wall times) and the wall time."""
    digest = hashlib.sha256(dataset.attrs["configuration"].encode())
    for name in sorted(str(n) for n in dataset.variables):
        if name not in ("seconds", "history_seconds"):
            values = dataset[name].values
            if values.dtype.kind in "OU":
                values = np.array([str(v).encode() for v in values.ravel()], dtype="S32")
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(values).tobytes())
    dataset.attrs["content_sha256"] = digest.hexdigest()
    dataset.attrs["wall_time_seconds"] = float(np.nansum(dataset["seconds"].values))
    return dataset
