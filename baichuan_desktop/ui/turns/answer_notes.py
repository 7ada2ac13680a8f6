"""What is said beside an answer: how fast, how long, why it ended, what the model did not read."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from backends.events import Finished, FinishReason, PrefillProgress
from baichuan_desktop.services.chat.details import error_of, reason_of
from baichuan_desktop.services.chat.values import AnswerDetails, ChatMessage, Status
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.numbers import speed_text


def note(answer: ChatMessage) -> str:
    """The line under an answer that is not being written; empty where there is nothing to say."""
    details = answer.details
    if details is None:
        return QCoreApplication.translate("AnswerNotes", "edited")
    if not answer.text:
        return _unanswered(details)
    parts = figures(details) if details.new_tokens else []
    if (error := error_of(details)) is not None:
        text = QCoreApplication.translate("AnswerNotes", "The answer broke off: {what}")
        parts.append(text.format(what=error_texts.message(error)))
    elif (reason := reason_of(details)) is not None:
        parts.append(_reason(reason))
    elif answer.status is Status.WRITING:  # in another window, or before the file was closed
        parts.append(QCoreApplication.translate("AnswerNotes", "The end of it is not saved"))
    elif answer.status is Status.BROKEN:
        parts.append(
            QCoreApplication.translate("AnswerNotes", "The answer broke off: the app was ended")
        )
    return " · ".join(part for part in parts if part)


def caution(details: AnswerDetails | None) -> str:
    """The line over an answer: what of the conversation the model did not read, and its room."""
    if details is None:
        return ""
    parts = [dropped(details.dropped_messages)] if details.dropped_messages else []
    if details.room_tokens is not None:
        parts.append(room(details.room_tokens))
    return " · ".join(parts)


def _unanswered(details: AnswerDetails) -> str:
    """The line under a message that got no answer."""
    if (error := error_of(details)) is None:
        if reason_of(details) is FinishReason.CANCELLED or not details.reason:
            return QCoreApplication.translate("AnswerNotes", "Stopped before an answer began")
        return " · ".join(figures(details))
    text = QCoreApplication.translate("AnswerNotes", "No answer: {what}")
    return text.format(what=error_texts.message(error))


def figures(details: AnswerDetails) -> list[str]:
    """The number of tokens, then their speed where it can be told."""
    shown = [tokens(details.new_tokens)]
    if details.tokens_per_second > 0:
        shown.append(speed_text(details.tokens_per_second))
    return shown


def tokens(count: int) -> str:
    """A number of tokens, in words."""
    if count == 1:
        return QCoreApplication.translate("AnswerNotes", "1 token")
    return QCoreApplication.translate("AnswerNotes", "{count} tokens").format(count=f"{count:,}")


def speed(finished: Finished) -> str:
    """The speed of an answer, in words."""
    return speed_text(finished.tokens_per_second)


def prefill_text(event: PrefillProgress) -> str:
    """How much of the prompt is read."""
    return QCoreApplication.translate(
        "StatusLine", "Reading the prompt: {done} of {total} tokens"
    ).format(done=f"{event.done_tokens:,}", total=f"{event.total_tokens:,}")


def dropped(count: int) -> str:
    """Which messages the model did not read."""
    text = QCoreApplication.translate(
        "AnswerNotes", "the {count} oldest messages no longer fit and were not read"
    )
    return text.format(count=f"{count:,}")


def room(count: int) -> str:
    """Why an answer could not have as many tokens as were asked for."""
    text = QCoreApplication.translate(
        "AnswerNotes",
        "“Max new tokens” is over half of the context: older messages were kept, which left room "
        "for {count} tokens",
    )
    return text.format(count=f"{count:,}")


def _reason(reason: FinishReason) -> str:
    """Why the answer ended; empty where it came to its own end."""
    match reason:
        case FinishReason.STOP:
            return ""
        case FinishReason.STOP_STRING:
            return QCoreApplication.translate("AnswerNotes", "ended at a stop text")
        case FinishReason.LENGTH:
            return QCoreApplication.translate("AnswerNotes", "reached “Max new tokens”")
        case FinishReason.CONTEXT:
            return QCoreApplication.translate("AnswerNotes", "the context is full")
        case FinishReason.CANCELLED:
            return QCoreApplication.translate("AnswerNotes", "stopped")
