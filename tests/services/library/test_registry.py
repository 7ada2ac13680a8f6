"""The registry of three layers: what is found in it, and what is wrong costs itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.events import ModelKind
from backends.model_config import Family
from backends.precision import Precision
from baichuan_desktop.services.library.registry import (
    Registry,
    UnknownModelError,
    shipped_registry,
)
from baichuan_desktop.services.library.registry_schema import RegistryError, Shapes
from baichuan_desktop.services.library.user_layer import add_installed
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, BAICHUAN_7B, BAICHUAN_13B
from tests.helpers.registry_texts import (
    SHAPES_13B_V2,
    SHIPPED,
    TINY,
    installed,
    layer,
    listed,
    loaded,
    read,
)

SHAPES_7B_V2 = Shapes(
    hidden_size=4096, num_layers=32, num_heads=32, intermediate_size=11008, vocab_size=125696
)


RELEASED = (BAICHUAN_7B, BAICHUAN_13B, BAICHUAN2_7B, BAICHUAN2_13B)


# --- the shipped file ----------------------------------------------------------------------


def test_the_shipped_file_is_found_beside_the_package() -> None:
    assert shipped_registry() == SHIPPED


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        (("schema_version: 1", "schema_version: 1\nstrange: 1"), "strange"),
        (("commercial_use:", "comercial_use:"), "comercial_use"),
        (("conditions_zh:", "conditions_cn:"), "conditions_cn"),
        (("schema_version: 1", "schema_version: one"), "schema_version"),
    ],
)
def test_what_is_wrong_in_the_shipped_file_is_told_with_its_path(
    changed: tuple[str, str], place: str, tmp_path: Path
) -> None:
    file = tmp_path / "models_registry.yaml"
    file.write_text(
        SHIPPED.read_text(encoding="utf-8").replace(*changed, 1), encoding="utf-8", newline=""
    )

    with pytest.raises(RegistryError) as caught:
        loaded(file)

    assert caught.value.message.startswith(f"{file} is wrong at ")
    assert place in caught.value.message


def test_a_shipped_file_that_is_gone_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(RegistryError) as caught:
        loaded(tmp_path / "models_registry.yaml")

    assert caught.value.message == f"{tmp_path / 'models_registry.yaml'} is not there."


# --- what is refused -----------------------------------------------------------------------


def test_the_tiny_file_of_these_tests_is_right() -> None:
    assert loaded(TINY).variant("tiny").parameters == 824


# --- layers --------------------------------------------------------------------------------


def test_an_unknown_id_proposes_the_closest(shipped: Registry, tmp_path: Path) -> None:
    add_installed(read(tmp_path / "user.yaml"), installed(tmp_path))
    registry = loaded(shipped_registry(), tmp_path / "user.yaml")

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
    for error in (variant.value, model.value, nothing.value):
        assert "“baichuan-desktop models list” shows every id" in str(error.hint)


def test_an_installed_model_outlives_its_variant(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    add_installed(read(user), installed(tmp_path, variant="taken-away"))
    add_installed(read(user), installed(tmp_path, "other"))

    registry = loaded(shipped_registry(), user)

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

    names = [model.name for model in loaded(shipped_registry(), user).installed]

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

    registry = loaded(TINY, site)

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
    backwards = Registry(variants=shipped.variants[::-1], installed=())
    base = backwards.recognise(
        Family.BAICHUAN2_7B, SHAPES_7B_V2, ModelKind.BASE, 4096, Precision.BF16
    )
    strange = SHAPES_7B_V2.model_copy(update={"num_layers": 31})

    assert base is not None
    assert base.id == "baichuan2-7b-base"
    assert (
        shipped.recognise(Family.BAICHUAN2_7B, strange, ModelKind.BASE, 4096, Precision.BF16)
        is None
    )
    assert (
        shipped.recognise(Family.BAICHUAN2_13B, SHAPES_7B_V2, ModelKind.BASE, 4096, Precision.BF16)
        is None
    )


# --- what is wrong costs itself ------------------------------------------------------------


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
        registry = loaded(TINY, *layers)
        assert [model.id for model in registry.installed] == ["of-the-site"]
        assert [variant.id for variant in registry.variants] == ["tiny"]
        (problem,) = registry.problems
        assert str(broken) in problem.message


def test_a_newer_file_costs_itself(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    user.write_text("schema_version: 2\nnew: 1\n")

    (problem,) = loaded(TINY, user).problems

    assert "newer version of the app" in problem.message
