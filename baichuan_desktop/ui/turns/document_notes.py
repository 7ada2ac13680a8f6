"""What is said of documents that go with a question: how much of them is given, and from where."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from backends.printable import one_line
from baichuan_desktop.services.chat.given import Place
from baichuan_desktop.services.documents.values import Attachment, Document, Unit

_KILOBYTE, _MEGABYTE = 1_000, 1_000_000


def chip(attachment: Attachment) -> str:
    """A document with how much of it was given."""
    return f"{one_line(attachment.name)} · {given(attachment)}"


def given(attachment: Attachment) -> str:
    """How much of a document is given, of how much."""
    if attachment.given is None:
        if not attachment.all_tokens:
            return QCoreApplication.translate("DocumentNotes", "whole text")
        text = QCoreApplication.translate("DocumentNotes", "all {count} tokens")
        return text.format(count=f"{attachment.all_tokens:,}")
    text = QCoreApplication.translate(
        "DocumentNotes", "{given} of {all} passages, {given_tokens} of {all_tokens} tokens"
    )
    return text.format(
        given=f"{len(attachment.given):,}",
        all=f"{attachment.passages:,}",
        given_tokens=f"{attachment.given_tokens:,}",
        all_tokens=f"{attachment.all_tokens:,}",
    )


def length(document: Document) -> str:
    """How many pages, slides … a document has; of one that has none, its characters."""
    for unit in (Unit.PAGE, Unit.SLIDE, Unit.SHEET, Unit.CHAPTER):
        if count := document.count(unit):
            return _counted(unit, count)
    text = QCoreApplication.translate("DocumentNotes", "{count} characters")
    return text.format(count=f"{len(document.text):,}")


def size(document: Document) -> str:
    """How large the file is."""
    if document.size < _KILOBYTE:
        text = QCoreApplication.translate("DocumentNotes", "{count} bytes")
        return text.format(count=document.size)
    if document.size < _MEGABYTE:
        text = QCoreApplication.translate("DocumentNotes", "{count} kB")
        return text.format(count=-(-document.size // _KILOBYTE))
    text = QCoreApplication.translate("DocumentNotes", "{count} MB")
    return text.format(count=f"{document.size / _MEGABYTE:.1f}")


def _counted(unit: Unit, count: int) -> str:
    if count == 1:
        match unit:
            case Unit.PAGE:
                return QCoreApplication.translate("DocumentNotes", "1 page")
            case Unit.SLIDE:
                return QCoreApplication.translate("DocumentNotes", "1 slide")
            case Unit.SHEET:
                return QCoreApplication.translate("DocumentNotes", "1 sheet")
            case _:
                return QCoreApplication.translate("DocumentNotes", "1 chapter")
    match unit:
        case Unit.PAGE:
            text = QCoreApplication.translate("DocumentNotes", "{count} pages")
        case Unit.SLIDE:
            text = QCoreApplication.translate("DocumentNotes", "{count} slides")
        case Unit.SHEET:
            text = QCoreApplication.translate("DocumentNotes", "{count} sheets")
        case _:
            text = QCoreApplication.translate("DocumentNotes", "{count} chapters")
    return text.format(count=f"{count:,}")


def place(where: Place) -> str:
    """Where in its document a passage stands."""
    number = f"{where.first:,}"
    if where.last != where.first:
        number = f"{where.first:,}–{where.last:,}"
    match where.unit:
        case Unit.PAGE:
            text = QCoreApplication.translate("DocumentNotes", "Page {number}")
        case Unit.SLIDE:
            text = QCoreApplication.translate("DocumentNotes", "Slide {number}")
        case Unit.SHEET:
            text = QCoreApplication.translate("DocumentNotes", "Sheet {number}")
        case Unit.CHAPTER:
            text = QCoreApplication.translate("DocumentNotes", "Chapter {number}")
        case Unit.HEADING:
            text = QCoreApplication.translate("DocumentNotes", "Section {number}")
        case _:
            text = QCoreApplication.translate("DocumentNotes", "Line {number}")
    said = text.format(number=number)
    return f"{said} · {one_line(where.name)}" if where.name else said
