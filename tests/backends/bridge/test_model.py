"""The bridge to transformers computes what the published models compute."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

pytest.importorskip("transformers")

from transformers import DynamicCache, LlamaConfig, StaticCache

from backends.bridge.config import BaichuanConfig
from backends.bridge.model import BaichuanForCausalLM
from backends.bridge.registration import register
from backends.modeling.baichuan import DecoderLayer
from tests.helpers import goldens
from tests.helpers.bridge import golden_folder, golden_model, load, logits

FAMILIES = ["b1-7b", "b1-13b", "b2-7b", "b2-13b"]


def ids_of(array: Any) -> torch.Tensor:
    return torch.from_numpy(np.asarray(array).astype(np.int64))


def until_unsure(margins: list[float]) -> int:
    """How many steps come before the first whose best two logits are close."""
    return next((i for i, margin in enumerate(margins) if margin < 1e-3), len(margins))


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("layout", ["single", "sharded", "safetensors"])
def test_logits_and_loss_are_the_released_ones(name: str, layout: str) -> None:
    model, info = load(goldens.folder(name, layout), dtype="float32", output_loading_info=True)
    golden = goldens.arrays(name, "logits.npz")
    ids = ids_of(golden["ids_7"])[None]
    with torch.no_grad():
        output = model(ids, labels=ids)

    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    np.testing.assert_allclose(output.logits[0].numpy(), golden["logits_7"], atol=3e-5)
    expected = F.cross_entropy(torch.from_numpy(golden["logits_7"][:-1]), ids[0, 1:])
    assert float(output.loss) == pytest.approx(float(expected), abs=1e-4)


@pytest.mark.parametrize("name", goldens.NAMES)
def test_generate_gives_the_released_greedy_tokens_with_the_cache(name: str) -> None:
    model = golden_model(name)
    for case in goldens.facts("model", name, "greedy.json"):
        prompt = torch.tensor([case["prompt"]])
        answer = model.generate(
            prompt,
            max_new_tokens=len(case["new_tokens"]),
            do_sample=False,
            repetition_penalty=case["repetition_penalty"],
        )
        sure = until_unsure(case["top1_minus_top2"])
        new = answer[0, prompt.shape[1] :].tolist()
        assert new[:sure] == case["new_tokens"][:sure]


@pytest.mark.parametrize("name", FAMILIES)
def test_prompts_of_unlike_lengths_are_padded_on_the_left(name: str) -> None:
    model, golden = golden_model(name), goldens.arrays(name, "batch_leftpad.npz")
    ids, mask = ids_of(golden["input_ids"]), ids_of(golden["attention_mask"])
    with torch.no_grad():
        last = model(ids, attention_mask=mask).logits[[0, 2], -1]
    np.testing.assert_allclose(last.numpy(), golden["last_logits"], atol=3e-5)

    answers = model.generate(
        ids, attention_mask=mask, max_new_tokens=12, do_sample=False, repetition_penalty=1.0
    )
    new = answers[:, ids.shape[1] :].numpy()
    np.testing.assert_array_equal(new, golden["greedy"][:, : new.shape[1]])


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b-h5"])
def test_a_prompt_in_a_batch_gets_the_beams_that_it_gets_alone(name: str) -> None:
    model, asked = golden_model(name), {"max_new_tokens": 6, "num_beams": 3, "do_sample": False}
    short, long = [21, 22, 23], [31, 32, 33, 34, 35]
    together = model.generate(
        torch.tensor([[0, 0, *short], long]),
        attention_mask=torch.tensor([[0, 0, 1, 1, 1], [1] * 5]),
        **asked,
    )
    alone = model.generate(torch.tensor([short]), **asked)

    assert together[0, 5:].tolist()[: alone.shape[1] - 3] == alone[0, 3:].tolist()


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b-h5"])
@pytest.mark.parametrize("make", [DynamicCache, StaticCache])
def test_a_prompt_read_in_parts_over_a_cache_is_read_as_a_whole(name: str, make: Any) -> None:
    model, text = golden_model(name), goldens.text_ids(name)
    limit = {"max_cache_len": 140} if make is StaticCache else {}
    cache = make(config=model.config, **limit)
    with torch.no_grad():
        parts = [
            model(torch.tensor([part]), past_key_values=cache).logits[0]
            for part in (text[:60], text[60:61], text[61:])
        ]

    np.testing.assert_allclose(torch.cat(parts).numpy(), logits(model, text), atol=3e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_hidden_states_are_the_released_ones_and_embeddings_go_in(name: str) -> None:
    model, golden = golden_model(name), goldens.arrays(name, "hidden.npz")
    ids = ids_of(golden["ids"])[None]
    embedded = model.get_input_embeddings()(ids).detach()
    with torch.no_grad():
        output = model(inputs_embeds=embedded, output_hidden_states=True, logits_to_keep=1)
        asked = {"max_new_tokens": 3, "do_sample": False, "repetition_penalty": 1.0}
        tokens = model.generate(inputs_embeds=embedded, **asked)

    np.testing.assert_allclose(torch.cat(output.hidden_states).numpy(), golden["hidden"], atol=3e-5)
    assert output.logits.shape[1] == 1
    assert tokens[0].tolist() == model.generate(ids, **asked)[0, ids.shape[1] :].tolist()


def test_pads_on_the_right_change_nothing_before_them() -> None:
    model = golden_model("b2-13b")
    ids = torch.tensor([[5, 6, 7, 0, 0], [5, 6, 7, 8, 9]])
    with torch.no_grad():
        padded = model(ids, attention_mask=torch.tensor([[1, 1, 1, 0, 0], [1] * 5])).logits[0, :3]

    np.testing.assert_allclose(padded.numpy(), logits(model, [5, 6, 7]), atol=3e-5)


def test_rotary_positions_are_those_that_are_given() -> None:
    model, ids = golden_model("b1-7b"), torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        shifted = model(ids, position_ids=torch.tensor([[9, 10, 11]])).logits
        spread = model(ids, position_ids=torch.tensor([[0, 5, 9]])).logits
    plain = torch.from_numpy(logits(model, [5, 6, 7]))[None]

    torch.testing.assert_close(shifted, plain, atol=3e-5, rtol=0)
    assert float((spread - plain).abs().max()) > 0.1


def test_five_steps_of_training_have_the_losses_and_gradients_of_the_published_code() -> None:
    """With the layers computed twice; of a head whose rows are normalised in each pass."""
    golden = goldens.facts("finetune", "loss_curve_b2-13b.json")
    longest = max(map(len, golden["input_ids"]))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in golden["input_ids"]])
    labels = torch.tensor([row + [-100] * (longest - len(row)) for row in golden["labels"]])
    model = load(golden_folder("b2-13b"), dtype="float32").train()
    model.activation_checkpointing_enable()
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=golden["full_lr"],
        betas=golden["betas"],
        eps=golden["eps"],
        weight_decay=golden["weight_decay"],
    )
    found = []
    for _ in golden["full"]:
        loss = model(ids, attention_mask=ids.ne(0), labels=labels).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), golden["clip"])
        optimizer.step()
        optimizer.zero_grad()
        found.append([float(loss.detach()), float(norm)])

    np.testing.assert_allclose(found, golden["full"], atol=3e-5)


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_gradient_checkpointing_computes_each_layer_twice_and_the_same_gradients(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []
    forward = DecoderLayer.forward

    def counted(layer: DecoderLayer, *inputs: Any) -> torch.Tensor:
        passes.append(layer)
        return forward(layer, *inputs)

    monkeypatch.setattr(DecoderLayer, "forward", counted)
    model = load(golden_folder(name), dtype="float32").train()
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 0]])

    def gradients() -> tuple[int, list[torch.Tensor]]:
        passes.clear()
        model.zero_grad()
        output = model(ids, attention_mask=ids.ne(0), labels=ids, use_cache=True)
        output.loss.backward()
        return len(passes), [parameter.grad.clone() for parameter in model.parameters()]

    layers = len(model.model.layers)
    count, plain = gradients()
    assert count == layers
    model.activation_checkpointing_enable()
    count, again = gradients()
    assert count == 2 * layers
    for one, other in zip(plain, again, strict=True):
        torch.testing.assert_close(one, other)
    model.eval()
    passes.clear()
    logits(model)
    assert len(passes) == layers


def test_z_loss_is_added_as_published() -> None:
    model = load(golden_folder("b2-13b"), dtype="float32")
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        plain = model(ids, labels=ids)
        model.config.z_loss_weight = 0.25
        weighted = model(ids, labels=ids)

    largest = plain.logits[0, :-1].amax(dim=-1)
    expected = float(plain.loss) + 0.25 * float((largest**2).mean())
    assert float(weighted.loss) == pytest.approx(expected, rel=1e-6)


def test_a_vocabulary_that_grows_keeps_its_logits_and_a_normalised_head() -> None:
    model = load(golden_folder("b2-7b"), dtype="float32")
    before = logits(model)
    rows = model.config.vocab_size
    model.resize_token_embeddings(rows)
    np.testing.assert_array_equal(logits(model), before)

    model.resize_token_embeddings(rows + 8, mean_resizing=False)
    np.testing.assert_allclose(logits(model)[:, :rows], before, atol=3e-5)
    model.lm_head.weight.data *= 3
    np.testing.assert_allclose(logits(model)[:, :rows], before, atol=3e-5)


def test_what_cannot_be_computed_is_refused() -> None:
    model, ids = golden_model("b1-7b"), torch.tensor([[5, 6, 7]])
    with pytest.raises(ValueError, match="no attention weights"):
        model(ids, output_attentions=True)
    with pytest.raises(ValueError, match="either"):
        model(ids, inputs_embeds=model.get_input_embeddings()(ids))
    with pytest.raises(ValueError, match=r"shape \[1, 2\]"):
        model(ids, attention_mask=torch.tensor([[0, 1]]))


def test_a_new_model_is_initialised_as_published() -> None:
    config = BaichuanConfig.from_pretrained(golden_folder("b2-13b"))
    model = BaichuanForCausalLM(config)

    assert not model.config.tie_word_embeddings
    assert float(model.model.norm.weight.detach().min()) == 1
    deviation = float(model.model.layers[0].self_attn.W_pack.weight.detach().std())
    assert deviation == pytest.approx(0.02, rel=0.05)


def test_registering_again_changes_nothing_and_leaves_other_models_alone() -> None:
    from transformers import AutoConfig, AutoModelForCausalLM

    register()
    register()
    llama = AutoConfig.for_model(
        "llama",
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        vocab_size=16,
    )
    assert isinstance(llama, LlamaConfig)
    assert type(AutoModelForCausalLM.from_config(llama)).__module__.startswith("transformers.")
    assert isinstance(golden_model("b1-7b"), BaichuanForCausalLM)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_head_that_was_changed_behind_torchs_back_is_normalised_again(dtype: torch.dtype) -> None:
    """As merging in PEFT does; rows a thousand times too long do not leave the range of fp16."""
    model = load(golden_folder("b2-13b"), dtype=dtype)
    before = logits(model)
    model.lm_head.weight.data *= 1024
    rounding = 5e-3 if dtype is torch.float16 else 1e-5
    np.testing.assert_allclose(logits(model), before, rtol=0, atol=rounding)
    model.lm_head.weight.data[5] = model.lm_head.weight.data[6]

    changed = logits(model)
    np.testing.assert_allclose(changed[:, 5], changed[:, 6], rtol=0, atol=1e-5)


def test_rows_of_a_head_that_change_places_are_normalised_as_those_they_are() -> None:
    """The sum of all bits stays what it was."""
    model = load(golden_folder("b2-7b"), dtype=torch.float32)
    model.lm_head.weight.data[5] *= 3
    before = logits(model)
    model.lm_head.weight.data[[5, 6]] = model.lm_head.weight.data[[6, 5]]

    np.testing.assert_allclose(logits(model)[:, [6, 5]], before[:, [5, 6]], rtol=0, atol=1e-5)


def test_an_answer_between_two_steps_of_training_uses_the_cache() -> None:
    model = load(golden_folder("b2-13b"), dtype="float32").train()
    model.activation_checkpointing_enable()
    prompt = torch.tensor([[5, 6, 7]])
    asked = {"max_new_tokens": 5, "do_sample": False}

    assert torch.equal(
        model.generate(prompt, **asked), golden_model("b2-13b").generate(prompt, **asked)
    )
