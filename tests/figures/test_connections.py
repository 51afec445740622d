"""The figure of pairs of seeds says the medians by regime."""

import pandas as pd

from regimekit import figures
from regimekit.regimes import PAIR_MEASURES


def test_medians_are_in_the_words():
    rows = [
        {"regime": regime} | dict.fromkeys(PAIR_MEASURES, value)
        for regime, value in (("I", 0.25), ("I", 0.75), ("I", 0.5), ("III", 4.0), ("", 99.0))
    ]
    picture = figures.connections(pd.DataFrame(rows), "Data: x.")
    assert "linear CKA, I well-trained: median 0.5, from 0.25 to 0.75 (3 pairs)." in picture.alt
    assert "II under-trained" not in picture.alt.replace("III", "")
    assert "99" not in picture.alt
    assert picture._repr_html_()


def test_nothing_to_draw_is_said():
    assert "No pair is of one regime." in figures.connections(pd.DataFrame(), "Data: x.").alt
