"""Formulas become small safe drawings, or nothing."""

from __future__ import annotations

import re

import pytest

from baichuan_desktop.services.typesetting import formulas
from baichuan_desktop.services.typesetting.formulas import (
    INK,
    CannotDrawError,
    drawing,
    is_worth_trying,
)
from benchmarks.formulas import ORDINARY, hostile


@pytest.mark.parametrize("source", ORDINARY)
@pytest.mark.parametrize("displayed", [True, False])
def test_fourteen_formulas_are_drawn(source: str, displayed: bool) -> None:
    made = drawing(source, displayed=displayed)

    assert made["svg"].count("<path") >= len(re.findall(r"[a-z0-9]", source)) // 8
    assert INK in made["svg"]
    assert "black" not in made["svg"]
    assert 0 < made["ascent"] <= made["height"]
    assert made["width"] > 0


def test_there_are_fourteen_ordinary_formulas() -> None:
    assert len(set(ORDINARY)) == 14


@pytest.mark.parametrize(
    "source",
    [
        r"\text{速度} = v",
        "v = \\frac{路程}{时间}",
        "ｘ",
        "한",
        r"\unknown{x}",
        r"\includegraphics{/etc/passwd}",
        r"\color{url(file:///x)} y",
        r"x & y",
        r"\frac{a",
        "",
        "x" * 5000,
        "{" * 100 + "x" + "}" * 100,
        "\\sqrt{" * 25 + "x" + "}" * 25,
        "\ue000",
        "😀",
    ],
)
def test_what_cannot_be_drawn_is_said_and_nothing_else_raised(source: str) -> None:
    with pytest.raises(CannotDrawError):
        drawing(source, displayed=True)


def test_hanzi_and_depth_are_seen_without_any_drawing() -> None:
    assert is_worth_trying(r"\frac{a}{b}")
    assert is_worth_trying("α ≤ β")
    assert not is_worth_trying(r"\text{速度}")
    assert not is_worth_trying("{" * 40 + "}" * 40)
    assert not is_worth_trying("x" * 2001)


def test_the_work_for_a_formula_is_counted_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roots in roots are laid out three times each: 3 ** 20 nodes without a limit."""
    monkeypatch.setattr(formulas, "_MOST_NODES", 100)
    drawing("a + b", displayed=True)

    with pytest.raises(CannotDrawError):
        drawing("\\sqrt{" * 20 + "x" + "}" * 20, displayed=True)


def test_an_error_in_one_numbered_formula_leaves_the_next_its_number() -> None:
    numbered = drawing(r"x \tag{1}", displayed=True)
    with pytest.raises(CannotDrawError):
        drawing(r"x \tag{\frac}", displayed=True)

    assert drawing(r"x \tag{1}", displayed=True) == numbered


def test_hostile_formulas_end_as_a_drawing_or_as_nothing() -> None:
    """The thousand of them go through the real process in `tests/ui/markdown`; here is a part."""
    drawn = 0
    for source in hostile(120, seed=9):
        try:
            drawn += bool(drawing(source, displayed=True)["svg"])
        except CannotDrawError:
            continue
    assert drawn < 60
