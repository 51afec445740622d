"""The claims ledger: every claim of the paper, with what the datasets at hand say to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pandas as pd
import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import main_method, select_method
from regimekit.regimes.baseline import baseline_claims, compare_curvature
from regimekit.regimes.chosen import thresholds_for
from regimekit.regimes.claims import (
    Claim,
    layout_claims,
    overall_verdict,
    position_claims,
    stability_claims,
)
from regimekit.regimes.connections import connection_claims, pair_table, roughness_claim
from regimekit.regimes.deception import curvature_correlations, deception_claims
from regimekit.regimes.dynamics import dynamics_claims, trajectory_claims
from regimekit.regimes.estimated import data_thresholds
from regimekit.regimes.medians import map_summary
from regimekit.regimes.method_claims import method_claims
from regimekit.regimes.methods import regime_of_cells
from regimekit.regimes.occurrence import occurrence_claim
from regimekit.regimes.operators import floor_claim
from regimekit.regimes.repairs import CAUSES, COVERAGES, REPAIRS, leaving_claim
from regimekit.regimes.sampling import sampling_claims
from regimekit.regimes.sharpest import sharpest_claims, sharpness_by_difficulty
from regimekit.regimes.steepness import crossings_of_families, sharper_claims

Load = Callable[[str], xr.Dataset | None]
"""Returns the dataset of a name, or None where there is none."""


@dataclass(frozen=True)
class Entry:
    """One row of the ledger before it is judged: which dataset judges a claim, and how.

    Attributes
    ----------
    id
        Number of the claim.
    statement
        In our words.
    dataset
        Name of the dataset that judges it; None if nothing in this version does.
    page
        Of the book, with the figure and the definitions.
    judge
        Claims that a dataset yields; those with another number are left out.
    """

    id: str
    statement: str
    dataset: str | None
    page: str | None
    judge: Callable[[xr.Dataset, Load], list[Claim]] | None


def _occurs(id: str, statement: str, dataset: str, page: str, method: str = "lbfgs") -> Entry:
    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        del load
        if method not in [str(m) for m in found["method"].values]:
            return []
        levels = thresholds_for(found)
        return [occurrence_claim(found, levels, method, id=id, statement=statement)]

    return Entry(id, statement, dataset, page, judge)


def _convection(id: str, statement: str, judge: Callable[[xr.Dataset], list[Claim]]) -> Entry:
    return Entry(id, statement, "pinn-convection", "pinn", lambda found, load: judge(found))


def _methods(dataset: str, page: str = "methods") -> tuple[Entry, ...]:
    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        base = load(dataset.removesuffix("-methods"))
        labels = None
        if base is not None:
            medians = map_summary(select_method(base, main_method(base)), thresholds_for(base))
            labels = regime_of_cells(found, base, medians["label"])
            if not int((labels > 0).sum()):
                labels = None
        return method_claims(found, thresholds_for(found), labels=labels)

    equation = dataset.removesuffix("-methods").removeprefix("pinn-").removesuffix("-pendulum")
    return tuple(
        Entry(id, f"{statement} ({equation})", dataset, page, judge) for id, statement in _FINDING_2
    )


@cache
def _deception(method: str) -> Callable[[xr.Dataset, Load], list[Claim]]:
    """One judge for both claims on a method's runs, which are judged together."""

    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        runs = load(str(found.attrs["experiment"]))
        if runs is None:
            return []
        table = curvature_correlations(runs, found, thresholds_for(runs, method), method)
        return deception_claims(table)

    return judge


def _curvature(
    id: str, statement: str, base: str = "pinn-convection", method: str = "lbfgs"
) -> Entry:
    return Entry(id, statement, f"{base}-curvature", "landscapes", _deception(method))


def _against_baseline(found: xr.Dataset, load: Load) -> list[Claim]:
    baseline = load("resnet-digits-curvature")
    return [] if baseline is None else baseline_claims(compare_curvature(found, baseline))


def _rougher(found: xr.Dataset, load: Load) -> list[Claim]:
    baseline = load("resnet-digits-paths")
    return [] if baseline is None else [roughness_claim(found, baseline)]


def _connections(found: xr.Dataset, load: Load) -> list[Claim]:
    runs = load(str(found.attrs["experiment"]))
    if runs is None:
        return []
    return connection_claims(pair_table(runs, found, thresholds_for(runs)))


def _sharpest(words: str, measures: tuple[str, ...]) -> Entry:
    """Judge claim 3.6 by some measures of the curvature of both equations."""

    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        maps = {
            "Poisson": found,
            "advection-diffusion": load("fno-advection-diffusion-curvature"),
        }
        parts = []
        for what, curvature in maps.items():
            if curvature is not None:
                table = sharpness_by_difficulty(curvature)
                parts += sharpest_claims(table[table["measure"].isin(measures)], what)
        return parts

    statement = f"The easiest FNO problems have the sharpest minima ({words})."
    return Entry("3.6", statement, "fno-poisson-curvature", "landscapes", judge)


def _operator(id: str, family: str, dataset: str) -> tuple[Entry, Entry]:
    """Judge a map of operators by the published thresholds, and by those of its own runs.

    Ours are trained for less time than the original's, which raises every loss.
    """
    statement = f"{family} show three regimes (thresholds of the runs)."

    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        del load
        try:
            levels = data_thresholds(found, method="adam")
        except ConfigurationError:
            return []
        return [occurrence_claim(found, levels, "adam", id=id, statement=statement)]

    published = f"{family} show three regimes (published thresholds)."
    return (
        _occurs(id, published, dataset, "operators", "adam"),
        Entry(id, statement, dataset, "operators", judge),
    )


def _floor(statement: str, dataset: str) -> Entry:
    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        del load
        return [floor_claim(found, id="4.2", statement=statement)]

    return Entry("4.2", statement, dataset, "operators", judge)


def _leaves(
    id: str,
    statement: str,
    base: str,
    dataset: str,
    change: str,
    page: str = "operators",
    regime: str = "II",
) -> Entry:
    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        before = load(base)
        if before is None:
            return []
        levels = thresholds_for(before, "adam")
        return [
            leaving_claim(
                before,
                found,
                levels,
                id=id,
                statement=statement,
                change=change,
                regime=regime,
            )
        ]

    return Entry(id, statement, dataset, page, judge)


def _cause(cause: str, regime: str) -> Entry:
    """Regimes of the convection PINN, compared run by run: a seed starts both alike."""

    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        before = load("pinn-convection")
        if before is None:
            return []
        return [
            leaving_claim(
                before,
                found,
                thresholds_for(before),
                id="4.1",
                statement=statement,
                change=CAUSES[cause],
                method="lbfgs",
                regime=regime,
                by_run=True,
            )
        ]

    statement = f"Regime {regime} of the PINN goes away with {CAUSES[cause]}."
    return Entry("4.1", statement, f"pinn-convection-{cause}", "pinn", judge)


def _sharper(statement: str, *pairs: tuple[str, str]) -> Entry:
    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        del found
        tables = crossings_of_families(load)
        return [claim for pair in pairs for claim in sharper_claims(tables, *pair)]

    return Entry("1.11", statement, "pinn-convection", "pinn", judge)


def _repair(id: str, base: str, repair: str, regime: str = "II") -> Entry:
    family = {"node": "neural ODE", "pinode": "physics-informed neural ODE"}[base.split("-")[0]]
    change = (REPAIRS | COVERAGES)[repair]
    statement = f"Regime {regime} of the {family} goes away with {change}."
    return _leaves(id, statement, base, f"{base}-{repair}", change, "node", regime)


# Training through a solve has the loss of a whole solve: no threshold is common to both maps.
_ONE_LOSS = tuple(repair for repair in REPAIRS if repair != "solve")

_OTHER_METHODS = ("adam", "adam-lbfgs", "nncg", "ropinn")

_FINDING_2 = (
    ("2.1", "No method is best in all regimes."),
    ("2.2", "NNCG has a lower test error than L-BFGS in regime I."),
    ("2.3", "NNCG is unstable in regimes II and III."),
    ("2.4", "ALM helps in regime II."),
    ("2.5", "A curriculum helps in regime II."),
    ("2.6", "L-BFGS alone fails in regime II."),
    ("2.7", "Nothing rescues regime III but data."),
)

LEDGER: tuple[Entry, ...] = (
    _occurs("1.1", "PINNs show three regimes.", "pinn-convection", "pinn"),
    *(
        entry
        for id, family, dataset in (
            ("1.2", "FNOs for advection-diffusion", "fno-advection-diffusion"),
            ("1.2", "FNOs for the Poisson equation", "fno-poisson"),
            ("1.3", "PINOs (reference residual)", "pino-darcy-reference"),
            ("1.3", "PINOs (conservative residual)", "pino-darcy"),
        )
        for entry in _operator(id, family, dataset)
    ),
    *(
        _occurs(id, f"{family} show three regimes ({protocol}).", dataset, "node", "adam")
        for id, family, base in (
            ("1.4", "Neural ODEs", "node-pendulum"),
            ("1.5", "Physics-informed neural ODEs", "pinode-pendulum"),
        )
        for protocol, dataset in (("reference", base), ("corrected", f"{base}-corrected"))
    ),
    _convection(
        "1.6",
        "I is easy and data-rich, II hard and data-rich, III data-poor.",
        lambda found: layout_claims(found, thresholds_for(found), "lbfgs"),
    ),
    *(
        _occurs("1.7", f"The {name} equation shows the same three regimes.", dataset, "equations")
        for name, dataset in (
            ("reaction", "pinn-reaction"),
            ("wave", "pinn-wave"),
            ("reaction-diffusion", "pinn-reaction-diffusion"),
        )
    ),
    *(
        _occurs(
            "1.8",
            f"Training by {method} shows the same three regimes.",
            "pinn-convection-methods",
            "methods",
            method,
        )
        for method in _OTHER_METHODS
    ),
    *(
        _occurs(
            "1.9",
            f"Hard constraints on {what} (ALM) show the same three regimes.",
            "pinn-convection-methods",
            "methods",
            method,
        )
        for what, method in (("boundary and initial values", "alm"), ("the equation", "alm-pde"))
    ),
    _convection(
        "1.10",
        "Boundaries hardly move if thresholds are scaled by 20 %.",
        lambda found: stability_claims(found, thresholds_for(found), "lbfgs"),
    ),
    _sharper("PINN boundaries are sharper than FNO's.", ("PINN", "FNO")),
    _sharper("PINODE boundaries lie between the two.", ("PINN", "PINODE"), ("PINODE", "FNO")),
    _convection(
        "1.12",
        "The PINN's boundaries lie where the published figure has them.",
        lambda found: position_claims(found, thresholds_for(found), "lbfgs"),
    ),
    *_methods("pinn-convection-methods"),
    *_methods("pinn-wave-methods"),
    *_methods("pinode-pendulum-methods"),
    *_methods("pino-darcy-methods", "operators"),
    *(
        _curvature(id, f"{statement}{of}.", base, method)
        for id, statement in (
            ("3.1", "Deceptive sharpness: sharp minima with a low loss"),
            ("3.2", "Deceptive flatness: flat places with a high loss"),
        )
        for of, base, method in (
            ("", "pinn-convection", "lbfgs"),
            (" (neural ODEs)", "node-pendulum", "adam"),
            (" (physics-informed neural ODEs)", "pinode-pendulum", "adam"),
        )
    ),
    *(
        Entry(
            id,
            statement,
            "pinn-convection-dynamics",
            "landscapes",
            lambda found, load: trajectory_claims(found, thresholds_for(found)),
        )
        for id, statement in (
            ("3.1", "Deceptive sharpness along training: it rises as the loss falls."),
            ("3.2", "Deceptive flatness along training, in regime II."),
        )
    ),
    Entry(
        "3.3",
        "Loss and sharpness move together for a while.",
        "pinn-convection-dynamics",
        "landscapes",
        lambda found, load: dynamics_claims(found, thresholds_for(found)),
    ),
    Entry(
        "3.4",
        "PINN spectra lack the peak at zero that a ResNet has.",
        "pinn-convection-curvature",
        "landscapes",
        _against_baseline,
    ),
    Entry(
        "3.5",
        "PINN minima are sharper than a ResNet's.",
        "pinn-convection-curvature",
        "landscapes",
        _against_baseline,
    ),
    Entry(
        "3.5",
        "PINN surfaces are rougher than a ResNet's.",
        "pinn-convection-paths",
        "landscapes",
        _rougher,
    ),
    *(
        _sharpest(words, measures)
        for words, measures in (
            ("as published", ("squared error, all parameters",)),
            ("without the output bias", ("squared error, without the output bias",)),
            ("filter-normalised", ("squared error, filter-normalised",)),
            (
                "of the relative norm",
                (
                    "relative norm, all parameters",
                    "relative norm, without the output bias",
                    "relative norm, filter-normalised",
                ),
            ),
        )
    ),
    Entry(
        "3.7",
        "Regimes differ in connectivity and similarity of seeds.",
        "pinn-convection-paths",
        "landscapes",
        _connections,
    ),
    *(_cause(cause, regime) for cause in CAUSES for regime in ("II", "III")),
    _convection(
        "4.1",
        "Regime III of the PINN is a number of points per period.",
        lambda found: sampling_claims(found, thresholds_for(found), "lbfgs"),
    ),
    _floor("PINO's residual is as large as its exact solutions'.", "pino-darcy-reference"),
    _leaves(
        "4.2",
        "PINO's regime II goes away with a residual that has no floor.",
        "pino-darcy-reference",
        "pino-darcy",
        "a residual that has no floor",
    ),
    *(
        _leaves(
            "4.3",
            f"FNO's regime II goes away with {change}.",
            "fno-advection-diffusion",
            f"fno-advection-diffusion-{variant}",
            change,
        )
        for variant, change in (
            ("longer", "five times the iterations"),
            ("epochs", "iterations that rise with the samples"),
        )
    ),
    *(_repair("4.4", "node-pendulum", repair) for repair in _ONE_LOSS),
    *(_repair("4.5", "pinode-pendulum", repair) for repair in _ONE_LOSS if repair != "state"),
    *(
        _repair("4.6", base, coverage, "III")
        for base in ("node-pendulum", "pinode-pendulum")
        for coverage in COVERAGES
    ),
)
"""Claims in the order of their numbers; several rows may judge one claim."""


def judged(load: Load, entries: tuple[Entry, ...] = LEDGER) -> Iterator[tuple[Entry, list[Claim]]]:
    """Judge every entry; those without a dataset, or with one that says nothing, have no parts.

    Parameters
    ----------
    load
        Returns a dataset by name, or None.
    entries
        What is judged.
    """
    # One comparison may judge several claims; it is made once.
    made: dict[tuple[object, str | None], list[Claim]] = {}
    load = cache(load)
    for entry in entries:
        found = load(entry.dataset) if entry.dataset is not None else None
        if found is None or entry.judge is None or not int((found["status"] == 1).sum()):
            yield entry, []
            continue
        key = (entry.judge, entry.dataset)
        if key not in made:
            made[key] = entry.judge(found, load)
        yield entry, [part for part in made[key] if part.id == entry.id]


def ledger(load: Load, entries: tuple[Entry, ...] = LEDGER) -> pd.DataFrame:
    """Judge every claim of the paper by the datasets there are.

    Parameters
    ----------
    load
        Returns a dataset by name, or None.
    entries
        What is judged.

    Returns
    -------
    DataFrame
        One row for each entry: ``claim`` (its number), ``statement``, ``verdict`` (of all its
        parts, see :func:`overall_verdict`), ``parts`` (how many) and ``reproduced`` (how many of
        them are), ``evidence`` (each part's number and interval in words), ``dataset``, ``runs``
        (finished of planned) and ``page`` of the book.
    """
    rows = []
    load = cache(load)
    for entry, parts in judged(load, entries):
        found = load(entry.dataset) if entry.dataset is not None else None
        rows.append(
            {
                "claim": entry.id,
                "statement": entry.statement,
                "verdict": overall_verdict(parts),
                "parts": len(parts),
                "reproduced": sum(part.verdict == "reproduced" for part in parts),
                "evidence": "; ".join(map(in_words, parts)),
                "dataset": entry.dataset or "",
                "runs": "" if found is None else _runs(found),
                "page": entry.page or "",
            }
        )
    return pd.DataFrame(rows)


def in_words(part: Claim) -> str:
    """Write the number behind a verdict, such as "0.12 (0.05 to 0.25), share of 30 cells"."""
    measure = part.measure
    if part.verdict == "not tested":
        return f"not tested ({measure})"
    lower, upper = part.interval
    return f"{part.statistic:.2g} ({lower:.2g} to {upper:.2g}): {measure}"


def _runs(dataset: xr.Dataset) -> str:
    status = dataset["status"]
    return f"{int((status > 0).sum())} of {int((status >= 0).sum())}"
