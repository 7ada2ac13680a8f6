"""Whatever is changed in a cache, what comes is models and sentences; nothing else is opened."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from baichuan_desktop.services.library.finding import known_places
from tests.fuzz.cache_cases import CACHES, CacheCases
from tests.fuzz.outcome import Stage

_CASES = 40


@pytest.fixture(autouse=True)
def without_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which drives there are is another matter."""
    monkeypatch.setattr(known_places, "_mounts", lambda: ())


@pytest.mark.parametrize("name", CACHES)
def test_a_changed_cache_gives_models_and_sentences(tmp_path: Path, name: str) -> None:
    cases = CacheCases(name, tmp_path)
    whole = Stage.ACCEPTED if name.endswith("-half") else Stage.RAN
    assert cases.run_unchanged().stage is whole
    stages: Counter[Stage] = Counter()
    for number in range(_CASES):
        outcome = cases.run(number)
        assert outcome.stage is not Stage.FAILED, f"case {number}\n{outcome.trace}"
        stages[outcome.stage] += 1
    # Else the changes would say little.
    assert stages[whole] >= _CASES * 0.2
    if whole is Stage.RAN:
        assert _CASES - stages[whole] >= _CASES * 0.05


@pytest.mark.parametrize("name", ["huggingface_hub-2-shared", "modelscope-1.36-cache"])
def test_a_case_is_the_same_wherever_it_is_run(tmp_path: Path, name: str) -> None:
    trees = []
    for folder, numbers in ((tmp_path / "one", (0, 1, 7)), (tmp_path / "two", (7,))):
        folder.mkdir()
        cases = CacheCases(name, folder)
        for number in numbers:
            cases.write(number)
        root = folder / "cache"
        trees.append([path.relative_to(root) for path in sorted(root.rglob("*"))])

    assert trees[0] == trees[1]
