"""Of a log is kept when and where something was said, and never what."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from backends.errors import InsufficientMemoryError
from baichuan_desktop.app import _LOG_FORMAT
from baichuan_desktop.services.support_bundle.log_lines import telling_lines

ROOT = Path(__file__).parents[3]


def told(*lines: str) -> list[str]:
    return telling_lines("\n".join(lines)).splitlines()


@pytest.mark.parametrize(
    "line",
    [
        "夜雨寄北，谁写的？",
        "my secret question",
        "    answer(secret question)",
        "CANARY",
        "CanaryError: secret",
        "secret.CanaryError: x",
        "backends.errors.CanaryError: x",
        "Traceback (most recent call last): secret",
        "Fatal Python error: secret",
        "Extension modules: secret",
        "[Errno 28] secret",
        "Error",
        "None: secret",
        "print: secret",
        " ",
        "\x1b[31m",
        "  secret: File “x”",
    ],
)
def test_a_line_that_may_be_anybodys_text_is_counted_and_left_out(line: str) -> None:
    assert told(line, line) == ["[2 lines]"]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("2026-11-29 06:55:01,123 WARNING x /y secret [baichuan_desktop.services.settings:139]",
         "2026-11-29 06:55:01,123 WARNING [baichuan_desktop.services.settings:139]"),
        ("2026-11-29 06:55:01,123 ERROR baichuan_desktop.app secret",
         "2026-11-29 06:55:01,123 ERROR"),
        ("INFO InsufficientMemoryError: secret [backends.engine.server:144]",
         "INFO InsufficientMemoryError [backends.engine.server:144]"),
        ("WARNING [Errno 28] secret: 'x' [backends.files:1]",
         f"WARNING [Errno 28: {os.strerror(28)}] [backends.files:1]"),
        ("WARNING OSError: [Errno 28] secret: 'x' [backends.files:1]",
         f"WARNING OSError [Errno 28: {os.strerror(28)}] [backends.files:1]"),
        ("INFO x [backends.secret.canary:1]", "INFO"),
        ("INFO x [baichuan_desktop.canary:1]", "INFO"),
        ("INFO [backends.engine:7] secret", "INFO"),
        ("ERROR secret question", "ERROR"),
        ("INFO", "INFO"),
        ("2026-11-29T06:55:01+00:00 0.1.0 canary 4711", "2026-11-29T06:55:01+00:00 0.1.0 …"),
        (f"2026-11-29T06:55:01+00:00 0.1.0 {sys.platform} 4711",
         f"2026-11-29T06:55:01+00:00 0.1.0 {sys.platform}"),
        ("Current thread 0x00007f (most recent call first):", "Thread (most recent call first):"),
        ("Thread 0x00007f [secret] (most recent call first):", "Thread (most recent call first):"),
        ("ValueError: secret", "ValueError"),
        ("OSError: [Errno 13] secret: '/home/x'", f"OSError [Errno 13: {os.strerror(13)}]"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("torch.OutOfMemoryError: secret", "torch.OutOfMemoryError"),
        ("json.decoder.JSONDecodeError: secret", "json.decoder.JSONDecodeError"),
        ("ERROR torch.secret.LiLeiError: x [backends.engine:7]", "ERROR [backends.engine:7]"),
        ("backends.errors.running.InsufficientMemoryError: secret",
         "backends.errors.running.InsufficientMemoryError"),
        ('  File "/home/x/secret.py", line 3 in secret', "  File …, line 3"),
        ('  File "../../secret/backends/events.py", line 3, in x', "  File …, line 3"),
        ('  File "/opt/李雷/backends/events.py", line 307, in secret',
         "  File backends/events.py, line 307"),
        ('  File "C:\\Users\\x\\backends\\engine\\server.py", line 1, in x',
         "  File backends/engine/server.py, line 1"),
        ('  File "<string>", line 1, in <module>', "  File …, line 1"),
    ],
)  # fmt: skip
def test_of_a_known_form_is_kept_what_is_the_programs_own(line: str, kept: str) -> None:
    assert told(line) == [kept]


@pytest.mark.parametrize(
    "line",
    ["torch.LiLeiError: x", "json.LiLeiException", "PySide6.secret.Li_Lei_Warning",
     "transformers.LiLei.SecretError: x", "LiLeiError", "os.path.LiLeiError", "sys.path"],
)  # fmt: skip
def test_a_word_that_only_looks_like_an_error_of_a_library_is_left_out(line: str) -> None:
    assert told(line) == ["[1 line]"]


def _fail() -> None:
    try:
        int("secret question")
    except ValueError as error:
        raise InsufficientMemoryError(device="secret", needed_bytes=1, free_bytes=0) from error


def test_a_real_traceback_tells_its_places_and_classes() -> None:
    with pytest.raises(InsufficientMemoryError) as caught:
        _fail()
    log = "".join(traceback.format_exception(caught.value))

    lines = told(*log.splitlines())

    assert "ValueError" in lines
    assert "backends.errors.running.InsufficientMemoryError" in lines
    assert lines[0] == "Traceback (most recent call last):"
    assert not any("secret" in line for line in lines)


def test_what_the_engine_writes_is_told_by_module_and_line(tmp_path: Path) -> None:
    """The format that the log is written in and the one that is read here are the same."""
    code = (
        "import logging; from backends.engine import server\n"
        "server.serve = lambda *_: logging.getLogger('backends.engine.server').info('问题')\n"
        "server.main()"
    )
    with (tmp_path / "engine.log").open("wb") as log:
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.DEVNULL, stderr=log,
            check=True, env={**os.environ, "PYTHONUTF8": "1"},
        )  # fmt: skip

    written = (tmp_path / "engine.log").read_text(encoding="utf-8")
    assert "问题" in written
    assert told(written.rstrip("\n")) == ["INFO [backends.engine.server:2]"]


def test_what_the_window_writes_is_told_by_module_and_line() -> None:
    formatter = logging.Formatter(_LOG_FORMAT)
    record = logging.LogRecord(
        "baichuan_desktop.app", logging.WARNING, "x", 7, "问题", (), None
    )  # fmt: skip

    (line,) = told(formatter.format(record))

    assert line.endswith(" WARNING [baichuan_desktop.app:7]")
