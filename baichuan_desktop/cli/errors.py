"""What a command prints when it fails: one sentence; where it comes from only if asked."""

from __future__ import annotations

import datetime
import os
import sys
import traceback
from pathlib import Path

from backends.errors import UserFacingError
from backends.files.plain_file import go_on
from backends.operating_system import rename
from backends.phrases import Phrase
from backends.precision import Precision, name_of
from backends.printable import printable
from baichuan_desktop import __version__
from baichuan_desktop.cli.tables import say

#: The log is begun anew beyond this size; one error takes a few KiB.
_MOST_BYTES = 2**20


def print_error(program: str, error: Exception, log_file: Path, *, debug: bool) -> None:
    """Say on stderr what went wrong, and with `debug` where.

    The details of an error that is not for the person, by its class, are kept in `log_file`.
    """
    if debug:
        for line in "".join(traceback.format_exception(error)).splitlines():
            # Names in files and folders stand in it, and a terminal obeys what is in them.
            print(Phrase("{line}", line=line), file=sys.stderr)
    shown = error if isinstance(error, UserFacingError) else _unknown(error, log_file)
    say(f"{program}: {shown.message}", sys.stderr)
    if shown.hint:
        say(str(shown.hint), sys.stderr)


def print_refusal(precision: Precision | None, error: UserFacingError) -> None:
    """Tell why one of several things could not be done; the others go on."""
    say(f"{name_of(precision)}: {error.message} {error.hint}".rstrip(), sys.stderr)


def _unknown(error: Exception, log_file: Path) -> UserFacingError:
    hint = "The command with --debug shows the details; please report them."
    if _is_kept(error, log_file):
        hint = str(
            Phrase(
                "“{file}” has the details, and --debug shows them; please report them.",
                file=str(log_file),
            )
        )
    return UserFacingError(
        "The command met an error it does not know ({name}: {text}).",
        hint=hint,
        name=type(error).__name__,
        text=f"{error!s:.200}",
    )


def _is_kept(error: Exception, log_file: Path) -> bool:
    """Write the details down, and whether that could be done."""
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    details = "".join(traceback.format_exception(error))
    text = f"{now} {__version__} {sys.platform} {os.getpid()}\n{details}\n"
    try:
        if log_file.exists() and log_file.stat().st_size > _MOST_BYTES:
            rename(log_file, log_file.with_suffix(".previous.log"))
        with go_on(log_file) as stream:
            stream.write(printable(text).encode())
    except (OSError, ValueError):  # a full or read-only drive; a NUL in the path
        return False
    return True
