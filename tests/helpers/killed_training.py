"""Fine-tunes a golden model again and again, killed before its n-th deed, and has each go on.

    python -P -m tests.helpers.killed_training FOLDER METHOD [COUNT]

A deed is an operation on a file, or something that is told: a step, or a tensor that was written.
Without COUNT, one training runs to its end. Otherwise so many are killed by SIGKILL, at deeds that
are spread over the whole of a training, and each goes on in a process of its own. Prints a line of
JSON a training: the deed, what a reader found when it was dead, and the losses of all its steps.
Each runs in a fork of this process, which has imported torch and transformers once.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import traceback
from pathlib import Path

import torch

from backends.errors import NothingToResumeError
from backends.training.commands import Commands
from backends.training.events import TrainingEvent
from backends.training.keeping.checkpoints import read_checkpoint
from backends.training.keeping.output import checkpoint_folder, kept_steps
from backends.training.keeping.record import read_curve
from backends.training.running import run
from backends.training.values import Cadence, Lora, Method, TrainingRequest
from tests.helpers.trainings import asked, kept, some_rows

_OPERATIONS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}
_RAN = 0
_NOTHING_THERE = 7


def request(folder: Path, method: Method) -> TrainingRequest:
    """Ten steps in two epochs, with dropout and accumulation; a checkpoint every third step."""
    wanted = asked(
        folder, "b2-7b", some_rows(20), method=method, epochs=2.0, batch_size=2, accumulation=2
    )
    wanted = dataclasses.replace(wanted, lora=Lora(rank=2, alpha=8.0, dropout=0.2))
    return kept(wanted, save=Cadence.STEPS, save_steps=3)


def train(wanted: TrainingRequest, point: int) -> int:
    """Train, and be killed before the deed `point`; the number of deeds."""
    count = 0
    folder = str(Path(wanted.keeping.output).parent)

    def did() -> None:
        nonlocal count
        count += 1
        if count == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in _OPERATIONS and str(arguments[0]).startswith(folder):
            did()

    def tell(_: TrainingEvent) -> None:
        did()

    sys.addaudithook(hook)
    run(wanted, tell, Commands())
    return count


def in_a_fork(wanted: TrainingRequest, point: int, report: Path) -> int:
    """The exit code of a process that trains; it reports the number of its deeds."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    # After a fork, torch makes its pool of threads anew for whoever asks first. If two threads do
    # at once, one of them gets none; and transformers loads a model with several.
    torch.set_num_threads(1)
    code = 1
    try:
        report.write_text(str(train(wanted, point)))
        code = _RAN
    except NothingToResumeError:
        code = _NOTHING_THERE
    except BaseException:  # noqa: BLE001  the process ends here, and its parent shows it
        report.with_name("raised").write_text(traceback.format_exc())
    finally:
        os._exit(code)


def killed_and_gone_on(folder: Path, method: Method, point: int) -> dict[str, object]:
    """What a training that was killed before a deed left, and comes to when it goes on."""
    folder.mkdir(parents=True)
    wanted, report = request(folder, method), folder / "deeds"
    output = Path(wanted.keeping.output)
    code = in_a_fork(wanted, point, report)
    whole = [read_checkpoint(checkpoint_folder(output, step)).step for step in kept_steps(output)]
    if code == -signal.SIGKILL:
        code = in_a_fork(dataclasses.replace(wanted, resume=True), 0, report)
        if code == _NOTHING_THERE and not (output / "training.json").exists():
            code = in_a_fork(wanted, 0, report)
    is_there, raised = (output / "training.json").exists(), folder / "raised"
    return {
        "point": point,
        "code": code,
        "whole": whole,
        "deeds": int(report.read_text()) if report.exists() else None,
        "losses": [one.loss for one in read_curve(output).steps] if is_there else None,
        "raised": raised.read_text() if raised.exists() else "",
        "left": sorted(file.name for file in output.iterdir()) if output.exists() else [],
    }


def main() -> None:
    """Do what the command line says."""
    folder, method = Path(sys.argv[1]), Method(sys.argv[2])
    first = killed_and_gone_on(folder / "undisturbed", method, 0)
    print(json.dumps(first), flush=True)
    if len(sys.argv) > 3:
        deeds, count = first["deeds"], int(sys.argv[3])
        assert isinstance(deeds, int)
        for number in range(count):
            point = 1 + number * (deeds - 1) // (count - 1)
            print(json.dumps(killed_and_gone_on(folder / str(point), method, point)), flush=True)


if __name__ == "__main__":
    main()
