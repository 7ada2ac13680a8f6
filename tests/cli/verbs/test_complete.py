"""`complete`, where a model cannot be loaded as asked for."""

from __future__ import annotations

import pytest

from backends.machine import processor
from backends.machine.cards import lookup
from backends.machine.cards.values import Cards
from baichuan_desktop.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--precision", "fp16"], "fp16 does not run on this machine."),
        (["--device", "cuda"], "This machine has no NVIDIA card that can be used."),
    ],
)
def test_what_only_a_card_has_is_refused_by_its_name(
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(lookup, "cards", lambda _: Cards())

    assert main(["complete", "baichuan-guide", "--prompt", "x", *arguments]) == 1

    assert capsys.readouterr().err.splitlines()[0] == f"baichuan-desktop: {sentence}"


def test_a_precision_that_this_processor_lacks_is_refused_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(processor, "processor_features", lambda: {"sse2", "sse4_1"})
    monkeypatch.setattr(lookup, "cards", lambda _: Cards())

    assert main(["complete", "baichuan-guide", "--prompt", "x", "--precision", "bf16"]) == 1

    first, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("baichuan-desktop: bf16 needs AVX2, which ")
    assert rest == ["Choose the precision “auto”."]
