"""What the dialogs say of what is found, written, and left out; in the language of the window."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from backends.printable import one_line
from baichuan_desktop.services.exchange.values import Added, Found, FoundConversation, State
from baichuan_desktop.services.exchange.writing import Form, Written
from baichuan_desktop.ui.library.texts import date

_MOST_NAMES = 12  # of what is not taken over, before the rest is only counted


translate = QCoreApplication.translate


def form_name(form: Form | None) -> str:
    """What a form is called; None is a zip of everything."""
    match form:
        case Form.MARKDOWN:
            return translate("ExchangeTexts", "Markdown")
        case Form.TEXT:
            return translate("ExchangeTexts", "Plain text")
        case Form.HTML:
            return translate("ExchangeTexts", "Web page (HTML)")
        case Form.JSON:
            return translate("ExchangeTexts", "JSON, to import again")
        case Form.PDF:
            return translate("ExchangeTexts", "PDF")
    return translate("ExchangeTexts", "Everything as one zip, to import again")


def form_note(form: Form | None) -> str:
    """What a form is good for, and what it lacks."""
    match form:
        case Form.MARKDOWN:
            return translate("ExchangeTexts", "The messages that are shown, as they were written.")
        case Form.TEXT:
            return translate(
                "ExchangeTexts", "The messages that are shown, without marks of Markdown."
            )
        case Form.HTML:
            return translate(
                "ExchangeTexts",
                "One file for any browser, light and dark, with drawn formulas. Nothing in it is "
                "run or loaded.",
            )
        case Form.JSON:
            return translate(
                "ExchangeTexts",
                "All that is kept: branches, versions and documents too. This app reads it again.",
            )
        case Form.PDF:
            return translate("ExchangeTexts", "The messages that are shown, on pages of A4.")
    return translate(
        "ExchangeTexts",
        "All that is kept of every conversation, with folders, branches, versions, drafts and "
        "documents. This app reads it again, on another computer too.",
    )


def file_kinds(form: Form | None) -> str:
    """The kinds of files of a form, as Qt writes them."""
    end = ".zip" if form is None else form.suffix
    return f"{form_name(form)} (*{end})"


def written(result: Written) -> str:
    """What was written where."""
    place = one_line(str(result.place))
    if result.was_stopped:
        if not result.conversations:
            return translate("ExchangeTexts", "Stopped; nothing was written.")
        return translate("ExchangeTexts", "Stopped; {count} conversations are in {place}.").format(
            count=f"{result.conversations:,}", place=place
        )
    if result.conversations == 1:
        return translate("ExchangeTexts", "The conversation is in {place}.").format(place=place)
    return translate("ExchangeTexts", "{count} conversations are in {place}.").format(
        count=f"{result.conversations:,}", place=place
    )


# --- what is found ---------------------------------------------------------------------------


def heading(found: Found) -> str:
    """How many conversations of whom, and from when."""
    count = len(found.conversations)
    origin = found.origin.label
    since = day(min((one.created for one in found.conversations), default=0))
    until = day(max((one.updated for one in found.conversations), default=0))
    if not count:
        return translate("ExchangeTexts", "No conversation of {origin} in it can be read").format(
            origin=origin
        )
    if count == 1:
        text = translate("ExchangeTexts", "One conversation of {origin}, of {until}")
    elif since == until:
        text = translate("ExchangeTexts", "{count} conversations of {origin}, of {until}")
    else:
        text = translate(
            "ExchangeTexts", "{count} conversations of {origin}, from {since} to {until}"
        )
    return text.format(count=f"{count:,}", origin=origin, since=since, until=until)


def summary(found: Found) -> str:
    """What adding them would do, a line for each kind."""
    counts = Counter(one.state for one in found.conversations)
    told = (
        (State.NEW, translate("ExchangeTexts", "{count} are new")),
        (
            State.MORE,
            translate("ExchangeTexts", "{count} are here, and lack messages: only those are added"),
        ),
        (
            State.HERE,
            translate("ExchangeTexts", "{count} are here already, and are not added again"),
        ),
        (
            State.TRASHED,
            translate("ExchangeTexts", "{count} are in the trash here, and stay there"),
        ),
        (
            State.EXPIRED,
            translate(
                "ExchangeTexts", "{count} are older than what is kept here, and are left out"
            ),
        ),
    )
    lines = [text.format(count=f"{counts[state]:,}") for state, text in told if counts[state]]
    if found.unreadable:
        lines.append(
            translate("ExchangeTexts", "{count} cannot be read").format(
                count=f"{found.unreadable:,}"
            )
        )
    return "\n".join(lines)


def left_out(found: Found) -> str:
    """What of the file is not taken over, by the names that it has there; may be empty."""
    taken = translate("ExchangeTexts", "Not taken over, by the names in the file: {names}")
    unknown = translate("ExchangeTexts", "Unknown here, and left out: {names}")
    told = ((taken, found.rest.left_out), (unknown, found.rest.unknown))
    return "\n".join(text.format(names=_names(some)) for text, some in told if some)


def _names(counted: Counter[str]) -> str:
    parts = [f"{one_line(name)} ({count:,})" for name, count in counted.most_common(_MOST_NAMES)]
    if len(counted) > _MOST_NAMES:
        parts.append(
            translate("ExchangeTexts", "{count} more kinds").format(
                count=len(counted) - _MOST_NAMES
            )
        )
    return ", ".join(parts)


def row(one: FoundConversation) -> str:
    """The second line of a conversation: when, how many messages, what is new of it."""
    messages = translate("ExchangeTexts", "{count} messages").format(count=f"{one.messages:,}")
    state = {
        State.NEW: translate("ExchangeTexts", "new"),
        State.MORE: translate("ExchangeTexts", "{count} of them new").format(
            count=f"{one.new_messages:,}"
        ),
        State.HERE: translate("ExchangeTexts", "here already"),
        State.TRASHED: translate("ExchangeTexts", "in the trash here"),
        State.EXPIRED: translate("ExchangeTexts", "older than what is kept here"),
    }[one.state]
    return " · ".join((day(one.updated), messages, state))


def added(result: Added) -> str:
    """What came of an import."""
    if not result.conversations:
        return translate("ExchangeTexts", "Nothing was added.")
    text = translate(
        "ExchangeTexts", "Added: {messages} messages in {conversations} conversations."
    )
    if result.was_stopped:
        text = translate(
            "ExchangeTexts",
            "Stopped; added until then: {messages} messages in {conversations} conversations.",
        )
    return text.format(messages=f"{result.messages:,}", conversations=f"{result.conversations:,}")


def day(seconds: float) -> str:
    """A date, as it is written in the language of the window."""
    none = translate("ExchangeTexts", "no date")
    try:
        return date(datetime.fromtimestamp(seconds).date()) if seconds > 0 else none
    except (OverflowError, ValueError, OSError):  # thousands of years away
        return none
