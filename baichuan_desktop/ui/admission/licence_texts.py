"""What is said of a licence: where its text comes from, what it allows, who accepted it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from backends.printable import one_line, printable
from baichuan_desktop.services.library.variants import Variant
from baichuan_desktop.services.licences.values import Acceptance, LicenceText
from baichuan_desktop.ui.look.i18n import is_chinese


def whole(texts: Sequence[LicenceText]) -> str:
    """Every text, each with its source over it."""
    return "\n\n\n".join(f"{source(text)}\n\n{body(text)}" for text in texts)


def source(text: LicenceText) -> str:
    """Where a text comes from."""
    if text.is_site:
        said = QCoreApplication.translate("Licences", "Conditions of this machine's administrator")
        return f"{said} ({one_line(str(text.file))})" if text.file is not None else said
    if text.file is None:
        said = QCoreApplication.translate("Licences", "From the app's list of released models")
        return f"{one_line(text.name)} — {said}"
    said = QCoreApplication.translate("Licences", "From the model's folder: {file}")
    return said.format(file=one_line(str(text.file)))


def body(text: LicenceText) -> str:
    """What a text says, in the language of the window where it is in both."""
    said = printable(text.text_in("zh_CN" if is_chinese() else "en"))
    if text.is_read:
        return said
    open_it = QCoreApplication.translate(
        "Licences",
        "This file is no plain text: read it with another program before you accept it.",
    )
    return f"{open_it}\n\n{said}" if said else open_it


def commercial_use(variant: Variant | None) -> str:
    """Whether a model may be used for business; empty where the app does not know it."""
    if variant is None:
        return ""
    return {
        "allowed": QCoreApplication.translate("Licences", "Commercial use: allowed."),
        "on-application": QCoreApplication.translate(
            "Licences", "Commercial use: only with permission, on application."
        ),
        "not-allowed": QCoreApplication.translate("Licences", "Commercial use: not allowed."),
    }[variant.licence.commercial_use]


def accepted(texts: Sequence[LicenceText], acceptances: Sequence[Acceptance]) -> str:
    """When each text was accepted, and by whom; a line for each."""
    by_hash = {one.sha256: one for one in acceptances}  # the last one, where it was more than once
    lines = []
    for text in texts:
        one = by_hash.get(text.sha256)
        name = _name(text)
        if one is None:
            said = QCoreApplication.translate("Licences", "“{name}” is not accepted yet.")
            lines.append(said.format(name=name))
            continue
        said = QCoreApplication.translate("Licences", "“{name}” was accepted by {user} on {when}.")
        user = one_line(one.user)
        lines.append(said.format(name=name, user=user, when=moment(one.when)))
    return "\n".join(lines)


def moment(when: datetime) -> str:
    """A day and a time of this place, as the language of the window writes them."""
    pattern = QCoreApplication.translate("Licences", "d MMM yyyy HH:mm", "QLocale's form of a time")
    locale = QLocale("zh_CN" if is_chinese() else "en")
    return locale.toString(QDateTime.fromSecsSinceEpoch(int(when.timestamp())), pattern)


def _name(text: LicenceText) -> str:
    if text.is_site:
        return QCoreApplication.translate("Licences", "Conditions of this machine's administrator")
    return one_line(text.name)
