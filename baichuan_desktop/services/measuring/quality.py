"""Compares the precisions of a model on a text, each in an engine process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from backends.errors import InvalidRequestError, QualityError, UserFacingError
from backends.events import ModelReady, QualityReady
from backends.phrases import Phrase
from backends.precision import DeviceKind, Precision
from backends.protocol.engine_requests import LoadRequest, QualityRequest
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.engines.one_shot import PrecisionBegun, PrecisionFailed
from baichuan_desktop.services.engines.port import ClientEvent, RunRequest
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.measuring.precisions_meter import PrecisionsMeter, quality_steps
from baichuan_desktop.services.measuring.text_files import Texts, read_texts
from baichuan_desktop.services.precisions.measurements import Measurements, Quality
from baichuan_desktop.services.precisions.opened import OpenedModel
from baichuan_desktop.services.precisions.rows import PrecisionRow
from baichuan_desktop.services.precisions.wish import LoadWish

#: Of the text, where the person says nothing: more than the sample, less than a book.
DEFAULT_TOKENS = 8192
#: Their reference takes 2 GiB on the drive.
MOST_TOKENS = 262_144

#: Characters of a text that certainly give a token.
_CHARS_PER_TOKEN = 16
#: Best first.
_RANK = (
    Precision.FP32, Precision.ONNX_FP32, Precision.BF16, Precision.FP16, Precision.ONNX_FP16,
    Precision.INT8, Precision.ONNX_INT8, Precision.NF4, Precision.FP4, Precision.ONNX_INT4,
)  # fmt: skip
#: What the sample is called where a text's name stands.
SAMPLE = "quality_sample"
_SCRATCH = re.compile(r"quality-(\d+)-")

WORDS = JobWords(Phrase("Compare quality"), Phrase("Comparing quality"))


@dataclass(frozen=True, slots=True)
class LeanParts:
    """What of a model is held as it is where a card is too small for the rest."""

    embedding_on_host: bool = False
    head_in_8_bits: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What these are called beside a precision; empty if all is held as the precision says."""
        named = {"embedding on host": self.embedding_on_host, "8-bit head": self.head_in_8_bits}
        return tuple(name for name, is_so in named.items() if is_so)

    def of(self, request: LoadRequest) -> LoadRequest:
        """The request, with these parts so."""
        return replace(
            request,
            embedding_on_host=self.embedding_on_host,
            head_in_8_bits=self.head_in_8_bits,
        )


@dataclass(frozen=True, slots=True)
class QualityComparison:
    """What to compare."""

    model: InstalledModel
    wishes: Sequence[LoadWish]  #: the reference first; the context lengths do not count
    texts: Texts
    max_tokens: int  #: of all texts together
    parts: LeanParts = LeanParts()  #: of all but the reference


@dataclass(frozen=True, slots=True)
class PrecisionJudged:
    """One precision is compared; and remembered, if its parts are held as it says."""

    ready: ModelReady
    quality: Quality
    is_cut: bool  #: there was more text than was asked for
    parts: LeanParts = LeanParts()


QualityEvent = PrecisionBegun | ClientEvent | PrecisionJudged | PrecisionFailed


def quality_texts(path: Path | None, max_tokens: int) -> Texts:
    """The texts in a file or folder, or the sample that ships with the app. Raises QualityError."""
    if not 1 <= max_tokens <= MOST_TOKENS:
        raise InvalidRequestError(
            "The number of tokens must be from 1 to {most}, not {value}.",
            most=MOST_TOKENS,
            value=max_tokens,
        )
    folder = resource(SAMPLE) if path is None else path
    return read_texts(folder, max_tokens * _CHARS_PER_TOKEN)


def compared_precisions(
    text: str,
    opened: OpenedModel,
    wanted_device: str | None = None,
    reference: Precision | None = None,
    *,
    with_adapter: bool = False,
) -> tuple[Precision | None, ...]:
    """The precisions to compare, the reference first; `text` names them as in `OpenedModel.wanted`.

    The reference, if none is named, is the best one that fits: 16 bits on a card; without one fp32,
    then 16, 8, 4 bits on the processor. A better one among them takes its place. “all” leaves out
    what is better than the reference. Raises BackendUnavailableError.
    """
    named = opened.wanted(text, wanted_device, with_adapter=with_adapter)
    rows = opened.rows_on(wanted_device, with_adapter=with_adapter)
    if not rows:
        return named  # whose refusals say why
    chosen = next((row.precision for row in rows if row.chosen), rows[0].precision)
    found = {chosen if precision is None else precision for precision in named}
    best = reference or reference_of(rows).precision
    if "all" in (name.strip() for name in text.split(",")):
        found = {precision for precision in found if is_coarser(precision, best)}
    ranked = sorted({best, *found}, key=_RANK.index)
    return tuple(ranked) if reference is None else (best, *(p for p in ranked if p is not best))


def leaner_precisions(
    text: str,
    opened: OpenedModel,
    wanted_device: str | None = None,
    reference: Precision | None = None,
    *,
    with_adapter: bool = False,
) -> tuple[Precision | None, ...]:
    """The precisions to compare with `LeanParts`: those of `compared_precisions`.

    The reference comes first as it is, and once more among the others. “all” leaves exports out,
    whose parts are as they were written. Raises BackendUnavailableError.
    """
    first, *others = compared_precisions(
        text, opened, wanted_device, reference, with_adapter=with_adapter
    )
    if "all" in (name.strip() for name in text.split(",")):
        others = [name for name in others if name is None or not name.is_onnx]
    again = [] if first is not None and first.is_onnx else [first]
    return (first, *again, *others)


def reference_of(rows: Sequence[PrecisionRow]) -> PrecisionRow:
    """The best of some precisions that run, for the others to be compared with."""
    on_card = [
        row for row in rows if row.device_kind is DeviceKind.CUDA and not row.precision.is_quantized
    ]
    return min(on_card or rows, key=lambda row: _RANK.index(row.precision))


def is_coarser(precision: Precision, reference: Precision) -> bool:
    """Whether a precision is expected to be further from the original than the reference."""
    return _RANK.index(precision) > _RANK.index(reference)


def compare(
    what: QualityComparison,
    measurements: Measurements,
    run: RunRequest,
    cache: Path,
    cancel: threading.Event,
) -> Iterator[QualityEvent]:
    """Compare the precisions of a model with the first of them.

    Each begins with `PrecisionBegun` and ends with `PrecisionJudged`, which is remembered at once,
    or `PrecisionFailed`; that of the first is raised, as there is nothing to compare with. Setting
    `cancel` ends the events early. `cache` is a folder for the reference, gigabytes perhaps.
    Raises UserFacingError.
    """
    reference = ""
    with _scratch(cache) as scratch:
        for number, wish in enumerate(what.wishes, 1):
            yield PrecisionBegun(wish.precision, number, len(what.wishes))
            load = wish.request(what.model, measurements)
            parts = LeanParts() if number == 1 else what.parts
            request = QualityRequest(
                parts.of(load),
                what.texts.texts,
                what.texts.name,
                what.max_tokens,
                str(scratch / "reference"),
                is_reference=number == 1,
            )
            ready: ModelReady | None = None
            try:
                for event in run(request, cancel):
                    yield event
                    if isinstance(event, ModelReady):
                        ready = event
                        reference = reference or event.precision.value
                    elif isinstance(event, QualityReady):
                        assert ready is not None  # the engine loads first
                        judged = _judged(ready, event, reference, what.texts.name, parts)
                        # A precision is remembered as the app runs the model itself.
                        if not parts.names and wish.adapter is None:
                            measurements.judged(ready, judged.quality)
                        yield judged
            except UserFacingError as error:
                if not cancel.is_set():  # Ctrl+C may also end an engine that is just starting
                    if number == 1:
                        raise
                    yield PrecisionFailed(wish.precision, error)
            if cancel.is_set():
                return


def quality_job(
    model: InstalledModel,
    wishes: Sequence[LoadWish],
    read: Callable[[], Texts],
    measurements: Measurements,
    cache: Path,
    *,
    max_tokens: int = DEFAULT_TOKENS,
    parts: LeanParts = LeanParts(),
    needs_room: Callable[[ModelReady | None], bool] | None = None,
) -> Job:
    """Compares a model with itself as each of these wishes loads it, the reference first.

    `read` gets the texts, when the job begins. Its events are those of `compare`.
    Where nothing can be compared, it fails with what was said of the last precision.
    """

    def steps(run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        judged = 0
        refusal: UserFacingError | None = None
        what = QualityComparison(model, wishes, read(), max_tokens, parts)
        for event in compare(what, measurements, run, cache, cancel):
            yield event
            judged += isinstance(event, PrecisionJudged)
            if isinstance(event, PrecisionFailed):
                refusal = event.error
        if not cancel.is_set():
            if refusal is not None and judged < 2:  # the reference alone compares nothing
                raise refusal
            said = Phrase("Compared precisions: {done} of {count}", done=judged, count=len(wishes))
            yield JobResult(said, model.shown_name)

    return Job(
        WORDS,
        model.shown_name,
        steps,
        lambda: PrecisionsMeter(quality_steps()),
        needs_room,
    )


def _judged(
    ready: ModelReady, found: QualityReady, reference: str, text: str, parts: LeanParts
) -> PrecisionJudged:
    entry = Quality(
        reference=reference,
        text=text,
        scored_tokens=found.scored_tokens,
        perplexity=found.perplexity,
        kl_divergence=found.kl_divergence,
        top1_agreement=found.top1_agreement,
    )
    return PrecisionJudged(ready, entry, found.is_cut, parts)


@contextlib.contextmanager
def _scratch(cache: Path) -> Iterator[Path]:
    """A folder for the reference, which goes with the comparison.

    What a process that was killed left is taken away by the next one.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        found = list(cache.iterdir())
        running = set(psutil.pids())  # after it: each folder's process was there before its folder
        for left in found:
            match = _SCRATCH.match(left.name)
            if match and int(match.group(1)) not in running:
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=f"quality-{os.getpid()}-", dir=cache))
    except OSError as error:
        raise QualityError(
            "The reference of the comparison cannot be kept in “{folder}”: {reason}.",
            hint="Make room on this drive, or compare on fewer tokens.",
            folder=str(cache),
            reason=Phrase("{text}", text=error.strerror or str(error)),
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
