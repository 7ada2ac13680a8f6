"""Text that is given to a command: UTF-8, and refused in one way where it is none."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any, TextIO

from backends.errors import UserFacingError, system_reason
from backends.operating_system import long_path
from backends.phrases import Phrase

#: What standard input is called in errors.
STDIN = "standard input"
_MARK = "\ufeff"  # before the text of a file that some editors saved


class NotUtf8Error(UserFacingError):
    """Bytes that are no text in the encoding that everything here is in."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "“{file}” is not a text in UTF-8.",
            hint="Save it as UTF-8 (in an editor: “Save as”, then the encoding), or choose another "
            "file.",
            file=name,
        )


def require_text(text: str, name: str) -> str:
    """The text itself. Raises NotUtf8Error if it was made of bytes that are no UTF-8.

    Python passes such bytes of an argument, and in some locales of a terminal, as half surrogates.
    """
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise NotUtf8Error(name)
    return text


def read_file(file: Path) -> str:
    """A text file, without the mark that some editors begin it with. Raises UserFacingError."""
    try:
        content = long_path(file.expanduser()).read_bytes()
    except (OSError, RuntimeError, ValueError) as error:  # “~nobody”; a NUL in the path
        reason = str(error) if isinstance(error, RuntimeError) else system_reason(error)
        raise UserFacingError(
            "“{path}” cannot be read: {reason}.",
            hint="Choose a file that you may read.",
            path=str(file),
            reason=Phrase("{text}", text=reason),
        ) from error
    return _decoded(content, file.name).removeprefix(_MARK)


def read_stdin() -> str:
    """All of standard input. Raises NotUtf8Error."""
    buffer = getattr(sys.stdin, "buffer", None)
    text = sys.stdin.read() if buffer is None else _decoded(buffer.read(), STDIN)
    return text.removeprefix(_MARK)


def read_line(stream: TextIO) -> str | None:
    """The next line of what a program sends, without its end; None after the last one.

    Raises NotUtf8Error for this line; those before it were given.
    """
    buffer = getattr(stream, "buffer", None)
    line = stream.readline() if buffer is None else _decoded(buffer.readline(), STDIN)
    return line.rstrip("\r\n") if line else None


def typed_line(prompt: str) -> str:
    """A line that a person types. Raises NotUtf8Error, EOFError, KeyboardInterrupt."""
    try:
        return require_text(input(prompt), STDIN)
    except UnicodeDecodeError as error:
        raise NotUtf8Error(STDIN) from error


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUtf8Error(name) from error


def enable_line_editing() -> None:
    """History and cursor keys for `input`, where Python has them; Windows' console has its own."""
    with contextlib.suppress(ImportError):
        import readline

        editing: Any = readline  # for Windows mypy knows an empty module
        editing.set_history_length(1000)
