"""Rows of adapters: below their model, whatever is sorted and sought, and what is offered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backends.model_config import Family
from baichuan_desktop.services.library.registry import (
    InstalledAdapter,
    InstalledModel,
    shipped_registry,
)
from baichuan_desktop.services.library.registry_schema import Names, RegistryLayer
from baichuan_desktop.services.library.rows.actions import Action, actions_of
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
    AdapterLooked,
    AdapterRow,
    Heading,
    ModelRow,
)
from baichuan_desktop.services.library.states import Condition, ModelState
from tests.helpers.library import DISK, STICK, files, listed, seen
from tests.helpers.registry_texts import loaded


def adapter(id_: str, base: str, name: str = "", **facts: object) -> InstalledAdapter:
    found = InstalledAdapter(
        id_, Names(en=name or id_, zh=name or id_), Path(f"/adapters/{id_}"), base
    )
    return replace(found, **facts)  # type: ignore[arg-type]  # whatever a test says


def looked(condition: Condition = Condition.PRESENT, size: int = 1) -> AdapterLooked:
    return AdapterLooked(ModelState(condition, None, files(size)), DISK)


MODELS = [listed("alpha"), listed("beta", family=Family.BAICHUAN_7B)]


def keys(order: Order = Order.NAME, wanted: Filter | None = None, **sizes: int) -> list[str]:
    rows = rows_of(
        MODELS,
        (),
        {"alpha": seen(size=10), "beta": seen(size=20)},
        {},
        [adapter("zebra", "alpha"), adapter("ant", "alpha"), adapter("cow", "beta"),
         adapter("dog", "gone")],
        {name: looked(size=size) for name, size in sizes.items()},
    )  # fmt: skip
    entries = shown(rows, wanted or Filter(), order, lambda name: name.en)
    return [entry.key[1] for entry in entries if not isinstance(entry, Heading)]


def test_an_adapter_stands_below_its_model_and_one_of_none_at_the_end() -> None:
    assert keys() == ["alpha", "ant", "zebra", "beta", "cow", "dog"]


def test_in_every_order_adapters_stay_below_their_models() -> None:
    by_size = keys(Order.SIZE, ant=1, zebra=5)
    assert by_size == ["beta", "cow", "alpha", "zebra", "ant", "dog"]


def test_an_adapter_is_found_by_its_own_words_and_by_those_of_its_model() -> None:
    assert keys(wanted=Filter(text="ant")) == ["ant"]
    assert keys(wanted=Filter(text="beta")) == ["beta", "cow"]
    assert keys(wanted=Filter(family=Family.BAICHUAN_7B)) == ["beta", "cow"]


def test_the_families_of_rows_are_those_of_models() -> None:
    rows = rows_of([MODELS[0]], (), {}, {}, [adapter("dog", "gone")])
    assert families(rows) == [Family.BAICHUAN2_7B]


def test_the_drives_of_rows_are_those_of_adapters_too() -> None:
    rows = rows_of([], (), {}, {}, [adapter("dog", "gone", drive=STICK.drive)])
    assert drives(rows) == [STICK.drive]


def test_only_troubled_rows_are_shown_if_asked() -> None:
    rows = rows_of([], (), {}, {}, [adapter("bad", "x"), adapter("good", "x")],
                   {"bad": looked(Condition.DAMAGED), "good": looked()})  # fmt: skip
    found = shown(rows, Filter(shown=Shown.TROUBLED), Order.NAME, lambda name: name.en)
    assert [entry.key[1] for entry in found] == ["here", "bad"]


def test_an_adapter_of_a_copy_of_its_model_stands_below_the_copy() -> None:
    copy = listed("copy", variant="baichuan2-7b-chat")
    variants = loaded(shipped_registry()).variants
    own = adapter("mine", "gone", variant="baichuan2-7b-chat-4bits")
    (row,) = [one for one in rows_of([copy], variants, {}, {}, [own])
              if isinstance(one, AdapterRow)]  # fmt: skip
    assert row.base == copy


@pytest.mark.parametrize(
    ("row", "first", "lacks"),
    [
        (AdapterRow(adapter("a", "alpha"), MODELS[0], looked()), Action.LOAD, Action.FIND),
        (AdapterRow(adapter("a", "gone"), None, looked()), Action.RENAME, Action.LOAD),
        (
            AdapterRow(adapter("a", "alpha"), MODELS[0], looked(Condition.GONE)),
            Action.FIND,
            Action.VERIFY,
        ),
        (
            AdapterRow(adapter("a", "alpha", layer=RegistryLayer.SITE), MODELS[0], looked()),
            Action.LOAD,
            Action.REMOVE,
        ),
    ],
)
def test_what_is_offered_for_an_adapter(row: AdapterRow, first: Action, lacks: Action) -> None:
    assert actions_of(row)[0] is first
    assert lacks not in actions_of(row)


def test_a_model_that_took_an_id_is_not_the_base_of_the_adapters_of_the_one_before() -> None:
    other: InstalledModel = listed("alpha", variant="baichuan-7b")
    rows = rows_of([other], (), {}, {}, [adapter("mine", "alpha", variant="baichuan2-7b-chat")])
    assert [row.base for row in rows if isinstance(row, AdapterRow)] == [None]
    assert isinstance(rows[0], ModelRow)
