"""The process that colours code and draws formulas: a line of JSON in, a line of JSON out.

It ends with the pipe it reads from. What takes longer than its time ends it too: whoever started it
sees that, shows the text as it is, and starts another one for the next job. The watch is Python's
own thread in C, which needs no lock that a regular expression holds.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from baichuan_desktop.services import own_process
from baichuan_desktop.services.typesetting.formulas import CannotDrawError, drawing
from baichuan_desktop.services.typesetting.highlighting import highlighted

OPTION: Final = "--typesetter"
PART: Final = 500  #: lines of code that one answer colours

#: The first job of each kind imports its library too.
_SECONDS = {"code": 20.0, "formula": 20.0}


def command() -> list[str]:
    """The command line that starts this process."""
    return own_process.command(__name__, OPTION)


def main() -> None:
    """Answer until the pipe ends."""
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere  # what a library prints is no answer
        for line in jobs:
            job = json.loads(line)
            faulthandler.dump_traceback_later(_SECONDS[job["kind"]], exit=True, file=nowhere)
            for answer in answered(job):
                if not _write(answers, {"id": job["id"], **answer}):
                    return
            faulthandler.cancel_dump_traceback_later()


def answered(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is answered to a job: in parts, of which the last one is marked."""
    match job["kind"]:
        case "code":
            name, lines = highlighted(job["language"], job["code"])
            for part in range(0, len(lines), PART):
                yield {"name": name, "lines": lines[part : part + PART], "last": False}
            yield {"name": name, "lines": [], "last": True}
        case _:
            try:
                yield {**drawing(job["source"], displayed=job["displayed"]), "last": True}
            except CannotDrawError:
                yield {"last": True}


def _write(stream: IO[bytes], answer: dict[str, Any]) -> bool:
    try:
        stream.write(json.dumps(answer).encode("ascii") + b"\n")
        stream.flush()
    except OSError:  # nobody reads any more
        return False
    return True


if __name__ == "__main__":
    main()
