"""Lists of hashes as `sha256sum` writes and reads them, and in BSD's style."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from backends.errors import SumsError, system_reason
from backends.files.plain_file import read_plain
from backends.phrases import Phrase
from baichuan_desktop.services.library.integrity.values import Manifest

_MOST_BYTES: Final = 16_000_000
_MOST_LINES: Final = 100_000

_GNU: Final = re.compile(r"(\\?)([0-9A-Fa-f]{64}) [ *](.+)", re.DOTALL)
_BSD: Final = re.compile(r"(\\?)SHA256 \((.+)\) = ([0-9A-Fa-f]{64})", re.DOTALL)
_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_ESCAPED: Final = {escape: char for char, escape in _ESCAPES.items()}


def write_sums(manifest: Manifest) -> str:
    """The SHA-256 of each file in the format of `sha256sum`; names as `os.fsdecode` gives them.

    A file whose hash is not known is left out.
    """
    lines = []
    for name, record in sorted(manifest.files.items()):
        if record.sha256 is not None:
            escaped = "".join(_ESCAPES.get(char, char) for char in name)
            mark = "\\" if escaped != name else ""
            if name == "-":  # which stands for the standard input
                escaped = "./-"
            lines.append(f"{mark}{record.sha256}  {escaped}\n")
    return "".join(lines)


def read_sums(file: Path) -> Mapping[str, str]:
    """The SHA-256 in lower-case hex by name; both styles, with what Windows' programs add.

    Raises SumsError, also where one name has two hashes.
    """
    try:
        data = read_plain(file, _MOST_BYTES)
    except FileNotFoundError as error:
        raise SumsError(file, "is not there") from error
    except (OSError, ValueError) as error:
        reason = Phrase("cannot be read ({reason})", reason=system_reason(error))
        raise SumsError(file, reason) from error
    try:
        return parse_sums(data)
    except _LineError as error:
        raise SumsError(file, error.what) from error


class _LineError(ValueError):
    def __init__(self, what: str | Phrase) -> None:
        super().__init__(str(what))
        self.what = what


def parse_sums(data: bytes) -> Mapping[str, str]:
    """What `read_sums` gives of a file's content. Raises ValueError."""
    found: dict[str, str] = {}
    lines = _text(data).split("\n")
    if len(lines) > _MOST_LINES:
        raise _LineError("is implausibly long")
    for number, raw in enumerate(lines, 1):
        line = raw.removesuffix("\r")
        if not line.strip() or line.startswith("#"):
            continue
        if gnu := _GNU.fullmatch(line):
            mark, digest, name = gnu.groups()
        elif bsd := _BSD.fullmatch(line):
            mark, name, digest = bsd.groups()
        else:
            raise _LineError(Phrase("holds no SHA-256 and name in line {number}", number=number))
        if mark:
            name = re.sub(r"\\[\\nr]", lambda escape: _ESCAPED[escape[0]], name)
        digest = digest.lower()
        if found.setdefault(name, digest) != digest:
            raise _LineError(Phrase("names “{name}” twice, with two hashes", name=name[:100]))
    if not found:
        raise _LineError("holds no hashes")
    return found


def _text(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as Windows' shells write
        return data.decode("utf-16", "replace")
    return os.fsdecode(data.removeprefix(codecs.BOM_UTF8))
