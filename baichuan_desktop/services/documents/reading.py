"""A file as a document: read in a process of its own, which may crash, hang or be ended."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from subprocess import Popen
from typing import Any

from backends.errors import (
    DocumentKindError,
    DocumentReaderError,
    DocumentTimeError,
    DocumentUnreadableError,
    system_reason,
)
from backends.files.plain_file import require_plain
from backends.operating_system import end_of, start_child
from backends.phrases import Phrase
from backends.printable import one_line
from backends.process_end import End
from backends.protocol.wire_phrases import error_from_wire, phrase_from_wire
from baichuan_desktop.services import own_process
from baichuan_desktop.services.documents import process
from baichuan_desktop.services.documents.contents import Contents, ReadDocument
from baichuan_desktop.services.documents.kinds import Kind
from baichuan_desktop.services.documents.limits import LIMITS, Limits
from baichuan_desktop.services.documents.values import Mark, Unit

#: How often it is seen whether the reading shall be ended.
_POLL_SECONDS = 0.02

_ENDS = {
    End.KILLED: "the system ended it, as it does when memory runs out",
    End.NO_MEMORY: "the system gave it no more memory",
    End.CRASH: "a library crashed in it",
    End.STACK_OVERFLOW: "it needed more stack than there is",
    End.ABORT: "a library aborted it",
}

#: Is told how many pages or the like are done, and of how many.
Progress = Callable[[int, int], None]


def read_document(
    path: Path,
    *,
    encoding: str | None = None,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
    limits: Limits = LIMITS,
) -> ReadDocument | None:
    """The text of a file; None once `cancel` is set. May be called from any thread, and waits.

    `encoding` is one of `encodings.ENCODINGS` that a person chose for a file of text. Raises
    DocumentError.
    """
    name = process.shown_name(path)
    _require_file(path, name)
    job = {"path": os.fspath(path.absolute()), "encoding": encoding, "limits": asdict(limits)}
    end = time.monotonic() + limits.seconds
    with open(os.devnull, "wb") as log:  # noqa: PTH123  a device
        try:
            child = start_child(process.command(), log, {**os.environ, **own_process.variables()})
        except OSError as error:
            reason = Phrase("{text}", text=system_reason(error))
            raise DocumentReaderError(name, reason) from error
    answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    receiving = threading.Thread(
        target=_receive, args=(child, job, answers), daemon=True, name="document"
    )
    receiving.start()
    text: list[str] = []
    try:
        while cancel is None or not cancel.is_set():
            if time.monotonic() >= end:
                raise DocumentTimeError(name, limits.seconds)
            try:
                answer = answers.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if answer is None:
                raise DocumentReaderError(name, _reason(child.wait()))
            if "error" in answer:
                raise error_from_wire(answer["error"])
            if "document" in answer:
                return document_of(answer["document"], "".join(text))
            if "text" in answer:
                text.append(answer["text"])
            elif progress is not None:
                progress(answer["done"], answer["of"])
        return None
    finally:
        child.kill()
        child.wait()
        receiving.join()  # its pipe has ended
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was written to it has no reader any more
                    pipe.close()


def read_text(text: str, name: str) -> ReadDocument:
    """A text that was pasted, as a document. Raises DocumentError where it is too long."""
    data = text.encode("utf-8", "replace")
    contents = Contents(one_line(name), LIMITS)
    contents.add(text)
    return ReadDocument(
        contents.name, Kind.PASTED, len(data), hashlib.sha256(data).hexdigest(), contents.text
    )


def _require_file(path: Path, name: str) -> None:
    """Say soon what is no file, without a process."""
    try:
        if path.is_dir():
            raise DocumentKindError(
                name, "it is a folder", hint="Choose the files in it that the question is about."
            )
        require_plain(path)
        os.stat(path)  # noqa: PTH116  as the reader will
    except (OSError, ValueError) as error:
        raise DocumentUnreadableError(name, system_reason(error)) from error


def _receive(
    child: Popen[bytes],
    job: Mapping[str, object],
    answers: queue.SimpleQueue[dict[str, Any] | None],
) -> None:
    """Ask the process, and hand on what it writes, as it comes; None at its end."""
    assert child.stdin is not None
    assert child.stdout is not None
    with contextlib.suppress(OSError, ValueError):  # it has ended, in the middle of a line
        child.stdin.write(json.dumps(job).encode("ascii") + b"\n")
        child.stdin.flush()
        for line in child.stdout:
            answers.put(json.loads(line))
    answers.put(None)


def _reason(code: int) -> Phrase:
    found = end_of(code)
    if found in _ENDS:
        return Phrase(_ENDS[found])
    return Phrase("its exit code is {code}", code=str(code))


def document_of(fields: dict[str, Any], text: str) -> ReadDocument:
    """The document of which the process has told this, and its text."""
    marks = tuple(
        Mark(one["start"], Unit(one["unit"]), one["number"], one["name"]) for one in fields["marks"]
    )
    notes = tuple(map(phrase_from_wire, fields["notes"]))
    return ReadDocument(**{**fields, "text": text, "marks": marks, "notes": notes})
