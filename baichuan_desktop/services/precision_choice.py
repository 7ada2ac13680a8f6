"""Which precisions a model has on this machine, for the picker and for `doctor`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends import hardware, selection
from backends.base import Precision
from backends.checkpoint import Checkpoint, open_exports
from backends.errors import Phrase, UserFacingError

from .measurements import Measurements

#: Points lost on C-Eval, MMLU and CMMLU (5-shot) by the published 4-bit chat models against the
#: 16-bit ones, on average. Source: README of Baichuan 2, “Quantization Effect”.
PUBLISHED_4BIT_LOSS = {"baichuan2-7b": 1.6, "baichuan2-13b": 0.9}


@dataclass(frozen=True, slots=True)
class PrecisionRow:
    """One precision of one model."""

    precision: str
    label: str
    backend: str
    device: str  #: “cpu”, “cuda”, “cuda+cpu”
    device_name: str
    verdict: str  #: of `selection.Verdict`
    needed_bytes: int | None
    sentence: Phrase
    chosen: bool  #: what “auto” takes
    tokens_per_second: float | None  #: last measured here


def precision_rows(
    folder: Path,
    measurements: Measurements,
    detect: Callable[[], hardware.Machine] = hardware.detect,
    exports: Sequence[Path] = (),
) -> list[PrecisionRow]:
    """Every precision of the model in `folder` and of its exports, best first.

    Raises CheckpointError.
    """
    checkpoint = Checkpoint.open(folder)
    machine = detect()
    peaks = {
        (peak.backend, Precision(peak.precision)): peak.peak_bytes
        for peak in measurements.peaks(checkpoint.folder)
    }
    opened = open_exports(checkpoint, exports)
    model = selection.Model(
        checkpoint.config,
        checkpoint.config.context_length,
        checkpoint.stored,
        peaks,
        {precision: export.bytes_on_disk for precision, export in opened.items()},
        has_tensors=checkpoint.export is None,
    )
    try:
        chosen = selection.choose(model, machine).chosen
    except UserFacingError:
        chosen = None  # nothing runs; each row says why
    rows = []
    for option in selection.options(model, machine):
        known = measurements.of(checkpoint.folder, option.backend, option.precision.value)
        rows.append(
            PrecisionRow(
                precision=option.precision.value,
                label=selection.label(option.precision),
                backend=option.backend,
                device=option.device,
                device_name=option.device_name,
                verdict=option.verdict.value,
                needed_bytes=option.need.total if option.need else None,
                sentence=option.sentence,
                chosen=option == chosen,
                tokens_per_second=known.tokens_per_second if known else None,
            )
        )
    return rows
