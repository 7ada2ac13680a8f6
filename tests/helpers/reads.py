"""Counts what of a model's folder is read, and what is found of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.choice import options as options_module
from backends.choice import selection
from backends.choice.values import Model, Option
from backends.text import tokenizer, tokenizer_file
from baichuan_desktop.services.precisions import rows


@dataclass
class Reads:
    """Folders that were opened, tokenizers that were read, models whose options were found."""

    opened: list[Path] = field(default_factory=list)
    tokenizers: list[Path] = field(default_factory=list)
    options: list[Model] = field(default_factory=list)


def counted(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """Reads from now on, each kind in its order, whoever reads."""
    reads = Reads()
    open_folder = Checkpoint.open_with_tokenizer  # which `Checkpoint.open` calls
    read_model = tokenizer_file.read_model
    options = options_module.options

    def opening(folder: Path) -> Any:
        reads.opened.append(folder)
        return open_folder(folder)

    def reading(file: Path, *, most_pieces: int) -> bytes:
        reads.tokenizers.append(file)
        return read_model(file, most_pieces=most_pieces)

    def finding(model: Model, *arguments: Any, **more: Any) -> Sequence[Option]:
        reads.options.append(model)
        return options(model, *arguments, **more)

    monkeypatch.setattr(Checkpoint, "open_with_tokenizer", opening)
    monkeypatch.setattr(tokenizer, "read_model", reading)
    for module in (selection, rows):
        monkeypatch.setattr(module, "options", finding)
    return reads
