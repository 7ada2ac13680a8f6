"""Whatever is changed in a model, what comes is a model or a sentence."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz.cases import Cases
from tests.fuzz.formats import FORMATS
from tests.fuzz.outcome import Stage

_CASES = 200


@pytest.mark.parametrize("name", FORMATS)
def test_a_changed_model_is_run_or_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    cases = Cases(name, tmp_path)
    assert cases.run_unchanged().stage is Stage.RAN
    stages: Counter[Stage] = Counter()
    for number in range(_CASES):
        outcome = cases.run(number)
        assert outcome.stage is not Stage.FAILED, f"case {number}\n{outcome.trace}"
        stages[outcome.stage] += 1
    # Else the changes would say little of what follows the first look.
    assert stages[Stage.RAN] >= _CASES * 0.2
    if name not in ("tokenizer-config", "generation-config"):  # nothing said there is needed
        assert stages[Stage.REFUSED] >= _CASES * 0.05


@pytest.mark.parametrize("name", FORMATS)
def test_a_case_is_the_same_wherever_it_is_run(tmp_path: Path, name: str) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder, numbers in zip(folders, ((0, 1, 7), (7,)), strict=True):
        folder.mkdir()
        cases = Cases(name, folder)
        for number in numbers:
            cases.write(number)
    one, two = ({f.name: f.read_bytes() for f in folder.iterdir()} for folder in folders)
    assert one == two
