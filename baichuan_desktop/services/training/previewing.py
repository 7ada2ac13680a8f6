"""Previews in a process of their own, so that a tokenizer and large data slow no window down.

    {"model": "/models/Baichuan2-7B-Chat", "data": {…}, "seed": 42, "count": 3}
    {"preview": {…}} or {"cause": {…}}

It answers one line with one line, and ends.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from backends.errors import UserFacingError
from backends.errors.training import PreviewEndedError
from backends.operating_system import die_with_parent, start_child
from backends.phrases import Phrase
from backends.protocol.typed_json import from_json, to_json
from backends.protocol.wire_phrases import error_from_wire, error_to_wire
from backends.training.values import Data
from baichuan_desktop.services import own_process

if TYPE_CHECKING:
    from baichuan_desktop.services.training.preview import DataPreview

OPTION: Final = "--training-preview"

_POLL_SECONDS: Final = 0.1


def preview_beside(
    model: Path, data: Data, *, seed: int, count: int = 3, cancel: threading.Event
) -> DataPreview | None:
    """What `preview` gives, computed in another process; None once `cancel` is set.

    Not for the window's thread, which it would keep waiting. Raises what `preview` raises, and
    PreviewEndedError.
    """
    asked = {"model": str(model), "data": to_json(data), "seed": seed, "count": count}
    environment = {**os.environ, **own_process.variables()}
    with Path(os.devnull).open("wb") as nowhere:
        try:
            child = start_child(own_process.command(__name__, OPTION), nowhere, environment)
        except OSError as error:
            reason = error.strerror or str(error)
            raise PreviewEndedError(
                Phrase("it cannot be started ({reason})", reason=reason)
            ) from error
    assert child.stdin is not None
    assert child.stdout is not None
    answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    speaks = (child.stdin, child.stdout, json.dumps(asked).encode("ascii"), answers)
    threading.Thread(target=_speak, args=speaks, name="training-preview", daemon=True).start()
    try:
        while not cancel.is_set():
            try:
                line = answers.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if not line.endswith(b"\n"):
                raise _end_of(child.wait())
            return _answer(json.loads(line))
        return None
    finally:
        child.kill()
        child.wait()


def _end_of(code: int) -> PreviewEndedError:
    from baichuan_desktop.services.engines.ends import ended

    reason = ended(code, "").facts["reason"]
    return PreviewEndedError(reason if isinstance(reason, Phrase) else Phrase(str(reason)))


def _answer(said: dict[str, Any]) -> DataPreview:
    if "cause" in said:
        raise error_from_wire(said["cause"])
    from baichuan_desktop.services.training.preview import DataPreview

    found: DataPreview = from_json(DataPreview, said["preview"])
    return found


def _speak(
    stdin: IO[bytes], stdout: IO[bytes], asked: bytes, answers: queue.SimpleQueue[bytes]
) -> None:
    """Ask, and put the answer's line into a queue; nothing where there is none."""
    line = b""
    try:
        with stdout, stdin:
            stdin.write(asked + b"\n")
            stdin.flush()
            line = stdout.readline()
    except OSError:  # it has ended
        pass
    answers.put(line)


def main() -> None:
    """Answer one question."""
    die_with_parent()
    # Every start of the program looks at this module; only this process needs what it reads with.
    from baichuan_desktop.services.training.preview import preview

    line = sys.stdin.buffer.readline()
    if not line:  # who wanted to ask has ended
        return
    asked = json.loads(line)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    # What asks may end meanwhile, and nobody else would end this on every system.
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        found = preview(
            Path(asked["model"]),
            from_json(Data, asked["data"]),
            seed=asked["seed"],
            count=asked["count"],
        )
        said: dict[str, object] = {"preview": to_json(found)}
    except UserFacingError as error:
        said = {"cause": error_to_wire(error)}
    try:
        answers.write(json.dumps(said).encode("ascii") + b"\n")
        answers.flush()
    except OSError:  # nobody listens any more
        os._exit(0)


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
