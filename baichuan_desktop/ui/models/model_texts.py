"""What is said of a model: its name, its kind, its family."""

from __future__ import annotations

import html

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from backends.events import ModelKind
from backends.model_config import Family
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.look.i18n import in_ui_language

_FAMILIES = {
    "baichuan-7b": "Baichuan-7B",
    "baichuan-13b": "Baichuan-13B",
    "baichuan2-7b": "Baichuan2-7B",
    "baichuan2-13b": "Baichuan2-13B",
}


def name(model: InstalledModel) -> str:
    """The name of a model in the language of the window, told apart from others of that name."""
    return in_ui_language(model.shown_name)


def window_title(model: InstalledModel | None) -> str:
    """The title of the window, which names the model that is loaded."""
    app = QGuiApplication.applicationDisplayName()
    return f"{name(model)} — {app}" if model is not None else app


def family(of: Family) -> str:
    """A family as it was published."""
    return _FAMILIES.get(of, of)


def kind(of: ModelKind) -> str:
    """Whether it is a chat model or a base model, in words."""
    if of is ModelKind.CHAT:
        return QCoreApplication.translate("ModelTexts", "Chat model")
    return QCoreApplication.translate("ModelTexts", "Base model")


def details(model: InstalledModel, precision: str = "") -> str:
    """The second line in a list: kind, family, precision if it is loaded, context length."""
    context = QCoreApplication.translate("ModelTexts", "{count} tokens of context")
    parts = [
        kind(model.kind),
        "" if model.bundled else family(model.family),
        precision,
        context.format(count=f"{model.context_length:,}"),
    ]
    return " · ".join(part for part in parts if part)


def as_tooltip(text: str) -> str:
    """A text as a tooltip that shows it literally: Qt would take `<img …>` in it for HTML."""
    return "<qt>" + html.escape(text).replace("\n", "<br>") + "</qt>" if text else ""
