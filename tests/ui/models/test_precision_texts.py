"""The figures of the menu of precisions agree with each other."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from backends.choice import selection
from backends.choice.options import options
from backends.choice.values import Model, Verdict, Wishes
from backends.phrases import Phrase
from backends.precision import Precision
from baichuan_desktop.services.precisions.rows import PrecisionRow, _row
from baichuan_desktop.ui.models import precision_texts
from tests.helpers.machines import BAICHUAN2_7B, card, machine

GIB = 2**30
MODEL = Model(BAICHUAN2_7B, 4096)


def rows_with(free_bytes: int) -> list[PrecisionRow]:
    facts = replace(
        machine(bf16=True),
        free_memory_bytes=free_bytes,
        gpus=(replace(card(40), free_memory_bytes=free_bytes),),
    )
    return [_row(option, None, None, is_chosen=False) for option in options(MODEL, facts)]


def test_the_size_beside_a_row_is_the_one_in_its_sentence_and_never_contradicts_it() -> None:
    seen: set[Verdict] = set()
    free_figures: dict[int, set[str]] = {}
    for tenth in range(20, 400):
        free_bytes = tenth * GIB // 10 + tenth * 7919  # just beside a figure that is shown
        for row in rows_with(free_bytes):
            figures = re.findall(r"(\d+\.\d) GiB", str(row.sentence))
            if row.wanted_device is None or len(figures) < 2:
                continue
            seen.add(row.verdict)
            needed, free = figures[:2]
            free_figures.setdefault(free_bytes, set()).add(free)
            assert precision_texts.size(row) == f"{needed} GiB"
            assert (float(needed) <= float(free)) is row.runs, row.sentence
    assert {Verdict.FITS, Verdict.TOO_LARGE} <= seen
    assert all(len(figures) == 1 for figures in free_figures.values())


@pytest.mark.parametrize("wanted", [None, Precision.BF16, Precision.NF4])
def test_the_reason_over_the_rows_has_the_figures_of_the_rows(wanted: Precision | None) -> None:
    then, now = 30 * GIB, 31 * GIB
    facts = replace(machine(bf16=True), free_memory_bytes=then)
    reason = selection.choose(MODEL, facts, Wishes(wanted)).reason
    rows = [
        _row(option, None, None, is_chosen=False)
        for option in options(MODEL, replace(facts, free_memory_bytes=now))
    ]

    shown = str(precision_texts.as_of_now(reason, rows))

    assert "30.0 GiB is free" in str(reason)
    assert "30.0 GiB" not in shown
    assert "31.0 GiB" in shown
    assert ("You chose this precision." in shown) is (wanted is not None)


def test_a_reason_that_holds_no_more_stays_what_it_was() -> None:
    then, now = (machine(card(40, free_gib=free), free_gib=8) for free in (12, 38))
    reason = selection.choose(MODEL, then, Wishes()).reason
    rows = [_row(option, None, None, is_chosen=False) for option in options(MODEL, now)]

    shown = str(precision_texts.as_of_now(reason, rows))

    assert "but only 12.0 GiB is free. 8-bit needs" in shown  # which is why it is 8-bit


def test_a_sentence_without_figures_is_left_alone() -> None:
    plain = Phrase("torch is not installed.")

    assert precision_texts.as_of_now(plain, rows_with(GIB)) == plain


@pytest.mark.parametrize(
    ("names", "titles"),
    [
        (
            ("RTX 3060", "RTX 3060"),
            {"RTX 3060 (cuda:0)", "RTX 3060 (cuda:1)", "RTX 3060 (cuda:0) + RTX 3060 (cuda:1)"},
        ),
        (("RTX 3060", "RTX 4060"), {"RTX 3060", "RTX 4060", "RTX 3060 + RTX 4060"}),
    ],
)
def test_a_row_says_by_itself_which_cards_it_is_on(
    names: tuple[str, str], titles: set[str]
) -> None:
    """As its sentence does: cards of one name with their numbers, also where they are several."""
    facts = machine(*(card(12, name=name, index=index) for index, name in enumerate(names)))
    rows = [_row(option, None, None, is_chosen=False) for option in options(MODEL, facts)]

    devices = {precision_texts.title(row).partition(" · ")[2] for row in rows}

    assert devices == {*titles, "CPU"}
