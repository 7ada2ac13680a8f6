"""The key that other programs show: a secret in a file that nobody else may read."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from backends.errors import KeyFileError, system_reason
from backends.files.plain_file import read_plain
from backends.phrases import Phrase
from baichuan_desktop.services.atomic_file import changing, replace_text

_BYTES = 32  # that nobody guesses
_MOST_BYTES = 200  # of the file
#: As it is made here; a person may write one of their own.
_FORM = re.compile(rb"[\x21-\x7e]{20,128}")


class ServerKey:
    """The key in a file; made when it is first asked for. Used from any thread.

    The file is read each time: another process may have made a new one.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def text(self) -> str:
        """The key. Raises KeyFileError."""
        try:
            return self._read().decode("ascii")
        except FileNotFoundError:
            return self._made(is_new=False)
        except OSError as error:
            raise KeyFileError(self.file, system_reason(error)) from error

    def renew(self) -> str:
        """Another key; the one before is void at once. Raises KeyFileError."""
        return self._made(is_new=True)

    def matches(self, shown: bytes) -> bool:
        """Whether it is the key; takes as long for every wrong one. False where there is none."""
        try:
            key = self._read()
        except (OSError, KeyFileError):
            return False
        return hmac.compare_digest(key, shown)

    def _read(self) -> bytes:
        """Raises OSError, KeyFileError."""
        if not _is_ours_alone(self.file.lstat()):
            raise KeyFileError(
                self.file, Phrase("it is a link, another account's, or others may read it")
            )
        key = read_plain(self.file, _MOST_BYTES).strip()
        if _FORM.fullmatch(key) is None:
            raise KeyFileError(
                self.file, Phrase("it should hold 20 to 128 letters and digits, and nothing else")
            )
        return key

    def _made(self, *, is_new: bool) -> str:
        """A new key, unless another process has just made one and that one will do."""
        try:
            with changing(self.file):
                if not is_new and self.file.exists():
                    return self._read().decode("ascii")
                key = secrets.token_urlsafe(_BYTES)
                if self.file.is_symlink():
                    raise KeyFileError(self.file, Phrase("it is a link"))
                replace_text(self.file, key + "\n")
                return key
        except OSError as error:
            raise KeyFileError(self.file, system_reason(error)) from error


def _is_ours_alone(found: os.stat_result) -> bool:
    """Whether it is a file, no link, that nobody else may open."""
    if not stat.S_ISREG(found.st_mode):
        return False
    if not hasattr(os, "geteuid"):  # Windows closes a person's own folders to others
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077
