"""The file that answers are added to: what it has already is not asked for again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from backends.errors import AnswersFileError, NotAnswersError, system_reason
from backends.files.plain_file import go_on, open_plain
from backends.files.small_files import json_value
from baichuan_desktop.services.batches.requests import RequestId, is_id
from baichuan_desktop.services.plain_json import parse_object

_BEGINNING = b'{"id": '  # of each answer
_MOST_BYTES = 64 * 2**20  # of a line


class AnswersFile:
    """Answers, one a line, in the order in which they came. Close it.

    A last line that a crash or a full drive cut off is taken away when the file is opened: its
    request is answered again.
    """

    def __init__(self, file: Path) -> None:
        """Raises NotAnswersError for a file that holds something else: it stays as it is.

        Raises AnswersFileError where it cannot be read or written.
        """
        self._file = file
        self.answered: set[RequestId] = set()
        self.wrong_lines: set[int] = set()  #: of requests without an id
        try:
            whole_bytes, needs_end = self._read()
            self._stream = go_on(file)
            if whole_bytes is not None:
                self._stream.truncate(whole_bytes)
            if needs_end:
                self._stream.write(b"\n")
                self._stream.flush()
        except (OSError, ValueError) as error:
            raise AnswersFileError(file, system_reason(error)) from error

    def _read(self) -> tuple[int | None, bool]:
        """How many bytes of the file are whole lines, and whether the last one has no end."""
        try:
            stream = open_plain(self._file)
        except FileNotFoundError:
            return None, False
        with stream:
            return self._read_lines(stream)

    def _read_lines(self, stream: BinaryIO) -> tuple[int, bool]:
        number = whole_bytes = 0
        while line := stream.readline(_MOST_BYTES + 1):
            number += 1
            is_known = self._know(line)
            if not line.endswith(b"\n"):
                is_last = not stream.read(1)
                if is_known:
                    return whole_bytes + len(line), True
                if is_last and _is_torn(line):
                    return whole_bytes, False
            if not is_known and line.strip():
                raise NotAnswersError(self._file, number)
            whole_bytes += len(line)
        return whole_bytes, False

    def _know(self, line: bytes) -> bool:
        """Remember whose answer a line is; False where it is none."""
        try:
            content = parse_object(line)
        except ValueError:
            return False
        if "text" not in content and "error" not in content:
            return False
        found, number = content.get("id"), content.get("line")
        if is_id(found):
            self.answered.add(found)
            return True
        if found is None and isinstance(number, int):
            self.wrong_lines.add(number)
            return True
        return False

    def write(self, answer: Mapping[str, Any]) -> None:
        """Add an answer. Raises AnswersFileError; then the file ends with a whole line or less."""
        try:
            self._stream.write(as_line(answer).encode("utf-8", "replace"))
            self._stream.flush()
        except OSError as error:
            raise AnswersFileError(self._file, system_reason(error)) from error

    def __enter__(self) -> AnswersFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Have the system write what it holds back."""
        try:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
        except OSError as failed:
            if error is None:
                raise AnswersFileError(self._file, system_reason(failed)) from failed


def _is_torn(line: bytes) -> bool:
    """Whether a line without an end may be the beginning of an answer, and of nothing else."""
    begins = line.startswith(_BEGINNING) or _BEGINNING.startswith(line)
    if not begins:
        return not line.strip()
    try:
        json_value(line, int)
    except ValueError:
        return True
    return False


def as_line(answer: Mapping[str, Any]) -> str:
    """An answer as a line of such a file, with its end."""
    return json.dumps(answer, ensure_ascii=False) + "\n"
