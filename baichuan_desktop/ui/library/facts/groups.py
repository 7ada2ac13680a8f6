"""What is known of a model, as titled groups of names and values."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QCoreApplication

from baichuan_desktop.services.library.integrity import sentences
from baichuan_desktop.services.library.integrity.values import Verification
from baichuan_desktop.services.library.registry import InstalledModel, Listed
from baichuan_desktop.services.library.registry_schema import RegistryLayer, Shapes
from baichuan_desktop.services.library.rows.values import AdapterRow, ModelRow, ReleasedRow, Row
from baichuan_desktop.services.library.variants import Variant
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.library import texts
from baichuan_desktop.ui.library.facts.adapter_facts import adapter_facts, made_by
from baichuan_desktop.ui.library.facts.values import Fact, Group
from baichuan_desktop.ui.look.one_line import title_line
from baichuan_desktop.ui.models import model_texts

_MOST_FAULTS = 20  # that are named; the report of the job names all


def groups(row: Row, now: datetime.datetime) -> Sequence[Group]:
    """All that is known of a row; `now` is the time, in UTC."""
    translate = QCoreApplication.translate
    found = [
        (translate("LibraryDetails", "Files"), _files(row)),
        (translate("LibraryDetails", "Verification"), _verification(row)),
    ]
    if isinstance(row, AdapterRow):
        found += [
            (translate("LibraryDetails", "Adapter"), adapter_facts(row)),
            (translate("LibraryDetails", "How it was made"), made_by(row)),
            (translate("LibraryDetails", "Where it comes from"), _listing(row.adapter)),
        ]
    else:
        found += [
            (translate("LibraryDetails", "Model"), _model(row)),
            (translate("LibraryDetails", "Published figures"), _published(row)),
            (translate("LibraryDetails", "Licence"), _licence(row)),
            (translate("LibraryDetails", "Where it comes from"), _origin(row, now)),
        ]
    held = [(title, tuple(fact for fact in facts if fact.value)) for title, facts in found]
    return [Group(title, facts) for title, facts in held if facts]


def _files(row: Row) -> Iterator[Fact]:
    translate = QCoreApplication.translate
    if not isinstance(row, ReleasedRow):
        yield Fact(translate("LibraryDetails", "Location"), texts.place(row), True)
        if row.drive is not None:
            yield Fact(translate("LibraryDetails", "Drive"), texts.path(row.drive), True)
        yield Fact(translate("LibraryDetails", "Free there"), _free(row))
    yield Fact(translate("LibraryDetails", "Size on disk"), texts.size(row))
    yield Fact(translate("LibraryDetails", "Precision on disk"), texts.precision(row))
    if isinstance(row, ModelRow):
        yield from _copies(row)


def _free(row: ModelRow | AdapterRow) -> str:
    """What is free of its drive; empty where that is not known."""
    space = row.looked.drive if row.looked is not None else None
    if space is None or space.free_bytes is None or space.total_bytes is None:
        return ""
    text = QCoreApplication.translate("LibraryDetails", "{free} of {total}")
    return text.format(free=size_text(space.free_bytes), total=size_text(space.total_bytes))


def _copies(row: ModelRow) -> Iterator[Fact]:
    translate = QCoreApplication.translate
    for folder in row.model.exports:
        yield Fact(translate("LibraryDetails", "Export"), texts.path(folder), True)
    if row.looked is not None and row.looked.export_bytes:
        size = size_text(row.looked.export_bytes)
        yield Fact(translate("LibraryDetails", "Size of exports"), size)
    for names in row.copies:
        yield Fact(translate("LibraryDetails", "Another copy"), title_line(texts.name_of(names)))


def _verification(row: Row) -> Iterator[Fact]:
    if isinstance(row, ReleasedRow) or row.looked is None:
        return
    translate, looked = QCoreApplication.translate, row.looked
    done = looked.verification
    if done is None:
        result = translate("LibraryDetails", "Not verified on this computer")
    else:
        result = _result(done).format(day=texts.date(done.when.astimezone().date()))
    yield Fact(translate("LibraryDetails", "Verified"), result)
    if done is None:
        return
    if looked.override is not None:
        text = translate("LibraryDetails", "{user} insisted on loading it all the same, {day}")
        day = texts.date(looked.override.when.astimezone().date())
        value = text.format(user=title_line(looked.override.user), day=day)
        yield Fact(translate("LibraryDetails", "Override"), value)
    for fault in done.faults[:_MOST_FAULTS]:
        yield Fact(
            translate("LibraryDetails", "What is wrong"), error_texts.sentence(fault.sentence)
        )
    said = [error_texts.sentence(one) for one in sentences.confirmed(done.checked)]
    yield Fact(translate("LibraryDetails", "What this shows"), "\n".join(said))


def _result(done: Verification) -> str:
    if done.has_failed:
        return QCoreApplication.translate("LibraryDetails", "{day}: something is wrong")
    return QCoreApplication.translate("LibraryDetails", "{day}: no fault was found")


def _model(row: ModelRow | ReleasedRow) -> Iterator[Fact]:
    translate = QCoreApplication.translate
    of: InstalledModel | Variant = row.model if isinstance(row, ModelRow) else row.variant
    variant = row.variant
    yield Fact(translate("LibraryDetails", "Kind"), model_texts.kind(of.kind))
    yield Fact(translate("LibraryDetails", "Family"), model_texts.family(of.family))
    shapes = variant.shapes if variant is not None else None
    if isinstance(row, ModelRow) and row.looked is not None and row.looked.shapes is not None:
        shapes = row.looked.shapes
    if shapes is not None:
        yield Fact(translate("LibraryDetails", "Parameters"), _count(shapes.parameters))
    context = translate("LibraryDetails", "{count} tokens").format(count=_count(of.context_length))
    yield Fact(translate("LibraryDetails", "Context"), context)
    if shapes is not None:
        yield from _shapes(shapes)


def _shapes(shapes: Shapes) -> Iterator[Fact]:
    translate = QCoreApplication.translate
    for name, size in (
        (translate("LibraryDetails", "Hidden size"), shapes.hidden_size),
        (translate("LibraryDetails", "Layers"), shapes.num_layers),
        (translate("LibraryDetails", "Attention heads"), shapes.num_heads),
        (translate("LibraryDetails", "Feed-forward size"), shapes.intermediate_size),
        (translate("LibraryDetails", "Vocabulary"), shapes.vocab_size),
    ):
        yield Fact(name, _count(size))


def _published(row: ModelRow | ReleasedRow) -> Iterator[Fact]:
    translate, variant = QCoreApplication.translate, row.variant
    if variant is None:
        return
    memory = translate("LibraryDetails", "Memory, {precision}")
    for precision, gib in variant.published_memory_gib.items():
        yield Fact(memory.format(precision=precision.label), f"{gib:.1f} GiB")
    scores = variant.published_scores
    if scores is not None:
        for benchmark, points in scores.points.items():
            yield Fact(title_line(benchmark), f"{points:.1f}")
        yield Fact(translate("LibraryDetails", "Source"), title_line(scores.source))


def _licence(row: ModelRow | ReleasedRow) -> Iterator[Fact]:
    translate, variant = QCoreApplication.translate, row.variant
    if variant is None:
        text = translate("LibraryDetails", "The one that came with its weights")
        yield Fact(translate("LibraryDetails", "Name"), text)
        return
    yield Fact(translate("LibraryDetails", "Name"), title_line(variant.licence.name))
    commercial = {
        "allowed": translate("LibraryDetails", "Allowed"),
        "on-application": translate("LibraryDetails", "Only with permission, on application"),
        "not-allowed": translate("LibraryDetails", "Not allowed"),
    }[variant.licence.commercial_use]
    yield Fact(translate("LibraryDetails", "Commercial use"), commercial)


def _origin(row: ModelRow | ReleasedRow, now: datetime.datetime) -> Iterator[Fact]:
    translate, variant = QCoreApplication.translate, row.variant
    if isinstance(row, ModelRow):
        yield from _listing(row.model)
        used = texts.last_used(row, now.astimezone().date())
        never = translate("LibraryDetails", "Never")
        yield Fact(translate("LibraryDetails", "Last used"), used or never)
    if variant is not None:
        huggingface = title_line(variant.sources.huggingface or "")
        modelscope = title_line(variant.sources.modelscope or "")
        yield Fact("Hugging Face", huggingface)
        yield Fact("ModelScope", modelscope)


def _listing(one: Listed) -> Iterator[Fact]:
    """Where what is listed comes from, since when it is listed, and by whom."""
    translate = QCoreApplication.translate
    yield Fact(translate("LibraryDetails", "Repository"), title_line(one.repository or ""))
    yield Fact(translate("LibraryDetails", "Added"), _added(one))
    yield Fact(translate("LibraryDetails", "Listed by"), _layer(one))
    yield Fact(translate("LibraryDetails", "Id"), one.id)


def _added(model: Listed) -> str:
    try:
        return texts.date(datetime.date.fromisoformat(model.added or ""))
    except ValueError:  # entries of earlier versions have none; a date that no calendar has
        return ""


def _layer(model: Listed) -> str:
    translate = QCoreApplication.translate
    if isinstance(model, InstalledModel) and model.bundled:
        return translate("LibraryDetails", "The app, as a part of it")
    return {
        RegistryLayer.SHIPPED: translate("LibraryDetails", "The app"),
        RegistryLayer.SITE: translate("LibraryDetails", "The administrator of this computer"),
        RegistryLayer.USER: translate("LibraryDetails", "You"),
    }[model.layer]


def _count(number: int) -> str:
    return texts.count(number)
