"""The words of the rows, on the screen and for a screen reader."""

from __future__ import annotations

import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from backends.printable import one_line
from baichuan_desktop.services.library.folders.disk_use import DriveUse
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.rows.choosing import Order, Shown
from baichuan_desktop.services.library.rows.values import (
    AdapterRow,
    Entry,
    Heading,
    ModelRow,
    ReleasedRow,
    Row,
    Section,
)
from baichuan_desktop.services.library.states import Condition
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.i18n import in_ui_language, is_chinese
from baichuan_desktop.ui.look.one_line import title_line
from baichuan_desktop.ui.models import model_texts

_MOST_PATH = 400  # characters that are shown of a path; the rest is left out in its middle
_CONDITIONS = {
    Condition.PRESENT: lambda: QCoreApplication.translate("LibraryTexts", "Ready"),
    Condition.CHANGED: lambda: QCoreApplication.translate("LibraryTexts", "Changed"),
    Condition.DAMAGED: lambda: QCoreApplication.translate("LibraryTexts", "Damaged"),
    Condition.UNFINISHED: lambda: QCoreApplication.translate("LibraryTexts", "Unfinished"),
    Condition.GONE: lambda: QCoreApplication.translate("LibraryTexts", "Not found"),
    Condition.DRIVE_ABSENT: lambda: QCoreApplication.translate("LibraryTexts", "Drive absent"),
    Condition.UNREADABLE: lambda: QCoreApplication.translate("LibraryTexts", "Unreadable"),
}


def name(row: Row) -> str:
    """The name in one line, in the language of the window."""
    return title_line(name_of(row.name)) or row.key[1]


def name_of(names: Names) -> str:
    """A name in the language of the window, by which rows are sorted too."""
    return in_ui_language(names)


def path(folder: Path) -> str:
    """A path in one line, as far as anybody reads it."""
    text = str(folder)
    if len(text) > _MOST_PATH:
        half = _MOST_PATH // 2
        text = f"{text[:half]}…{text[-half:]}"
    return one_line(text)


def heading(entry: Heading) -> str:
    """What stands over rows."""
    text = {
        Section.HERE: QCoreApplication.translate("LibraryTexts", "On this computer"),
        Section.RELEASED: QCoreApplication.translate("LibraryTexts", "Released, not here"),
    }[entry.section]
    return f"{text} ({QLocale('en').toString(entry.count)})"


def condition(row: Row) -> str:
    """The state of a row in a word or two."""
    if isinstance(row, ReleasedRow):
        return QCoreApplication.translate("LibraryTexts", "Not here")
    if row.condition is None:
        return QCoreApplication.translate("LibraryTexts", "Looking…")
    return _CONDITIONS[row.condition]()


def state_sentence(row: ModelRow | AdapterRow) -> str:
    """What is to be said of the state; empty where there is nothing."""
    if row.looked is None:
        return QCoreApplication.translate(
            "LibraryTexts", "Its drive has not answered yet. Everything else is shown meanwhile."
        )
    sentence = row.looked.state.sentence
    return error_texts.sentence(sentence) if sentence is not None else ""


def size(row: Row) -> str:
    """What it takes on the disk; empty where that is not known."""
    if isinstance(row, ReleasedRow):
        return size_text(row.variant.weights_bytes)
    return size_text(row.bytes_on_disk) if row.bytes_on_disk is not None else ""


def precision(row: Row) -> str:
    """How the weights lie on the disk; empty where that is not known."""
    if isinstance(row, AdapterRow):
        return ""
    stored = row.stored if isinstance(row, ModelRow) else row.variant.precision
    return stored.label if stored is not None else ""


def exports(row: Row) -> str:
    """How many exports and other copies there are; empty for none."""
    if not isinstance(row, ModelRow):
        return ""
    parts = []
    if row.exports == 1:
        parts.append(QCoreApplication.translate("LibraryTexts", "1 export"))
    elif row.exports:
        text = QCoreApplication.translate("LibraryTexts", "{count} exports")
        parts.append(text.format(count=row.exports))
    if len(row.copies) == 1:
        parts.append(QCoreApplication.translate("LibraryTexts", "1 more copy"))
    elif row.copies:
        text = QCoreApplication.translate("LibraryTexts", "{count} more copies")
        parts.append(text.format(count=len(row.copies)))
    return " · ".join(parts)


def licence(row: Row) -> str:
    """The name of the licence; empty where none is known."""
    if isinstance(row, AdapterRow) or row.variant is None:
        return ""
    return title_line(row.variant.licence.name)


def facts(row: Row) -> str:
    """What stands beside the name: family, precision, exports and copies; what an adapter is."""
    if isinstance(row, AdapterRow):
        return _adapter_facts(row)
    is_bundled = isinstance(row, ModelRow) and row.model.bundled
    parts = ["" if is_bundled else model_texts.family(row.family), precision(row), exports(row)]
    return " · ".join(part for part in parts if part)


def _adapter_facts(row: AdapterRow) -> str:
    """That it is an adapter, of which kind, and for which model."""
    if row.base is None:
        base = QCoreApplication.translate("LibraryTexts", "its model is not in the list")
    else:
        text = QCoreApplication.translate("LibraryTexts", "for {model}")
        base = text.format(model=title_line(model_texts.name(row.base)))
    summary = row.looked.details.summary if row.looked is not None else ""
    parts = [QCoreApplication.translate("LibraryTexts", "Adapter"), summary, base]
    return " · ".join(part for part in parts if part)


def place(row: Row) -> str:
    """The folder, as a path; empty for what has none, and for what lies in the app."""
    if isinstance(row, AdapterRow):
        return path(row.adapter.path)
    if not isinstance(row, ModelRow) or row.model.bundled:
        return ""
    return path(row.model.path)


def last_used(row: Row, today: datetime.date) -> str:
    """When it was used last, by day; empty for never."""
    when = row.last_used if isinstance(row, ModelRow) else None
    if when is None:
        return ""
    day = when.astimezone().date()
    if day >= today:  # a clock that was set back is of today
        return QCoreApplication.translate("LibraryTexts", "Today")
    if day == today - datetime.timedelta(days=1):
        return QCoreApplication.translate("LibraryTexts", "Yesterday")
    return date(day)


def date(day: datetime.date) -> str:
    """A day, as the language of the window writes it."""
    pattern = QCoreApplication.translate("LibraryTexts", "d MMM yyyy", "QLocale's form of a day")
    return locale().toString(QDate(day.year, day.month, day.day), pattern)


def count(number: int) -> str:
    """A number, as the language of the window writes it."""
    return locale().toString(number)


def locale() -> QLocale:
    """Of the window's language, not of the system: a row is in one language."""
    return QLocale("zh_CN" if is_chinese() else "en")


def spoken(entry: Entry, today: datetime.date) -> str:
    """All that a row shows, in words."""
    if isinstance(entry, Heading):
        return heading(entry)
    used = last_used(entry, today)
    if used:
        used = QCoreApplication.translate("LibraryTexts", "last used: {day}").format(day=used)
    words = [name(entry), condition(entry), size(entry), used]
    words += [facts(entry), place(entry), licence(entry)]
    return ("，" if is_chinese() else ", ").join(word for word in words if word)


def shown(which: Shown) -> str:
    """A choice of the filter."""
    return {
        Shown.ALL: QCoreApplication.translate("LibraryTexts", "All models"),
        Shown.USABLE: QCoreApplication.translate("LibraryTexts", "Ready to use"),
        Shown.TROUBLED: QCoreApplication.translate("LibraryTexts", "Needs attention"),
        Shown.HERE: QCoreApplication.translate("LibraryTexts", "On this computer"),
        Shown.RELEASED: QCoreApplication.translate("LibraryTexts", "Released, not here"),
    }[which]


def order(which: Order) -> str:
    """By what the rows are sorted."""
    return {
        Order.NAME: QCoreApplication.translate("LibraryTexts", "Name"),
        Order.SIZE: QCoreApplication.translate("LibraryTexts", "Size on disk"),
        Order.USED: QCoreApplication.translate("LibraryTexts", "Last used"),
        Order.ADDED: QCoreApplication.translate("LibraryTexts", "Added"),
    }[which]


def drive_use(use: DriveUse) -> str:
    """What models take of a drive, and what is free."""
    if use.is_absent:
        if use.models == 1:
            return QCoreApplication.translate("LibraryTexts", "Not here now; 1 model lies on it")
        text = QCoreApplication.translate("LibraryTexts", "Not here now; {count} models lie on it")
        return text.format(count=use.models)
    models = size_text(use.model_bytes)
    if use.free_bytes is None or use.total_bytes is None:
        return QCoreApplication.translate("LibraryTexts", "{size} of models").format(size=models)
    text = QCoreApplication.translate("LibraryTexts", "{size} of models · {free} free of {total}")
    return text.format(
        size=models, free=size_text(use.free_bytes), total=size_text(use.total_bytes)
    )


def more_drives(count: int) -> str:
    """That there are more drives than there is room for."""
    if count == 1:
        return QCoreApplication.translate("LibraryTexts", "and 1 more")
    return QCoreApplication.translate("LibraryTexts", "and {count} more").format(count=count)
