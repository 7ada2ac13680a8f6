"""Documents that are read in this process, as the reader's own process does it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.protocol.wire_phrases import error_from_wire
from baichuan_desktop.services.documents import process, reading
from baichuan_desktop.services.documents.contents import ReadDocument
from baichuan_desktop.services.documents.limits import LIMITS, Limits

#: Reads bytes as a file of this name. Raises DocumentError.
Read = Callable[..., ReadDocument]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """What `read_document` gives, without a process for each."""

    def one(
        name: str, data: bytes, *, encoding: str | None = None, limits: Limits = LIMITS
    ) -> ReadDocument:
        file = tmp_path / name
        file.write_bytes(data)
        job = {"path": str(file), "encoding": encoding}
        written = io.BytesIO()
        answer = process.answered(job, limits, written)
        if "error" in answer:
            raise error_from_wire(answer["error"])  # type: ignore[arg-type]
        lines = map(json.loads, written.getvalue().splitlines())
        text = "".join(line.get("text", "") for line in lines)
        return reading.document_of(answer["document"], text)  # type: ignore[arg-type]

    return one
