"""Reads a person's text files: UTF-8, strictly, and no more of them than is needed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.errors import QualityError, system_reason
from backends.files.small_files import is_folder
from backends.measuring.shares import shares
from backends.operating_system import long_path
from backends.phrases import Phrase
from backends.printable import one_line

_SUFFIXES = (".txt", ".md")


@dataclass(frozen=True, slots=True)
class Texts:
    """Some texts, and what they are called together."""

    name: str
    texts: tuple[str, ...]


def read_texts(path: Path, max_chars: int) -> Texts:
    """A text file, or the .txt and .md files of a folder; `max_chars` of all of them together.

    Raises QualityError if there is no such file, or one that is no text.
    """
    with contextlib.suppress(RuntimeError):  # “~nobody” is a name like any other
        path = path.expanduser()
    path = path.absolute()
    name = one_line(path.name)  # it is kept with what is measured, and may be bytes
    try:
        if not is_folder(path):
            return Texts(name, (_read(path, max_chars),))
        names = [name for name in long_path(path).iterdir() if name.suffix.lower() in _SUFFIXES]
        files = sorted(file for file in names if long_path(file).is_file())
    except OSError as error:
        raise _unreadable(path, error) from error
    if not files:
        raise QualityError(
            "“{folder}” holds no text file (.txt or .md).",
            hint="Choose a text file in UTF-8, or a folder that holds some.",
            folder=path.name,
        )
    return Texts(name, tuple(_read_all(files, max_chars)))


def _read_all(files: Sequence[Path], max_chars: int) -> list[str]:
    """The beginnings of files, as `shares` says; no more than twice of it is held meanwhile."""
    texts: list[str] = []
    held = 0
    for number, file in enumerate(files, 1):
        texts.append(_read(file, max_chars))
        held += len(texts[-1])
        if held > (max_chars if number == len(files) else 2 * max_chars):
            lengths = shares(list(map(len, texts)), max_chars)
            texts = [text[:length] for text, length in zip(texts, lengths, strict=True)]
            held = sum(lengths)
    return texts


def _read(file: Path, max_chars: int) -> str:
    try:
        with long_path(file).open(encoding="utf-8-sig") as stream:
            text = stream.read(max_chars)
    except OSError as error:
        raise _unreadable(file, error) from error
    except UnicodeDecodeError as error:
        raise QualityError(
            "“{file}” is not a text in UTF-8.",
            hint="Save it as UTF-8 (in an editor: “Save as”, then the encoding), or choose another "
            "file.",
            file=file.name,
        ) from error
    if not text.strip():
        raise QualityError(
            "“{file}” is empty.", hint="Choose a text of a few pages.", file=file.name
        )
    return text


def _unreadable(path: Path, error: OSError) -> QualityError:
    if isinstance(error, FileNotFoundError):
        return QualityError(
            "There is no file or folder “{path}”.", hint="Check the path.", path=str(path)
        )
    return QualityError(
        "“{path}” cannot be read: {reason}.",
        hint="Choose a file that you may read.",
        path=str(path),
        reason=Phrase("{text}", text=system_reason(error)),
    )
