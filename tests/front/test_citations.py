"""What to cite: every part of every experiment that rests on somebody's work."""

import pytest

from regimekit.citations import STUDY, citations, references
from regimekit.grids import EXPERIMENTS
from regimekit.methods import METHODS


@pytest.mark.parametrize("kind", METHODS.values())
def test_every_method_names_its_source(kind):
    assert len(references(kind)) > 20


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_equation_and_every_method_are_named(name):
    found = citations(name, "smoke")
    assert next(iter(found)) == "the study"
    assert found["the study"] == STUDY
    experiment = EXPERIMENTS[name]
    for cell in experiment.grid("smoke").cells():
        task, (method, _) = experiment.task(cell), experiment.method(cell)
        assert {type(method).__name__, type(task).__name__} <= set(found)


def test_methods_within_methods_are_named():
    found = citations("pinn-convection-methods", "quick")
    assert {"Chain", "Adam", "LBFGS", "NNCG", "Convection"} <= set(found)


def test_only_the_section_is_taken():
    class Documented:
        """Something.

        References
        ----------
        Somebody, A paper,
        2020.

        Notes
        -----
        Nothing to cite.
        """

    assert references(Documented) == "Somebody, A paper, 2020."
    assert references(int) == ""
