"""What a registry file may say, and the sentence with which anything else is refused."""

from __future__ import annotations

import pytest

from backends.errors import UserFacingError
from baichuan_desktop.services.library.registry_schema import RegistryError
from tests.helpers.registry_texts import TINY, loaded, refusal


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
        loaded(text)
        return

    message = refusal(text)

    assert f" is wrong at {place}" in message
    assert reason in message


def test_a_newer_schema_is_named_as_such() -> None:
    message = refusal("schema_version: 2\nnew_section: {a: b}\n")

    assert "newer version of the app" in message
    assert "unknown" not in message


def test_registry_errors_are_for_the_person_at_the_screen() -> None:
    assert issubclass(RegistryError, UserFacingError)
    assert RegistryError.help_topic == "registry"
