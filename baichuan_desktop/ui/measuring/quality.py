"""Comparing how good the precisions are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from backends.events import QualityProgress
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.measuring.job_source import Job, JobEvent, TextJob
from baichuan_desktop.services.measuring.progress import MeasureProgress, quality_steps
from baichuan_desktop.services.measuring.quality import SAMPLE, PrecisionJudged
from baichuan_desktop.services.measuring.rows import MeasuredRow
from baichuan_desktop.services.precisions.measurements import Quality
from baichuan_desktop.ui.look.numbers import share_text
from baichuan_desktop.ui.measuring.kind import FIGURES, MeasureKind, wishes
from baichuan_desktop.ui.models import model_texts


class QualityKind(MeasureKind):
    """The bars show how often the next token is the reference's."""

    needs_text = True

    def title(self) -> str:
        """See MeasureKind."""
        return QCoreApplication.translate("QualityKind", "Compare quality")

    def heading(self, model: InstalledModel) -> str:
        """See MeasureKind."""
        text = QCoreApplication.translate("QualityKind", "Quality of the precisions: {name}")
        return text.format(name=model_texts.name(model))

    def explanation(self) -> str:
        """See MeasureKind."""
        return QCoreApplication.translate(
            "QualityKind",
            "Each ticked precision reads the text, and is compared with the best one that fits: "
            "how often both take the same next token, and how far their probabilities are apart.",
        )

    def button(self) -> str:
        """See MeasureKind."""
        return QCoreApplication.translate("QualityKind", "Compare")

    def summary(self, percent: int) -> str:
        """See MeasureKind."""
        text = QCoreApplication.translate("QualityKind", "Comparing quality: {percent} %")
        return text.format(percent=percent)

    def busy(self) -> str:
        """See MeasureKind."""
        return QCoreApplication.translate("QualityKind", "reads the text…")

    def failed(self) -> str:
        """See MeasureKind."""
        return QCoreApplication.translate("QualityKind", "could not be compared")

    def nothing(self, row: MeasuredRow) -> str:
        """See MeasureKind."""
        if row.is_reference:
            return QCoreApplication.translate("QualityKind", "the others are compared with it")
        if row.quality is not None:  # it was the reference of others
            return ""
        return QCoreApplication.translate("QualityKind", "not compared yet")

    def headers(self, rows: Sequence[MeasuredRow]) -> Sequence[str]:
        """See MeasureKind."""
        del rows
        return (
            QCoreApplication.translate("QualityKind", "Precision"),
            QCoreApplication.translate("QualityKind", "Same next token"),
            QCoreApplication.translate("QualityKind", "KL divergence"),
            QCoreApplication.translate("QualityKind", "Perplexity"),
            QCoreApplication.translate("QualityKind", "Compared with"),
        )

    def has_figures(self, row: MeasuredRow) -> bool:
        """See MeasureKind."""
        return row.quality is not None

    def bar(self, row: MeasuredRow) -> tuple[str, float] | None:
        """See MeasureKind."""
        if row.quality is None or row.quality.top1_agreement is None:
            return None
        return share_text(row.quality.top1_agreement), row.quality.top1_agreement

    def full(self, values: Iterable[float]) -> float:
        """See MeasureKind."""
        del values
        return 1.0

    def figures(self, row: MeasuredRow) -> Sequence[str]:
        """See MeasureKind."""
        found = row.quality
        if found is None:
            return ("",) * FIGURES
        divergence = "" if found.kl_divergence is None else f"{found.kl_divergence:.4f}"
        perplexity = f"{found.perplexity:,.{2 if found.perplexity < 1000 else 0}f}"
        compared = "" if found.top1_agreement is None else found.reference_label
        return divergence, perplexity, compared

    def spoken(self, row: MeasuredRow) -> str:
        """See MeasureKind."""
        bar, found = self.bar(row), row.quality
        if found is None or bar is None:
            return self.nothing(row)
        text = QCoreApplication.translate(
            "QualityKind",
            "the same next token as {reference} {share} of the time, "
            "KL divergence {divergence}, perplexity {perplexity}",
        )
        divergence, perplexity, reference = self.figures(row)
        return text.format(
            reference=reference, share=bar[0], divergence=divergence, perplexity=perplexity
        )

    def tooltip(self, row: MeasuredRow) -> str:
        """See MeasureKind."""
        return _where(row.quality) if row.quality is not None else ""

    def proposes(self, row: MeasuredRow) -> bool:
        """See MeasureKind."""
        return super().proposes(row) and row.is_coarser

    def is_fixed(self, row: MeasuredRow) -> bool:
        """See MeasureKind."""
        return row.is_reference

    def can_begin(self, chosen: Sequence[MeasuredRow]) -> bool:
        """See MeasureKind."""
        return any(not row.is_reference for row in chosen)

    def ordered(self, chosen: Sequence[MeasuredRow]) -> list[MeasuredRow]:
        """See MeasureKind."""
        return sorted(chosen, key=lambda row: not row.is_reference)

    def job(self, model: InstalledModel, rows: Sequence[MeasuredRow], text: Path | None) -> Job:
        """See MeasureKind."""
        return TextJob(model, wishes(rows), text)

    def progress(self) -> MeasureProgress:
        """See MeasureKind."""
        return MeasureProgress(quality_steps())

    def measured(self, row: MeasuredRow, event: JobEvent) -> MeasuredRow | None:
        """See MeasureKind."""
        if not isinstance(event, PrecisionJudged):
            return None
        return replace(row, quality=event.quality)

    def note(self, row: MeasuredRow, event: JobEvent) -> str:
        """See MeasureKind."""
        text = _where(row.quality) if row.quality is not None else ""
        if isinstance(event, PrecisionJudged) and event.is_cut:
            cut = QCoreApplication.translate("QualityKind", "There is more text than that.")
            text = f"{text} {cut}"
        return text

    def doing(self, event: JobEvent) -> str:
        """See MeasureKind."""
        if not isinstance(event, QualityProgress):
            return ""
        text = QCoreApplication.translate("QualityKind", "{done} of {total} tokens")
        return text.format(done=f"{event.done_tokens:,}", total=f"{event.total_tokens:,}")


def text_name(name: str) -> str:
    """What a text is called."""
    if name == SAMPLE:
        return QCoreApplication.translate("QualityKind", "the sample that ships with the app")
    return f"“{name}”"


def _where(quality: Quality) -> str:
    text = QCoreApplication.translate("QualityKind", "Scored on {count} tokens of {text}.")
    return text.format(count=f"{quality.scored_tokens:,}", text=text_name(quality.text))
