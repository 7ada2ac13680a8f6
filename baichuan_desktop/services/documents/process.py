"""The process that reads one document: a line of JSON in, lines of JSON out.

A parser of a stranger's file may run for ever, take all memory or crash: it ends this process then,
and nothing else. It opens the one file that it is asked for, writes none, and ends with the pipe
that it reads from.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

from backends.errors import (
    DamagedDocumentError,
    DocumentTooLargeError,
    DocumentUnreadableError,
    DocumentWithoutTextError,
    UserFacingError,
    system_reason,
)
from backends.files.plain_file import open_plain
from backends.operating_system import die_with_parent
from backends.phrases import Phrase
from backends.printable import one_line
from backends.protocol.wire_phrases import error_to_wire, phrase_to_wire
from baichuan_desktop.services import own_process
from baichuan_desktop.services.documents.limits import Limits

OPTION: Final = "--document-reader"
_MEGABYTE = 1_000_000
_PIECE = 100_000  # characters of text in a line


def command() -> list[str]:
    """The command line that starts this process."""
    return own_process.command(__name__, OPTION)


def main() -> None:
    """Read one document, and end."""
    die_with_parent()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    job = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_pipe, daemon=True).start()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere  # what a library prints is no answer
        limits = Limits(**job["limits"])
        _limit_own_work(limits.memory_bytes)
        _write(answers, answered(job, limits, answers))
    os._exit(0)  # nothing of a library's own shall run at its end


def _limit_own_work(memory_bytes: int) -> None:
    """Have the system refuse this process more addresses, and writing to files, where it does."""
    try:
        resource: Any = importlib.import_module("resource")  # whose types are those of POSIX alone
    except ImportError:  # Windows has no such limits
        return
    wanted = {resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0, resource.RLIMIT_AS: memory_bytes}
    for number, most in wanted.items():
        hard = resource.getrlimit(number)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(number, (least, least))


def _end_with_pipe() -> None:
    """Whoever asked has gone, or wants no answer any more."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


def answered(job: dict[str, Any], limits: Limits, answers: IO[bytes]) -> dict[str, object]:
    """What is answered to a job at its end: a document or an error."""
    path = Path(job["path"])
    name = shown_name(path)

    try:
        return {"document": _document(path, name, job["encoding"], limits, answers)}
    except UserFacingError as error:
        return {"error": error_to_wire(error)}
    except MemoryError:
        what = Phrase(
            "reading it takes more than {count} MB of memory",
            count=limits.memory_bytes // _MEGABYTE,
        )
        return {"error": error_to_wire(DocumentTooLargeError(name, what))}
    except RecursionError:
        return {"error": error_to_wire(DamagedDocumentError(name, "it is nested too deeply"))}
    except Exception as error:  # noqa: BLE001  whatever a library raises over a stranger's file
        text = one_line((str(error) or type(error).__name__)[:200])
        what = Phrase("it is not what its format wants ({text})", text=text)
        return {"error": error_to_wire(DamagedDocumentError(name, what))}


def shown_name(path: Path) -> str:
    """A file's name without its folder and without what cannot be shown."""
    return one_line(path.name) or "?"


def _document(
    path: Path, name: str, encoding: str | None, limits: Limits, answers: IO[bytes]
) -> dict[str, object]:
    """What is told of a document at the end; its text goes ahead of that in pieces."""
    # Only here: no process but the one that reads has anything of the parsers in it.
    from baichuan_desktop.services.documents.formats.opening import read
    from baichuan_desktop.services.documents.formats.source import Source

    def progress(done: int, total: int) -> None:
        _write(answers, {"done": done, "of": total})

    data = _bytes_of(path, name, limits)
    digest = hashlib.sha256(data).hexdigest()
    kind, contents = read(Source(name, data, limits, encoding, progress))
    text = contents.text
    if not text:
        raise DocumentWithoutTextError(name)
    # Whoever asked shows a window, which each line that is parsed holds up.
    for place in range(0, len(text), _PIECE):
        _write(answers, {"text": text[place : place + _PIECE]})
    return {
        "name": name,
        "kind": kind.value,
        "size": len(data),
        "sha256": digest,
        "marks": [asdict(mark) for mark in contents.marks_in_text()],
        "encoding": contents.encoding,
        "notes": [phrase_to_wire(note) for note in contents.notes],
    }


def _bytes_of(path: Path, name: str, limits: Limits) -> bytes:
    try:
        with open_plain(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            data = b"" if size > limits.file_bytes else stream.read(limits.file_bytes + 1)
    except (OSError, ValueError) as error:
        raise DocumentUnreadableError(name, system_reason(error)) from error
    size = max(size, len(data))
    if size > limits.file_bytes:
        what = Phrase(
            "it has {size} MB, and at most {most} MB are read",
            size=-(-size // _MEGABYTE),
            most=limits.file_bytes // _MEGABYTE,
        )
        raise DocumentTooLargeError(name, what)
    return data


def _write(stream: IO[bytes], answer: dict[str, object]) -> None:
    try:
        stream.write(json.dumps(answer).encode("ascii") + b"\n")
        stream.flush()
    except OSError:  # nobody reads any more
        os._exit(0)


if __name__ == "__main__":
    main()
