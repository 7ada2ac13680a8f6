"""Which formulas are drawn, and what stands in the place of those that are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from baichuan_desktop.services.markdown.flow import (
    Block,
    Code,
    Formula,
    Paragraph,
    Span,
    Spans,
    Table,
)
from baichuan_desktop.services.markdown.plain_form import marked_formula
from baichuan_desktop.ui.markdown.render_services import (
    Drawing,
    FormulaJob,
    NoDrawing,
    RenderServices,
)

_LANGUAGE = "latex"


def formula_jobs(block: Block) -> Iterator[FormulaJob]:
    """The formulas of a block."""
    match block:
        case Formula():
            yield FormulaJob(block.source, displayed=True)
        case Paragraph():
            yield from _jobs(block.spans)
        case Table():
            for row in block.rows:
                for cell in row:
                    yield from _jobs(cell)


class FormulaBook:
    """The formulas of one document, and what is known of each; it holds what is shown."""

    def __init__(self, services: RenderServices | None) -> None:
        self._services = services
        self._known: dict[FormulaJob, Drawing | NoDrawing] = {}
        self.jobs: set[FormulaJob] = set()  #: of what is shown

    def read(self, blocks: Sequence[Block], *, all_anew: bool) -> None:
        """Take the formulas of these blocks, as all there are or as some more."""
        jobs = {job for block in blocks for job in formula_jobs(block)}
        if all_anew:
            self.jobs = jobs
            self._known = {job: known for job, known in self._known.items() if job in jobs}
        else:
            self.jobs |= jobs

    def drawing(self, job: FormulaJob) -> Drawing | NoDrawing:
        """A formula's drawing; asked for if it is not known yet."""
        known = self._known.get(job)
        if known is None:
            known = NoDrawing.NONE if self._services is None else self._services.formula(job)
            if known is not NoDrawing.WAITING:
                self._known[job] = known
        return known

    def resolved(self, block: Block) -> Block:
        """The block, each formula without a drawing as its source; mostly the block itself."""
        if all(self.drawing(job) is not NoDrawing.NONE for job in formula_jobs(block)):
            return block
        match block:
            case Formula():
                return Code(tuple(block.source.split("\n")), _LANGUAGE, block.place)
            case Paragraph():
                return replace(block, spans=self._spans(block.spans))
            case Table():
                rows = tuple(tuple(self._spans(cell) for cell in row) for row in block.rows)
                return replace(block, rows=rows)
        return block

    def _spans(self, spans: Spans) -> Spans:
        return tuple(
            _as_source(span) if any(self.drawing(job) is NoDrawing.NONE for job in _jobs((span,)))
            else span
            for span in spans
        )  # fmt: skip


def _jobs(spans: Spans) -> Iterator[FormulaJob]:
    for span in spans:
        if span.formula:
            yield FormulaJob(span.text, displayed=span.formula == "display")


def _as_source(span: Span) -> Span:
    """A formula as it is written, in the look of code."""
    return replace(span, text=marked_formula(span), formula="", marks="", is_code=True)
