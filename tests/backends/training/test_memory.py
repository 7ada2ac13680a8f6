"""Figures worked out by hand, and what torch really keeps of a layer."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from backends.bridge.config import BaichuanConfig
from backends.bridge.model import BaichuanForCausalLM
from backends.model_config import Family, ModelConfig
from backends.training.memory import (
    Sharing,
    TrainingShape,
    bias_bytes,
    disk_needed,
    layer_activation_bytes,
    needed,
    trained_parameters,
)
from backends.training.values import (
    Cadence,
    Data,
    Keeping,
    Lora,
    Method,
    Optimization,
    Several,
    TrainingRequest,
)
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, BAICHUAN_13B

GIB = 2**30
#: Baichuan2-7B in a thousand millions; 7 505 975 296.
PARAMETERS = BAICHUAN2_7B.parameters


def request(method: Method = Method.LORA, **changes: object) -> TrainingRequest:
    how = Optimization(batch_size=1, **changes)  # type: ignore[arg-type]  # fields of it
    return TrainingRequest("m", Data(("d",)), Keeping("o"), method=method, optimization=how)


def shape(
    config: ModelConfig, asked: TrainingRequest, *, compute_bytes: int = 2, **changes: object
) -> TrainingShape:
    made = TrainingShape(config, asked, 512, on_card=True, compute_bytes=compute_bytes)
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of it


def test_every_weight_takes_16_bytes_which_are_120_gb_for_7b() -> None:
    need = needed(shape(BAICHUAN2_7B, request(Method.FULL)))

    held = need.weights + need.gradients + need.optimizer
    assert held == 16 * PARAMETERS
    assert round(held / 1e9) == 120


def test_gradients_that_are_kept_leave_no_room_for_the_copies_of_autocast() -> None:
    once = needed(shape(BAICHUAN2_7B, request(Method.FULL)))
    twice = needed(shape(BAICHUAN2_7B, request(Method.FULL, accumulation=2)))
    in_fp32 = needed(shape(BAICHUAN2_7B, request(Method.FULL, accumulation=2), compute_bytes=4))

    assert twice.weights - once.weights == 2 * PARAMETERS
    assert in_fp32.weights == 4 * PARAMETERS


def test_an_adapter_leaves_the_model_as_it_is_computed_with() -> None:
    asked = request()
    need = needed(shape(BAICHUAN2_7B, asked))

    # Rank 1 on W_pack [12288, 4096] of 32 layers.
    assert trained_parameters(BAICHUAN2_7B, asked) == 32 * (12_288 + 4_096)
    adapter = 4 * 32 * (12_288 + 4_096)
    assert need.weights == 2 * PARAMETERS + adapter
    assert (need.gradients, need.optimizer) == (adapter, 2 * adapter)


def test_all_matrices_and_those_that_are_named_by_their_whole_names_are_counted() -> None:
    all_of_it = replace(request(), lora=Lora(rank=8, targets=("all",)))
    two = replace(request(), lora=Lora(rank=2, targets=("W_pack", "mlp.down_proj")))

    h, ffn = 5_120, 13_696
    sums = [(3 * h + h), (h + h), (ffn + h), (ffn + h), (h + ffn)]
    assert trained_parameters(BAICHUAN2_13B, all_of_it) == 40 * 8 * sum(sums)
    assert trained_parameters(BAICHUAN2_13B, two) == 40 * 2 * (sums[0] + sums[4])


@pytest.mark.parametrize(("config", "gib"), [(BAICHUAN2_7B, 5.1), (BAICHUAN2_13B, 8.6)])
def test_a_model_in_4_bits_takes_what_was_published(config: ModelConfig, gib: float) -> None:
    need = needed(shape(config, request(Method.QLORA)))

    assert need.weights / GIB == pytest.approx(gib, abs=0.15)


def test_four_bits_on_a_processor_have_the_rest_in_fp32() -> None:
    on_card = needed(shape(BAICHUAN2_7B, request(Method.QLORA)))
    on_processor = needed(
        shape(BAICHUAN2_7B, request(Method.QLORA), compute_bytes=4, on_card=False)
    )

    ends = 2 * 125_696 * 4_096 + 4_096 + 32 * 2 * 4_096
    unpacked = 3 * 4_096 * 4_096
    assert on_processor.weights - on_card.weights == 2 * (ends + unpacked)


def test_layers_that_are_computed_again_keep_their_inputs_alone() -> None:
    plain = needed(shape(BAICHUAN2_7B, request()))
    again = needed(shape(BAICHUAN2_7B, request(gradient_checkpointing=True)))

    layer = 512 * layer_activation_bytes(shape(BAICHUAN2_7B, request()))
    inputs = 32 * 512 * 4_096 * 2
    assert plain.activations - again.activations == 31 * layer - inputs


def test_a_batch_takes_as_many_tokens_as_its_longest_example() -> None:
    one = needed(shape(BAICHUAN2_7B, request()))
    larger = replace(request(), optimization=Optimization(batch_size=4))
    four = needed(shape(BAICHUAN2_7B, larger))
    shorter = needed(shape(BAICHUAN2_7B, larger, longest=128))

    assert four.activations == 4 * one.activations
    assert shorter.activations == one.activations


def test_a_trained_norm_head_is_normalised_in_a_copy_and_other_heads_are_not() -> None:
    second = needed(shape(BAICHUAN2_13B, request(Method.FULL), longest=1024))
    first = needed(shape(BAICHUAN_13B, request(Method.FULL), longest=1024))

    assert second.loss - first.loss == 2 * 4 * 125_696 * 5_120
    assert needed(shape(BAICHUAN2_13B, request(), longest=1024)).loss == first.loss


def test_logits_are_there_in_parts_whatever_the_batch() -> None:
    small = needed(shape(BAICHUAN2_7B, request(), longest=8))
    large = replace(request(), optimization=Optimization(batch_size=16))

    assert small.loss == 4 * 8 * 125_696 * 4
    assert needed(shape(BAICHUAN2_7B, large)).loss == 4 * 128 * 2**20


# --- several processes -----------------------------------------------------------------------


def test_processes_that_share_all_hold_their_share_and_a_few_layers() -> None:
    asked = request(Method.FULL)
    need = needed(shape(BAICHUAN2_7B, asked, compute_bytes=4, processes=8, sharing=Sharing.ALL))

    layer = 4 * 4_096**2 + 3 * 4_096 * 11_008 + 2 * 4_096
    whole = (2 * layer + 2 * 125_696 * 4_096) * 4
    assert need.weights == -(-PARAMETERS // 8) * 4 + whole
    assert need.gradients == -(-PARAMETERS // 8) * 4
    assert need.optimizer == -(-PARAMETERS // 8) * 8


def test_each_process_has_all_copies_of_autocast_unless_layers_are_computed_again() -> None:
    def weights(compute_bytes: int, *, again: bool) -> int:
        asked = request(Method.FULL, gradient_checkpointing=again)
        made = shape(BAICHUAN2_7B, asked, compute_bytes=compute_bytes, processes=8)
        return needed(replace(made, sharing=Sharing.ALL)).weights

    layer = 4 * 4_096**2 + 3 * 4_096 * 11_008 + 2 * 4_096
    assert weights(2, again=False) - weights(4, again=False) == 2 * PARAMETERS
    assert weights(2, again=True) - weights(4, again=True) == 2 * layer


def test_zero_2_holds_the_weights_whole_and_shares_the_rest() -> None:
    several = Several(processes=8, deepspeed="deepspeed.json")
    asked = replace(request(Method.FULL), several=several)
    two = needed(shape(BAICHUAN2_7B, asked, processes=8, sharing=Sharing.OPTIMIZER))
    three = needed(shape(BAICHUAN2_7B, asked, processes=8, sharing=Sharing.ALL))

    mine = -(-PARAMETERS // 8)
    assert (two.weights, two.gradients, two.optimizer) == (2 * PARAMETERS, 2 * mine, 12 * mine)
    assert three.weights < two.weights
    assert (three.gradients, three.optimizer) == (two.gradients, two.optimizer)


# --- the drive ---------------------------------------------------------------------------------


def test_the_drive_holds_checkpoints_while_the_result_is_written() -> None:
    full = disk_needed(shape(BAICHUAN2_7B, request(Method.FULL)))
    adapter = disk_needed(shape(BAICHUAN2_7B, request()))

    assert (full.checkpoint, full.result) == (12 * PARAMETERS, 2 * PARAMETERS)
    assert full.most_checkpoints == 3  # two are kept, and the next one grows
    assert full.total == 38 * PARAMETERS
    assert adapter.total == (3 * 12 + 4) * 32 * (12_288 + 4_096)


def test_one_of_the_last_step_is_kept_in_any_case_and_the_best_beside_others() -> None:
    none = replace(request(), keeping=Keeping("o", save=Cadence.NO))
    best = replace(request(), keeping=Keeping("o", save_limit=1, load_best=True))

    assert disk_needed(shape(BAICHUAN2_7B, none)).most_checkpoints == 1
    assert disk_needed(shape(BAICHUAN2_7B, best)).most_checkpoints == 3


# --- what torch really keeps -------------------------------------------------------------------

SMALL = {"hidden_size": 64, "num_attention_heads": 2, "intermediate_size": 172, "vocab_size": 300}
TOKENS = 96


class _Adapted(torch.nn.Module):
    """A frozen matrix with an adapter of rank 1 in fp32, as PEFT computes it."""

    def __init__(self, base: torch.nn.Linear) -> None:
        super().__init__()
        self.base = base
        self.down = torch.nn.Linear(base.in_features, 1, bias=False)
        self.up = torch.nn.Linear(1, base.out_features, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        product: Tensor = self.base(x)
        added: Tensor = self.up(self.down(x.float())).to(product.dtype)
        return product + added


def _kept_bytes(model: BaichuanForCausalLM, compute: torch.dtype) -> int:
    """Bytes that are kept of a pass for the way back, besides weights and copies of them."""
    weights = {tuple(one.shape) for one in model.parameters()}
    weights |= {shape[::-1] for shape in weights}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tuple(tensor.shape) not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    ids = torch.arange(TOKENS)[None] + 5
    is_mixed = compute is not next(model.parameters()).dtype
    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", torch.bfloat16, enabled=is_mixed):
        model.model.norm(model._layers(model.model.embed_tokens(ids), None, None, None, None))
    return sum(one.untyped_storage().nbytes() for one in kept.values())


def _a_layer(family: Family, compute: torch.dtype, lora: Lora | None) -> int:
    """Bytes that one more layer keeps."""
    sums = []
    for layers in (1, 2):
        data: dict[str, object] = {
            "model_type": "baichuan", "num_hidden_layers": layers, "model_max_length": 512,
            "rms_norm_eps": 1e-6, "tokenizer_class": "BaichuanTokenizer", **SMALL,
        }  # fmt: skip
        if not family.uses_alibi:
            data["max_position_embeddings"] = 512
        model = BaichuanForCausalLM(BaichuanConfig(**data)).train()
        if lora is not None:
            model.to(compute).requires_grad_(False)
            for layer in model.model.layers:
                layer.self_attn.W_pack = _Adapted(layer.self_attn.W_pack)
        sums.append(_kept_bytes(model, compute))
    return sums[1] - sums[0]


@pytest.mark.parametrize("family", [Family.BAICHUAN2_7B, Family.BAICHUAN2_13B])
@pytest.mark.parametrize("compute", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize("lora", [None, Lora(rank=1, dropout=0.0)], ids=["full", "lora"])
def test_a_layer_keeps_what_is_counted(
    family: Family, compute: torch.dtype, lora: Lora | None
) -> None:
    config = ModelConfig(family, 300, 64, 2, 2, 172, 512)
    method = Method.FULL if lora is None else Method.LORA
    asked = replace(request(method), lora=lora or Lora())
    width = 4 if compute is torch.float32 else 2
    counts = TrainingShape(config, asked, TOKENS, on_card=False, compute_bytes=width)
    counted = TOKENS * layer_activation_bytes(counts) + bias_bytes(counts)

    measured = _a_layer(family, compute, lora)

    # Norms of rows and sums of attention are small; a bias of ALiBi belongs to all layers.
    assert measured <= 1.06 * counted
    assert measured >= 0.85 * counted
