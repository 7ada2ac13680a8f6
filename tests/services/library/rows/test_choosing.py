"""Which rows there are, which of them are shown, and in what order."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from backends.events import ModelKind
from backends.model_config import Family
from backends.precision import Precision
from baichuan_desktop.services.library.registry import Registry
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.rows.choosing import (
    Filter,
    Order,
    Shown,
    drives,
    families,
    rows_of,
    shown,
)
from baichuan_desktop.services.library.rows.values import (
    Heading,
    Looked,
    ModelRow,
    ReleasedRow,
    Row,
    Section,
)
from baichuan_desktop.services.library.states import Condition
from tests.helpers.library import DISK, GIB, NETWORK, STICK, listed, seen

NOON = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)


def english(names: Names) -> str:
    return names.en


def named(rows: list[Row], wanted: Filter | None = None, order: Order = Order.NAME) -> list[str]:
    """The keys of what is shown, without headings."""
    entries = shown(rows, wanted or Filter(), order, english)
    return [entry.key[1] for entry in entries if not isinstance(entry, Heading)]


@pytest.fixture
def four() -> list[Row]:
    return [
        ModelRow(
            replace(listed("chat", "/home/a/Chat", name="Zeta"), repository="ann/Tuned@v3"),
            looked=seen(size=14 * GIB),
            last_used=NOON,
        ),
        ModelRow(
            listed("base", "/srv/models/Base", name="alpha", family=Family.BAICHUAN_13B,
                   kind=ModelKind.BASE, added="2026-11-02"),
            looked=seen(Condition.DAMAGED, size=26 * GIB, drive=NETWORK),
        ),
        ModelRow(
            listed("away", "/media/ann/MODELS/x", name="百川", drive=STICK.drive,
                   added="2026-11-19"),
            looked=seen(Condition.DRIVE_ABSENT, size=None, drive=STICK),
            last_used=NOON - datetime.timedelta(days=9),
        ),
        ModelRow(listed("unseen", "/mnt/nas/y", name="Beta", added="2026-99-99")),
    ]  # fmt: skip


def test_a_released_model_is_offered_until_one_of_it_is_listed(shipped: Registry) -> None:
    model = listed("mine", variant="baichuan2-7b-chat")

    without = rows_of([], shipped.variants, {}, {})
    with_it = rows_of([model], shipped.variants, {}, {})

    released = [row.key[1] for row in without if isinstance(row, ReleasedRow)]
    assert "baichuan2-7b-chat" in released
    assert "baichuan-guide" not in released, "it is a part of the app, and never missing"
    still = [row.key[1] for row in with_it if isinstance(row, ReleasedRow)]
    assert set(released) - set(still) == {"baichuan2-7b-chat"}


def test_other_listed_models_of_the_same_release_are_its_copies(shipped: Registry) -> None:
    one, two = listed("one", variant="baichuan-7b"), listed("two", variant="baichuan-7b")
    other, foreign = listed("other", variant="baichuan2-7b-base"), listed("foreign")
    alien = listed("alien")

    rows = rows_of([one, two, other, foreign, alien], shipped.variants, {}, {})

    copies = {row.key[1]: row.copies for row in rows if isinstance(row, ModelRow)}
    assert copies == {
        "one": (two.name,), "two": (one.name,), "other": (), "foreign": (), "alien": (),
    }  # fmt: skip


def test_facts_are_joined_by_id_and_none_is_a_fact_too(shipped: Registry) -> None:
    looked = {"here": seen(), "gone from the list": seen()}

    rows = rows_of([listed("here"), listed("new")], (), looked, {"here": NOON})

    assert [(row.looked, row.last_used) for row in rows if isinstance(row, ModelRow)] == [
        (looked["here"], NOON), (None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.NAME, ["base", "unseen", "chat", "away"]),
        (Order.SIZE, ["base", "chat", "unseen", "away"]),
        (Order.USED, ["chat", "away", "base", "unseen"]),
        (Order.ADDED, ["away", "base", "unseen", "chat"]),
    ],
)
def test_what_is_not_known_comes_last_and_then_the_name_decides(
    four: list[Row], order: Order, expected: list[str]
) -> None:
    assert named(four, order=order) == expected


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (Shown.ALL, ["base", "unseen", "chat", "away"]),
        (Shown.HERE, ["base", "unseen", "chat", "away"]),
        (Shown.USABLE, ["chat"]),
        (Shown.TROUBLED, ["base", "away"]),
        (Shown.RELEASED, []),
    ],
)
def test_what_nobody_looked_at_yet_is_neither_ready_nor_troubled(
    four: list[Row], which: Shown, expected: list[str]
) -> None:
    assert named(four, Filter(shown=which)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["base", "unseen", "chat", "away"]),
        ("ZETA", ["chat"]),
        ("百川", ["away"]),
        ("nas/y", ["unseen"]),
        ("baichuan-13b", ["base"]),
        ("ann/tuned", ["chat"]),
        ("a models", ["base", "away"]),
        ("models\tbase", ["base"]),
        ("zeta nothing", []),
    ],
)
def test_every_word_must_be_in_name_id_path_family_or_published_id(
    four: list[Row], text: str, expected: list[str]
) -> None:
    assert named(four, Filter(text=text)) == expected


def test_a_published_id_finds_what_is_here_and_what_is_released(shipped: Registry) -> None:
    rows = rows_of([listed("mine", variant="baichuan2-7b-chat")], shipped.variants, {}, {})

    found = named(rows, Filter(text="baichuan-inc/Baichuan2-7B-Chat"))

    assert "mine" in found
    assert "baichuan2-7b-chat-4bits" in found
    assert "baichuan2-13b-chat" not in found


def test_family_drive_and_state_must_all_fit(four: list[Row]) -> None:
    wanted = Filter(family=Family.BAICHUAN_13B)

    assert named(four, wanted) == ["base"]
    assert named(four, replace(wanted, drive=NETWORK.drive)) == ["base"]
    assert named(four, replace(wanted, drive=DISK.drive)) == []
    assert named(four, replace(wanted, shown=Shown.USABLE)) == []


def test_a_drive_that_is_chosen_hides_what_is_released(shipped: Registry) -> None:
    rows = rows_of([listed("mine", drive=Path("/d"))], shipped.variants, {}, {})

    assert named(rows, Filter(drive=Path("/d"))) == ["mine"]


def test_headings_count_what_is_shown_below_them(shipped: Registry, four: list[Row]) -> None:
    rows = [*four, *map(ReleasedRow, shipped.variants[1:4])]

    entries = shown(rows, Filter(), Order.NAME, english)

    assert [(at, one) for at, one in enumerate(entries) if isinstance(one, Heading)] == [
        (0, Heading(Section.HERE, 4)), (5, Heading(Section.RELEASED, 3)),
    ]  # fmt: skip
    assert shown(rows, Filter(text="no such model"), Order.NAME, english) == []


def test_only_families_and_drives_of_which_there_are_rows_are_offered(four: list[Row]) -> None:
    assert families(four) == [Family.BAICHUAN_13B, Family.BAICHUAN2_7B]
    assert drives(four) == [DISK.drive, STICK.drive, NETWORK.drive]
    assert families([]) == []
    assert drives([]) == []


def test_the_precision_that_was_seen_comes_before_the_published_one(shipped: Registry) -> None:
    variant = shipped.variant("baichuan2-7b-chat")
    copy = ModelRow(listed("copy"), variant, seen(stored=Precision.NF4))

    assert copy.stored is Precision.NF4
    assert replace(copy, looked=seen()).stored is Precision.BF16
    assert replace(copy, looked=None, variant=None).stored is None


def test_of_two_entries_of_one_name_the_order_is_always_the_same() -> None:
    rows: list[Row] = [ModelRow(listed(id_, name="Same")) for id_ in ("b", "c", "a")]

    assert named(rows) == named(rows[::-1]) == ["a", "b", "c"]


def test_a_look_at_an_unreadable_folder_has_no_size(four: list[Row]) -> None:
    looked: Looked = seen(Condition.UNREADABLE, size=None)
    row = ModelRow(listed("odd"), looked=looked)

    assert row.bytes_on_disk is None
    assert named([row, *four], order=Order.SIZE)[-1] == "away"
