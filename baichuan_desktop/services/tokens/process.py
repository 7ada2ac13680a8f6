"""The process that counts tokens: a line of JSON and texts in, a line of JSON out.

    {"folder": "/models/Baichuan2-7B-Chat", "lengths": [6, 3]}    and nine bytes of UTF-8 after it
    {"counts": [2, 1]}

It counts while the engine answers, and keeps the tokenizer of the folder that it was asked for
last. It ends with the pipe it reads from; what takes longer than its time ends it too.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from backends.errors import UserFacingError
from backends.operating_system import die_with_parent
from baichuan_desktop.services import own_process
from baichuan_desktop.services.tokens.counting import FolderTokens

OPTION: Final = "--token-counter"

_SECONDS = 60.0  # to open a folder, which may lie on a drive that has to wake up
_BYTES_A_SECOND = 20_000  # of text, at the least


def command() -> list[str]:
    """The command line that starts this process."""
    return own_process.command(__name__, OPTION)


def asked(folder: Path, texts: Sequence[str]) -> bytes:
    """What the process is sent to count these texts."""
    data = [text.encode("utf-8", "surrogatepass") for text in texts]
    head = {"folder": str(folder), "lengths": [len(one) for one in data]}
    return b"".join([json.dumps(head).encode("ascii"), b"\n", *data])


def main() -> None:
    """Answer until the pipe ends."""
    die_with_parent()
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    opened: FolderTokens | None = None
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere  # what a library prints is no answer
        for line in questions:
            head = json.loads(line)
            seconds = _SECONDS + sum(head["lengths"]) / _BYTES_A_SECOND
            faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
            texts = _texts(questions, head["lengths"])
            folder = Path(head["folder"])
            try:
                if opened is None or opened.folder != folder:
                    opened = FolderTokens(folder)
            except UserFacingError as error:
                opened = None
                answer: dict[str, Any] = {"error": error.message}
            else:
                answer = {"counts": [opened.count(text) for text in texts]}
            faulthandler.cancel_dump_traceback_later()
            if not _write(answers, answer):
                return


def _texts(stream: IO[bytes], lengths: Sequence[int]) -> list[str]:
    return [stream.read(length).decode("utf-8", "surrogatepass") for length in lengths]


def _write(stream: IO[bytes], answer: dict[str, Any]) -> bool:
    try:
        stream.write(json.dumps(answer).encode("ascii") + b"\n")
        stream.flush()
    except OSError:  # nobody reads any more
        return False
    return True


if __name__ == "__main__":
    main()
