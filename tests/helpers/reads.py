"""Counts what of a model's folder is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.text import tokenizer


@dataclass
class Reads:
    """Folders that were opened and tokenizers that were read, in their order."""

    opened: list[Path] = field(default_factory=list)
    tokenizers: list[Path] = field(default_factory=list)


def counted(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """Reads from now on."""
    reads = Reads()
    open_folder = Checkpoint.open_with_tokenizer
    read_model = tokenizer.read_model

    def opening(folder: Path) -> Any:
        reads.opened.append(folder)
        return open_folder(folder)

    def reading(file: Path, *, most_pieces: int) -> bytes:
        reads.tokenizers.append(file)
        return read_model(file, most_pieces=most_pieces)

    monkeypatch.setattr(Checkpoint, "open_with_tokenizer", opening)
    monkeypatch.setattr(tokenizer, "read_model", reading)
    return reads
