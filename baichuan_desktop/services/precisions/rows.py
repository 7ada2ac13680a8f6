"""Which precisions a model has on this machine, for the window's menu and for `doctor`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from backends.checkpoint.folder import Checkpoint, open_exports
from backends.choice import selection
from backends.errors import ExportRefusedError, UserFacingError
from backends.machine import hardware
from backends.phrases import Phrase
from backends.precision import Precision, parse_precision
from backends.protocol.requests import MOST_THREADS, LoadRequest
from baichuan_desktop.services.precisions.measurements import Measurements, Quality

#: Points lost on C-Eval, MMLU and CMMLU (5-shot) by the published 4-bit chat models against the
#: 16-bit ones, on average, by family and hidden size: a small model of a family, such as the guide,
#: is another matter. Source: README of Baichuan 2, “Quantization Effect”.
PUBLISHED_4BIT_LOSS = {("baichuan2-7b", 4096): 1.6, ("baichuan2-13b", 5120): 0.9}


@dataclass(frozen=True, slots=True)
class LoadWish:
    """How a person wants a model to be loaded; what is left out, the app decides."""

    precision: str = "auto"
    wanted_device: str = "auto"
    context_length: int | None = None  #: tokens; None: what the model was trained for
    #: None: one a core, fewer while other programs keep the processor busy
    threads: Annotated[int, Field(ge=1, le=MOST_THREADS)] | None = None

    @property
    def is_automatic(self) -> bool:
        """Whether precision and device are the app's to choose."""
        return self.precision == "auto" and self.wanted_device == "auto"

    def request(
        self, folder: Path, measurements: Measurements, exports: Sequence[Path] = ()
    ) -> LoadRequest:
        """What the engine is asked."""
        return LoadRequest(
            str(folder),
            precision=self.precision,
            context_length=self.context_length,
            threads=self.threads,
            wanted_device=self.wanted_device,
            measured=measurements.peaks(folder),
            exports=tuple(map(str, exports)),
        )


@dataclass(frozen=True, slots=True)
class PrecisionRow:
    """One precision of one model."""

    precision: str
    label: str
    backend: str
    device_kind: str  #: “cpu”, “cuda”, “cuda+cpu”
    device_name: str
    wanted_device: str  #: what a `LoadRequest` names to get this row and no other
    verdict: str  #: of `selection.Verdict`
    needed_bytes: int | None
    sentence: Phrase
    chosen: bool  #: what “auto” takes
    tokens_per_second: float | None  #: last measured here
    published_loss: float | None  #: points, see PUBLISHED_4BIT_LOSS
    quality: Quality | None = None  #: last compared here

    @property
    def runs(self) -> bool:
        """It can be chosen."""
        return selection.Verdict(self.verdict).runs

    def wish(self, context_length: int | None = None) -> LoadWish:
        """The wish that loads this row."""
        return LoadWish(self.precision, self.wanted_device, context_length)


@dataclass(frozen=True, slots=True)
class PrecisionList:
    """What there is of a model on this machine."""

    rows: Sequence[PrecisionRow]
    refused: Sequence[ExportRefusedError]  #: why exports have no row
    notes: Sequence[Phrase] = ()  #: see `Checkpoint.notes`


def label(precision: str) -> str:
    """A precision, by the name that requests and events carry, as a person reads it."""
    return Precision(precision).label


def wanted_precisions(
    text: str,
    folder: Path,
    measurements: Measurements,
    wanted_device: str = "auto",
    detect: Callable[[], hardware.Machine] = hardware.detect,
    exports: Sequence[Path] = (),
) -> tuple[str, ...]:
    """The precisions that a comma-separated text names, each once, in its order.

    “all” is every precision that runs here, on `wanted_device` if one is named. Raises
    BackendUnavailableError for a name that is none, or a device, CheckpointError.
    """
    names = [name.strip() for name in text.split(",") if name.strip()] or [text]
    if "all" in names:
        kind = wanted_device.partition(":")[0]
        rows = precision_rows(folder, measurements, detect, exports=exports)
        names = [
            row.precision for row in rows if row.runs and kind in ("auto", row.device_kind)
        ] or ["auto"]  # whose refusal says why nothing does
    for name in names:
        parse_precision(name)
    selection.parse_device(wanted_device, detect())  # once, and not in each engine
    return tuple(dict.fromkeys(names))


def precision_rows(
    folder: Path,
    measurements: Measurements,
    detect: Callable[[], hardware.Machine] = hardware.detect,
    context_length: int | None = None,
    exports: Sequence[Path] = (),
) -> list[PrecisionRow]:
    """The rows of `list_precisions`."""
    return list(list_precisions(folder, measurements, detect, context_length, exports).rows)


def list_precisions(
    folder: Path,
    measurements: Measurements,
    detect: Callable[[], hardware.Machine] = hardware.detect,
    context_length: int | None = None,
    exports: Sequence[Path] = (),
) -> PrecisionList:
    """Every precision of the model in `folder` and of its exports, best first.

    Raises CheckpointError.
    """
    checkpoint = Checkpoint.open(folder)
    machine = detect()
    config = checkpoint.config
    found = open_exports(checkpoint, exports)
    model = selection.Model.of(
        checkpoint,
        found.usable,
        context_length or config.context_length,
        measurements.peaks(checkpoint.folder),
    )
    try:
        chosen = selection.choose(model, machine).chosen
    except UserFacingError:
        chosen = None  # nothing runs; each row says why
    rows = []
    for option in selection.options(model, machine):
        known = measurements.of(
            checkpoint.folder,
            option.backend,
            option.precision.value,
            option.device_kind,
            model.exports.get(option.precision),
        )
        loss = None
        if option.precision is Precision.NF4:
            loss = PUBLISHED_4BIT_LOSS.get((config.family.value, config.hidden_size))
        rows.append(
            PrecisionRow(
                precision=option.precision.value,
                label=option.precision.label,
                backend=option.backend,
                device_kind=option.device_kind,
                device_name=option.device_name,
                # Layers are spread where no card holds them all, so the precision says it all.
                wanted_device=option.devices.first if option.devices.single else "auto",
                verdict=option.verdict.value,
                needed_bytes=option.need.total if option.need else None,
                sentence=option.sentence,
                chosen=option == chosen,
                tokens_per_second=known.tokens_per_second if known else None,
                published_loss=loss,
                quality=known.quality if known else None,
            )
        )
    refused = [refusal for refusal, _ in found.refused]
    return PrecisionList(rows, refused, checkpoint.notes)
