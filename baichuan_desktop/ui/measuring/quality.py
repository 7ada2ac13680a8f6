"""Comparing how good the precisions are: the bars show how often both take the same token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QCoreApplication

from baichuan_desktop.services.jobs.job import Job
from baichuan_desktop.services.measuring.quality import (
    DEFAULT_TOKENS,
    SAMPLE,
    PrecisionJudged,
    quality_job,
    quality_texts,
)
from baichuan_desktop.services.measuring.rows import MeasuredRow
from baichuan_desktop.services.precisions.measurements import Quality
from baichuan_desktop.ui.look.numbers import share_text
from baichuan_desktop.ui.measuring.view import ChartLine, MeasureView, MeasureWords, Measuring


def _words() -> MeasureWords:
    return MeasureWords(
        title=QCoreApplication.translate("QualityView", "Compare quality"),
        heading=QCoreApplication.translate("QualityView", "Quality of the precisions: {name}"),
        explanation=QCoreApplication.translate(
            "QualityView",
            "Each ticked precision reads the text, and is compared with the best one that fits: "
            "how often both take the same next token, and how far their probabilities are apart.",
        ),
        button=QCoreApplication.translate("QualityView", "Compare"),
        busy=QCoreApplication.translate("QualityView", "reads the text…"),
        failed=QCoreApplication.translate("QualityView", "could not be compared"),
    )


def _headers(_rows: Sequence[MeasuredRow]) -> Sequence[str]:
    return (
        QCoreApplication.translate("QualityView", "Precision"),
        QCoreApplication.translate("QualityView", "Same next token"),
        QCoreApplication.translate("QualityView", "KL divergence"),
        QCoreApplication.translate("QualityView", "Perplexity"),
        QCoreApplication.translate("QualityView", "Compared with"),
    )


def _line(row: MeasuredRow) -> ChartLine:
    nothing, found = _nothing(row), row.quality
    if found is None:
        return ChartLine(None, nothing, spoken=nothing)
    figures = _figures(found)
    if found.top1_agreement is None:
        return ChartLine(None, nothing, figures, nothing, _where(found))
    share = share_text(found.top1_agreement)
    spoken = QCoreApplication.translate(
        "QualityView",
        "the same next token as {reference} {share} of the time, "
        "KL divergence {divergence}, perplexity {perplexity}",
    )
    divergence, perplexity, reference = figures
    spoken = spoken.format(
        reference=reference, share=share, divergence=divergence, perplexity=perplexity
    )
    return ChartLine((share, found.top1_agreement), nothing, figures, spoken, _where(found))


def _nothing(row: MeasuredRow) -> str:
    if row.is_reference:
        return QCoreApplication.translate("QualityView", "the others are compared with it")
    if row.quality is not None:  # it was the reference of others
        return ""
    return QCoreApplication.translate("QualityView", "not compared yet")


def _figures(found: Quality) -> Sequence[str]:
    divergence = "" if found.kl_divergence is None else f"{found.kl_divergence:.4f}"
    perplexity = f"{found.perplexity:,.{2 if found.perplexity < 1000 else 0}f}"
    compared = "" if found.top1_agreement is None else found.reference_label
    return divergence, perplexity, compared


def text_name(name: str) -> str:
    """What a text is called."""
    if name == SAMPLE:
        return QCoreApplication.translate("QualityView", "the sample that ships with the app")
    return f"“{name}”"


def _where(quality: Quality) -> str:
    text = QCoreApplication.translate("QualityView", "Scored on {count} tokens of {text}.")
    return text.format(count=f"{quality.scored_tokens:,}", text=text_name(quality.text))


def _found(row: MeasuredRow, event: object) -> tuple[MeasuredRow, Callable[[], str]] | None:
    if not isinstance(event, PrecisionJudged):
        return None
    return replace(row, quality=event.quality), partial(_note, event)


def _note(event: PrecisionJudged) -> str:
    text = _where(event.quality)
    if event.is_cut:
        cut = QCoreApplication.translate("QualityView", "There is more text than that.")
        text = f"{text} {cut}"
    return text


def _job(asked: Measuring) -> Job:
    return quality_job(
        asked.model,
        asked.wishes,
        partial(quality_texts, asked.text, DEFAULT_TOKENS),
        asked.services.precisions.measurements,
        asked.services.cache,
        needs_room=asked.needs_room,
    )


QUALITY = MeasureView(
    _words,
    _headers,
    _line,
    lambda row: row.quality is not None,
    _found,
    _job,
    full=1.0,
    is_comparison=True,
)
