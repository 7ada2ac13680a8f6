"""Files of data for fine-tuning, and how small golden models encode them; no torch is needed."""

from __future__ import annotations

import base64
import functools
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from backends.checkpoint.folder import Checkpoint
from backends.text.chat_template import ChatTokens
from backends.text.tokenizer import Tokenizer
from backends.training.data.masking import Coding, coding_of
from backends.training.data.preparing import Prepared, preparing
from backends.training.values import Data
from tests.helpers.tokenizer_models import filler, message

GOLDENS = Path(__file__).parents[1] / "goldens"
PREPROCESSING = GOLDENS / "finetune" / "preprocessing.json"
_RELEASED = GOLDENS / "finetune" / "released_pieces.json"
_PIECE = 1


def prepare(data: Data, coding: Coding, *, seed: int = 42) -> Prepared:
    """The examples of `data`, without what is told meanwhile. Raises as `preparing` does."""
    job = preparing(data, coding, seed=seed)
    while True:
        try:
            next(job)
        except StopIteration as finished:
            result: Prepared = finished.value
            return result


@functools.cache
def golden_coding(name: str) -> Coding:
    """How the golden model of this name encodes conversations."""
    if name == "baichuan2-released":
        tokenizer = _released()
        return Coding(tokenizer, ChatTokens(195, 196), 2)
    folder = GOLDENS / "checkpoints" / name / "safetensors"
    return coding_of(*Checkpoint.open_with_tokenizer(folder))


def _released() -> Tokenizer:
    """The released tokenizer, for the texts of the goldens: other pieces are filled up."""
    kept = json.loads(_RELEASED.read_text(encoding="utf-8"))
    pieces = {int(number): base64.b64decode(data) for number, data in kept["pieces"].items()}
    model = b"".join(
        message([(_PIECE, pieces[number])]) if number in pieces else filler(number)
        for number in range(kept["count"])
    )
    rest = [(field, base64.b64decode(data)) for field, data in kept["rest"]]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tokenizer.model"
        file.write_bytes(model + message(rest))
        return Tokenizer(file, vocab_size=kept["count"])


def turns(*said: str) -> dict[str, Any]:
    """A row: questions and answers, one after the other."""
    roles = ("human", "gpt")
    return {
        "conversations": [
            {"from": roles[place % 2], "value": text} for place, text in enumerate(said)
        ]
    }


def write_rows(file: Path, rows: Iterable[object]) -> str:
    """Write a list, or lines where the file is called so; its path."""
    if file.suffix == ".jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        text = json.dumps(list(rows), ensure_ascii=False, indent=1)
    file.write_text(text, encoding="utf-8")
    return str(file)
