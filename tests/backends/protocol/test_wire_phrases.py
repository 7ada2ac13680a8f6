"""Errors as they cross the pipe between engine and window."""

from __future__ import annotations

import json

import pytest

from backends.errors import InsufficientMemoryError
from backends.phrases import Phrase
from backends.protocol.wire_phrases import error_from_wire, error_to_wire


@pytest.mark.parametrize(
    "hint",
    [
        "Close other programs.",
        "",
        Phrase("{what} runs.", what="4-bit"),
        Phrase("Or: {it}", it=Phrase("{n:.1f} GiB", n=2.5)),
    ],
)
def test_a_hint_crosses_the_pipe_with_its_facts(hint: str | Phrase) -> None:
    error = InsufficientMemoryError.because(Phrase("It is too large."), hint=hint)

    again = error_from_wire(json.loads(json.dumps(error_to_wire(error))))

    assert type(again) is InsufficientMemoryError
    assert again.hint == hint
    assert str(again.hint) == str(hint)
