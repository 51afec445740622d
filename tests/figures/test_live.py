"""What a page can ask of a figure: its dataset's numbers, at the places where they are drawn."""

import json
import re

import numpy as np
import pytest
from helpers import synthetic_dataset, with_status

from regimekit import figures
from regimekit.figures.live import cells_of_map, places
from regimekit.grids.provenance import git_commit
from regimekit.noted import VARIABLE, note_dataset, noted_commit, noted_datasets, noted_figures
from regimekit.regimes import map_summary, paper_thresholds, seed_median

PAPER = paper_thresholds("pinn-convection")


def _script(picture):
    found = re.search(r'<script type="application/json">(.*?)</script>', picture._repr_html_())
    return json.loads(found[1])


def test_a_map_answers_with_the_numbers_of_its_dataset():
    runs = synthetic_dataset().isel(method=0)
    cells = cells_of_map(runs, PAPER)["cells"]
    assert (len(cells), len(cells[0])) == (8, 9)
    cell = runs.isel(difficulty=6, data=3)
    loss, error = (float(seed_median(cell[n])) for n in ("train_loss", "test_error"))
    first, medians, shares = cells[3][6]["lines"]
    assert first.startswith("beta = 30, n_collocation = 1 000: regime I")
    assert medians == f"Medians: training loss {loss:.2g}, test error {error:.2g}"
    counted = [int(p) for p in re.findall(r"(\d+)%", shares)]
    assert sum(counted) == pytest.approx(100, abs=1)
    curve = cells[3][6]["curve"]
    run = cell.sel(seed=curve["seed"])
    assert float(run["train_loss"]) == pytest.approx(loss)
    # The last point is where the run ended, between two records of the schedule.
    assert curve["iteration"][-1] == float(run["iterations"])
    assert curve["loss"][-1] == pytest.approx(float(run["train_loss"]), rel=5e-3)
    drawn = run["history_loss"].sel(iteration=curve["iteration"][:-1]).values
    np.testing.assert_allclose(curve["loss"][:-1], drawn, rtol=5e-3)
    assert len(curve["loss"]) <= 24


def test_cells_without_a_run_or_with_a_diverged_one_say_so():
    dataset = with_status(synthetic_dataset(), 0, difficulty=[0], data=[0])
    dataset = with_status(dataset, 2, difficulty=[1], data=[0], seed=[0])
    cells = cells_of_map(dataset.isel(method=0), PAPER)["cells"]
    assert cells[0][0] == {"lines": ["beta = 5, n_collocation = 100: no label"], "curve": None}
    assert cells[0][1]["lines"][-1] == "Diverged: 1 seed"


def test_a_map_of_winners_answers_with_every_method():
    dataset = with_status(synthetic_dataset(), 2, difficulty=[1], data=[0], method=[1])
    dataset = with_status(dataset, 0, difficulty=[0], data=[0])
    script = _script(figures.winner_map(dataset))
    assert script["level"] is None
    cells = script["cells"]
    pending = "beta = 5, n_collocation = 100: fewer than two methods to compare"
    assert cells[0][0] == {"lines": [pending], "curve": None}
    names = [str(name) for name in dataset["method"].values]
    assert len(names) == 2
    assert cells[0][1]["lines"][1].endswith(f"{names[1]} diverged")
    runs = dataset.isel(difficulty=6, data=3)
    errors = {
        name: float(seed_median(runs["test_error"].isel(method=i))) for i, name in enumerate(names)
    }
    best = min(errors, key=errors.get)
    assert cells[3][6]["lines"][0] == f"beta = 30, n_collocation = 1 000: {best}"
    ordered = ", ".join(f"{m} {errors[m]:.2g}" for m in sorted(errors, key=errors.get))
    assert cells[3][6]["lines"][1] == f"Median test error: {ordered}"
    curve = cells[3][6]["curve"]
    run = runs.isel(method=names.index(best)).sel(seed=curve["seed"])
    np.testing.assert_allclose(curve["loss"][-1], float(run["train_loss"]), rtol=5e-3)


@pytest.mark.parametrize("draw", [figures.regime_map, figures.label_probabilities])
def test_panels_are_where_their_cells_are_drawn(draw):
    picture = draw(synthetic_dataset(), PAPER)
    script = _script(picture)
    assert script["level"] == pytest.approx(PAPER.train_loss, rel=5e-3)
    width, height = picture.figure.get_size_inches() * picture.figure.dpi
    for axes, (left, top, wide, high) in zip(picture.panels, script["panels"], strict=True):
        # The cell at column 2, row 5, from its shares of the picture and from the axes.
        x, y = axes.transData.transform((2, 5))
        assert left + wide * 2.5 / 9 == pytest.approx(x / width, abs=1e-3)
        assert top + high * 2.5 / 8 == pytest.approx(1 - y / height, abs=1e-3)
    assert places([]) == []


def test_surfaces_are_heights_on_one_scale():
    offsets = np.linspace(-1, 1, 3)
    loss = np.array([[1.0, 10.0, 100.0], [1.0, 0.0, 1.0], [1.0, np.nan, 1.0]])
    script = _script(figures.loss_surfaces({"a </b>": (offsets, loss)}, "two", "Computed now."))
    (surface,) = script["surfaces"]
    assert surface["heights"] == [[0, 1, 2], [0, None, 0], [0, None, 0]]
    assert surface["title"] == "a </b>"


def test_figures_and_datasets_are_noted_for_the_book_only(tmp_path, monkeypatch):
    picture = figures.regime_map(synthetic_dataset(), PAPER)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert '<figure class="regimekit">' in picture._repr_html_()
    note_dataset("some")
    assert list(tmp_path.iterdir()) == []
    folder = tmp_path / "noted"
    monkeypatch.setenv(VARIABLE, str(folder))
    note_dataset("some")
    note_dataset("other")
    note_dataset("some")
    assert noted_datasets(folder) == ["other", "some"]
    assert 'id="figure-1"' in picture._repr_html_()
    assert 'id="figure-2"' in picture._repr_html_()
    assert not noted_commit(folder)
    git_commit()
    assert noted_commit(folder)
    words = noted_figures(folder)
    assert list(words) == ["figure-1", "figure-2"]
    assert words["figure-1"] == {"alt": picture.alt, "provenance": picture.provenance}
    assert (folder / "figure-2.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (folder / "figure-2.svg").read_bytes()


def test_a_map_says_what_its_summary_says():
    runs = synthetic_dataset().isel(method=0)
    labels = map_summary(runs, PAPER)["label"].transpose("data", "difficulty").values
    for row, line in enumerate(cells_of_map(runs, PAPER)["cells"]):
        for column, cell in enumerate(line):
            name = {1: "I well", 2: "II under", 3: "III over"}[int(labels[row, column])]
            assert f"regime {name}-trained" in cell["lines"][0]
