"""What only a real card shows: each test is skipped without one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from backends.checkpoint.folder import Checkpoint
from backends.errors import InsufficientMemoryError
from backends.generation.sampler import Sampler
from backends.generation.sampling import SamplingParams
from backends.interface import LayerDevices
from backends.machine.cards import lookup
from backends.modeling.baichuan import MLP, RMSNorm
from backends.modeling.lean.int8_linear import Int8Linear
from backends.modeling.lean.int8_rows import quantize_rows
from backends.modeling.positions import later_mask
from backends.precision import Precision
from backends.torch_backend import cuda
from backends.torch_backend.cuda import CudaModel
from tests.helpers import goldens, quantized
from tests.helpers.machines import BAICHUAN2_7B

ROOT = Path(__file__).parents[3]
MIB = 2**20

needs_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card")
needs_two = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two NVIDIA cards")


@pytest.fixture(autouse=True)
def same_card() -> Iterator[None]:
    """A load makes its card the current one; the next test shall not depend on that."""
    before = torch.cuda.current_device() if torch.cuda.is_available() else None
    yield
    if before is not None:
        torch.cuda.set_device(before)


def on_card(
    name: str,
    device: str = "cuda:0",
    *,
    embedding_on_host: bool = False,
    head_in_8_bits: bool = False,
    context_length: int = 600,
) -> CudaModel:
    checkpoint = Checkpoint.open(goldens.folder(name))
    options = quantized.options(checkpoint, Precision.BF16, device)
    options = replace(
        options,
        context_length=context_length,
        devices=replace(options.devices, embedding_on_host=embedding_on_host),
        head_in_8_bits=head_in_8_bits,
    )
    loaded = quantized.finish(cuda.load(checkpoint, options))
    assert isinstance(loaded, CudaModel)
    return loaded


# --- graphs ----------------------------------------------------------------------------------


@needs_card
@pytest.mark.parametrize("name", goldens.NAMES)
def test_every_graph_of_a_card_is_recorded_while_loading_and_no_other_after_it(name: str) -> None:
    with on_card(name) as loaded:
        assert loaded._graph is not None
        recorded = dict(loaded._graph._recorded)
        assert sorted(recorded) == [512, 600]

        ids = goldens.text_ids(name)
        loaded.prefill(ids * 4)  # 520 tokens: the next one is the first of another graph
        loaded.decode(ids[0])

        assert loaded._graph is not None
        assert loaded._graph._recorded == recorded


@needs_card
@pytest.mark.parametrize("name", goldens.NAMES)
def test_every_replay_on_a_card_writes_its_logits(name: str) -> None:
    with on_card(name) as loaded:
        assert loaded._graph is not None
        for keys, (graph, logits) in loaded._graph._recorded.items():
            with torch.inference_mode():
                logits.fill_(float("nan"))
                graph.replay()
            assert torch.isfinite(logits).all(), keys


@needs_two
@pytest.mark.parametrize("name", goldens.NAMES)
def test_another_card_than_the_current_one_decodes_by_its_own_graphs(name: str) -> None:
    ids = goldens.text_ids(name)
    with on_card(name, "cuda:1") as loaded:
        torch.cuda.set_device(0)
        loaded.prefill(ids[:20])
        found = [loaded.decode(token) for token in ids[20:24]]
        assert loaded._graph is not None
        assert not np.allclose(found[0], found[1])  # a replay of nothing gives the same each time

        loaded.truncate(20)
        for token, decoded in zip(ids[20:24], found, strict=True):
            plain = loaded.prefill([token])
            np.testing.assert_allclose(decoded, plain, rtol=0, atol=0.02 * float(np.ptp(plain)))


@needs_card
def test_candidates_of_a_card_lead_to_the_ids_that_whole_rows_lead_to() -> None:
    params = SamplingParams(temperature=0.9, top_k=5, top_p=0.9, repetition_penalty=1.05, seed=3)
    prompt = goldens.text_ids("b2-7b")[:20]
    with on_card("b2-7b") as loaded:
        said: dict[str, list[int]] = {}
        for way in ("candidates", "whole rows"):
            loaded.truncate(0)
            sampler = Sampler(params, loaded.vocab_size)
            sampler.see(prompt)
            tokens = [sampler.sample(loaded.prefill(prompt))]
            request = sampler.request()
            assert request is not None
            step = loaded.decode_candidates(request) if way == "candidates" else loaded.decode
            for _ in range(30):
                sampler.see(tokens[-1:])
                tokens.append(sampler.sample(step(tokens[-1])))
            said[way] = tokens

    assert said["candidates"] == said["whole rows"]


# --- memory ----------------------------------------------------------------------------------


@needs_card
def test_a_card_is_told_by_the_driver_as_torch_tells_it() -> None:
    number = torch.cuda.current_device()
    told = torch.cuda.get_device_properties(number)

    (card,) = [gpu for gpu in lookup.gpus() if gpu.index == number]

    assert card.uuid.endswith(str(told.uuid)) or card.is_mig
    assert card.compute_capability == (told.major, told.minor)
    free, total = torch.cuda.mem_get_info(number)
    assert card.memory_bytes == pytest.approx(total, rel=0.03)
    assert card.free_memory_bytes == pytest.approx(free, abs=256 * MIB)


@needs_card
def test_the_peak_of_a_card_is_what_the_driver_counts_of_this_process() -> None:
    with on_card("b2-13b") as loaded:
        (card,) = [gpu for gpu in lookup.gpus() if gpu.device == loaded._devices.last]
        counted = lookup.held_bytes(card.uuid, os.getpid())
        if counted is None:
            pytest.skip("the driver does not count the memory of a process here")

        peak = loaded.peak_bytes() + loaded._cache.nbytes

    assert peak == pytest.approx(counted, abs=128 * MIB)


@needs_card
def test_a_card_has_its_memory_back_before_a_load_that_did_not_fit_is_told() -> None:
    on_card("b2-7b").close()  # libraries keep workspaces from their first use
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()
    _, total = torch.cuda.mem_get_info()

    with pytest.raises(InsufficientMemoryError) as caught:
        on_card("b2-7b", context_length=total // 256)

    assert caught.value.message  # the error is still held here, and with it no frame of the load
    assert (torch.cuda.memory_allocated(), torch.cuda.memory_reserved()) == before


@needs_card
@pytest.mark.parametrize("name", goldens.NAMES)
def test_a_card_computes_the_same_with_the_embedding_on_the_host(name: str) -> None:
    ids = goldens.text_ids(name)[:30]
    with on_card(name) as loaded:
        expected = [loaded.prefill(ids), *(loaded.decode(token) for token in ids[:5])]

    with on_card(name, embedding_on_host=True) as loaded:
        actual = [loaded.prefill(ids), *(loaded.decode(token) for token in ids[:5])]
        assert loaded._graph is not None

    for mine, theirs in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@needs_card
@pytest.mark.parametrize("name", goldens.NAMES)
def test_a_head_in_8_bits_on_a_card_moves_logits_by_little(name: str) -> None:
    ids = goldens.text_ids(name)[:30]
    with on_card(name) as loaded:
        expected = [loaded.prefill(ids), loaded.decode(ids[0])]

    with on_card(name, head_in_8_bits=True) as loaded:
        actual = [loaded.prefill(ids), loaded.decode(ids[0])]
        assert loaded._graph is not None

    for mine, theirs in zip(actual, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=0.03 * float(np.ptp(theirs)))


# --- parts of a step -------------------------------------------------------------------------


def random(*shape: int) -> Tensor:
    generator = torch.Generator("cpu").manual_seed(0)
    return torch.randn(shape, generator=generator).to("cuda:0", torch.bfloat16)


@needs_card
def test_a_norm_on_a_card_is_the_one_in_fp32_within_16_bits() -> None:
    norm = RMSNorm(4096, 1e-6)
    norm.weight.data.normal_()
    x = random(1, 7, 4096)
    expected = norm(x.float().cpu())

    found = norm.to("cuda:0", torch.bfloat16)(x).float().cpu()

    torch.testing.assert_close(found, expected, rtol=2e-2, atol=1e-3)


@needs_card
def test_gate_and_up_on_a_card_are_the_same_joined_and_apart() -> None:
    mlp = MLP(BAICHUAN2_7B).requires_grad_(False).to("cuda:0", torch.bfloat16)
    x = random(1, 1, 4096)
    apart = mlp(x)

    mlp.join()

    torch.testing.assert_close(mlp(x), apart, rtol=2e-2, atol=2e-3)


@needs_card
@pytest.mark.parametrize(("queries", "keys"), [(2, 3), (512, 1024), (512, 3500), (100, 612)])
def test_a_later_chunk_on_a_card_sees_what_its_mask_shows(queries: int, keys: int) -> None:
    q, k, v = random(1, 8, queries, 128), random(1, 8, keys, 128), random(1, 8, keys, 128)
    mask = torch.ones(queries, keys, dtype=torch.bool, device="cuda:0").tril(keys - queries)
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    corner = later_mask(queries, keys, q.device)
    found = F.scaled_dot_product_attention(q, k, v, attn_mask=corner)

    torch.testing.assert_close(found, expected, rtol=2e-2, atol=2e-2)


@needs_card
@pytest.mark.parametrize("name", goldens.NAMES)
def test_a_card_reads_a_prompt_in_chunks_as_at_once(name: str) -> None:
    ids = goldens.text_ids(name)
    with on_card(name) as loaded:
        whole = loaded.prefill_logits(ids)
        loaded.truncate(0)
        parts = [loaded.prefill_logits(part) for part in (ids[:1], ids[1:48], ids[48:])]

    span = float(np.ptp(whole))
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=0.02 * span)


@needs_card
@pytest.mark.parametrize("rows", [1, 2, 40])
def test_8_bit_weights_on_a_card_multiply_as_their_matrix_and_make_no_copy_of_it(rows: int) -> None:
    weight = random(11_008, 4096)
    bytes_16 = weight.nbytes
    stored, magnitudes = quantize_rows(weight, weight.device)
    matrix = (stored.float() * (magnitudes / 127)[:, None]).cpu()
    linear = Int8Linear(stored, magnitudes)
    x = random(rows, 4096)
    del weight
    linear(x)  # what a library keeps from its first call
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()

    found = linear(x)

    assert torch.cuda.max_memory_allocated() - before < bytes_16 / 2
    expected = F.linear(x.float().cpu(), matrix)
    span = float(expected.max() - expected.min())
    torch.testing.assert_close(found.float().cpu(), expected, rtol=0, atol=0.01 * span)


@needs_card
def test_no_card_attends_by_cudnn_once_a_model_is_loaded() -> None:
    with on_card("b2-7b"):
        assert not torch.backends.cuda.cudnn_sdp_enabled()


# --- a card that is lost ---------------------------------------------------------------------

LOST = """
import torch
from backends.errors import GpuLostError
from tests.backends.torch_backend.test_on_a_card import on_card

loaded = on_card("b2-7b")
loaded.prefill([5])
try:
    torch._assert_async(torch.zeros(1, device="cuda:0"))
    loaded.prefill([6])
except GpuLostError as error:
    print(torch.cuda.get_device_name() in error.message or error.message)
loaded.close()
loaded.close()
print("closed")
"""


@needs_card
def test_a_lost_card_is_told_and_its_model_can_be_closed() -> None:
    """In a process of its own, whose card nothing brings back."""
    done = subprocess.run(
        [sys.executable, "-c", LOST],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[1] == "closed"


@needs_two
def test_one_model_over_two_cards_says_what_one_card_says() -> None:
    checkpoint = Checkpoint.open(goldens.folder("b2-13b"))
    options = quantized.options(checkpoint, Precision.BF16)
    options = replace(options, devices=LayerDevices(("cuda:0", "cuda:1", "cuda:1")))
    ids = goldens.text_ids("b2-13b")
    with on_card("b2-13b") as loaded:
        expected = loaded.prefill(ids)

    with quantized.finish(cuda.load(checkpoint, options)) as loaded:
        actual = loaded.prefill(ids)

    np.testing.assert_allclose(actual, expected, rtol=0, atol=0.02 * float(np.ptp(expected)))
