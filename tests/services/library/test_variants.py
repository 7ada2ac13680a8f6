"""The released models: what the shipped file says of them, and how later layers change it."""

from __future__ import annotations

from math import ceil
from pathlib import Path

import pytest

from backends.checkpoint.generation_config import published_sampling
from backends.events import SamplingDefaults
from baichuan_desktop.services.library.registry import Registry
from baichuan_desktop.services.library.registry_schema import Shapes
from baichuan_desktop.services.library.variants import Variant
from tests.helpers.registry_texts import SHAPES_13B_V2, TINY, loaded


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


def test_a_later_layer_adds_and_overrides(tmp_path: Path) -> None:
    site, user = tmp_path / "site.yaml", tmp_path / "user.yaml"
    body = TINY[TINY.index("models:") :]
    renamed = body.replace("en: Tiny", "en: Site's Tiny")
    added = body[len("models:\n") :].replace("id: tiny", "id: tiny-two")
    site.write_text("schema_version: 1\n" + renamed + added, encoding="utf-8")
    user.write_text(
        "schema_version: 1\n" + body.replace("en: Tiny", "en: My Tiny"), encoding="utf-8"
    )

    registry = loaded(TINY, site, user, tmp_path / "missing.yaml")

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

    tiny = loaded(TINY, site).variant("tiny")

    assert (tiny.licence.name, tiny.context_length) == ("Site", 32)


def test_an_error_of_a_layer_names_its_path(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    body = TINY[TINY.index("models:") :].replace("sampling: base", "licence: none")
    site.write_text("schema_version: 1\n" + body, encoding="utf-8")

    (problem,) = loaded(TINY, site).problems

    assert problem.message.startswith(f"{site} is wrong at models.0.licence: “none”")


def test_a_table_that_does_not_fit_earlier_models_is_left_out_with_its_layer(
    tmp_path: Path,
) -> None:
    tables = TINY[: TINY.index("models:")]
    site = tmp_path / "site.yaml"
    site.write_text(tables.replace("vocab_size: 10", "vocab_size: 20"), encoding="utf-8")
    assert "vocab_size: 20" in site.read_text()

    registry = loaded(TINY, site)

    assert [variant.parameters for variant in registry.variants] == [824]
    (problem,) = registry.problems
    assert problem.message.startswith(
        f"{site} is wrong at families.baichuan-7b: “tiny” of models_registry.yaml does not fit it, "
    )


def test_the_published_scores_name_their_source_and_agree_with_the_published_losses(
    shipped: Registry,
) -> None:
    """4-bit chat models were published with scores; the losses of their families follow."""
    scored = [one for one in shipped.variants if one.published_scores is not None]
    assert len(scored) == 9
    for variant in scored:
        assert variant.published_scores is not None
        assert "github.com/baichuan-inc/" in variant.published_scores.source
        assert list(variant.published_scores.points) == ["C-Eval", "MMLU", "CMMLU"]
    for chat, loss in (("baichuan2-7b-chat", 1.6), ("baichuan2-13b-chat", 0.9)):
        whole = shipped.variant(chat).published_scores
        few = shipped.variant(f"{chat}-4bits").published_scores
        assert whole is not None
        assert few is not None
        losses = [whole.points[name] - few.points[name] for name in whole.points]
        assert round(sum(losses) / 3, 1) == loss
