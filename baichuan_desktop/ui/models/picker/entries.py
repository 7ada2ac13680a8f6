"""The entries of the list: models, each with its adapters, and commands."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QStandardItem

from backends.events import ModelKind
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.picker.offered import OfferedAdapter


class Data(IntEnum):
    """What an entry knows."""

    MODEL = Qt.ItemDataRole.UserRole  #: the InstalledModel that it is, or whose adapter it is
    DETAILS = Qt.ItemDataRole.UserRole + 1  #: the second line
    ICON = Qt.ItemDataRole.UserRole + 2
    COMMAND = Qt.ItemDataRole.UserRole + 3  #: of an entry that is no model
    AWAY = Qt.ItemDataRole.UserRole + 4  #: of a model whose folder is not here: the sentence
    OFFERED = Qt.ItemDataRole.UserRole + 5  #: of an adapter: the OfferedAdapter
    IS_IN_USE = Qt.ItemDataRole.UserRole + 6  #: of an adapter: whether its model is loaded


_COMMAND_ICONS = {"library": "chip", "rename": "text"}  # the others are named as their icons


def model_entry(model: InstalledModel, name: str, precision: str) -> QStandardItem:
    """A model, and in which precision it runs, if it does."""
    item = QStandardItem(name)
    item.setData(model, Data.MODEL)
    item.setData(model_texts.details(model, precision), Data.DETAILS)
    item.setData("chat" if model.kind is ModelKind.CHAT else "text", Data.ICON)
    return item


def adapter_entry(
    model: InstalledModel, offered: OfferedAdapter, *, is_in_use: bool
) -> QStandardItem:
    """An adapter under its model; what cannot be chosen says why."""
    translate, adapter = QCoreApplication.translate, offered.adapter
    name = translate("ModelPicker", "Without an adapter")
    spoken = name
    if adapter is not None:
        name = model_texts.name(adapter)
        text = translate("ModelPicker", "Adapter “{name}” for {model}")
        spoken = text.format(name=name, model=model_texts.name(model))
    if offered.is_on:
        spoken = translate("ModelPicker", "{entry}: on").format(entry=spoken)
    item = QStandardItem(name)
    item.setData(model, Data.MODEL)
    item.setData(offered, Data.OFFERED)
    item.setData(is_in_use, Data.IS_IN_USE)
    hint = "" if adapter is None else str(adapter.path)
    if offered.refusal is not None:
        hint = error_texts.message(offered.refusal)
        item.setData(hint, Data.DETAILS)
        item.setEnabled(False)
        spoken = f"{spoken}. {hint}"
    item.setData(spoken, Qt.ItemDataRole.AccessibleTextRole)
    item.setToolTip(model_texts.as_tooltip(hint))
    return item


def command_entry(command: str, title: str, details: str) -> QStandardItem:
    """Something to do, in two lines."""
    item = QStandardItem(title)
    item.setData(details, Data.DETAILS)
    item.setData(_COMMAND_ICONS.get(command, command), Data.ICON)
    item.setData(command, Data.COMMAND)
    return item
