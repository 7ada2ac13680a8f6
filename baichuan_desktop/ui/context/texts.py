"""What is said of the context, in the language of the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from backends.events import PartKind
from backends.printable import one_line
from baichuan_desktop.services.chat.context.rounds import Round
from baichuan_desktop.services.chat.context.sections import Section
from baichuan_desktop.services.chat.context.use import ContextUse


def parts(use: ContextUse) -> list[tuple[str, int]]:
    """The parts of the context with their tokens, as the gauge shows them, and what is left."""
    free = max(use.length - use.prompt - use.reserved, 0)
    if use.is_text:
        return [
            (QCoreApplication.translate("ContextTexts", "Text above"), use.history),
            (QCoreApplication.translate("ContextTexts", "Your text"), use.draft),
            (
                QCoreApplication.translate("ContextTexts", "Kept free for what follows"),
                use.reserved,
            ),
            (QCoreApplication.translate("ContextTexts", "Not needed"), free),
        ]
    return [
        (QCoreApplication.translate("ContextTexts", "System prompt"), use.system),
        (QCoreApplication.translate("ContextTexts", "Earlier messages"), use.history),
        (QCoreApplication.translate("ContextTexts", "Your message with documents"), use.draft),
        (QCoreApplication.translate("ContextTexts", "Kept free for the answer"), use.reserved),
        (QCoreApplication.translate("ContextTexts", "Not needed"), free),
    ]


def drop_line(use: ContextUse | None) -> str:
    """What stands over the first message that the model still gets; empty where it gets all."""
    count = messages_in(use.dropped) if use is not None else 0
    if not count:
        return ""
    if count == 1:
        return QCoreApplication.translate(
            "ContextTexts",
            "One older message is not given to the model: it no longer fits in its context.",
        )
    return QCoreApplication.translate(
        "ContextTexts",
        "{count} older messages are not given to the model: they no longer fit in its context.",
    ).format(count=f"{count:,}")


def remark(use: ContextUse) -> str:
    """What a person should know of a prompt, under its numbers; empty where that is nothing."""
    if not use.fits:
        return QCoreApplication.translate(
            "ContextTexts",
            "This cannot be sent: the model reads {length} tokens, prompt and answer together. "
            "Shorten the message or the system prompt.",
        ).format(length=f"{use.length:,}")
    lines = [drop_line(use)]
    if use.too_old:
        lines.append(
            QCoreApplication.translate(
                "ContextTexts",
                "This model is given the last turns of a conversation only: {count} older "
                "messages are not given to it.",
            ).format(count=f"{messages_in(use.too_old):,}")
        )
    return "\n".join(filter(None, lines))


def messages_in(rounds: Sequence[Round]) -> int:
    """How many messages rounds have that a model would read."""
    return sum(len(one.read) for one in rounds)


def section(one: Section) -> str:
    """What ids of a prompt are of."""
    if one.document:
        return QCoreApplication.translate("ContextTexts", "Document: {name}").format(
            name=one_line(one.document)
        )
    match one.kind:
        case PartKind.SYSTEM:
            return QCoreApplication.translate("ContextTexts", "System prompt")
        case PartKind.QUESTION:
            text = QCoreApplication.translate("ContextTexts", "Question {number}")
        case PartKind.ANSWER:
            text = QCoreApplication.translate("ContextTexts", "Answer {number}")
        case PartKind.OPENING:
            return QCoreApplication.translate("ContextTexts", "Here the answer begins")
        case PartKind.TEXT:
            return QCoreApplication.translate("ContextTexts", "Text")
    return text.format(number=one.number)
