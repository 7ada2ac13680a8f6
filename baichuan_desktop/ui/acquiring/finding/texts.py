"""What is said of a model or an adapter that was found, in the language of the window."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from backends.events import ModelKind
from backends.printable import one_line
from baichuan_desktop.services.library.finding.values import Found, FoundAdapter, Place
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.i18n import in_ui_language


def place(kind: Place) -> str:
    """Where a model lies, in plain words."""
    match kind:
        case Place.HUGGINGFACE:
            return QCoreApplication.translate("Acquiring", "Cache of Hugging Face")
        case Place.MODELSCOPE:
            return QCoreApplication.translate("Acquiring", "Cache of ModelScope")
        case Place.MEDIUM:
            return QCoreApplication.translate("Acquiring", "Drive")
        case Place.FOLDER:
            return QCoreApplication.translate("Acquiring", "Folder")


def path(folder: Path) -> str:
    """A folder as one line of text, whatever its name is made of."""
    return one_line(str(folder))


def name(found: Found, names: Mapping[str, Names]) -> str:
    """What a found model is called; `names` are those of the released models, by id."""
    released = names.get(found.variant or "")
    if released is not None:
        return in_ui_language(released)
    return one_line(found.repository or found.folder.name or str(found.folder))


def where(found: Found) -> str:
    """Where it lies, and how large it is."""
    return f"{place(found.place)} · {path(found.folder)}"


def size(found: Found) -> str:
    """What its files take."""
    return size_text(found.bytes_on_disk)


def condition(found: Found) -> str:
    """What it is, or what it lacks and why, in a line."""
    if found.listed_as is not None:
        text = QCoreApplication.translate("Acquiring", "Is in the library already, as “{id}”")
        return text.format(id=found.listed_as)
    if found.missing:
        first = error_texts.sentence(found.missing[0])
        if len(found.missing) == 1:
            return first
        more = QCoreApplication.translate("Acquiring", "{first} Missing besides: {count}.")
        return more.format(first=first, count=len(found.missing) - 1)
    parts = [QCoreApplication.translate("Acquiring", "Complete")]
    if found.kind is not None:
        is_chat = found.kind is ModelKind.CHAT
        parts.append(
            QCoreApplication.translate("Acquiring", "chat model")
            if is_chat
            else QCoreApplication.translate("Acquiring", "base model")
        )
    if found.adapter is not None:
        parts.append(_adapter(found.adapter))
    if found.stored is not None:
        parts.append(found.stored.label)
    if found.revision is not None:
        version = QCoreApplication.translate("Acquiring", "version {revision}")
        parts.append(version.format(revision=one_line(found.revision)[:12]))
    return " · ".join(parts)


def _adapter(found: FoundAdapter) -> str:
    """For which model it is: the one in the list, else as it says itself."""
    model = found.base or one_line(found.base_name)
    if not model:
        return QCoreApplication.translate("Acquiring", "adapter")
    return QCoreApplication.translate("Acquiring", "adapter for {model}").format(model=model)


def everything(found: Found, names: Mapping[str, Names]) -> str:
    """All that is known of it, a line each: for a tooltip."""
    lines = [name(found, names), path(found.folder)]
    if found.repository is not None:
        lines.append(one_line(found.repository))
    lines += map(error_texts.sentence, found.missing)
    return "\n".join(lines)
