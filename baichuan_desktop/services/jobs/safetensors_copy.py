"""Converting to safetensors: a .bin model in a format that cannot hold code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.phrases import Phrase
from backends.protocol.engine_requests import CopyRequest
from baichuan_desktop.services.jobs.copies import CopyVariant, JobOffer, copy_bytes
from baichuan_desktop.services.jobs.job import JobWords


def safetensors_copies(folder: Path) -> Sequence[CopyVariant]:
    """The copy as safetensors, with the weights as they are. Raises CheckpointError."""
    return [
        CopyVariant(
            Phrase("Weights as they are"),
            "safetensors",
            copy_bytes(Checkpoint.open(folder), None),
            lambda out: CopyRequest(str(folder), str(out)),
        )
    ]


OFFER = JobOffer(
    JobWords(Phrase("Convert to safetensors"), Phrase("Converting a copy")),
    Phrase(
        "Writes a complete copy of the model as safetensors, a format that cannot hold code. "
        "The weights are the same, and the model itself stays as it is."
    ),
    lambda files: files.has_bin and not files.is_quantized,
    safetensors_copies,
)
