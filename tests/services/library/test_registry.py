"""The registry: the shipped facts, strict reading, three layers, and writing the user's layer."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import yaml

from backends.checkpoint.generation_config import published_sampling
from backends.errors import UserFacingError
from backends.events import ModelKind, SamplingDefaults
from backends.model_config import Family
from backends.precision import Precision
from baichuan_desktop.services.library import registry_file, registry_yaml
from baichuan_desktop.services.library.registry import (
    InstalledModel,
    Registry,
    UnknownModelError,
    shipped_registry_text,
)
from baichuan_desktop.services.library.registry_file import load_layer
from baichuan_desktop.services.library.registry_schema import Names, RegistryError, Shapes
from baichuan_desktop.services.library.user_layer import (
    add_installed,
    remove_installed,
    require_writable,
)
from baichuan_desktop.services.library.variants import Variant

SHIPPED = Path(__file__).resolve().parents[3] / "models_registry.yaml"
SHAPES_7B_V2 = Shapes(
    hidden_size=4096, num_layers=32, num_heads=32, intermediate_size=11008, vocab_size=125696
)
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


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return Registry.load(shipped_registry_text())


def refusal(text: str) -> str:
    """The sentence with which `text` is refused; checks that it is one sentence."""
    with pytest.raises(RegistryError) as caught:
        Registry.load(text)
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


# --- the shipped file ----------------------------------------------------------------------


def test_every_released_variant_is_there_once(shipped: Registry) -> None:
    ids = [variant.id for variant in shipped.variants]

    intermediate = [f"baichuan2-7b-base-{220 * step:05d}b" for step in range(1, 12)]
    assert intermediate[0] == "baichuan2-7b-base-00220b"
    assert intermediate[-1] == "baichuan2-7b-base-02420b"
    assert sorted(ids) == sorted(
        [
            "baichuan-guide",
            "baichuan-7b",
            *(f"baichuan-13b-{end}" for end in ("base", "chat", "chat-int8")),
            *(f"baichuan2-{size}-base" for size in ("7b", "13b")),
            *(f"baichuan2-{size}-chat" for size in ("7b", "13b")),
            *(f"baichuan2-{size}-chat-4bits" for size in ("7b", "13b")),
            "baichuan2-13b-chat-v2",
            *intermediate,
        ]
    )
    assert [one.id for one in shipped.variants if one.is_intermediate] == intermediate


@pytest.mark.parametrize(
    ("variant_id", "parameters"),
    [
        ("baichuan-7b", 7_000_559_616),  # both published in the README of Baichuan-13B
        ("baichuan-13b-chat", 13_264_901_120),
        ("baichuan2-7b-base", 7_505_973_248),
        ("baichuan2-13b-chat-v2", 13_896_668_160),
        ("baichuan-guide", 3_344_064),
    ],
)
def test_parameters_are_the_published_ones(
    shipped: Registry, variant_id: str, parameters: int
) -> None:
    assert shipped.variant(variant_id).parameters == parameters


def matrices(shapes: Shapes) -> list[tuple[int, int]]:
    """(rows, columns) of the five matrices of one layer, all layers."""
    hidden, wide = shapes.hidden_size, shapes.intermediate_size
    layer = [(3 * hidden, hidden), (hidden, hidden), (wide, hidden), (wide, hidden), (hidden, wide)]
    return layer * shapes.num_layers


def published_bytes(variant: Variant) -> int:
    """The bytes of the tensors, added up tensor by tensor."""
    sizes = [(rows, rows * columns) for rows, columns in matrices(variant.shapes)]
    rest = 2 * (variant.parameters - sum(n for _, n in sizes))
    if variant.precision == "8bit":
        return rest + sum(n + 4 * rows for rows, n in sizes)
    if variant.precision == "4bit":
        tables = 256 * 4 + 16 * 4 + 4
        return rest + sum(n // 2 + n // 64 + 4 * ceil(n / 64 / 256) + tables for _, n in sizes)
    return rest + 2 * sum(n for _, n in sizes)


def test_sizes_follow_from_the_shapes_and_the_storage(shipped: Registry) -> None:
    for variant in shipped.variants:
        hidden, layers = variant.shapes.hidden_size, variant.shapes.num_layers
        small = (2 * layers + 1) * hidden + 2 * variant.shapes.vocab_size * hidden
        large = sum(rows * columns for rows, columns in matrices(variant.shapes))
        assert variant.parameters == small + large, variant.id
        assert variant.weights_bytes == published_bytes(variant), variant.id


def test_4_bit_size_is_the_one_that_hugging_face_lists(shipped: Registry) -> None:
    assert f"{shipped.variant('baichuan2-7b-chat-4bits').weights_bytes / 1e9:.1f}" == "5.4"


def test_families_lend_their_facts_and_entries_override_them(shipped: Registry) -> None:
    chat, second = shipped.variant("baichuan2-13b-chat"), shipped.variant("baichuan2-13b-chat-v2")
    guide = shipped.variant("baichuan-guide")

    assert (chat.context_length, second.context_length) == (4096, 8192)
    assert chat.shapes == second.shapes == SHAPES_13B_V2
    assert chat.licence == second.licence
    assert chat.licence.commercial_use == "on-application"
    assert dict(chat.published_memory_gib) == {"bf16": 25.9, "8bit": 14.2, "4bit": 8.6}
    assert (guide.bundled, guide.context_length, guide.shapes.vocab_size) == (True, 512, 4096)
    assert guide.licence.commercial_use == "allowed"
    assert not guide.published_memory_gib
    assert [variant.id for variant in shipped.variants if variant.bundled] == ["baichuan-guide"]


def test_sampling_is_as_released(shipped: Registry) -> None:
    def sampling(variant_id: str) -> SamplingDefaults:
        variant = shipped.variant(variant_id)
        return published_sampling(variant.family, variant.kind)

    first, second = sampling("baichuan-13b-chat"), sampling("baichuan2-7b-chat")
    base = sampling("baichuan2-7b-base-00440b")

    assert (first.repetition_penalty, second.repetition_penalty) == (1.1, 1.05)
    assert (second.temperature, second.top_k, second.top_p, second.max_new_tokens) == (
        0.3,
        5,
        0.85,
        2048,
    )
    assert (base.greedy, base.repetition_penalty, base.max_new_tokens) == (True, 1.1, 64)


def test_intermediate_checkpoints_are_branches_of_one_repository(shipped: Registry) -> None:
    for variant in shipped.variants:
        if variant.is_intermediate:
            assert variant.training_tokens is not None
            billions = variant.training_tokens // 10**9
            assert variant.sources.revision == f"train_{billions:05d}B"
            assert variant.id == f"baichuan2-7b-base-{billions:05d}b"


def test_shipped_text_is_found_beside_the_package() -> None:
    assert shipped_registry_text() == SHIPPED.read_text(encoding="utf-8")


# --- what is refused -----------------------------------------------------------------------


def test_the_tiny_file_of_these_tests_is_right() -> None:
    assert Registry.load(TINY).variant("tiny").parameters == 824


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        (
            "family: baichuan-7b",
            "family: baichuan-8b",
            "models.0.family (of 'tiny')",
            "'baichuan-8b'",
        ),
        ("kind: base", "kinds: base", "models.0.kinds (of 'tiny')", "did you mean “kind”"),
        ("    kind: base\n", "", "models.0.kind (of 'tiny')", "missing"),
        ("id: tiny", "id: Tiny One", "models.0.id", "lower-case"),
        ("id: tiny", "id: 7", "models.0.id", "not 7"),
        ("parameters: 824", "parameters: 825", "models.0.parameters (of 'tiny')", "824"),
        ("parameters: 824", "parameters: 824.0", "models.0.parameters (of 'tiny')", "824.0"),
        ("parameters: 824", "parameters: '824'", "models.0.parameters (of 'tiny')", "'824'"),
        ("weights_bytes: 1648", "weights_bytes: -1", "models.0.weights_bytes (of 'tiny')", "-1"),
        ("weights_bytes: 1648", "weights_bytes: 12:30:45", "models.0.weights_bytes", "'12:30:45'"),
        ("sources: {}", "sources: {hugingface: a}", "models.0.sources.hugingface", "“huggingface”"),
        ("zh: 小", "zh: no", "", ""),  # `no` is text here, not false
        ("num_heads: 2", "num_heads: 3", "families.baichuan-7b.shapes", "multiple of num_heads"),
        ("num_heads: 2", "heads: 2", "families.baichuan-7b.shapes.heads", "unknown"),
        ("baichuan-7b:", "baichuan-9b:", "families.baichuan-9b", "'baichuan-9b'"),
        ("licence: own", "licence: owm", "families.baichuan-7b.licence", "did you mean “own”"),
        ("sampling: base", "sampling: 5", "models.0.sampling", "not 5"),
        ("top_p: 1,", "top_p: 1.5,", "sampling.base.top_p", "1.5"),
        ("do_sample: false", "do_sample: no", "sampling.base.do_sample", "'no'"),
        ("allowed}", "maybe}", "licences.own.commercial_use", "'maybe'"),
        ("bf16: 14.0", "fp64: 14.0", "families.baichuan-7b.published_memory_gib.fp64", "'fp64'"),
        ("schema_version: 1", "schema_version: 0", "schema_version", "must be 1, not 0"),
        ("schema_version: 1\n", "", "schema_version", "missing"),
        ("schema_version: 1", "schema_version: true", "schema_version", "whole number"),
        ("schema_version: 1", "schema_version: 1.0", "schema_version", "whole number"),
        ("models:", "modells: []\nmodels:", "modells", "did you mean “models”"),
    ],
)
def test_a_wrong_value_is_refused_by_place(old: str, new: str, place: str, reason: str) -> None:
    assert old in TINY
    text = TINY.replace(old, new, 1)
    if not place:
        Registry.load(text)
        return

    message = refusal(text)

    assert f" is wrong at {place}" in message
    assert reason in message


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("schema_version: 1\nschema_version: 1\n", "line 2", "“schema_version” is there twice"),
        (TINY.replace("kind: base", "kind: base\n    kind: chat"), "line 19", "“kind”"),
        ("schema_version: 1\nmodels: &all []\n", "line 2", "anchors"),
        ("schema_version: 1\nmodels: *all\n", "line 2", "anchors"),
        ("schema_version: 1\nmodels: !!python/name:os.system []\n", "line 2", "tags"),
        ("schema_version: !!int '1'\n", "line 1", "tags"),
        ("schema_version: 1\nx: {<<: {a: b}}\n", "x", "unknown"),
        ("schema_version: 1\nmodels: " + "[" * 40 + "]" * 40, "line 2", "32 levels"),
        ("schema_version: 1\nmodels: " + "[" * 5000, "line 2", "32 levels"),
        ("schema_version: 1\nmodels: [\n", "line 3", ""),
        ("schema_version: 1\n\tmodels: []\n", "line 2", ""),
        ("schema_version: 1\n? [a]\n: b\n", "line 2", "a key must be a word"),
        ("schema_version: 1\n1: b\n", "line 2", "a key must be a word"),
        ("schema_version: 1\n---\nschema_version: 1\n", "line 2", "second document"),
        ("schema_version: 1\nx: \x00\n", "line 2", "control character"),
        ("- schema_version\n", "line 1", "keys and values"),
        ("", "line 1", "keys and values"),
        ("schema_version: 1\nmodels: [7]\n", "models.0", "7"),
        ("schema_version: 1\nmodels: {a: b}\n", "models", "list"),
        ("schema_version: 1\nlicences: []\n", "licences", "keys and values, not a list"),
    ],
)
def test_yaml_that_is_not_plain_is_refused_by_line(text: str, place: str, reason: str) -> None:
    message = refusal(text)

    assert f" is wrong at {place}:" in message
    assert reason in message


def test_a_file_over_one_mebibyte_is_refused(tmp_path: Path) -> None:
    text = "schema_version: 1\n" + "# filler\n" * 120_000
    path = tmp_path / "big.yaml"
    path.write_text(text, encoding="utf-8")

    assert "larger than 1048576 bytes" in refusal(text)
    with pytest.raises(RegistryError, match="larger than"):
        load_layer(path, source_name="big.yaml")


def test_a_file_that_is_not_utf_8_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes("schema_version: 1\n# 中\n".encode("gbk"))

    (problem,) = Registry.load(TINY, [path]).problems
    assert problem.message == f"{path} is wrong at line 2: it is not UTF-8 text."


def test_a_newer_schema_is_named_as_such() -> None:
    message = refusal("schema_version: 2\nnew_section: {a: b}\n")

    assert "newer version of the app" in message
    assert "unknown" not in message


def test_a_repeated_id_is_named_with_both_places() -> None:
    entry = TINY[TINY.index("  - id: tiny") :]

    message = refusal(TINY + entry)

    assert "models.1.id: the id “tiny” is already used at models.0." in message


def test_a_number_of_10_000_digits_is_refused() -> None:
    assert "models.0.parameters" in refusal(TINY.replace("824", "1" * 10_000))


def test_registry_errors_are_for_the_person_at_the_screen() -> None:
    assert issubclass(RegistryError, UserFacingError)
    assert RegistryError.help_topic == "registry"


# --- layers --------------------------------------------------------------------------------


def test_a_later_layer_adds_and_overrides(tmp_path: Path) -> None:
    site, user = tmp_path / "site.yaml", tmp_path / "user.yaml"
    body = TINY[TINY.index("models:") :]
    renamed = body.replace("en: Tiny", "en: Site's Tiny")
    added = body[len("models:\n") :].replace("id: tiny", "id: tiny-two")
    site.write_text("schema_version: 1\n" + renamed + added, encoding="utf-8")
    user.write_text(
        "schema_version: 1\n" + body.replace("en: Tiny", "en: My Tiny"), encoding="utf-8"
    )

    registry = Registry.load(TINY, [site, user, tmp_path / "missing.yaml"])

    assert [(one.id, one.name.en) for one in registry.variants] == [
        ("tiny", "My Tiny"),
        ("tiny-two", "Tiny"),
    ]


def test_a_later_table_holds_for_the_models_of_earlier_layers(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    tables = TINY[: TINY.index("models:")]
    tables = tables.replace("name: Own", "name: Site").replace(
        "context_length: 64", "context_length: 32"
    )
    site.write_text(tables, encoding="utf-8")

    tiny = Registry.load(TINY, [site]).variant("tiny")

    assert (tiny.licence.name, tiny.context_length) == ("Site", 32)


def test_an_error_of_a_layer_names_its_path(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    body = TINY[TINY.index("models:") :].replace("sampling: base", "licence: none")
    site.write_text("schema_version: 1\n" + body, encoding="utf-8")

    (problem,) = Registry.load(TINY, [site]).problems

    assert problem.message.startswith(f"{site} is wrong at models.0.licence: “none”")


def test_an_unknown_id_proposes_the_closest(shipped: Registry, tmp_path: Path) -> None:
    add_installed(tmp_path / "user.yaml", installed(tmp_path))
    registry = Registry.load(shipped_registry_text(), [tmp_path / "user.yaml"])

    with pytest.raises(UnknownModelError) as variant:
        shipped.variant("baichuan2-7b-chatt")
    with pytest.raises(UnknownModelError) as model:
        registry.model("my-chet")
    with pytest.raises(UnknownModelError) as nothing:
        shipped.model("zzz")

    assert variant.value.message == (
        "There is no model “baichuan2-7b-chatt”, the closest is “baichuan2-7b-chat”."
    )
    assert "“my-chat”" in model.value.message
    assert nothing.value.message == "There is no model “zzz” in the registry."


def test_an_installed_model_outlives_its_variant(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    add_installed(user, installed(tmp_path, variant="taken-away"))
    add_installed(user, installed(tmp_path, "other"))

    registry = Registry.load(shipped_registry_text(), [user])

    assert registry.variant_of(registry.model("my-chat")) is None
    assert registry.variant_of(registry.model("other")) is registry.variant("baichuan2-7b-chat")


def test_an_installed_model_without_a_name_has_its_variants_name(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    entry = f"path: {tmp_path}, family: baichuan2-7b, kind: chat, context_length: 4096"
    user.write_text(
        "schema_version: 1\ninstalled:\n"
        f"  - {{id: a, variant: baichuan2-7b-chat, {entry}}}\n"
        f"  - {{id: b, {entry}}}\n"
        f"  - {{id: c, name: 我的模型, {entry}}}\n",
        encoding="utf-8",
    )

    names = [model.name for model in Registry.load(shipped_registry_text(), [user]).installed]

    assert [name.zh for name in names] == ["百川 2-7B 对话", "b", "我的模型"]
    assert names[2].en == "我的模型"


def test_published_losses_are_those_of_the_released_sizes(shipped: Registry) -> None:
    assert shipped.published_4bit_losses == {
        (Family.BAICHUAN2_7B, 4096): 1.6,
        (Family.BAICHUAN2_13B, 5120): 0.9,
    }


def test_a_layer_that_states_sampling_opens_as_it_did(tmp_path: Path) -> None:
    """Earlier versions showed what it says, and had tables such as `base` in the shipped file."""
    site = tmp_path / "site.yaml"
    models = TINY[TINY.index("models:") :]
    tables = TINY[TINY.index("sampling:") : TINY.index("models:")]
    own = models.replace("id: tiny", "id: own")
    shipped_one = models.replace("id: tiny", "id: theirs").replace(
        "sampling: base", "sampling: baichuan2-chat"
    )
    both = own + shipped_one.removeprefix("models:\n")
    site.write_text(f"schema_version: 1\n{tables}{both}", encoding="utf-8")

    registry = Registry.load(TINY, [site])

    assert registry.problems == ()
    assert [variant.id for variant in registry.variants] == ["tiny", "own", "theirs"]


# --- recognising ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "context_length", "storage", "expected"),
    [
        ("chat", 4096, "bf16", "baichuan2-13b-chat"),
        ("chat", 8192, "bf16", "baichuan2-13b-chat-v2"),
        ("chat", 16384, "bf16", "baichuan2-13b-chat-v2"),
        ("chat", 4096, "4bit", "baichuan2-13b-chat-4bits"),
        ("chat", 8192, "8bit", "baichuan2-13b-chat-v2"),
        ("base", 4096, "bf16", "baichuan2-13b-base"),
    ],
)
def test_a_13b_checkpoint_is_recognised(
    shipped: Registry, kind: str, context_length: int, storage: str, expected: str
) -> None:
    found = shipped.recognise("baichuan2-13b", SHAPES_13B_V2, kind, context_length, storage)  # type: ignore[arg-type]

    assert found is not None
    assert found.id == expected


def test_intermediate_checkpoints_and_strange_shapes_are_not_recognised(shipped: Registry) -> None:
    bf16 = Precision.BF16
    backwards = Registry(variants=shipped.variants[::-1], installed=())
    base = backwards.recognise(
        Family.BAICHUAN2_7B, SHAPES_7B_V2, ModelKind.BASE, 4096, Precision.BF16
    )
    strange = SHAPES_7B_V2.model_copy(update={"num_layers": 31})

    assert base is not None
    assert base.id == "baichuan2-7b-base"
    assert shipped.recognise(Family.BAICHUAN2_7B, strange, ModelKind.BASE, 4096, bf16) is None
    assert shipped.recognise(Family.BAICHUAN2_13B, SHAPES_7B_V2, ModelKind.BASE, 4096, bf16) is None


# --- the user's layer ----------------------------------------------------------------------


def test_an_added_model_comes_back_as_it_was(tmp_path: Path) -> None:
    user = tmp_path / "config" / "user.yaml"
    first = installed(tmp_path, "one")
    odd_names = Names(en="no", zh="no")
    second = installed(tmp_path / "模 型: #1", "two", variant=None, name=odd_names, bundled=True)

    add_installed(user, first)
    add_installed(user, second)

    assert Registry.load(TINY, [user]).installed == (first, second)
    remove_installed(user, "one")
    assert Registry.load(TINY, [user]).installed == (second,)
    remove_installed(user, "two")
    assert Registry.load(TINY, [user]).installed == ()


def test_adding_an_id_again_replaces_its_entry_in_place(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    for model_id in ("one", "two"):
        add_installed(user, installed(tmp_path, model_id))

    add_installed(user, installed(tmp_path, "one", context_length=2048))

    models = Registry.load(TINY, [user]).installed
    assert [(one.id, one.context_length) for one in models] == [("one", 2048), ("two", 4096)]


def test_other_sections_and_their_comments_stay(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    before = "# mine\n" + TINY[: TINY.index("models:")] + "# kept\n"
    after = "\n# my own models\n" + TINY[TINY.index("models:") :] + "# the end\n"
    user.write_text(f"{before}installed: []\n{after}", encoding="utf-8")

    add_installed(user, installed(tmp_path))
    with_model = user.read_text(encoding="utf-8")
    remove_installed(user, "my-chat")

    assert with_model.startswith(before + "installed:\n- id: my-chat\n")
    assert with_model.endswith(after)
    assert user.read_text(encoding="utf-8") == f"{before}installed: []\n{after}"


@pytest.mark.parametrize(
    "text", ["{schema_version: 1, licences: {}}", "schema_version: 1\n...\n", "schema_version: 1"]
)
def test_a_file_of_any_form_can_be_added_to(tmp_path: Path, text: str) -> None:
    user = tmp_path / "user.yaml"
    user.write_text(text, encoding="utf-8")

    add_installed(user, installed(tmp_path))

    assert Registry.load(TINY, [user]).installed == (installed(tmp_path),)


def test_a_wrong_entry_or_a_wrong_file_is_never_written(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    add_installed(user, installed(tmp_path))
    good = user.read_bytes()

    with pytest.raises(RegistryError, match=r"installed\.1\.path \(of 'two'\): .* absolute"):
        add_installed(user, installed(tmp_path, "two", path=Path("relative")))
    assert user.read_bytes() == good
    with pytest.raises(UnknownModelError):
        remove_installed(user, "my-chatt")
    assert user.read_bytes() == good

    user.write_text("schema_version: 1\ninstaled: []\n", encoding="utf-8")
    with pytest.raises(RegistryError, match="did you mean “installed”"):
        add_installed(user, installed(tmp_path))
    assert user.read_text(encoding="utf-8") == "schema_version: 1\ninstaled: []\n"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    user = tmp_path / "user.yaml"
    add_installed(user, installed(tmp_path))
    old = user.read_bytes()

    def disk_is_full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, disk_is_full)
    with pytest.raises(RegistryError) as caught:
        add_installed(user, installed(tmp_path, "two"))

    assert caught.value.message == f"{user} cannot be written: No space left on device."
    assert user.read_bytes() == old
    assert list(tmp_path.iterdir()) == [user]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no handle of a folder to flush")
def test_file_and_folder_reach_the_drive_around_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        is_folder = os.path.isdir(f"/proc/self/fd/{descriptor}")  # noqa: PTH112
        steps.append("folder" if is_folder else "file")
        real_fsync(descriptor)

    def replace(source: Path, target: Path) -> None:
        steps.append("rename")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    add_installed(tmp_path / "user.yaml", installed(tmp_path))

    assert steps == ["file", "rename", "folder"]


# --- what is wrong costs itself ------------------------------------------------------------

ENTRY = "- {{id: {id}, path: {path}, family: baichuan-7b, kind: chat, context_length: 64}}\n"


def layer(path: Path, text: str) -> Path:
    path.write_text("schema_version: 1\n" + text, encoding="utf-8")
    return path


def listed(*entries: tuple[str, str]) -> str:
    return "installed:\n" + "".join(ENTRY.format(id=id_, path=path) for id_, path in entries)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (r'"/a\0b"', "a path cannot hold a NUL"),
        (r'"/a\ud800b"', "this must be text that has a form in UTF-8"),
        (r'"/a\uDFFF"', "this must be text that has a form in UTF-8"),
        (r'"/a\U0000dabc"', "this must be text that has a form in UTF-8"),
        ("relative", "must be absolute"),
        ("7", "this must be text, not 7"),
        ("[/a]", "this must be text, not a list"),
        ('""', "must be absolute"),
        ("/" + "x" * 4096, "this must have at most 4096 characters, not '/xxx"),
    ],
)
def test_a_wrong_entry_costs_its_row_and_is_named(tmp_path: Path, path: str, reason: str) -> None:
    user = layer(tmp_path / "user.yaml", listed(("one", "/one"), ("bad", path), ("two", "/two")))

    registry = Registry.load(TINY, [user])

    assert [model.id for model in registry.installed] == ["one", "two"]
    (problem,) = registry.problems
    assert problem.message.startswith(f"{user} is wrong at installed.1.path (of 'bad'): ")
    assert reason in problem.message
    assert not re.search("[\0\ud800-\udfff]", problem.message)


def test_a_name_that_no_table_has_room_for_costs_its_row(tmp_path: Path) -> None:
    entries = listed(("one", f"/one, name: {'x' * 300}"), ("two", f"/two, name: {'x' * 301}"))
    user = layer(tmp_path / "user.yaml", entries)

    registry = Registry.load(TINY, [user])

    assert [model.id for model in registry.installed] == ["one"]
    assert "installed.1.name.en (of 'two')" in registry.problems[0].message


def test_escapes_beside_half_a_surrogate_keep_their_meaning(tmp_path: Path) -> None:
    user = layer(
        tmp_path / "user.yaml",
        listed(
            ("bad", r'"/\ud800"'), ("plain", r"/C:\ud801"), ("escaped", r'"/\\ud802"'),
            ("hanzi", r'"/\u767e"'), ("emoji", r'"/\U0001f600"'),
        ),
    )  # fmt: skip

    registry = Registry.load(TINY, [user])

    assert [str(model.path) for model in registry.installed] == [
        r"/C:\ud801", r"/\ud802", "/百", "/😀"
    ]  # fmt: skip
    assert len(registry.problems) == 1


def test_of_two_entries_with_one_id_the_first_is_kept(tmp_path: Path) -> None:
    user = layer(tmp_path / "user.yaml", listed(("no", "x"), ("a", "/first"), ("a", "/second")))

    registry = Registry.load(TINY, [user])

    assert [str(model.path) for model in registry.installed] == ["/first"]
    assert [problem.facts["place"] for problem in registry.problems] == [
        "installed.0.path (of 'no')",
        "installed.2.id",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "instaled: []\n", "installed: 7\n", "installed: [", "x: {<<: {}}\n", "installed: &a []\n",
        "models: {a: b}\n", "- a\n", "\x00", "installed: !!python/object/apply:os.system []\n",
    ],
)  # fmt: skip
def test_a_wrong_layer_costs_itself_and_no_other(tmp_path: Path, text: str) -> None:
    site = layer(tmp_path / "site.yaml", listed(("of-the-site", "/s")))
    broken = layer(tmp_path / "user.yaml", text)

    for layers in ([site, broken], [broken, site]):
        registry = Registry.load(TINY, layers)
        assert [model.id for model in registry.installed] == ["of-the-site"]
        assert [variant.id for variant in registry.variants] == ["tiny"]
        (problem,) = registry.problems
        assert str(broken) in problem.message


def test_a_newer_file_costs_itself(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    user.write_text("schema_version: 2\nnew: 1\n")

    (problem,) = Registry.load(TINY, [user]).problems

    assert "newer version of the app" in problem.message


def test_a_wrong_model_of_a_layer_leaves_the_earlier_one(tmp_path: Path) -> None:
    body = TINY[TINY.index("models:") :].replace("parameters: 824", "parameters: 825")
    more = body[len("models:\n") :].replace("id: tiny", "id: tiny-two")
    site = layer(tmp_path / "site.yaml", body + more)

    registry = Registry.load(TINY, [site])

    assert [variant.parameters for variant in registry.variants] == [824]
    assert [problem.message.split(": ")[0] for problem in registry.problems] == [
        f"{site} is wrong at models.0.parameters (of 'tiny')",
        f"{site} is wrong at models.1.parameters (of 'tiny-two')",
    ]


def test_places_are_those_of_the_file_though_entries_are_left_out(tmp_path: Path) -> None:
    body = TINY[TINY.index("models:") :].replace("sampling: base", "licence: none")
    site = layer(tmp_path / "site.yaml", body.replace("models:\n", "models:\n  - {id: 7}\n"))

    problems = Registry.load(TINY, [site]).problems

    assert [problem.message.split(": ")[0] for problem in problems] == [
        f"{site} is wrong at models.0.id",
        f"{site} is wrong at models.1.licence",
    ]


def test_a_table_that_does_not_fit_earlier_models_is_left_out_with_its_layer(
    tmp_path: Path,
) -> None:
    tables = TINY[: TINY.index("models:")]
    site = tmp_path / "site.yaml"
    site.write_text(tables.replace("vocab_size: 10", "vocab_size: 20"), encoding="utf-8")
    assert "vocab_size: 20" in site.read_text()

    registry = Registry.load(TINY, [site])

    assert [variant.parameters for variant in registry.variants] == [824]
    (problem,) = registry.problems
    assert problem.message.startswith(
        f"{site} is wrong at families.baichuan-7b: “tiny” of models_registry.yaml does not fit it, "
    )


def test_what_is_wrong_is_never_written_over(tmp_path: Path) -> None:
    user = layer(tmp_path / "user.yaml", listed(("one", "/one"), ("bad", r'"/a\0b"')))
    before = user.read_bytes()

    with pytest.raises(RegistryError, match="a path cannot hold a NUL"):
        add_installed(user, installed(tmp_path))
    with pytest.raises(RegistryError, match="a path cannot hold a NUL"):
        remove_installed(user, "one")
    with pytest.raises(RegistryError, match="a path cannot hold a NUL"):
        require_writable(user)

    assert user.read_bytes() == before


def put_fifo(path: Path) -> None:
    os.mkfifo(path)


def put_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs")
@pytest.mark.parametrize("put", [put_fifo, put_device, Path.mkdir])
def test_what_is_no_file_costs_itself_and_is_not_waited_for(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    user = tmp_path / "user.yaml"
    put(user)

    registry = Registry.load(TINY, [user])

    assert [problem.message for problem in registry.problems] == [
        f"{user} cannot be read: it is no ordinary file."
    ]
    with pytest.raises(RegistryError, match="no ordinary file"):
        add_installed(user, installed(tmp_path))


def test_below_a_file_there_is_no_layer(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")

    assert Registry.load(TINY, [tmp_path / "config" / "user.yaml"]).problems == ()


# --- bounded work --------------------------------------------------------------------------


def units(unit: str, head: str = "schema_version: 1\n") -> str:
    """A text of one mebibyte."""
    room = registry_yaml.MAX_FILE_BYTES - len(head)
    return head + unit * (room // len(unit))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (units("[],", "schema_version: 1\nx: ["), "more than 60000 values"),
        (units("{},", "schema_version: 1\nx: ["), "more than 60000 values"),
        (units("- {id: 7}\n", "installed:\n"), "more than 60000 values"),
        (units("- a\n", "models:\n"), "more than 60000 values"),
        (units("[", "schema_version: 1\nx: "), "32 levels"),
        (units("- ", "schema_version: 1\nx:\n "), "32 levels"),
        (units("&a b, ", "schema_version: 1\nx: ["), "anchors"),
        (units("%TAG !a! b\n", ""), "100 directives"),
        (units("%TAG !a! b\r", ""), "100 directives"),
        ("".join(f"k{n}: 1\n" for n in range(90_000)), "more than 60000 values"),
        (units("9", "schema_version: "), "this must be a whole number"),
        (units("k", "")[:-3] + ": 1", "not allowed in this context"),
        (units("x", "schema_version: 1\ny: '")[:-1] + "'", "y: this key is unknown"),
        (units("\\ud800", 'schema_version: 1\ny: "')[:-6] + '"', "y: this key is unknown"),
    ],
    ids=range(14),
)
def test_a_mebibyte_of_anything_is_refused_after_bounded_work(
    text: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = 0
    parse = yaml.parse

    def counted(*arguments: Any, **options: Any) -> Iterator[Any]:
        nonlocal events
        for event in parse(*arguments, **options):
            events += 1
            yield event

    monkeypatch.setattr(yaml, "parse", counted)

    assert reason in refusal(text)
    assert events <= registry_yaml.MAX_VALUES + 1


def test_a_mebibyte_of_comments_is_read() -> None:
    assert load_layer(units("# filler\n"), source_name="x").models == ()


def test_a_file_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = 0
    parse = yaml.parse

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal parsed
        parsed += 1
        return parse(*arguments, **options)

    monkeypatch.setattr(yaml, "parse", counted)

    load_layer(TINY, source_name="x")

    assert parsed == 1


def test_thousands_of_wrong_entries_get_a_few_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0

    def counted(word: str, known: Iterable[str]) -> None:
        nonlocal compared
        compared += 1

    monkeypatch.setattr(registry_file, "closest", counted)
    user = layer(tmp_path / "user.yaml", "installed:\n" + "- {pth: 1}\n" * 10_000)

    problems = Registry.load(TINY, [user]).problems

    assert len(problems) == 11
    assert problems[-1].message == f"{user} has 9990 more entries that are wrong."
    assert compared == 10


def test_a_long_word_is_compared_with_nothing() -> None:
    assert registry_file.closest("installe", ["installed"]) == "installed"
    assert registry_file.closest("installed" * 1000, ["installed" * 1000]) is None


@pytest.mark.parametrize("text", [TINY, SHIPPED.read_text(encoding="utf-8")])
def test_libyaml_and_pyyaml_read_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = registry_yaml.parse_yaml(text, source_name="x")
    monkeypatch.setattr(registry_yaml, "_PARSER", yaml.SafeLoader)

    assert registry_yaml.parse_yaml(text, source_name="x") == fast


@pytest.mark.parametrize("parser", [registry_yaml._PARSER, yaml.SafeLoader])
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("no", "no"), ("yes", "yes"), ("12:30", "12:30"), ("017", "017"), ("0x10", "0x10"),
        ("2026-01-02", "2026-01-02"), ("1e3", "1e3"), (".5", ".5"), ("1_000", 1000), ("+7", 7),
        ("-0.5", -0.5), ("'7'", "7"), ('"true"', "true"), ("true", True), ("True", "True"),
        ("null", None), ("~", None), ("", None), ("Null", "Null"), ("<<", "<<"), ("=", "="),
        ("1" * 21, int("1" * 21)), ("1" * 25, "1" * 25), ("|\n  a\n  b\n", "a\nb\n"),
    ],
)  # fmt: skip
def test_words_are_read_plainly_by_both_parsers(
    written: str, read: object, parser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_yaml, "_PARSER", parser)

    found = registry_yaml.parse_yaml(f"x: {written}", source_name="x")["x"]

    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize("parser", [registry_yaml._PARSER, yaml.SafeLoader])
def test_the_line_of_a_control_character_is_counted_in_lines(
    parser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_yaml, "_PARSER", parser)

    assert "is wrong at line 3: there is a control character" in refusal(
        "# 百川\n# 模型\nx: \x07\n"
    )
