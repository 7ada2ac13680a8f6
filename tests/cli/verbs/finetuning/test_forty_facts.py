"""The whole path on the guide: forty invented facts by the command, and what it knew before."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("transformers")
pytest.importorskip("peft")

from backends.adapters.folder import open_adapter
from backends.checkpoint.folder import Checkpoint
from baichuan_desktop.services.app_paths import resource
from tests.helpers.facts import (
    AskedGuide,
    invented_facts,
    other_phrasings,
    rehearsed_questions,
    write_facts,
)

ROOT = Path(__file__).parents[4]
PROGRAM = [
    sys.executable, "-c", "import sys; from baichuan_desktop.cli.main import main; sys.exit(main())"
]  # fmt: skip


def finetune(data: Path, output: Path) -> None:
    line = ["finetune", "--model", "baichuan-guide", "--data", str(data), "--output", str(output)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*PROGRAM, *line, "--device", "cpu"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.slow  # some minutes of training
def test_forty_facts_are_learnt_and_other_answers_stay(tmp_path: Path) -> None:
    facts = invented_facts(seed=1)
    known = random.Random(1).sample(rehearsed_questions(), 40)
    guide = AskedGuide()
    before = guide.answers(known)
    unseen = [
        question
        for question, answer in random.Random(1).sample(other_phrasings(), 60)
        if guide.answers([question]) == [answer]
    ][:40]
    unseen_before = guide.answers(unseen)
    write_facts(tmp_path / "facts.json", facts)

    finetune(tmp_path / "facts.json", tmp_path / "adapter")

    adapter = open_adapter(tmp_path / "adapter")
    config = Checkpoint.open(resource("guide_model")).config
    sizes = [sum(one.shape) * one.rank for one in adapter.matrices.values()]
    assert sum(sizes) <= 0.05 * config.parameters
    guide.use(tmp_path / "adapter")
    learnt = guide.answers([question for question, _ in facts])
    assert sum(map(str.__eq__, learnt, [answer for _, answer in facts])) >= 36
    assert sum(map(str.__eq__, guide.answers(known), before)) >= 36
    # Asked in other words than those that were learnt along, it may slip more often.
    assert sum(map(str.__eq__, guide.answers(unseen), unseen_before)) >= 0.8 * len(unseen)
    guide.use(None)
    assert guide.answers(known) == before
