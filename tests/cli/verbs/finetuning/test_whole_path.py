"""`finetune` as a person types it, with the process that really trains."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.cli.verbs.finetuning.drawing import draw_loss
from tests.helpers import goldens

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

ROOT = Path(__file__).parents[4]
PROGRAM = [
    sys.executable, "-c", "import sys; from baichuan_desktop.cli.main import main; sys.exit(main())"
]  # fmt: skip


def line_in(folder: Path) -> list[str]:
    """A command line for a copy of a golden model, with data in that folder."""
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder / "seven")
    rows = [{"instruction": "add", "input": f"{n} 1", "output": str(n + 1)} for n in range(8)]
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return ["finetune", "--model", str(folder / "seven"), "--data", str(folder / "data.jsonl"),
            "--output", str(folder / "out"), "--model_max_length", "16", "--device", "cpu",
            "--learning_rate", "1e-2", "--logging_steps", "1"]  # fmt: skip


def test_a_command_trains_an_adapter_that_answers_and_is_drawn(
    tmp_path: Path, app: QApplication, capsys: pytest.CaptureFixture[str]
) -> None:
    line = line_in(tmp_path)
    assert main(["models", "add", str(tmp_path / "seven")]) == 0

    more = [
        "--dev_ratio",
        "0.25",
        "--num_train_epochs",
        "0.7",
        "--per_device_train_batch_size",
        "3",
    ]
    assert main([*line, *more]) == 0

    out = capsys.readouterr().out
    losses = [one.split()[2] for one in out.splitlines() if one.split()[:1] in (["1"], ["2"])]
    assert float(losses[0]) > float(losses[1]) > 0
    assert "loss of evaluation" in out
    assert "6 examples, 2 held back" in out
    assert "batches of 3, 0.7 epochs, 2 steps in all" in out
    assert " %), 2 steps, on cpu" in out
    ask = ["--prompt", "add", "--max-new-tokens", "4", "--greedy"]
    assert main(["complete", "seven", "--adapter", "out", *ask]) == 0
    drawn = draw_loss(tmp_path / "out")
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert drawn.stat().st_mode == (tmp_path / "out" / "training.json").stat().st_mode
    del app


@pytest.mark.slow  # two trainings, in processes of their own
def test_an_interrupt_at_a_terminal_keeps_a_checkpoint_and_the_told_command_goes_on(
    tmp_path: Path,
) -> None:
    """The training's process is in the group that the terminal interrupts, and outlives it."""
    line = [*line_in(tmp_path), "--max_steps", "400", "--per_device_train_batch_size", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*PROGRAM, *line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment, process_group=0,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        for told in running.stdout:
            if told.split()[:1] == ["3"]:
                os.killpg(running.pid, signal.SIGINT)
                break
        _, err = running.communicate()

    assert running.returncode == 130, err
    words = shlex.split(err.splitlines()[-1])
    assert words == ["baichuan-desktop", *line, "--resume"]
    resumed = subprocess.run(
        [*PROGRAM, *words[1:]], env=environment, capture_output=True, text=True, check=False
    )
    assert resumed.returncode == 0, resumed.stderr
    kept = int(err.rpartition("The checkpoint of step ")[2].partition(" ")[0])
    assert f"goes on from the checkpoint of step {kept}" in resumed.stdout
    steps = [one.split()[0] for one in resumed.stdout.splitlines() if "e-0" in one]
    assert steps == [str(step) for step in range(kept + 1, 401)]
