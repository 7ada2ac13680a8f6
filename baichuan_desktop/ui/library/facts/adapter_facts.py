"""What is known of an adapter: for which model it is, what it changes, and what made it."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication

from backends.printable import one_line
from baichuan_desktop.services.library.rows.values import AdapterRow
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.library import texts
from baichuan_desktop.ui.library.facts.values import Fact
from baichuan_desktop.ui.look.one_line import title_line
from baichuan_desktop.ui.models import model_texts

_MOST_LETTERS = 400  # of a value that a stranger's file holds


def adapter_facts(row: AdapterRow) -> Iterator[Fact]:
    """For which model it is, and what of that it changes."""
    translate, looked = QCoreApplication.translate, row.looked
    base = row.adapter.base if row.base is None else model_texts.name(row.base)
    if row.base is None:
        base = translate("LibraryDetails", "{id}, which is not in the list").format(id=base)
    yield Fact(translate("LibraryDetails", "Model"), title_line(base))
    if looked is None:
        return
    details = looked.details
    yield Fact(translate("LibraryDetails", "Kind"), details.summary)
    if details.layers:
        yield Fact(
            translate("LibraryDetails", "Linear layers that it changes"),
            texts.count(details.layers),
        )
    yield Fact(translate("LibraryDetails", "Tensors that it replaces"), ", ".join(details.replaced))
    if details.tensor_bytes:
        text = translate("LibraryDetails", "Size of its tensors")
        yield Fact(text, size_text(details.tensor_bytes))
    for note in details.notes:
        yield Fact(translate("LibraryDetails", "Note"), error_texts.sentence(note))
    if details.error is not None:
        text = translate("LibraryDetails", "What is wrong")
        yield Fact(text, error_texts.message(details.error))


def made_by(row: AdapterRow) -> Iterator[Fact]:
    """What its folder says of how it was made, in the words of its files."""
    if row.looked is None:
        return
    details = row.looked.details
    stated = QCoreApplication.translate("LibraryDetails", "Made for")
    yield Fact(stated, one_line(details.base_name[:_MOST_LETTERS]))
    for name, value in details.provenance.items():
        yield Fact(one_line(name[:_MOST_LETTERS]), one_line(value[:_MOST_LETTERS]))
