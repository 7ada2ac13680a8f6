"""Which rows are shown, in what order: facts in, rows out, and no word of any language."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from backends.model_config import Family
from baichuan_desktop.services.library.adapters.bases import base_among
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.rows.values import (
    AdapterLooked,
    AdapterRow,
    Entry,
    Heading,
    Looked,
    ModelRow,
    ReleasedRow,
    Row,
    Section,
)
from baichuan_desktop.services.library.states import Condition
from baichuan_desktop.services.library.variants import Variant


class Shown(Enum):
    """Which rows of all are shown, by their state."""

    ALL = "all"
    USABLE = "usable"  #: they can be loaded
    TROUBLED = "troubled"  #: something is to be said of them
    HERE = "here"
    RELEASED = "released"  #: released ones of which none is listed


class Order(Enum):
    """What comes first."""

    NAME = "name"
    SIZE = "size"  #: the largest
    USED = "used"  #: what was used last
    ADDED = "added"  #: what was added last


@dataclass(frozen=True, slots=True)
class Filter:
    """What a person wants to see; nothing wished: all."""

    text: str = ""
    shown: Shown = Shown.ALL
    family: Family | None = None
    drive: Path | None = None


#: A model of these conditions can be loaded, as far as one can see.
USABLE: Collection[Condition] = (Condition.PRESENT, Condition.CHANGED)


def rows_of(
    models: Sequence[InstalledModel],
    variants: Sequence[Variant],
    looked: Mapping[str, Looked],
    last_used: Mapping[str, datetime.datetime],
    adapters: Sequence[InstalledAdapter] = (),
    looked_adapters: Mapping[str, AdapterLooked] | None = None,
) -> list[Row]:
    """Every row: the listed models in their order, then adapters, then what is only released.

    `looked`, `last_used` and `looked_adapters` are by ids.
    """
    known = {one.id: one for one in variants}
    same: dict[str, list[InstalledModel]] = {}
    for model in models:
        if model.variant is not None:
            same.setdefault(model.variant, []).append(model)
    rows: list[Row] = [
        ModelRow(
            model,
            known.get(model.variant or ""),
            looked.get(model.id),
            last_used.get(model.id),
            tuple(one.shown_name for one in same.get(model.variant or "", ()) if one is not model),
        )
        for model in models
    ]
    rows += [
        AdapterRow(one, base_among(one, models, known), (looked_adapters or {}).get(one.id))
        for one in adapters
    ]
    absent = (one for one in variants if one.id not in same and not one.bundled)
    return [*rows, *map(ReleasedRow, absent)]


def shown(
    rows: Sequence[Row], wanted: Filter, order: Order, name_of: Callable[[Names], str]
) -> list[Entry]:
    """The rows that a filter lets pass, in this order, under their headings.

    An adapter comes after its model, those of none that is here at the end. `name_of` gives a name
    in the language of the window.
    """
    passed = [row for row in rows if _passes(row, wanted)]
    above = {row.model.id: row for row in rows if isinstance(row, ModelRow)}

    def place(row: Row) -> tuple[object, ...]:
        own = _place(row, order, name_of)
        if not isinstance(row, AdapterRow):
            return (False, *own)
        base = above.get(row.base.id) if row.base is not None else None
        return (True, *own) if base is None else (False, *_place(base, order, name_of), *own)

    entries: list[Entry] = []
    for section, kinds in ((Section.HERE, (ModelRow, AdapterRow)), (Section.RELEASED, ReleasedRow)):
        inside: list[Row] = [row for row in passed if isinstance(row, kinds)]
        if inside:
            entries.append(Heading(section, len(inside)))
            inside.sort(key=place)
            entries += inside
    return entries


def families(rows: Sequence[Row]) -> list[Family]:
    """The families that there are rows of, in the order in which they are described."""
    there = {row.family for row in rows}
    return [family for family in Family if family in there]


def drives(rows: Sequence[Row]) -> list[Path]:
    """The drives that models and adapters lie on."""
    here = (row for row in rows if not isinstance(row, ReleasedRow))
    return sorted({row.drive for row in here if row.drive})


def _passes(row: Row, wanted: Filter) -> bool:
    return (
        (wanted.family is None or row.family is wanted.family)
        and (
            wanted.drive is None or (not isinstance(row, ReleasedRow) and row.drive == wanted.drive)
        )
        and _is_shown(row, wanted.shown)
        and all(word in _words(row) for word in wanted.text.casefold().split())
    )


def _is_shown(row: Row, shown: Shown) -> bool:
    match shown:
        case Shown.ALL:
            return True
        case Shown.RELEASED:
            return isinstance(row, ReleasedRow)
        case _ if isinstance(row, ReleasedRow):
            return False
        case Shown.USABLE:
            return row.condition in USABLE
        case Shown.TROUBLED:
            return row.condition not in (None, Condition.PRESENT)
        case Shown.HERE:
            return True


def _words(row: Row) -> str:
    """All by which a row is found, in small letters."""
    parts: list[str | None] = [row.name.en, row.name.zh]
    if isinstance(row, AdapterRow):
        parts += [row.adapter.id, str(row.adapter.path), row.adapter.repository, row.adapter.base]
        if row.base is not None:
            parts += [row.base.name.en, row.base.name.zh, row.base.family.value]
        return "\n".join(filter(None, parts)).casefold()
    parts.append(row.family.value)
    variant = row.variant
    if isinstance(row, ModelRow):
        model = row.model
        parts += [model.id, model.name.en, model.name.zh, str(model.path), model.repository]
    if variant is not None:
        sources = variant.sources
        parts += [variant.id, variant.name.en, variant.name.zh]
        parts += [sources.huggingface, sources.modelscope]
    return "\n".join(filter(None, parts)).casefold()


def _place(
    row: Row, order: Order, name_of: Callable[[Names], str]
) -> tuple[float | str, str, str, str]:
    """By what a row is sorted; what is not known comes last."""
    name = (name_of(row.name).casefold(), *row.key)
    match order, row:
        case Order.SIZE, ModelRow(looked=Looked()) | AdapterRow(looked=AdapterLooked()):
            size = row.bytes_on_disk
            return (math.inf if size is None else -size, *name)
        case Order.SIZE, ReleasedRow(variant):
            return (-variant.weights_bytes, *name)
        case Order.USED, ModelRow(last_used=datetime.datetime() as when):
            return (-when.timestamp(), *name)
        case Order.ADDED, (ModelRow(model) | AdapterRow(model)) if model.added is not None:
            try:
                return (-datetime.date.fromisoformat(model.added).toordinal(), *name)
            except ValueError:  # a date that no calendar has
                return (math.inf, *name)
        case Order.NAME, _:
            return ("", *name)
        case _:
            return (math.inf, *name)
