"""Labs: solutions pass their checks, blanks and planted mistakes do not."""

import numpy as np
import pytest

pytest.importorskip("myst_nb", reason="labs are read by myst-nb, which comes with the extra 'book'")

from regimekit import cli
from regimekit.errors import ConfigurationError
from regimekit.labs import CHECKS, LAB_NAMES, check, lab_notebook, make_labs


def code_of(name: str, *, solutions: bool) -> list[str]:
    notebook = lab_notebook(name, solutions=solutions)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.slow
@pytest.mark.parametrize("name", LAB_NAMES)
def test_the_solutions_are_right(name, capsys):
    space: dict[str, object] = {}
    for source in code_of(name, solutions=True):
        exec(compile(source, name, "exec"), space)
    printed = capsys.readouterr().out
    number = LAB_NAMES.index(name) + 1
    for part in (1, 2, 3):
        assert f"{number}.{part}: right." in printed


@pytest.mark.parametrize("name", LAB_NAMES)
def test_students_get_blanks_and_no_solution(name):
    notebook = lab_notebook(name, solutions=False)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "SOLUTION" not in text
    assert text.count("...  # your answer") == 3
    assert not any("solution" in cell.metadata.get("tags", []) for cell in notebook.cells)
    for exercise in (f"{LAB_NAMES.index(name) + 1}.{part}" for part in (1, 2, 3)):
        assert f'check("{exercise}"' in text
        assert exercise in CHECKS
    space: dict[str, object] = {}
    cells = code_of(name, solutions=False)
    exec(compile(cells[0], name, "exec"), space)
    for source in cells[1:]:
        with pytest.raises(AssertionError, match=r"no answer yet|not yet|cannot be read"):
            exec(compile(source, name, "exec"), space)


MISTAKES = {
    "1.1": [0, "II"],
    "1.2": [0.0, 1.0],
    "1.3": [0],
    "2.1": [lambda x, t, beta: np.sin(x + beta * t)],
    "2.2": [lambda u, xt, beta: u(xt)],
    "2.3": [0.2, 0.0],
    "3.1": [lambda u, t, rho: u * np.exp(rho * t)],
    "3.2": [1.0, 0.0],
    "3.3": [4.0],
    "4.1": ["sgd"],
    "4.2": [0.0],
    "4.3": [[0.0, 0.0], 1.0],
    "5.1": [lambda g, h: np.linalg.solve(h, g), lambda g, h: -g],
    "5.2": [lambda b, s, y: b, lambda b, s, y: np.outer(y, y) / (y @ s)],
    "5.3": [lambda h, p: np.linalg.cond(h)],
    "6.1": [([0.0, 1.0], [0.0, 1.0]), ([0.5, 1.0], [0.0, 1.0])],
    "6.2": [0.0],
    "6.3": [0.0],
    "7.1": [lambda f, x, v: v],
    "7.2": [lambda multiply, n: 7.0, lambda multiply, n: np.abs(multiply(np.ones(n))).max()],
    "7.3": [-1.0],
    "8.1": [lambda k, n: (k / n, k / n)],
    "8.2": [lambda values: (values.min(), values.max())],
    "8.3": [lambda values: values.min()],
    "9.1": [lambda u, modes: u, lambda u, modes: u[:modes]],
    "9.2": [0.0, 0.1],
    "9.3": [512.0, -1.0],
}


@pytest.mark.parametrize("exercise", CHECKS)
def test_mistakes_and_blanks_are_found(exercise):
    for wrong in MISTAKES[exercise]:
        with pytest.raises(AssertionError, match=exercise):
            check(exercise, wrong)
    with pytest.raises(AssertionError, match="there is no answer yet"):
        check(exercise, ...)
    with pytest.raises(AssertionError, match="cannot be read"):
        check(exercise, object())


def test_an_unknown_exercise_and_lab_are_refused():
    with pytest.raises(ConfigurationError, match="There is no exercise"):
        check("10.1", 1)
    with pytest.raises(ConfigurationError, match="There is no lab 'cooking'"):
        lab_notebook("cooking", solutions=False)


def test_labs_are_written_once(tmp_path):
    paths = make_labs(tmp_path / "labs")
    assert [path.name for path in paths][:2] == ["1_reading_a_map.ipynb", "2_pinn.ipynb"]
    assert all(path.exists() for path in paths)
    with pytest.raises(ConfigurationError, match="which may hold answers"):
        make_labs(tmp_path / "labs", solutions=True)


def test_the_command_says_where_the_labs_are(monkeypatch, tmp_path, capsys):
    folder = tmp_path / "mine"
    monkeypatch.setattr("sys.argv", ["regimekit", "labs", "--output", str(folder), "--solutions"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code in (None, 0)
    assert f"9 labs with solutions: {folder}" in capsys.readouterr().out
    assert "BEGIN SOLUTION" in (folder / "1_reading_a_map.ipynb").read_text()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "which may hold answers" in capsys.readouterr().err
