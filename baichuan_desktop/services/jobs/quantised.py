"""Quantising a copy: the model in 8 or 4 bits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.phrases import Phrase
from backends.precision import Precision
from backends.protocol.engine_requests import CopyRequest
from baichuan_desktop.services.jobs.copies import CopyVariant, JobOffer, copy_bytes
from baichuan_desktop.services.jobs.job import JobWords

#: Best first: NF4 is what the 4-bit models were published in.
_TEXTS = {
    Precision.NF4: Phrase("4-bit NF4, as the 4-bit models were published"),
    Precision.INT8: Phrase("8-bit, closest to the original"),
    Precision.FP4: Phrase("4-bit FP4, 4-bit floating point"),
}


def quantised_copies(folder: Path) -> Sequence[CopyVariant]:
    """The quantised copies of the model in `folder`. Raises CheckpointError."""
    checkpoint = Checkpoint.open(folder)
    return [
        CopyVariant(
            text,
            precision.value,
            copy_bytes(checkpoint, precision),
            partial(_request, folder, precision),
        )
        for precision, text in _TEXTS.items()
    ]


def _request(folder: Path, precision: Precision, out: Path) -> CopyRequest:
    return CopyRequest(str(folder), str(out), precision)


OFFER = JobOffer(
    JobWords(Phrase("Quantise a copy"), Phrase("Quantising a copy")),
    Phrase(
        "Writes a complete copy of the model with smaller weights, which loads faster than "
        "quantising at every start. The model itself stays as it is."
    ),
    lambda files: not files.is_quantized and not files.is_export,
    quantised_copies,
)
