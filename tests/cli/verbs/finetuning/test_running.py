"""A training in the terminal: what is printed, how it is interrupted, what becomes of it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.errors.training import TrainingDivergedError
from backends.phrases import Phrase
from backends.policy.site_policy import site_policy
from backends.training.events import (
    CheckpointKept,
    TrainingEvaluated,
    TrainingEvent,
    TrainingNote,
    TrainingReady,
)
from backends.training.values import Method, TrainingRequest
from baichuan_desktop.cli import commands
from baichuan_desktop.cli.licences import asking
from baichuan_desktop.cli.licences.asking import acceptances
from baichuan_desktop.cli.main import main
from baichuan_desktop.cli.verbs.finetuning import finetune, running
from baichuan_desktop.services.admission.admission import Admission
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.requirement import open_texts
from baichuan_desktop.services.training.runs import TrainingRuns
from baichuan_desktop.services.training.tuner import Tuner
from tests.cli.verbs.finetuning import scripted
from tests.cli.verbs.finetuning.scripted import ScriptedClient, interrupt, pausing
from tests.helpers import adapters, goldens
from tests.helpers.machines import machine
from tests.helpers.policies import write_policy
from tests.helpers.scripted_training import began, step

Captured = pytest.CaptureFixture[str]

HEAD = ["step", "epoch", "loss", "gradient", "norm", "learning", "rate", "tokens/s", "time", "left"]
ROWS = [{"instruction": "add", "input": "1 2", "output": "3"}] * 4


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> type[ScriptedClient]:
    """What runs in place of a process, on a machine of 56 GiB that is free."""

    class Client(ScriptedClient):
        script = staticmethod(scripted.whole)
        asked: list[TrainingRequest] = []  # noqa: RUF012  one for each test

    def tuner() -> Tuner:
        paths = app_paths()
        store = ModelStore(paths)
        admission = Admission(store, ManifestStore(paths.manifests), Acceptances(paths.licences))
        runs = TrainingRuns(paths.training_runs)
        return Tuner(store, admission, runs, Client(paths.training_log), detect=machine)

    monkeypatch.setattr(finetune, "own_tuner", tuner)
    return Client


@pytest.fixture
def line(tmp_path: Path) -> list[str]:
    """A command line, whose model is listed as “seven”."""
    model = tmp_path / "models" / "seven"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), model)
    assert main(["models", "add", str(model)]) == 0
    data = tmp_path / "data.json"
    data.write_text(json.dumps(ROWS))
    return ["finetune", "--model", "seven", "--data", str(data), "--output",
            str(tmp_path / "out"), "--model_max_length", "16"]  # fmt: skip


@pytest.mark.usefixtures("client")
def test_piped_it_prints_plain_lines_and_what_comes_next(
    line: list[str], tmp_path: Path, capsys: Captured
) -> None:
    capsys.readouterr()
    assert main([*line, "--logging_steps", "2", "--preset", "baichuan2-lora"]) == 0

    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    lines = out.splitlines()
    assert lines[0].startswith("Fine-tuning seven (")
    assert lines[0].endswith("): LoRA, rank 1, alpha 32, dropout 0.1, on W_pack")
    assert lines[1].startswith("  data: 4 examples, ")
    assert any(one.startswith("  memory: ") for one in lines)
    assert f"  result: {tmp_path / 'out'}" in lines
    at = lines.index("1,000 of 100,000 parameters are trained (1 %), 4 steps, on cpu in fp32.")
    assert [one.split() for one in lines[at + 1 : at + 4]] == [
        HEAD,
        # the mean of steps 1 and 2, then of 3 and 4; 200 tokens in 0.02 seconds
        ["2", "0.50", "3.5000", "1.0000", "1.00e-03", "10,000", *lines[at + 2].split()[6:]],
        ["4", "1.00", "1.5000", "1.0000", "1.00e-03", "10,000"],
    ]
    assert lines[at + 4].startswith("out: 1 MiB at ")
    assert lines[at + 5] == "Chat with it: baichuan-desktop chat seven --adapter out"


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(("targets", "merges"), [("W_pack", True), ("all,lm_head", False)])
def test_a_merge_is_named_only_where_it_is_done(
    line: list[str], capsys: Captured, targets: str, *, merges: bool
) -> None:
    capsys.readouterr()
    assert main([*line, "--lora_target", targets]) == 0

    assert ("merge-adapter seven out" in capsys.readouterr().out) is merges


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("is_there", [True, False])
def test_a_training_goes_on_where_nobody_reads_its_lines(
    line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", closed if is_there else None)
        assert main(line) == 0

    assert (tmp_path / "out" / "adapter_config.json").exists()


@pytest.mark.usefixtures("client")
def test_the_result_is_listed_and_the_commands_that_are_told_are_some(
    line: list[str], capsys: Captured
) -> None:
    assert main([*line, "--name", "my adapter", "--lora_target", "W_pack"]) == 0

    told = [one for one in capsys.readouterr().out.splitlines() if "baichuan-desktop " in one]
    assert len(told) == 2
    for one in told:
        words = shlex.split(one[one.index("baichuan-desktop ") :])[1:]
        commands._parser().parse_args(words)
    assert main(["models", "show", "out", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"]["en"], shown["adapter_for"]) == ("my adapter", "seven")


@pytest.mark.usefixtures("client")
def test_a_program_gets_one_object_and_nothing_else(
    line: list[str], tmp_path: Path, capsys: Captured
) -> None:
    capsys.readouterr()
    assert main([*line, "--json"]) == 0

    out, err = capsys.readouterr()
    found = json.loads(out)
    assert (found["path"], found["is_adapter"], found["steps"], found["base"]) == (
        str(tmp_path / "out"), True, 4, "seven",
    )  # fmt: skip
    assert found["listed"]["id"] == "out"
    assert "gradient norm" in err


def test_what_happens_between_steps_is_told_where_it_happens(
    line: list[str], client: type[ScriptedClient], capsys: Captured
) -> None:
    def script(request: TrainingRequest, _pause: threading.Event) -> Iterator[TrainingEvent]:
        yield TrainingNote(Phrase("Something is left out."))
        yield began()
        yield step(1)
        yield TrainingEvaluated(1, 1.25)
        yield CheckpointKept(1, "/o/checkpoint-1")
        yield from map(step, (2, 3, 4))
        shutil.copytree(adapters.folder("b2-7b", "w_pack_r1"), request.keeping.output)
        yield TrainingReady(request.keeping.output, True, 4_000, 4, 1.0, 1)

    client.script = staticmethod(script)
    assert main([*line, "--logging_steps", "1"]) == 0

    out, err = capsys.readouterr()
    lines = [one.strip() for one in out.splitlines()]
    at = next(place for place, one in enumerate(lines) if one.split()[:2] == ["1", "0.25"])
    assert lines[at + 1 : at + 3] == [
        "1  loss of evaluation 1.2500",
        "1  a checkpoint is kept: /o/checkpoint-1",
    ]
    assert "These are the weights of step 1, which evaluated best." in lines
    assert "Note: Something is left out." in err


# --- Ctrl+C ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "resume"),
    [(signal.SIGINT, ["--resume=False"]), (signal.SIGTERM, ["--resume", "False"])],
)
def test_an_interrupt_keeps_a_checkpoint_and_tells_the_command_that_goes_on(
    kind: signal.Signals,
    resume: list[str],
    line: list[str],
    client: type[ScriptedClient],
    capsys: Captured,
) -> None:
    client.script = staticmethod(pausing(kind))
    before = signal.getsignal(kind)

    assert main([*line, *resume]) == 130

    err = capsys.readouterr().err
    assert "A checkpoint is kept after this step" in err
    assert "The checkpoint of step 2 is kept. It goes on with:" in err
    told = err.splitlines()[-1].strip()
    assert shlex.split(told) == ["baichuan-desktop", *line, "--resume"]
    assert commands._parser().parse_args(shlex.split(told)[1:]).resume is True
    assert client.ended == 1
    assert signal.getsignal(kind) is before


def test_a_second_interrupt_ends_it_at_once(
    line: list[str], client: type[ScriptedClient], capsys: Captured
) -> None:
    def script(request: TrainingRequest, _pause: threading.Event) -> Iterator[TrainingEvent]:
        yield began()
        yield step(1)
        yield CheckpointKept(1, str(Path(request.keeping.output) / "checkpoint-1"))
        interrupt()
        interrupt()
        raise AssertionError("it went on")

    client.script = staticmethod(script)
    assert main(line) == 130

    assert "The checkpoint of step 1 is kept" in capsys.readouterr().err
    assert client.ended == 1


def test_before_the_first_step_there_is_nothing_to_keep(
    line: list[str], client: type[ScriptedClient], capsys: Captured
) -> None:
    def script(_request: TrainingRequest, _pause: threading.Event) -> Iterator[TrainingEvent]:
        interrupt()
        yield began()

    client.script = staticmethod(script)
    assert main(line) == 130

    assert "goes on with" not in capsys.readouterr().err
    assert client.ended == 1


# --- what can go wrong -----------------------------------------------------------------------


def test_an_error_is_a_sentence_and_tells_how_it_goes_on(
    line: list[str], client: type[ScriptedClient], capsys: Captured
) -> None:
    def script(request: TrainingRequest, _pause: threading.Event) -> Iterator[TrainingEvent]:
        yield began()
        yield CheckpointKept(1, str(Path(request.keeping.output) / "checkpoint-1"))
        raise TrainingDivergedError(2)

    client.script = staticmethod(script)
    assert main(line) == 1

    err = capsys.readouterr().err
    assert "The checkpoint of step 1 is kept" in err
    assert "The loss of step 2 is not a number" in err


def test_without_a_checkpoint_nothing_is_promised(
    line: list[str], client: type[ScriptedClient], capsys: Captured
) -> None:
    def script(_request: TrainingRequest, _pause: threading.Event) -> Iterator[TrainingEvent]:
        yield began()
        raise TrainingDivergedError(1)

    client.script = staticmethod(script)
    assert main(line) == 1

    assert "No checkpoint was kept before it ended" in capsys.readouterr().err


@pytest.mark.usefixtures("client")
def test_a_result_that_cannot_be_listed_is_a_result(
    line: list[str], tmp_path: Path, capsys: Captured
) -> None:
    write_policy(tmp_path, "import: false\n")

    assert main(line) == 0

    out, err = capsys.readouterr()
    assert "It is not in the list of models." in err
    assert f"chat seven --adapter {tmp_path / 'out'}" in out


def test_where_fine_tuning_is_turned_off_nothing_begins(
    line: list[str], client: type[ScriptedClient], tmp_path: Path, capsys: Captured
) -> None:
    write_policy(tmp_path, "fine_tuning: false\n")

    assert main(line) == 1

    assert client.asked == []
    assert "policy" in capsys.readouterr().err


def test_a_licence_is_asked_for_before_anything_is_trained(
    line: list[str],
    client: type[ScriptedClient],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    write_policy(tmp_path, "licence_text: Be kind.\n")
    assert main(line) == 1
    assert client.asked == []
    assert "licence" in capsys.readouterr().err

    def accept(store: ModelStore, model: InstalledModel) -> bool:
        kept = acceptances()
        asking.accept(open_texts(store, model, site_policy(), kept), model, kept)
        return True

    monkeypatch.setattr(finetune, "is_accepted_now", accept)
    assert main(line) == 0


def test_a_contradiction_is_told_before_anything_is_read(
    line: list[str], client: type[ScriptedClient], capsys: Captured
) -> None:
    assert main([*line, "--finetuning_type", "full", "--qlora"]) == 1

    assert client.asked == []
    assert "--finetuning_type full and --qlora contradict each other" in capsys.readouterr().err


@pytest.mark.usefixtures("client")
def test_the_loss_is_drawn_into_the_result_and_a_picture_that_cannot_be_costs_nothing(
    line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def draw(folder: Path) -> Path:
        raise ImportError(f"libEGL.so.1 is not here, for {folder.name}")

    monkeypatch.setattr(running, "draw_loss", draw)
    assert main([*line, "--plot_loss"]) == 0
    out, err = capsys.readouterr()
    assert "the loss curve was not drawn (libEGL.so.1 is not here, for out)" in err
    assert "The loss curve:" not in out

    monkeypatch.setattr(running, "draw_loss", lambda folder: folder / "loss.png")
    others = [word.replace(str(tmp_path / "out"), str(tmp_path / "other")) for word in line]
    assert main([*others, "--plot_loss"]) == 0
    assert f"The loss curve: {tmp_path / 'other' / 'loss.png'}" in capsys.readouterr().out


def test_notes_of_flags_come_before_all_else_and_the_request_is_that_of_the_flags(
    line: list[str], client: type[ScriptedClient], capsys: Captured
) -> None:
    assert main([*line, "--overwrite_cache", "--finetuning_type", "lora", "--lora-rank=3"]) == 0

    assert "Note: --overwrite_cache has no effect" in capsys.readouterr().err
    [request] = client.asked
    assert (request.method, request.lora.rank, request.data.max_length) == (Method.LORA, 3, 16)
    assert Path(request.model).name == "seven"


# --- trying ----------------------------------------------------------------------------------


def test_a_dry_run_shows_tokens_and_memory_and_writes_nothing(
    line: list[str], client: type[ScriptedClient], tmp_path: Path, capsys: Captured
) -> None:
    capsys.readouterr()
    assert main([*line, "--dry-run"]) == 0

    out = capsys.readouterr().out
    assert client.asked == []
    assert not (tmp_path / "out").exists()
    assert "Example 1 (data.json, line 1): " in out
    kinds = [one.split()[0] for one in out.splitlines() if one.startswith(("  read ", "  learnt"))]
    assert kinds[:2] == ["read", "learnt"]
    rows = [one.split("  ")[0] for one in out.splitlines()]
    assert {"The weights", "The gradients", "State of AdamW", "free now"} <= set(rows)


@pytest.mark.usefixtures("client")
def test_what_cannot_fit_is_refused_after_its_arithmetic_was_shown(
    line: list[str], tmp_path: Path, capsys: Captured
) -> None:
    huge = [*line, "--per_device_train_batch_size", "100000000"]

    assert main([*huge, "--dry-run"]) == 1
    out, err = capsys.readouterr()
    assert "What layers keep for the way back" in out
    assert "Fine-tuning so needs about" in err

    assert main(huge) == 1
    assert "Fine-tuning so needs about" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("client")
def test_a_dry_run_for_a_program_is_one_object(line: list[str], capsys: Captured) -> None:
    capsys.readouterr()
    assert main([*line, "--dry-run", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert (found["base"], found["fits"], found["examples"]) == ("seven", "fits", 4)
    assert found["trained_tokens"] > 0
    assert sum(found["memory"].values()) == found["needed_bytes"]


def test_the_folder_of_something_else_is_left_as_it_is(
    line: list[str], client: type[ScriptedClient], tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")

    assert main([*line, "--dry-run"]) == 1
    assert main(line) == 1

    assert client.asked == []
    assert "thesis.txt" in capsys.readouterr().err
