"""Small registry files, and how they are refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backends.events import ModelKind
from backends.model_config import Family
from baichuan_desktop.services.library.registry import (
    InstalledModel,
    Registry,
    shipped_tables,
)
from baichuan_desktop.services.library.registry_file import LayerFile, ReadLayer
from baichuan_desktop.services.library.registry_schema import (
    Names,
    RegistryError,
    RegistryLayer,
    Shapes,
)

SHIPPED = Path(__file__).resolve().parents[2] / "models_registry.yaml"
SHAPES_13B_V2 = Shapes(
    hidden_size=5120, num_layers=40, num_heads=40, intermediate_size=13696, vocab_size=125696
)

TINY = """\
schema_version: 1
licences:
  own: {name: Own, conditions: None., conditions_zh: 无。, commercial_use: allowed}
families:
  baichuan-7b:
    shapes: {hidden_size: 8, num_layers: 1, num_heads: 2, intermediate_size: 16, vocab_size: 10}
    context_length: 64
    licence: own
    published_memory_gib: {bf16: 14.0}
sampling:
  base:
    {do_sample: false, temperature: 1.0, top_k: 50, top_p: 1, repetition_penalty: 1.1,
     max_new_tokens: 64}
models:
  - id: tiny
    name: {en: Tiny, zh: 小}
    family: baichuan-7b
    kind: base
    precision: bf16
    parameters: 824
    weights_bytes: 1648
    sampling: base
    sources: {}
"""


def read(file: Path, kind: RegistryLayer = RegistryLayer.USER) -> ReadLayer:
    """A file as it is read for the first time."""
    return LayerFile(file, kind).read()


def loaded(shipped: str | Path, *layers: Path) -> Registry:
    """The registry of a shipped file, or its text, and of files that are laid over it."""
    return Registry.of(shipped_tables(shipped), [read(layer) for layer in layers])


def refusal(text: str) -> str:
    """The sentence with which `text` is refused; checks that it is one sentence."""
    with pytest.raises(RegistryError) as caught:
        shipped_tables(text)
    message = caught.value.message
    assert message.startswith("models_registry.yaml ")
    assert "\n" not in message
    assert re.search(r"[a-z)”'0-9…]\.$", message)
    assert not re.search(r"\. [A-Z]", message)
    assert caught.value.hint
    return message


def installed(folder: Path, model_id: str = "my-chat", **facts: object) -> InstalledModel:
    values: dict[str, object] = {
        "id": model_id,
        "name": Names(en="Mine", zh="我的"),
        "path": folder / model_id,
        "variant": "baichuan2-7b-chat",
        "family": Family.BAICHUAN2_7B,
        "kind": ModelKind.CHAT,
        "context_length": 4096,
    }
    return InstalledModel(**(values | facts))  # type: ignore[arg-type]


ENTRY = "- {{id: {id}, path: {path}, family: baichuan-7b, kind: chat, context_length: 64}}\n"


def layer(path: Path, text: str) -> Path:
    path.write_text("schema_version: 1\n" + text, encoding="utf-8")
    return path


def listed(*entries: tuple[str, str]) -> str:
    return "installed:\n" + "".join(ENTRY.format(id=id_, path=path) for id_, path in entries)
