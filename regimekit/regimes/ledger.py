"""The claims ledger: every claim of the paper, with what the datasets at hand say to it."""

from collections.abc import Iterator
from functools import cache

import pandas as pd
import xarray as xr

from regimekit.regimes._dataset import Load
from regimekit.regimes._entries import (
    Entry,
    cause_entry,
    convection_entry,
    deception_entry,
    definition_entry,
    floor_entry,
    judge_baseline,
    judge_connections,
    judge_roughness,
    leaving_entry,
    method_entries,
    occurrence_entry,
    operator_entries,
    repair_entry,
    sharper_entry,
    sharpest_entry,
)
from regimekit.regimes.chosen import thresholds_for
from regimekit.regimes.claims import (
    Claim,
    layout_claims,
    overall_verdict,
    position_claims,
    stability_claims,
)
from regimekit.regimes.dynamics import dynamics_claims, trajectory_claims
from regimekit.regimes.repairs import CAUSES, COVERAGES, REPAIRS
from regimekit.regimes.sampling import sampling_claims

# Training through a solve has the loss of a whole solve: no threshold is common to both maps.
_ONE_LOSS = tuple(repair for repair in REPAIRS if repair != "solve")

_OTHER_METHODS = ("adam", "adam-lbfgs", "nncg", "ropinn")

LEDGER: tuple[Entry, ...] = (
    occurrence_entry("1.1", "PINNs show three regimes.", "pinn-convection", "pinn"),
    *(
        entry
        for id, family, dataset in (
            ("1.2", "FNOs for advection-diffusion", "fno-advection-diffusion"),
            ("1.2", "FNOs for the Poisson equation", "fno-poisson"),
            ("1.3", "PINOs (reference residual)", "pino-darcy-reference"),
            ("1.3", "PINOs (conservative residual)", "pino-darcy"),
        )
        for entry in operator_entries(id, family, dataset)
    ),
    *(
        occurrence_entry(id, f"{family} show three regimes ({protocol}).", dataset, "node", "adam")
        for id, family, base in (
            ("1.4", "Neural ODEs", "node-pendulum"),
            ("1.5", "Physics-informed neural ODEs", "pinode-pendulum"),
        )
        for protocol, dataset in (("reference", base), ("corrected", f"{base}-corrected"))
    ),
    convection_entry(
        "1.6",
        "I is easy and data-rich, II hard and data-rich, III data-poor.",
        lambda found: layout_claims(found, thresholds_for(found), "lbfgs"),
    ),
    *(
        occurrence_entry(
            "1.7", f"The {name} equation shows the same three regimes.", dataset, "equations"
        )
        for name, dataset in (
            ("reaction", "pinn-reaction"),
            ("wave", "pinn-wave"),
            ("reaction-diffusion", "pinn-reaction-diffusion"),
        )
    ),
    *(
        occurrence_entry(
            "1.8",
            f"Training by {method} shows the same three regimes.",
            "pinn-convection-methods",
            "methods",
            method,
        )
        for method in _OTHER_METHODS
    ),
    *(
        occurrence_entry(
            "1.9",
            f"Hard constraints on {what} (ALM) show the same three regimes.",
            "pinn-convection-methods",
            "methods",
            method,
        )
        for what, method in (("boundary and initial values", "alm"), ("the equation", "alm-pde"))
    ),
    convection_entry(
        "1.10",
        "Boundaries hardly move if thresholds are scaled by 20 %.",
        lambda found: stability_claims(found, thresholds_for(found), "lbfgs"),
    ),
    sharper_entry("PINN boundaries are sharper than FNO's.", ("PINN", "FNO")),
    sharper_entry("PINODE boundaries lie between the two.", ("PINN", "PINODE"), ("PINODE", "FNO")),
    convection_entry(
        "1.12",
        "The PINN's boundaries lie where the published figure has them.",
        lambda found: position_claims(found, thresholds_for(found), "lbfgs"),
    ),
    definition_entry("PINN", "pinn-convection", "pinn", "lbfgs"),
    *(
        definition_entry(family, dataset, page)
        for family, dataset, page in (
            ("FNO, advection-diffusion", "fno-advection-diffusion", "operators"),
            ("FNO, Poisson", "fno-poisson", "operators"),
            ("PINO, reference residual", "pino-darcy-reference", "operators"),
            ("PINO, conservative residual", "pino-darcy", "operators"),
            ("neural ODE, reference", "node-pendulum", "node"),
            ("physics-informed neural ODE, reference", "pinode-pendulum", "node"),
            ("physics-informed neural ODE, corrected", "pinode-pendulum-corrected", "node"),
        )
    ),
    *method_entries("pinn-convection-methods"),
    *method_entries("pinn-wave-methods"),
    *method_entries("pinode-pendulum-methods"),
    *method_entries("pino-darcy-methods", "operators"),
    *(
        deception_entry(id, f"{statement}{of}.", base, method)
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
        judge_baseline,
    ),
    Entry(
        "3.5",
        "PINN minima are sharper than a ResNet's.",
        "pinn-convection-curvature",
        "landscapes",
        judge_baseline,
    ),
    Entry(
        "3.5",
        "PINN surfaces are rougher than a ResNet's.",
        "pinn-convection-paths",
        "landscapes",
        judge_roughness,
    ),
    *(
        sharpest_entry(words, measures)
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
        judge_connections,
    ),
    *(cause_entry(cause, regime) for cause in CAUSES for regime in ("II", "III")),
    convection_entry(
        "4.1",
        "Regime III of the PINN is a number of points per period.",
        lambda found: sampling_claims(found, thresholds_for(found), "lbfgs"),
    ),
    floor_entry("PINO's residual is as large as its exact solutions'.", "pino-darcy-reference"),
    leaving_entry(
        "4.2",
        "PINO's regime II goes away with a residual that is zero at exact solutions.",
        "pino-darcy-reference",
        "pino-darcy",
        "a residual that is zero at exact solutions",
    ),
    *(
        leaving_entry(
            "4.3",
            f"FNO's regime II goes away with {change} ({problem}).",
            f"fno-{problem.lower()}",
            f"fno-{problem.lower()}-{variant}",
            change,
        )
        for problem, variant, change in (
            ("advection-diffusion", "longer", "five times the iterations"),
            ("Poisson", "longer", "five times the iterations"),
            ("advection-diffusion", "epochs", "iterations that rise with the samples"),
        )
    ),
    *(repair_entry("4.4", "node-pendulum", repair) for repair in _ONE_LOSS),
    *(repair_entry("4.5", "pinode-pendulum", repair) for repair in _ONE_LOSS if repair != "state"),
    *(
        repair_entry("4.6", base, coverage, "III")
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
    value, lower, upper = (
        f"{number:.2g}".replace("inf", "infinite") for number in (part.statistic, *part.interval)
    )
    return f"{value} ({lower} to {upper}): {measure}"


def _runs(dataset: xr.Dataset) -> str:
    status = dataset["status"]
    return f"{int(((status == 1) | (status == 2)).sum())} of {int((status >= 0).sum())}"
