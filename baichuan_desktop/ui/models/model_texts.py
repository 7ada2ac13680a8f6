"""What is said of a model: its name, its kind, its family."""

from __future__ import annotations

import html

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from backends.events import ModelKind
from backends.model_config import Family
from baichuan_desktop.services.library.registry import InstalledModel, Listed
from baichuan_desktop.ui.look.i18n import in_ui_language

_FAMILIES = {
    "baichuan-7b": "Baichuan-7B",
    "baichuan-13b": "Baichuan-13B",
    "baichuan2-7b": "Baichuan2-7B",
    "baichuan2-13b": "Baichuan2-13B",
}


def name(model: Listed) -> str:
    """The name of what is listed in the window's language, told apart from others of that name."""
    return in_ui_language(model.shown_name)


def with_adapter(model_name: str, adapter: str) -> str:
    """A model's name, and the name of the adapter that it answers with, if there is one."""
    return f"{model_name} · {adapter}" if adapter else model_name


def window_title(model: InstalledModel | None, adapter: str = "") -> str:
    """The title of the window, which names the model that is loaded and its adapter."""
    app = QGuiApplication.applicationDisplayName()
    return f"{with_adapter(name(model), adapter)} — {app}" if model is not None else app


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
