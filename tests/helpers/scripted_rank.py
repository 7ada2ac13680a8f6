"""A process that shares a training and computes nothing: what it does stands in its request.

    python -m tests.helpers.scripted_rank       starts ranks as the process of a training does

Frames go out on stdout. It is the launcher where no launcher has started it, and otherwise a rank.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from backends.errors import TrainingSettingsError
from backends.phrases import Phrase
from backends.protocol.frames import Done
from backends.training.events import TrainingNote
from backends.training.several import launching
from backends.training.values import TrainingRequest
from backends.training.wire import read_training, write_training
from tests.helpers.patience import wait_until

COMMAND = [sys.executable, "-m", "tests.helpers.scripted_rank"]


def main() -> None:
    if launching.is_rank():
        _rank(launching.rank_request().model_name, int(os.environ["RANK"]))
        return
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with os.fdopen(os.dup(0), "rb", buffering=0) as source:
        request = read_training(source)
    assert isinstance(request, TrainingRequest)
    launching.run_ranks(request, COMMAND, sink)


def _rank(what: str, number: int) -> None:
    with os.fdopen(os.dup(1), "wb") as out:
        if number == 0:
            seen = ("WORLD_SIZE", "MASTER_PORT", "OMP_NUM_THREADS")
            told = " ".join(os.environ[name] for name in seen)
            write_training(out, TrainingNote(Phrase("{told}", told=told)))
            (launching.ranks_folder() / "told").touch()
        elif what in ("is killed", "fails"):
            wait_until((launching.ranks_folder() / "told").exists)
        match what, number:
            case "ends well", 0:
                write_training(out, Done())
            case "is killed", 1:
                os.kill(os.getpid(), signal.SIGKILL)
            case "is killed", 0:
                out.write(b"\0\0\1\0half a frame")
                out.flush()
                time.sleep(600)
            case "fails", 1:
                error = TrainingSettingsError(Phrase("It is rank {number}", number=number))
                launching.fail_rank(error)
            case "fails", 0:
                time.sleep(600)
            case "says nothing", _:
                pass


if __name__ == "__main__":
    main()
