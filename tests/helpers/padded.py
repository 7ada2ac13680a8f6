"""Golden checkpoints whose embedding and head have rows beyond the tokenizer's pieces."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import safetensors.torch
import torch

from tests.helpers import goldens

_EMBEDDING, _HEAD = "model.embed_tokens.weight", "lm_head.weight"


def padded(
    tmp_path: Path, name: str = "b1-13b", *, rows: int = 64, fill: float | None = None
) -> Path:
    """A copy with so many rows more, an even number, which hold `fill`.

    Without one they are hot: of each pair, one has the highest logit of all whatever was read, by
    far if the head is not normalised.
    """
    folder = tmp_path / f"{name}-{rows}-{fill}"
    shutil.copytree(goldens.folder(name, "safetensors"), folder)
    file = folder / "model.safetensors"
    state = safetensors.torch.load_file(file)
    width = state[_HEAD].shape[1]
    chance = torch.Generator().manual_seed(rows)
    half = 50 * torch.randn((rows // 2, width), generator=chance)
    head = torch.cat([half, -half]) if fill is None else torch.full((rows, width), fill)
    embedding = torch.zeros((rows, width)) if fill is None else head
    for key, more in ((_EMBEDDING, embedding), (_HEAD, head)):
        state[key] = torch.cat([state[key], more.to(state[key].dtype)])
    safetensors.torch.save_file(state, file)
    change_json(folder / "config.json", vocab_size=len(state[_HEAD]))
    return folder


def change_json(file: Path, **changes: object) -> None:
    data = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    file.write_text(json.dumps({**data, **changes}, ensure_ascii=False), encoding="utf-8")
