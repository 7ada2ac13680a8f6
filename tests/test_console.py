"""Whatever a name, a path or an answer holds, a terminal gets text and nothing that steers it."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, TextIO

import pytest

from backends.errors import UserFacingError
from backends.events import EngineEvent, Finished, FinishReason, PromptReady, TextDelta
from backends.generation.sampling import SamplingParams
from baichuan_desktop.cli import tables
from baichuan_desktop.cli.main import main
from baichuan_desktop.cli.progress import progress
from baichuan_desktop.cli.session import TerminalSession
from baichuan_desktop.cli.verbs import complete, window
from baichuan_desktop.console import exact, guarded, guarded_output, unguarded
from baichuan_desktop.services.app_paths import app_paths
from tests.helpers import goldens
from tests.helpers.fakes import FakeEngine

ROOT = Path(__file__).parents[1]
CHECKPOINT = goldens.ROOT / "checkpoints" / "b2-7b" / "safetensors"
#: What may not reach a terminal from outside: C0 without line feed, DEL, C1, and what turns text.
STEERING = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
HOSTILE = (
    "a\x1b[31mred", "b\x1b]0;title\x07", "c\x9b2J", "d\x7f\x08\x08", "e\u202egnp.exe", "f\u2066g",
    "g\rh", "h\x1bPq\x1b\\", "i\u2028j", "k\x0el", "m\x85n", "o\u200fp",
)  # fmt: skip


class Tty(io.StringIO):
    """A terminal, which keeps what it was sent."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def shown(text: str) -> str:
    stream = io.StringIO()
    guarded(stream).write(text)
    return stream.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_control_reaches_a_guarded_stream(text: str) -> None:
    assert not STEERING.search(shown(text))
    assert shown(text)[0] == text[0]


def test_an_escape_sequence_becomes_text_that_can_be_read() -> None:
    assert shown("a\x1b[31mb\x9b") == "a\ufffd[31mb\ufffd"


@pytest.mark.parametrize(
    "text",
    ["a\n\tb", "百川，。！", "👩\u200d💻", "e\u0301", "می\u200cخواهم", "x\u3000y\xa0z", "❤\ufe0f"],
)
def test_text_of_every_script_stays_as_it_is(text: str) -> None:
    assert shown(text) == text


def test_lines_from_windows_end_as_lines_do_and_nothing_is_overwritten() -> None:
    assert shown("one\r\ntwo\rthree") == "one\ntwothree"


def test_an_escape_sequence_in_two_parts_is_none_either() -> None:
    stream = io.StringIO()
    for part in ("a\x1b", "[31", "mb"):
        guarded(stream).write(part)

    assert stream.getvalue() == "a\ufffd[31mb"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk"])
def test_what_a_terminal_has_no_letters_for_is_escaped(encoding: str) -> None:
    data = io.BytesIO()
    stream = io.TextIOWrapper(data, encoding=encoding)
    guarded(stream).write("模型 😀 \ud800 \x9b")
    stream.flush()

    assert b"\\U0001f600" in data.getvalue()
    assert b"\x9b" not in data.getvalue()


def test_a_stream_is_guarded_once_and_can_be_had_as_it_was() -> None:
    stream = io.StringIO()

    assert unguarded(guarded(guarded(stream))) is stream
    assert unguarded(stream) is stream
    assert guarded(stream).isatty() is False


def test_errors_and_logs_are_guarded_as_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with guarded_output():
        print("\x1b[31m")  # noqa: T201  as a command does
        handler = logging.StreamHandler()
        handler.emit(logging.makeLogRecord({"msg": "\x1b[32m"}))

    assert out.getvalue() == "\ufffd[31m\n"
    assert err.getvalue() == "\ufffd[32m\n"
    assert sys.stdout is out


def test_without_a_console_nothing_is_guarded_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with guarded_output():
        print("nobody reads this")  # noqa: T201  as a command does


# --- answers -----------------------------------------------------------------------------


class _Measurements:
    def answered(self, *_: object) -> None:
        pass


def session(*texts: str) -> Any:
    end = Finished(FinishReason.STOP, 1, 0, 1, 2, 0.1, 0.1, 0.1)
    events: list[EngineEvent] = [PromptReady(1, 0, 0), *map(TextDelta, texts), end]
    return TerminalSession(
        FakeEngine(lambda *_: iter(events)),
        None,  # type: ignore[arg-type]  # nobody asks for it
        SamplingParams(),
        _Measurements(),  # type: ignore[arg-type]  # what is used of them
        None,
        None,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
    )


def completed(monkeypatch: pytest.MonkeyPatch, stream: TextIO, *texts: str, prompt: str) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    with guarded_output():
        complete.complete(session(*texts), prompt, echo=True)


def test_a_completion_and_its_echo_cannot_steer_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tty = Tty()

    completed(monkeypatch, tty, "x\x1b", "]0;title\x07", "\u202e", prompt="p\x1b[2J")

    assert tty.getvalue() == "p\ufffd[2Jx\ufffd]0;title\ufffd\ufffd\n"


def test_a_completion_that_goes_to_a_file_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()

    completed(monkeypatch, file, "x\x1b[31m", "\r\n", prompt="p\t")

    assert file.getvalue() == "p\tx\x1b[31m\r\n\n"


def test_an_exact_stream_escapes_only_what_it_cannot_hold() -> None:
    data = io.BytesIO()
    stream = io.TextIOWrapper(data, encoding="utf-8")
    exact(guarded(stream)).write("\x1b\udcff")
    stream.flush()

    assert data.getvalue() == b"\x1b\\udcff"


def test_one_answer_where_nobody_can_type_cannot_steer_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tty = Tty()
    monkeypatch.setattr(sys, "stdout", tty)
    with guarded_output():
        window.ask_once(session(*HOSTILE), "q")

    assert not STEERING.search(tty.getvalue())


def test_progress_takes_its_line_and_a_name_in_it_takes_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tty = Tty()
    monkeypatch.setattr(sys, "stderr", tty)
    with guarded_output():
        progress("Loading x\x1b[2J\ny: 3 %")

    assert tty.getvalue() == "\r\x1b[KLoading x\ufffd[2J\ufffdy: 3 %"


# --- tables and JSON ---------------------------------------------------------------------


def test_a_name_with_line_breaks_is_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_table([{"id": "a\nfake", "name": "x\ty"}], ("id", "name"))

    assert capsys.readouterr().out == "id      name\na\ufffdfake  x\ufffdy\n"


def test_columns_are_as_wide_as_a_terminal_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_table([{"a": "百川", "b": 1}, {"a": "e\u0301\u200dx", "b": 2}], ("a", "b"))

    assert capsys.readouterr().out == "a     b\n百川  1\ne\u0301\u200dx    2\n"


@pytest.mark.parametrize("text", [*HOSTILE, "\ud800", "\U0001f600", "a\n\t\\b"])
def test_json_holds_no_controls_and_means_the_same(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tables.print_json({text: [text]})

    printed = capsys.readouterr().out
    assert not STEERING.search(printed)
    assert json.loads(printed) == {text: [text]}


def test_json_for_a_terminal_without_hanzi_is_still_json(monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO()
    stream = io.TextIOWrapper(data, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    with guarded_output():
        tables.print_json(["模型", "😀", "\x7f"])
    stream.flush()

    assert json.loads(data.getvalue()) == ["模型", "😀", "\x7f"]


# --- the commands ------------------------------------------------------------------------


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    code = "import sys; from baichuan_desktop.cli.main import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )


@pytest.fixture
def hostile_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ev\x1b[31mil\x1b]0;t\x07\x7f\n\u202ex"
    shutil.copytree(CHECKPOINT, folder)
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="no such name is possible there")
def test_a_folder_with_controls_in_its_name_is_added_listed_shown_and_removed(
    hostile_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "ev-31mil-0-t-x"
    for command in (
        ["models", "add", str(hostile_folder)],
        ["models", "list"],
        ["models", "show", name],
        ["models", "list", "--json"],
        ["doctor"],
        ["doctor", "--json"],
        ["models", "remove", name],
    ):
        assert main(command) == 0
        captured = capsys.readouterr()
        assert not STEERING.search(captured.out + captured.err), command
    assert main(["models", "show", name]) == 1
    assert not STEERING.search(capsys.readouterr().err)


@pytest.mark.skipif(sys.platform == "win32", reason="names of files are text there")
def test_arguments_that_are_no_text_are_refused_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "bad\udcff\x1b[31m"
    shutil.copytree(CHECKPOINT, folder)

    for arguments in (["models", "add"], ["models", "show"], ["complete", "--prompt", "x"]):
        result = run(*arguments, str(folder))
        assert result.returncode == 1
        assert b"Traceback" not in result.stderr
        assert b"\x1b" not in result.stderr
        assert b"its path is not UTF-8" in result.stderr


def test_what_argparse_says_is_guarded(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "\x1b[31m\x9b"])

    assert not STEERING.search(capsys.readouterr().err)


REGISTRY = r"""schema_version: 1
installed:
- {id: nul, path: "/a\0b", family: baichuan2-7b, kind: chat, context_length: 512}
- {id: esc, path: "/a\e[31mb\u202e\x9b", name: "n\a\nfake", family: baichuan2-7b, kind: chat,
   context_length: 512}
- {id: half, path: "/a\ud800b", family: baichuan2-7b, kind: chat, context_length: 512}
- {id: half-name, path: /a, name: "\udc80", family: baichuan2-7b, kind: chat, context_length: 512}
"""


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_registry_with_paths_that_are_none_costs_those_rows(encoding: str) -> None:
    app_paths().config.mkdir(parents=True)
    app_paths().user_registry.write_text(REGISTRY, encoding="utf-8")

    result = run("models", "list", PYTHONIOENCODING=encoding)

    assert result.returncode == 1
    assert b"Traceback" not in result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        b"id", b"baichuan-guide", b"esc"
    ]  # fmt: skip
    for wrong in (b"'nul'", b"'half'", b"'half-name'"):
        assert wrong in result.stderr
    assert not STEERING.search(result.stdout.decode() + result.stderr.decode())


def test_the_other_commands_say_it_and_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    app_paths().config.mkdir(parents=True)
    app_paths().user_registry.write_text(REGISTRY, encoding="utf-8")

    assert main(["models", "show", "esc"]) == 0
    assert "(of 'nul')" in capsys.readouterr().err
    assert main(["doctor"]) == 0
    assert "(of 'nul')" in capsys.readouterr().out
    assert main(["models", "list", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_nothing_is_converted_that_could_not_be_listed_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app_paths().config.mkdir(parents=True)
    app_paths().user_registry.write_text(REGISTRY, encoding="utf-8")
    out = tmp_path / "copies" / "copy"

    for verb in (["models", "convert"], ["quantize", "--precision", "4bit"], ["export-onnx"]):
        assert main([*verb, "baichuan-guide", "--out", str(out)]) == 1
        assert "(of 'nul')" in capsys.readouterr().err
    assert main(["models", "add", str(CHECKPOINT)]) == 1
    assert not out.parent.exists()
    assert app_paths().user_registry.read_text(encoding="utf-8") == REGISTRY


def test_an_error_with_controls_in_its_facts_is_one_line() -> None:
    error = UserFacingError("“{name}” is wrong.", name="a\x1b[31m\nb\u202e")

    assert error.message == "“a\ufffd[31m\ufffdb\ufffd” is wrong."
