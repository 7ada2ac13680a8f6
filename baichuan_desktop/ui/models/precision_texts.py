"""What is said of a precision: what it needs, how it stands, what is known of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from backends.choice.values import Verdict
from backends.events import ModelReady
from backends.phrases import Phrase
from backends.precision import DeviceKind
from baichuan_desktop.services.precisions.rows import PrecisionRow
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.numbers import share_text, speed_text


def in_use(ready: ModelReady) -> str:
    """The precision and device that run, in a few words."""
    return f"{ready.precision.label} · {device(ready.device_kind, ready.device_name)}"


def refused_together(rows: Sequence[PrecisionRow]) -> list[list[PrecisionRow]]:
    """The rows that cannot run on one device for one reason, where these are several."""
    groups: dict[object, list[PrecisionRow]] = {}
    for row in rows:
        if row.verdict is Verdict.UNAVAILABLE:
            why = error_texts.sentence(row.sentence)
            of = (row.device_kind, row.device_name, row.wanted_device, why)
            groups.setdefault(of, []).append(row)
    return [group for group in groups.values() if len(group) > 1]


def title(row: PrecisionRow, *others: PrecisionRow) -> str:
    """Precision and device; the precisions of `others`, which are on the same device, too."""
    labels = dict.fromkeys(one.precision.label for one in (row, *others))
    return f"{', '.join(labels)} · {device(row.device_kind, row.shown_device)}"


def size(row: PrecisionRow) -> str:
    """The memory that a row needs, KV cache and all; empty where it cannot run at all."""
    if row.needed_bytes is None or not row.needed_gib:
        return size_text(row.needed_bytes) if row.needed_bytes is not None else ""
    return f"{row.needed_gib:.1f} GiB"


def as_of_now(reason: Phrase, rows: Sequence[PrecisionRow]) -> Phrase:
    """Why a precision was chosen, with the figures of the rows that are shown beside it.

    Memory has come and gone since the model was loaded. What would say something else now than it
    said then stays: it was the reason.
    """
    for row in rows:
        if _speaks_of_the_same(row.sentence, reason):
            return row.sentence
    facts = {
        name: as_of_now(fact, rows) if isinstance(fact, Phrase) else fact
        for name, fact in reason.facts.items()
    }
    return Phrase(reason.template, **facts)


def _speaks_of_the_same(now: Phrase, then: Phrase) -> bool:
    """Whether both say what a precision needs on a device, and to the same end."""
    whose = [(one.facts.get("precision"), one.facts.get("device")) for one in (now, then)]
    return "need" in then.facts and now.template == then.template and whose[0] == whose[1]


def verdict(row: PrecisionRow) -> str:
    """Whether a row fits this machine, in a word or two."""
    words = {
        Verdict.FITS: QCoreApplication.translate("PrecisionTexts", "fits"),
        Verdict.TIGHT: QCoreApplication.translate("PrecisionTexts", "tight"),
        Verdict.TOO_LARGE: QCoreApplication.translate("PrecisionTexts", "does not fit"),
        Verdict.UNAVAILABLE: QCoreApplication.translate("PrecisionTexts", "not available"),
    }
    return words[row.verdict]


def note(row: PrecisionRow) -> str:
    """The second line: why it does not run, or hardly; else what is known of how it runs."""
    if row.verdict is not Verdict.FITS:
        return error_texts.sentence(row.sentence)
    parts = []
    if row.chosen:
        parts.append(QCoreApplication.translate("PrecisionTexts", "the automatic choice"))
    parts += _form(row)
    if row.tokens_per_second is not None:
        text = QCoreApplication.translate("PrecisionTexts", "last {speed}")
        parts.append(text.format(speed=speed_text(row.tokens_per_second)))
    if row.is_slow:
        parts.append(QCoreApplication.translate("PrecisionTexts", "slow on a processor"))
    if row.quality is not None and row.quality.top1_agreement is not None:
        text = QCoreApplication.translate(
            "PrecisionTexts", "{share} of next tokens as in {reference}"
        )
        share = share_text(row.quality.top1_agreement)
        parts.append(text.format(share=share, reference=row.quality.reference_label))
    if row.published_loss is not None:
        text = QCoreApplication.translate(
            "PrecisionTexts",
            "published: {points} points less on C-Eval, MMLU and CMMLU on average",
        )
        parts.append(text.format(points=row.published_loss))
    return " · ".join(parts)


def _form(row: PrecisionRow) -> list[str]:
    """What of the model is held in another way than its precision says."""
    parts = []
    if row.embedding_on_host:
        parts.append(
            QCoreApplication.translate("PrecisionTexts", "embedding in the machine's memory")
        )
    if row.head_in_8_bits:
        parts.append(QCoreApplication.translate("PrecisionTexts", "8-bit head"))
    if row.is_shortened:
        text = QCoreApplication.translate("PrecisionTexts", "context of {count} tokens")
        parts.append(text.format(count=f"{row.context_length:,}"))
    return parts


def device(kind: DeviceKind, name: str) -> str:
    """The name of a kind of device in a few words: the processor's own name is long."""
    if kind is DeviceKind.SPREAD:  # the processor's own name comes last
        return f"{name.rpartition(' + ')[0]} + CPU"
    return name if kind.uses_cards else "CPU"
