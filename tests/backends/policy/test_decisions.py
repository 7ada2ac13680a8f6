"""What a policy allows: tables of policies and what is asked of them."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import PolicyError, PrecisionOffError
from backends.events import ModelKind
from backends.model_config import Family, ModelConfig
from backends.policy import decisions
from backends.policy.decisions import (
    forbidden_precisions,
    require,
    require_adapter,
    require_folder,
    require_model,
    require_precision,
)
from backends.policy.released import RELEASED, released_ids, sizes_of
from backends.policy.values import AdapterFacts, Feature, ModelFacts, Policy
from backends.precision import Precision
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.library.variants import Variant
from tests.helpers.machines import BAICHUAN2_7B
from tests.helpers.sentences import assert_one_sentence

FILE = Path("/etc/xdg/baichuan-desktop/policy.yaml")
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs links")


def facts(folder: Path, *files: Path) -> ModelFacts:
    """Baichuan2-7B-Chat, as its files tell."""
    return ModelFacts(folder, BAICHUAN2_7B, ModelKind.CHAT, None, files)


# --- features and precisions -------------------------------------------------------------


@pytest.mark.parametrize("feature", Feature)
def test_a_feature_is_off_where_its_own_key_says_so_and_nowhere_else(feature: Feature) -> None:
    fields = {
        Feature.IMPORT: "imports",
        Feature.EXPORT_CONVERSATIONS: "exports_of_conversations",
        Feature.SERVER: "server",
        Feature.FINE_TUNING: "fine_tuning",
        Feature.REMOTE_ENGINES: "remote_engines",
        Feature.CODE_EXECUTION: "code_execution",
    }
    others = {name: False for one, name in fields.items() if one is not feature}

    require(Policy(), feature)
    require(Policy(FILE, **others), feature)  # type: ignore[arg-type]  # all of them are switches
    with pytest.raises(PolicyError) as caught:
        require(Policy(FILE, "desk 7", **{fields[feature]: False}), feature)  # type: ignore[arg-type]  # so is this

    assert str(FILE) in caught.value.message
    assert str(caught.value.hint) == "To have it allowed, ask desk 7."
    assert_one_sentence(caught.value)


def test_a_precision_that_is_not_named_is_off() -> None:
    policy = Policy(FILE, precisions=frozenset({Precision.NF4, Precision.BF16}))

    require_precision(policy, Precision.NF4)
    require_precision(policy, None)  # left to the app, which is told what it may choose
    with pytest.raises(
        PrecisionOffError, match=r"^The precision fp32 is not used here, only bf16, "
    ):
        require_precision(policy, Precision.FP32)
    assert set(forbidden_precisions(policy)) == set(Precision) - {Precision.NF4, Precision.BF16}


def test_an_empty_list_of_precisions_forbids_all() -> None:
    assert set(forbidden_precisions(Policy(FILE, precisions=frozenset()))) == set(Precision)


# --- folders -----------------------------------------------------------------------------


def test_a_folder_is_allowed_below_one_that_is_named_and_nowhere_else(tmp_path: Path) -> None:
    allowed, model = tmp_path / "models", tmp_path / "models" / "7b" / "v2"
    model.mkdir(parents=True)
    (tmp_path / "models-of-mine").mkdir()
    policy = Policy(FILE, folders=(allowed,))

    require_folder(policy, model)
    require_folder(policy, allowed)
    for elsewhere in (tmp_path, tmp_path / "models-of-mine", allowed / ".." / "other"):
        with pytest.raises(PolicyError, match=r"is not opened here, only models below"):
            require_folder(policy, elsewhere)


def test_no_folder_is_allowed_by_an_empty_list(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        require_folder(Policy(FILE, folders=()), tmp_path)

    assert_one_sentence(caught.value)


@posix
def test_a_link_counts_where_it_leads(tmp_path: Path) -> None:
    allowed, outside = tmp_path / "allowed", tmp_path / "outside"
    allowed.mkdir()
    outside.mkdir()
    (allowed / "way out").symlink_to(outside)
    (tmp_path / "way in").symlink_to(allowed)
    (allowed / "in a circle").symlink_to(allowed / "in a circle")
    policy = Policy(FILE, folders=(allowed,))

    require_folder(policy, tmp_path / "way in")
    require_folder(Policy(FILE, folders=(tmp_path / "way in",)), allowed)
    with pytest.raises(PolicyError):
        require_folder(policy, allowed / "way out")


@posix
def test_a_file_that_a_model_takes_from_elsewhere_is_looked_at_too(tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (tmp_path / "weights.bin").touch()
    (allowed / "pytorch_model.bin").symlink_to(tmp_path / "weights.bin")
    policy = Policy(FILE, folders=(allowed,))

    with pytest.raises(PolicyError, match=r"pytorch_model\.bin"):
        require_model(policy, facts(allowed, allowed / "pytorch_model.bin"))


def test_names_that_one_file_system_takes_for_the_same_are_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows and macOS do not tell capitals from small letters; the folder tells what it is."""
    model = tmp_path / "Models"
    model.mkdir()
    real = Path.stat
    monkeypatch.setattr(
        Path, "stat", lambda path, **kw: real(Path(str(path).replace("mODELS", "Models")), **kw)
    )

    require_folder(Policy(FILE, folders=(tmp_path / "mODELS",)), model)


def test_a_file_system_without_numbers_of_files_tells_folders_by_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    nothing = os.stat_result([0o40755, *[0] * 9])
    monkeypatch.setattr(
        decisions, "long_path", lambda _: type("P", (), {"stat": lambda _: nothing})()
    )

    require_folder(Policy(FILE, folders=(tmp_path / "one",)), tmp_path / "one" / "below")
    with pytest.raises(PolicyError):
        require_folder(Policy(FILE, folders=(tmp_path / "one",)), tmp_path / "other")


# --- models ------------------------------------------------------------------------------


def test_a_released_model_is_told_by_its_files_and_not_by_where_it_lies(tmp_path: Path) -> None:
    named = Policy(FILE, models=frozenset({"baichuan2-7b-chat"}))
    other = Policy(FILE, models=frozenset({"baichuan2-13b-chat", "baichuan2-7b-base"}))
    for folder in (tmp_path / "baichuan2-7b-chat", tmp_path / "baichuan2-13b-chat"):
        require_model(named, facts(folder))
        with pytest.raises(PolicyError, match=r"is not used here"):
            require_model(other, facts(folder))


def test_a_copy_in_4_bits_is_the_released_model_and_the_other_way_round_it_is_not(
    tmp_path: Path,
) -> None:
    copy = replace(facts(tmp_path), stored=Precision.NF4)

    require_model(Policy(FILE, models=frozenset({"baichuan2-7b-chat"})), copy)
    require_model(Policy(FILE, models=frozenset({"baichuan2-7b-chat-4bits"})), copy)
    with pytest.raises(PolicyError):
        require_model(Policy(FILE, models=frozenset({"baichuan2-7b-chat-4bits"})), facts(tmp_path))


def test_a_small_model_of_a_family_is_not_the_released_one(tmp_path: Path) -> None:
    small = replace(facts(tmp_path), config=replace(BAICHUAN2_7B, num_layers=31))

    with pytest.raises(PolicyError):
        require_model(Policy(FILE, models=frozenset({"baichuan2-7b-chat"})), small)


@posix
def test_a_path_allows_just_that_folder_by_any_of_its_names(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "ours" / "below"
    other.mkdir(parents=True)
    (tmp_path / "link").symlink_to(ours)
    policy = Policy(FILE, models=frozenset({str(ours)}))

    require_model(policy, facts(ours))
    require_model(policy, facts(tmp_path / "link"))
    with pytest.raises(PolicyError):
        require_model(policy, facts(other))


def test_an_entry_of_the_site_is_told_by_its_folder(tmp_path: Path) -> None:
    ours = tmp_path / "tuned"
    ours.mkdir()
    policy = Policy(FILE, models=frozenset({"our-13b"}), entries=(("our-13b", ours),))

    require_model(policy, facts(ours))
    with pytest.raises(PolicyError):
        require_model(policy, facts(tmp_path / "our-13b"))
    with pytest.raises(PolicyError):  # the site lists it, and the policy does not allow it
        require_model(Policy(FILE, models=frozenset(), entries=policy.entries), facts(ours))


# --- the table of the released models -------------------------------------------------------


def _variants() -> list[Variant]:
    return [one for one in ModelStore(app_paths()).variants if not one.is_intermediate]


def _config(variant: Variant) -> ModelConfig:
    shapes = variant.shapes
    return replace(
        BAICHUAN2_7B,
        family=variant.family,
        hidden_size=shapes.hidden_size,
        num_layers=shapes.num_layers,
        num_heads=shapes.num_heads,
        intermediate_size=shapes.intermediate_size,
        vocab_size=shapes.vocab_size,
    )


def test_the_table_says_what_the_registry_says() -> None:
    shipped = {
        one.id: (
            (one.family, one.kind, None if one.precision is Precision.BF16 else one.precision),
            tuple(one.shapes.model_dump().values()),
        )
        for one in _variants()
    }

    assert {one: (RELEASED[one], sizes_of(one)) for one in RELEASED} == shipped


@pytest.mark.parametrize("model_id", RELEASED)
def test_each_released_model_goes_by_its_own_id(model_id: str) -> None:
    variant = next(one for one in _variants() if one.id == model_id)
    stored = None if variant.precision is Precision.BF16 else variant.precision

    assert variant.id in released_ids(_config(variant), variant.kind, stored)
    assert all(RELEASED[one][0] is variant.family
               for one in released_ids(_config(variant), variant.kind, stored))  # fmt: skip


def test_a_checkpoint_from_the_middle_of_training_is_base_as_far_as_its_files_tell() -> None:
    variant = next(one for one in _variants() if one.id == "baichuan2-7b-base")

    assert released_ids(_config(variant), ModelKind.BASE, None) == {"baichuan2-7b-base"}
    assert variant.family is Family.BAICHUAN2_7B


# --- adapters ----------------------------------------------------------------------------

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def adapter_in(folder: Path) -> AdapterFacts:
    return AdapterFacts(folder, (folder / "adapter_model.safetensors",), lambda: DIGEST)


@pytest.mark.parametrize(
    ("names", "is_allowed"),
    [
        (None, True),
        ((), False),
        (("letters",), True),  # the name of its folder
        (("Letters",), False),
        (("other",), False),
        (("/srv/adapters/letters",), True),
        (("/srv/adapters/other",), False),
        ((DIGEST,), True),
        ((DIGEST.upper(),), True),
        (("0" * 64,), False),
        (("0" * 64, "other", DIGEST), True),
    ],
)
def test_an_adapter_is_allowed_by_its_folder_or_its_hash(
    names: tuple[str, ...] | None, is_allowed: bool
) -> None:
    policy = Policy(FILE, adapters=None if names is None else frozenset(names))
    asked = adapter_in(Path("/srv/adapters/letters"))
    if is_allowed:
        require_adapter(policy, asked)
        return
    with pytest.raises(PolicyError, match=r"^The adapter in “/srv/adapters/letters” is not used"):
        require_adapter(policy, asked)


def test_an_id_of_the_site_means_its_folder_and_no_other_of_that_name(tmp_path: Path) -> None:
    listed, other = tmp_path / "site" / "v3", tmp_path / "letters"
    policy = Policy(FILE, adapters=frozenset({"letters"}), adapter_entries=(("letters", listed),))

    require_adapter(policy, adapter_in(listed))
    with pytest.raises(PolicyError):
        require_adapter(policy, adapter_in(other))


def test_the_hash_is_read_only_where_one_is_named() -> None:
    def never() -> str:
        raise AssertionError

    require_adapter(
        Policy(FILE, adapters=frozenset({"letters"})), AdapterFacts(Path("/srv/letters"), (), never)
    )
    with pytest.raises(AssertionError):
        require_adapter(
            Policy(FILE, adapters=frozenset({DIGEST})),
            AdapterFacts(Path("/srv/letters"), (), never),
        )


@posix
def test_a_file_of_an_adapter_that_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    allowed, elsewhere = tmp_path / "allowed", tmp_path / "elsewhere"
    for folder in (allowed, elsewhere):
        folder.mkdir()
    (elsewhere / "adapter_model.safetensors").write_bytes(b"x")
    (allowed / "adapter_model.safetensors").symlink_to(elsewhere / "adapter_model.safetensors")

    with pytest.raises(PolicyError, match=r"adapter_model\.safetensors” is not opened here"):
        require_adapter(Policy(FILE, folders=(allowed,)), adapter_in(allowed))
