"""What docs/fine-tuning.md shows: data that are data, commands that are commands, true figures."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.model_config import ModelConfig
from backends.training.data.masking import coding_of
from backends.training.memory import Sharing, TrainingShape, needed
from backends.training.values import Data, Keeping, Method, Optimization, TrainingRequest
from baichuan_desktop.cli import commands as commands_module
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.training.presets import PRESETS
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B
from tests.helpers.training_data import prepare
from tests.test_documents import ROOT, blocks, commands

DOCUMENTS = ["docs/fine-tuning.md", "docs/fine-tuning.zh-CN.md"]
GIB = 2**30


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize(("kind", "count"), [("json", 2), ("jsonl", 1)])
def test_each_example_of_data_is_read_as_data(
    document: str, kind: str, count: int, tmp_path: Path
) -> None:
    coding = coding_of(*Checkpoint.open_with_tokenizer(resource("guide_model")))
    shown = blocks(document, kind)

    assert len(shown) == count
    for number, text in enumerate(shown):
        file = tmp_path / f"{number}.{kind}"
        file.write_text(text, encoding="utf-8")
        counts = prepare(Data((str(file),)), coding).counts
        assert counts.examples == counts.rows > 0
        assert counts.unlearnable == 0


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_command_of_several_lines_is_one(document: str) -> None:
    parser = commands_module._parser()
    whole = "".join(blocks(document, "sh")).replace("\\\n", " ").splitlines()
    shown = [line for line in whole if line.startswith("baichuan-desktop ")]

    assert len(shown) == 2  # those of the two published projects
    for line in shown:
        parser.parse_args(shlex.split(line)[1:])


def test_both_languages_show_the_same_commands_and_data_of_the_same_layouts() -> None:
    english, chinese = DOCUMENTS

    assert commands(english) == commands(chinese)
    assert blocks(english, "sh") == blocks(chinese, "sh")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_preset_is_named(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| `(baichuan|few)", line)]

    assert set(re.findall(r"`([\w-]+)`", "".join(row.split("|")[1] for row in rows))) == {
        preset.id for preset in PRESETS
    }
    [few] = [row for row in rows if "few-facts" in row]
    [preset] = [one for one in PRESETS if one.id == "few-facts"]
    how = preset.optimization
    numbers = (
        preset.lora.rank, preset.lora.alpha, how.learning_rate, how.epochs, how.batch_size
    )  # fmt: skip
    told = set(map(float, re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:e-\d+)?", few)))
    assert set(map(float, numbers)) <= told


def gib(config: ModelConfig, method: Method, batch: int, cards: int) -> str:
    """Of each card, with layers that are computed again."""
    how = Optimization(batch_size=batch, gradient_checkpointing=True)
    asked = TrainingRequest("m", Data(("d",)), Keeping("o"), method=method, optimization=how)
    shape = TrainingShape(config, asked, 512, on_card=True, compute_bytes=2)
    if cards > 1:
        shape = replace(shape, processes=cards, sharing=Sharing.ALL)
    return f"{needed(shape).total / GIB:.0f}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_memory_that_it_names_is_what_the_app_counts(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]*((?:\| \d+ ){4})\|$", text, flags=re.MULTILINE)
    shown = [row.strip("| ").split(" | ") for row in rows]

    counted = [
        [gib(config, method, batch, cards)
         for config in (BAICHUAN2_7B, BAICHUAN2_13B) for batch in (1, 16)]
        for method, cards in [
            (Method.FULL, 1), (Method.FULL, 8), (Method.LORA, 1), (Method.QLORA, 1)
        ]
    ]  # fmt: skip
    assert shown == counted
