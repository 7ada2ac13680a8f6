"""An embedding on the host: the same digits, and never a copy of its table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from backends.interface import LayerDevices, LoadOptions
from backends.modeling.lean.host_embedding import HostEmbedding
from backends.modeling.static_decode import StaticDecode
from backends.modeling.weights import load_model, map_tensor
from backends.precision import Precision
from backends.torch_backend import cpu, low_bits
from backends.torch_backend.loaded_model import TorchModel
from tests.helpers import goldens, quantized
from tests.helpers.fake_cards import Card, fake_cards

CPU = torch.device("cpu")
TABLE = torch.arange(12, dtype=torch.float32).view(4, 3) / 7

Array = npt.NDArray[np.float32]


def on_host(options: LoadOptions) -> LoadOptions:
    return replace(options, devices=replace(options.devices, embedding_on_host=True))


def answers(model: TorchModel, ids: list[int]) -> list[Array]:
    """Logits of a prompt in two chunks, of two tokens, and of every position of a third chunk."""
    found = [model.prefill(ids[:9]), model.prefill(ids[9:14])]
    found += [model.decode(token) for token in ids[14:16]]
    return [*found, model.prefill_logits(ids[16:20])]


def test_rows_are_those_of_the_table() -> None:
    embedding = HostEmbedding(TABLE, CPU, torch.float32)

    assert embedding(torch.tensor([[3, 0, 3]])).tolist() == TABLE[[3, 0, 3]][None].tolist()


def test_rows_in_16_bits_are_those_of_a_table_in_16_bits() -> None:
    embedding = HostEmbedding(TABLE, CPU, torch.bfloat16)

    rows = embedding(torch.tensor([[1, 2]]))

    assert rows.dtype == torch.bfloat16
    assert torch.equal(rows, TABLE.bfloat16()[None, 1:3])


class Pinned:
    """Stands for memory that is pinned, and notes what becomes of it."""

    def __init__(self, rows: torch.Tensor, notes: list[object]) -> None:
        self._rows = rows
        self._notes = notes

    def copy_(self, rows: torch.Tensor) -> Pinned:
        self._rows.copy_(rows)
        return self

    def to(self, device: torch.device, *, non_blocking: bool) -> torch.Tensor:
        self._notes.append((str(device), non_blocking, self._rows.tolist()))
        return self._rows


def test_only_the_rows_that_are_looked_up_go_to_a_card_and_through_pinned_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notes: list[object] = []
    empty = torch.empty

    def pinned(shape: torch.Size, *, dtype: torch.dtype, pin_memory: bool) -> object:
        notes.append((tuple(shape), dtype, pin_memory))
        return Pinned(empty(shape, dtype=dtype), notes)

    embedding = HostEmbedding(TABLE, torch.device("cuda:1"), torch.bfloat16)
    monkeypatch.setattr(torch, "empty", pinned)
    embedding(torch.tensor([[2, 0]]))

    rows = TABLE.bfloat16()[[2, 0]][None].tolist()
    assert notes == [((1, 2, 3), torch.bfloat16, True), ("cuda:1", True, rows)]


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.BF16, Precision.NF4])
@pytest.mark.parametrize("name", goldens.NAMES)
def test_logits_are_the_same_to_the_last_bit(name: str, precision: Precision) -> None:
    backend = low_bits if precision is Precision.NF4 else cpu
    checkpoint = goldens.checkpoint(name, "single")
    options = quantized.options(checkpoint, precision)
    ids = goldens.text_ids(name)

    with quantized.finish(backend.load(checkpoint, options)) as plain:
        expected = answers(plain, ids)
    with quantized.finish(backend.load(checkpoint, on_host(options))) as lean:
        assert isinstance(quantized.inner(lean).model.embed_tokens, HostEmbedding)
        actual = answers(lean, ids)

    for mine, theirs in zip(actual, expected, strict=True):
        assert mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("layout", ["single", "sharded", "safetensors"])
def test_the_table_stays_the_mapping_of_its_file(layout: str, dtype: torch.dtype) -> None:
    """Whatever the dtype of the model: a copy of it would be a gigabyte on a 13B model."""
    checkpoint = goldens.checkpoint("b2-7b", layout)
    devices = replace(goldens.on_cpu(checkpoint), embedding_on_host=True)

    model = quantized.finish(load_model(checkpoint, dtype, devices))

    table = map_tensor(checkpoint.tensors["model.embed_tokens.weight"])
    assert model.model.embed_tokens.weight.dtype == table.dtype
    assert torch.equal(model.model.embed_tokens.weight, table)
    assert model.model.embed_tokens(torch.tensor([[5]])).dtype == dtype


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_a_static_step_follows_the_tokens_that_are_put_into_its_buffer(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a graph is replayed: `step` itself must look nothing up."""
    checkpoint = goldens.checkpoint(name, "safetensors")
    devices = replace(goldens.on_cpu(checkpoint), embedding_on_host=True)
    model = quantized.finish(load_model(checkpoint, torch.float32, devices))
    plain = quantized.plain_model(name)
    ids = goldens.text_ids(name)[:12]
    caches = [quantized.empty_cache(m) for m in (model, plain)]
    steps = [StaticDecode(m, cache) for m, cache in zip((model, plain), caches, strict=True)]

    def looked_up(*_: object) -> None:
        raise AssertionError("a graph cannot look a row up in the memory of the machine")

    for at, token in enumerate(ids):
        for step in steps:
            step.feed(token, at)
        with torch.inference_mode(), monkeypatch.context() as recording:
            recording.setattr(HostEmbedding, "forward", looked_up)
            mine, theirs = (step.step(32) for step in steps)
        assert torch.equal(mine, theirs)
        for cache in caches:
            cache.advance(1)


@pytest.mark.parametrize("on_host", [True, False])
def test_half_precision_is_chosen_by_the_card_and_not_by_where_the_embedding_is(
    on_host: bool,
) -> None:
    """An old card has no bf16, wherever the embedding lies."""
    devices = LayerDevices(("cuda:1", "cuda:1"), embedding_on_host=on_host)
    with fake_cards(Card("new"), Card("old", capability=(7, 5))):
        assert low_bits.activation_dtype(devices, is_llm=False) is torch.float16
        newer = replace(devices, layers=("cuda:0", "cuda:0"))
        assert low_bits.activation_dtype(newer, is_llm=False) is torch.bfloat16
