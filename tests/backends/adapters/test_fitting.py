"""An adapter is used with the model that it was made for, as far as names, sizes and parts tell."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.adapters.allowed import open_allowed_adapter, require_allowed_adapter
from backends.adapters.base_names import is_same_folder, released_base
from backends.adapters.fitting import require_fitting
from backends.adapters.folder import open_adapter
from backends.errors import (
    DamagedAdapterError,
    PolicyError,
    UnsupportedAdapterError,
    WrongBaseError,
)
from backends.model_config import Family, ModelConfig
from backends.policy.values import Policy
from tests.helpers import adapters, goldens
from tests.helpers.sentences import assert_one_sentence

CHAT = goldens.checkpoint("b2-7b")


def refusal(folder: Path, model: str, kind: type[Exception] = WrongBaseError) -> str:
    with pytest.raises(kind) as caught:
        require_fitting(open_adapter(folder), goldens.checkpoint(model))
    assert_one_sentence(caught.value)  # type: ignore[arg-type]  # all of them are for a person
    return str(caught.value)


def named(tmp_path: Path, base: str, model: str = "b2-7b", **shape: Any) -> Path:
    return adapters.write_adapter(
        tmp_path / "a", goldens.checkpoint(model).config, base=base, **shape
    )


# --- the name that it states -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "released"),
    [
        ("baichuan-inc/Baichuan2-7B-Chat", ("Baichuan2-7B-Chat", Family.BAICHUAN2_7B, "chat")),
        ("/data/models/baichuan2-13b-base/", ("baichuan2-13b-base", Family.BAICHUAN2_13B, "base")),
        ("D:\\models\\Baichuan-7B", ("Baichuan-7B", Family.BAICHUAN_7B, "base")),
        ("Baichuan2-13B-Chat-4bits", ("Baichuan2-13B-Chat-4bits", Family.BAICHUAN2_13B, "chat")),
        (
            "/root/.cache/huggingface/hub/models--baichuan-inc--Baichuan-13B-Chat/snapshots/a1b2",
            ("Baichuan-13B-Chat", Family.BAICHUAN_13B, "chat"),
        ),
        (
            "baichuan-inc/Baichuan2-7B-Intermediate-Checkpoints",
            ("Baichuan2-7B-Intermediate-Checkpoints", Family.BAICHUAN2_7B, "base"),
        ),
        ("/data/our-tuned-model", None),
        ("baichuan-guide", None),  # nobody was given it to train
        ("", None),
        ("///", None),
    ],
)
def test_a_released_name_is_found_in_what_an_adapter_states(name: str, released: Any) -> None:
    found = released_base(name)

    assert (found and (found.name, found.family, found.kind)) == released


@pytest.mark.parametrize(
    ("name", "folder", "is_same"),
    [
        ("/home/a/our-model", "/srv/models/our-model", True),
        ("Our-Model", "/srv/models/our-model/", True),
        ("C:\\work\\our-model\\", "/srv/models/our-model", True),
        ("/home/a/our-model", "/srv/models/theirs", False),
        ("/srv/models", "/srv/models/theirs", False),
        ("owner/name", "/hub/models--owner--name/snapshots/0123", True),
        ("", "/srv/models/theirs", False),
    ],
)
def test_a_name_that_was_not_released_is_compared_with_the_folder(
    name: str, folder: str, is_same: bool
) -> None:
    assert is_same_folder(name, Path(folder)) is is_same


def test_a_model_of_a_cache_is_called_by_its_name_in_the_sentence(tmp_path: Path) -> None:
    cached = replace(CHAT, folder=Path("/hub/models--owner--ours/snapshots/0123abcd"))

    with pytest.raises(WrongBaseError, match="does not fit the model “ours”: it was made for"):
        require_fitting(open_adapter(named(tmp_path, "Baichuan-7B")), cached)


@pytest.mark.parametrize(
    ("base", "sentence"),
    [
        ("baichuan-inc/Baichuan2-7B-Base", "it was made for Baichuan2-7B-Base, and this is a chat"),
        ("baichuan-inc/Baichuan-7B", "it was made for Baichuan-7B, and this is a Baichuan2-7B."),
        ("x/Baichuan2-13B-Chat", "it was made for Baichuan2-13B-Chat, and this is a Baichuan2-7B."),
    ],
)
def test_an_adapter_for_a_model_of_another_name_is_refused(
    tmp_path: Path, base: str, sentence: str
) -> None:
    assert sentence in refusal(named(tmp_path, base), "b2-7b")


def test_an_adapter_for_a_chat_model_is_refused_by_a_base_model(tmp_path: Path) -> None:
    adapter = open_adapter(named(tmp_path, "baichuan-inc/Baichuan2-7B-Chat"))
    base = replace(CHAT, chat_tokens=None)

    require_fitting(adapter, CHAT)
    with pytest.raises(WrongBaseError, match="Baichuan2-7B-Chat, and this is a base model"):
        require_fitting(adapter, base)


@pytest.mark.parametrize(
    ("base", "notes"),
    [
        ("baichuan-inc/Baichuan2-7B-Chat", []),
        (  # a copy counts as its original
            "baichuan-inc/Baichuan2-7B-Chat-4bits",
            ["The adapter was made for the quantised weights of Baichuan2-7B-Chat-4bits; with"],
        ),
        ("/elsewhere/single", []),  # which is what the golden's folder is called
        ("/data/ours", ["The adapter was made for “/data/ours”; that this is the same model"]),
        ("", ["The adapter does not say which model it was made for; that its sizes fit"]),
    ],
)
def test_what_could_not_be_checked_is_noted(tmp_path: Path, base: str, notes: list[str]) -> None:
    found = require_fitting(open_adapter(named(tmp_path, base)), CHAT)

    assert len(found) == len(notes)
    for note, begin in zip(found, notes, strict=True):
        assert str(note).startswith(begin)


# --- sizes -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", goldens.NAMES)
@pytest.mark.parametrize(("name", "case"), adapters.CASES)
def test_a_golden_fits_models_of_its_sizes_only(name: str, case: str, model: str) -> None:
    one, other = goldens.checkpoint(name).config, goldens.checkpoint(model).config
    adapter = open_adapter(adapters.folder(name, case))
    fits = all(
        other.tensor_shapes().get(f"{layer}.weight") == one.tensor_shapes()[f"{layer}.weight"]
        for layer in (*adapter.matrices, *(name.removesuffix(".weight") for name in adapter.saved))
    ) and (one.num_layers == other.num_layers)

    if fits:
        require_fitting(adapter, goldens.checkpoint(model))
        return
    with pytest.raises((WrongBaseError, DamagedAdapterError)) as caught:
        require_fitting(adapter, goldens.checkpoint(model))
    assert_one_sentence(caught.value)


@pytest.mark.parametrize(
    ("layers", "kind", "sentence"),
    [
        ([0], WrongBaseError, "it was made for 1 layers, and the model has 2."),
        ([1], DamagedAdapterError, "it holds nothing for “model.layers.0.self_attn.W_pack”"),
    ],
)
def test_layers_that_are_missing_at_the_end_are_those_of_a_larger_model(
    tmp_path: Path, layers: list[int], kind: type[Exception], sentence: str
) -> None:
    folder = named(
        tmp_path, "", layers=layers, targets=["W_pack", "lm_head"],
        changes={"layers_to_transform": None},
    )  # fmt: skip

    assert sentence in refusal(folder, "b2-7b", kind)


def test_the_sentence_says_for_which_model_it_was_made(tmp_path: Path) -> None:
    folder = named(tmp_path, "someone/thirteen", "b2-13b-h5")

    message = refusal(folder, "b2-7b")

    assert message.endswith("(it was made for “someone/thirteen”).")
    assert "the model's has 192 × 64" in message


def test_an_adapter_of_13b_says_so_to_a_7b(tmp_path: Path) -> None:
    wide = ModelConfig(Family.BAICHUAN2_13B, 1120, 5120, 1, 40, 13696, 4096)
    sevens = replace(CHAT, config=ModelConfig(Family.BAICHUAN2_7B, 1120, 4096, 1, 32, 11008, 4096))
    for target in ("W_pack", "mlp.down_proj"):
        folder = adapters.write_adapter(tmp_path / target, wide, targets=[target], rank=1)
        with pytest.raises(WrongBaseError) as caught:
            require_fitting(open_adapter(folder), sevens)

        assert caught.value.message.endswith(
            "it is for 13B models, whose width is 5,120, and the width of this one is 4,096."
        )


def test_a_head_for_another_vocabulary_is_refused(tmp_path: Path) -> None:
    folder = named(tmp_path, "", "b1-7b", saved=["lm_head.weight"])
    rows = goldens.checkpoint("b1-7b").config.vocab_size
    here = CHAT.config.vocab_size
    assert rows != here

    assert f"“lm_head” of the sizes {rows:,} × 64, and the model's has {here:,} × 64" in refusal(
        folder, "b2-7b"
    )


def test_dora_on_a_head_of_normalised_rows_is_refused(tmp_path: Path) -> None:
    folder = named(tmp_path, "", targets=["lm_head"], dora=True)
    assert "changes the head by DoRA" in refusal(folder, "b2-7b", UnsupportedAdapterError)

    plain = named(tmp_path, "", "b1-7b", targets=["lm_head"], dora=True)
    require_fitting(open_adapter(plain), goldens.checkpoint("b1-7b"))


def test_a_replaced_linear_layer_is_refused(tmp_path: Path) -> None:
    folder = named(tmp_path, "", saved=["model.layers.0.mlp.up_proj.weight"])

    assert "replaces “model.layers.0.mlp.up_proj.weight” as a whole" in refusal(
        folder, "b2-7b", UnsupportedAdapterError
    )


@pytest.mark.parametrize(
    ("ending", "lacking"),
    [("input_layernorm", "model.layers.1.input_layernorm"), ("norm", "model.layers.0.input_layer")],
)
def test_modules_that_are_replaced_by_one_ending_are_all_there(
    tmp_path: Path, ending: str, lacking: str
) -> None:
    """PEFT replaces every module whose name ends so; half of them would be another model."""
    norms = [name for name in CHAT.config.tensor_shapes() if name.endswith(f"{ending}.weight")]
    change = {"modules_to_save": [ending]}
    half = named(tmp_path, "", saved=[n for n in norms if lacking not in n], changes=change)

    assert f"it holds nothing for “{lacking}" in refusal(half, "b2-7b", DamagedAdapterError)

    require_fitting(open_adapter(named(tmp_path, "", saved=norms, changes=change)), CHAT)


def test_a_head_that_is_replaced_and_changed_is_damaged(tmp_path: Path) -> None:
    folder = named(tmp_path, "", targets=["lm_head"], saved=["lm_head.weight"])

    assert "it both replaces “lm_head” and adds to it" in refusal(
        folder, "b2-7b", DamagedAdapterError
    )


# --- parts of the base -------------------------------------------------------------------


def with_head_of(tmp_path: Path, model: str, change: float = 1.0) -> Path:
    """LoRA on the head, with the base's own head beside it, as PEFT saves it."""
    from tests.helpers.quantized import state_of

    head = state_of(goldens.checkpoint(model))["lm_head.weight"].float().numpy() * change
    found = adapters.tensors(CHAT.config, targets=["lm_head"])
    found[f"{adapters.PREFIX}lm_head.base_layer.weight"] = head
    return adapters.write(tmp_path / "a", adapters.options(target_modules=["lm_head"]), found)


def test_the_models_own_head_in_an_adapter_is_not_used(tmp_path: Path) -> None:
    # The published code brings the rows to length 1: the direction is what tells.
    adapter, notes = open_allowed_adapter(with_head_of(tmp_path, "b2-7b", 3.0), CHAT, Policy())

    assert not adapter.saved
    assert adapter.bytes_on_disk == 4 * 4 * (CHAT.config.vocab_size + CHAT.config.hidden_size)
    assert "“lm_head.weight” of the adapter's file is a part of the model" in str(notes[-1])


def test_another_head_in_an_adapter_tells_that_it_was_trained_on_another_model(
    tmp_path: Path,
) -> None:
    folder = with_head_of(tmp_path, "b2-13b")

    with pytest.raises(WrongBaseError, match=r"trained on another “lm_head\.weight” than"):
        open_allowed_adapter(folder, CHAT, Policy())


# --- the policy --------------------------------------------------------------------------


def test_an_adapter_that_the_policy_does_not_name_is_refused_whenever_it_is_asked(
    tmp_path: Path,
) -> None:
    folder = named(tmp_path, "")
    nothing = Policy(Path("/etc/policy.yaml"), adapters=frozenset())
    adapter, _ = open_allowed_adapter(folder, CHAT, Policy())

    with pytest.raises(PolicyError, match="The adapter in “"):
        open_allowed_adapter(folder, CHAT, nothing)
    with pytest.raises(PolicyError):
        require_allowed_adapter(adapter, nothing)


def test_a_hash_in_the_policy_is_that_of_the_file_as_it_is_now(tmp_path: Path) -> None:
    import hashlib

    folder = named(tmp_path, "")
    file = folder / "adapter_model.safetensors"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    policy = Policy(Path("/etc/policy.yaml"), adapters=frozenset({digest}))
    adapter, _ = open_allowed_adapter(folder, CHAT, policy)
    require_allowed_adapter(adapter, policy)

    # In its place, and of its size: only the time tells that it was written.
    file.write_bytes(named(tmp_path / "other", "", seed=1).joinpath(file.name).read_bytes())
    os.utime(file, ns=(1, 1))

    with pytest.raises(PolicyError):
        require_allowed_adapter(adapter, policy)


def test_an_adapter_outside_of_the_allowed_folders_is_not_looked_into(tmp_path: Path) -> None:
    policy = Policy(Path("/etc/policy.yaml"), folders=(tmp_path / "models",))

    with pytest.raises(PolicyError, match="is not opened here"):
        open_allowed_adapter(tmp_path / "nothing", CHAT, policy)
