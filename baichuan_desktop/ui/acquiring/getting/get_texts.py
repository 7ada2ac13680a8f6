"""What is said of a released model that is not here, in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from backends.events import ModelKind
from baichuan_desktop.services.getting.values import ExpectedFile, Getting, PrecisionHere, Use, Way
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.look.i18n import in_ui_language, is_chinese

_MOST_SMALL = 2**20  # bytes; what a file has that is said without a unit of GiB


def name(getting: Getting) -> str:
    """The name of a released model."""
    return in_ui_language(getting.variant.name)


def runs_here(getting: Getting) -> str:
    """Whether a model runs on this machine, and in which precision, in a few words."""
    chosen = next((one for one in getting.memory if one.is_chosen), None)
    if chosen is None:
        return QCoreApplication.translate("Getting", "Does not fit this machine now")
    text = QCoreApplication.translate("Getting", "Runs here, in {precision}")
    return text.format(precision=chosen.precision.label)


def in_list(getting: Getting) -> str:
    """The second line of a model in the list."""
    return f"{runs_here(getting)} · {size_text(getting.disk_bytes)}"


def facts(getting: Getting) -> str:
    """What a model is: kind, parameters, context, size."""
    variant = getting.variant
    kind = (
        QCoreApplication.translate("Getting", "Chat model")
        if variant.kind is ModelKind.CHAT
        else QCoreApplication.translate("Getting", "Base model")
    )
    context = QCoreApplication.translate("Getting", "{count} tokens of context")
    disk = QCoreApplication.translate("Getting", "{size} on the drive")
    parts = [
        kind,
        context.format(count=f"{variant.context_length:,}"),
        disk.format(size=size_text(getting.disk_bytes)),
    ]
    return " · ".join(parts)


def precision(here: PrecisionHere) -> str:
    """A precision, where it would run, and the memory that it takes."""
    what = f"{here.precision.label} · {here.device_name}"
    if here.needed_bytes is None:
        return what
    return f"{what} · {size_text(here.needed_bytes)}"


def licence(getting: Getting) -> str:
    """The licence with its conditions."""
    return getting.licence.text_in("zh_CN" if is_chinese() else "en")


def way(one: Way) -> str:
    """Where the weights are downloaded from, and with which program."""
    return f"{one.site.value} · {one.tool.value}"


def expected(file: ExpectedFile) -> str:
    """A file of a complete download, in a line."""
    parts = [file.name]
    if file.others:
        others = QCoreApplication.translate("Getting", "or: {names}")
        parts.append(others.format(names=", ".join(file.others)))
    if file.size is not None:
        text = (
            QCoreApplication.translate("Getting", "at least {size}") if file.is_least else "{size}"
        )
        parts.append(text.format(size=_file_size(file.size)))
    parts.append(_use(file.use))
    return " · ".join(parts)


def _file_size(count: int) -> str:
    return size_text(count) if count >= _MOST_SMALL else f"{count:,} B"


def _use(use: Use) -> str:
    match use:
        case Use.NEEDED:
            return QCoreApplication.translate("Getting", "needed")
        case Use.READ:
            return QCoreApplication.translate("Getting", "read where it is there")
        case Use.LICENCE:
            return QCoreApplication.translate("Getting", "licence")
        case Use.UNUSED:
            return QCoreApplication.translate("Getting", "code that is never run; not needed")
