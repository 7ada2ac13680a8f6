"""The muted line under an answer: how fast, how long, and why it ended if not by itself."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from backends.events import Finished, FinishReason, PrefillProgress
from baichuan_desktop.ui.chat.controller import AnswerEnd
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.numbers import speed_text


def note(end: AnswerEnd) -> str:
    """The line under an answer; empty where there is nothing to say."""
    parts: list[str] = []
    if end.finished is not None:
        parts += figures(end.finished)
        if reason := _reason(end.finished.reason):
            parts.append(reason)
    elif end.error is not None:
        text = QCoreApplication.translate("AnswerNotes", "The answer broke off: {what}")
        parts.append(text.format(what=error_texts.message(end.error)))
    else:
        parts.append(_reason(FinishReason.CANCELLED))
    if end.dropped_messages:
        parts.append(dropped(end.dropped_messages))
    if end.room_tokens is not None:
        parts.append(room(end.room_tokens))
    return " · ".join(parts)


def unanswered(end: AnswerEnd) -> str:
    """The line under a message that got no answer and stays on the page."""
    if end.error is None:
        return QCoreApplication.translate("AnswerNotes", "Stopped before an answer began")
    text = QCoreApplication.translate("AnswerNotes", "No answer: {what}")
    return text.format(what=error_texts.message(end.error))


def figures(finished: Finished) -> list[str]:
    """The number of tokens, then their speed where it can be told."""
    shown = [tokens(finished.new_tokens)]
    if finished.tokens_per_second > 0:
        shown.append(speed(finished))
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
    return text.format(count=count)


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
