"""Rows of the claims ledger, made by kind: what each needs, and how it is judged."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import xarray as xr

from regimekit.errors import ConfigurationError
from regimekit.regimes._dataset import Load
from regimekit.regimes.baseline import baseline_claims, compare_curvature
from regimekit.regimes.chosen import thresholds_for
from regimekit.regimes.claims import Claim
from regimekit.regimes.connections import connection_claims, pair_table, roughness_claim
from regimekit.regimes.deception import curvature_correlations, deception_claims
from regimekit.regimes.estimated import data_thresholds
from regimekit.regimes.method_claims import method_claims
from regimekit.regimes.methods import independent_labels
from regimekit.regimes.occurrence import agreement_claim, high_error_claim, occurrence_claim
from regimekit.regimes.operators import floor_claim
from regimekit.regimes.repairs import CAUSES, COVERAGES, REPAIRS, leaving_claim
from regimekit.regimes.sharpest import sharpest_claims, sharpness_by_difficulty
from regimekit.regimes.steepness import crossings_of_families, sharper_claims


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


def occurrence_entry(
    id: str, statement: str, dataset: str, page: str, method: str = "lbfgs"
) -> Entry:
    """Judge whether a method's map has all three regimes."""

    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        del load
        if method not in [str(m) for m in found["method"].values]:
            return []
        levels = thresholds_for(found)
        return [
            occurrence_claim(found, levels, method, id=id, statement=statement),
            agreement_claim(found, levels, method, id=id),
        ]

    return Entry(id, statement, dataset, page, judge)


def definition_entry(family: str, dataset: str, page: str, method: str = "adam") -> Entry:
    """Judge whether the error of regime II is as high as its description says."""
    statement = f"In regime II the test error is high too: {family}."

    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        del load
        return [high_error_claim(found, thresholds_for(found), method, statement=statement)]

    return Entry("1.13", statement, dataset, page, judge)


def convection_entry(id: str, statement: str, judge: Callable[[xr.Dataset], list[Claim]]) -> Entry:
    """Judge a claim on the map of the convection PINN."""
    return Entry(id, statement, "pinn-convection", "pinn", lambda found, load: judge(found))


_FINDING_2 = (
    ("2.1", "No method is best in all regimes."),
    ("2.2", "NNCG has half of L-BFGS's test error in regime I."),
    ("2.3", "NNCG is unstable in regimes II and III."),
    ("2.4", "ALM helps in regime II."),
    ("2.5", "A curriculum helps in regime II."),
    ("2.6", "L-BFGS alone fails in regime II."),
    ("2.7", "Nothing rescues regime III but data."),
)


def method_entries(dataset: str, page: str = "methods") -> tuple[Entry, ...]:
    """Judge finding 2 on one system, in the regimes of the system's own map if there is one."""

    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        labels = independent_labels(found, load)
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


def deception_entry(
    id: str, statement: str, base: str = "pinn-convection", method: str = "lbfgs"
) -> Entry:
    """Judge claim 3.1 or 3.2 by the curvature of one method's runs."""
    return Entry(id, statement, f"{base}-curvature", "landscapes", _deception(method))


def judge_baseline(found: xr.Dataset, load: Load) -> list[Claim]:
    """Compare the curvature of a PINN with that of the ResNet."""
    baseline = load("resnet-digits-curvature")
    return [] if baseline is None else baseline_claims(compare_curvature(found, baseline))


def judge_roughness(found: xr.Dataset, load: Load) -> list[Claim]:
    """Compare the surfaces of a PINN with those of the ResNet."""
    baseline = load("resnet-digits-paths")
    return [] if baseline is None else [roughness_claim(found, baseline)]


def judge_connections(found: xr.Dataset, load: Load) -> list[Claim]:
    """Compare paths and similarity between seeds from regime to regime."""
    runs = load(str(found.attrs["experiment"]))
    if runs is None:
        return []
    return connection_claims(pair_table(runs, found, thresholds_for(runs)))


def sharpest_entry(words: str, measures: tuple[str, ...]) -> Entry:
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


def operator_entries(id: str, family: str, dataset: str) -> tuple[Entry, Entry]:
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
        return [
            occurrence_claim(found, levels, "adam", id=id, statement=statement),
            agreement_claim(found, levels, "adam", id=id),
        ]

    published = f"{family} show three regimes (published thresholds)."
    return (
        occurrence_entry(id, published, dataset, "operators", "adam"),
        Entry(id, statement, dataset, "operators", judge),
    )


def floor_entry(statement: str, dataset: str) -> Entry:
    """Judge whether a training loss is as large as that of exact solutions."""

    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        del load
        return [floor_claim(found, id="4.2", statement=statement)]

    return Entry("4.2", statement, dataset, "operators", judge)


def leaving_entry(
    id: str,
    statement: str,
    base: str,
    dataset: str,
    change: str,
    page: str = "operators",
    regime: str = "II",
) -> Entry:
    """Judge whether cells of a regime leave it with a change, by the thresholds of the base."""

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


def cause_entry(cause: str, regime: str) -> Entry:
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


def sharper_entry(statement: str, *pairs: tuple[str, str]) -> Entry:
    """Judge whether boundaries of one family are sharper than those of another, for each pair."""

    def judge(found: xr.Dataset, load: Load) -> list[Claim]:
        del found
        tables = crossings_of_families(load)
        return [claim for pair in pairs for claim in sharper_claims(tables, *pair)]

    return Entry("1.11", statement, "pinn-convection", "pinn", judge)


def repair_entry(id: str, base: str, repair: str, regime: str = "II") -> Entry:
    """Judge whether a repair of the neural ODEs empties a regime."""
    family = {"node": "neural ODE", "pinode": "physics-informed neural ODE"}[base.split("-")[0]]
    change = (REPAIRS | COVERAGES)[repair]
    statement = f"Regime {regime} of the {family} goes away with {change}."
    return leaving_entry(id, statement, base, f"{base}-{repair}", change, "node", regime)
