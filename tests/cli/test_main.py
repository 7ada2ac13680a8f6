"""What the command line does before any verb is at work."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from backends.engine.engine import Engine
from backends.events import Finished, FinishReason, PromptReady, TextDelta
from backends.machine import hardware, processor
from baichuan_desktop.cli import chat
from baichuan_desktop.cli.main import main
from baichuan_desktop.services import doctor
from baichuan_desktop.services.app_paths import app_paths
from tests.helpers import goldens
from tests.ui.harness import READY, finished

FINISHED = Finished(FinishReason.STOP, 139, 0, 2, 141, 0.1, 0.1, 0.1)


def test_the_window_without_a_display_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)

    assert main([]) == 1

    refusal = capsys.readouterr().err.splitlines()
    assert refusal == [
        "baichuan-desktop: There is no display for the window.",
        "“baichuan-desktop chat” chats in the terminal.",
    ]


def test_a_piped_chat_in_which_a_message_was_not_answered_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["chat", "--device", "cpu", "--max-new-tokens", "2", "--greedy"]
    monkeypatch.setattr("sys.stdin", io.StringIO("Hello\n" + "a long question " * 400 + "\n"))

    assert main(command) == 1

    captured = capsys.readouterr()
    assert "this model reads 512 tokens" in captured.err
    assert captured.out.strip()  # the first message was answered

    monkeypatch.setattr("sys.stdin", io.StringIO("Hello\n"))
    assert main(command) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--precision", "fp16"], "fp16 does not run on this machine."),
        (["--device", "cuda"], "This machine has no NVIDIA card that can be used."),
    ],
)
def test_what_only_a_card_has_is_refused_by_its_name(
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(hardware, "_gpus", lambda: ())

    assert main(["complete", "baichuan-guide", "--prompt", "x", *arguments]) == 1

    assert capsys.readouterr().err.splitlines()[0] == f"baichuan-desktop: {sentence}"


@pytest.mark.parametrize(
    "command",
    [
        ["models", "add", ""],
        ["export-onnx", "baichuan-guide", "--out", ""],
        ["quality", "baichuan-guide", "--text", ""],
        ["complete", "baichuan-guide", "--prompt-file", ""],
    ],
    ids=lambda command: command[0],
)
def test_an_empty_path_is_not_the_folder_that_one_is_in(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(command)

    assert "the path is empty" in capsys.readouterr().err


def test_a_released_model_is_shown_though_it_is_not_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "show", "baichuan2-7b-chat"]) == 0

    assert "Baichuan2-7B-Chat" in capsys.readouterr().out


def base_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    shutil.copytree(goldens.folder("b2-13b", "safetensors"), folder)
    (folder / "generation_config.json").unlink()
    return folder


def test_a_base_model_is_chatted_with_if_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command = ["chat", str(base_folder(tmp_path)), "--device", "cpu", "--precision", "fp32"]
    monkeypatch.setattr("sys.stdin", io.StringIO("你好\n"))

    assert main(command) == 1

    refused = capsys.readouterr()
    assert "it continues text and does not chat" in refused.err
    assert "baichuan-desktop chat MODEL --as-chat" in refused.err

    assert main([*command, "--as-chat", "--max-new-tokens", "8"]) == 0

    assert capsys.readouterr().out.strip()


def test_a_conversation_that_is_kept_in_place_of_new_tokens_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(goldens.folder("b2-7b", "safetensors"))
    events = [PromptReady(139, 0, 0, 117), TextDelta("好"), FINISHED]
    monkeypatch.setattr(Engine, "chat", lambda *_: iter(events))
    monkeypatch.setattr("sys.stdin", io.StringIO("你好\n"))

    assert main(["chat", folder, "--device", "cpu", "--precision", "fp32"]) == 0

    assert capsys.readouterr().err == (
        "[--max-new-tokens is over half of the context: older messages were kept, which left room "
        "for 117 tokens]\n"
    )


# --- errors that nobody foresaw ----------------------------------------------------------


def failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a verb fail in a way of its own."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(doctor, "report", fail)


def test_an_unknown_error_is_one_sentence_and_its_details_are_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(RuntimeError("mkldnn_reorder: bf16 path needs\nmore \x1b[31m"), monkeypatch)

    assert main(["doctor"]) == 1

    captured = capsys.readouterr()
    log_file = app_paths().terminal_log
    assert captured.out == ""
    assert captured.err.splitlines() == [
        (
            "baichuan-desktop: The command met an error it does not know (RuntimeError: "
            "mkldnn_reorder: bf16 path needs\ufffdmore \ufffd[31m)."
        ),
        f"“{log_file}” has the details, and --debug shows them; please report them.",
    ]
    details = log_file.read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in details
    assert "in fail" in details
    assert "more \ufffd[31m" in details, "it is read in terminals"


@pytest.mark.parametrize(
    "error", [ValueError(), KeyError("x"), MemoryError(), RecursionError("deep"), OSError(5, "I/O")]
)
def test_every_kind_of_error_is_told(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(error, monkeypatch)

    assert main(["doctor", "--json"]) == 1

    shown = capsys.readouterr().err
    assert type(error).__name__ in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "arguments", [["--debug", "doctor"], ["doctor", "--debug"], ["doctor", "--json", "--debug"]]
)
def test_debug_shows_where_an_error_comes_from(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(RuntimeError("odd \x1b[31m"), monkeypatch)

    assert main(arguments) == 1

    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown
    assert "in fail" in shown
    assert "\x1b" not in shown
    assert "baichuan-desktop: The command met an error" in shown


@pytest.mark.parametrize(
    "arguments",
    [["--debug", "models", "show"], ["models", "--debug", "show"], ["models", "show", "--debug"]],
)
def test_debug_may_stand_before_and_after_each_verb(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An error that is known has its sentence, and with --debug its traceback too."""
    assert main([*arguments, "nowhere"]) == 1

    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert shown.splitlines()[-2].startswith("baichuan-desktop: There is no model “nowhere”")


def test_an_error_is_told_where_no_log_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BAICHUAN_DESKTOP_HOME", str(tmp_path / "file"))
    failing(RuntimeError("odd"), monkeypatch)

    assert main(["doctor"]) == 1

    assert capsys.readouterr().err.splitlines() == [
        "baichuan-desktop: The command met an error it does not know (RuntimeError: odd).",
        "The command with --debug shows the details; please report them.",
    ]


def test_a_log_of_errors_that_became_long_is_begun_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log_file = app_paths().terminal_log
    log_file.parent.mkdir(parents=True)
    log_file.write_text("x" * (2**20 + 1))
    failing(RuntimeError("odd"), monkeypatch)

    main(["doctor"])
    main(["doctor"])

    assert log_file.read_text(encoding="utf-8").count("RuntimeError: odd\n") == 2
    assert log_file.with_suffix(".previous.log").stat().st_size == 2**20 + 1


def test_a_precision_that_this_processor_lacks_is_refused_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(processor, "_found", lambda: {"sse2", "sse4_1"})
    monkeypatch.setattr(hardware, "_gpus", lambda: ())

    assert main(["complete", "baichuan-guide", "--prompt", "x", "--precision", "bf16"]) == 1

    first, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("baichuan-desktop: bf16 needs AVX2, which ")
    assert rest == ["Choose the precision “auto”."]


def test_stats_tell_how_many_threads_compute_now() -> None:
    ended = finished()

    assert "bf16, 2 threads. bf16 fits" in chat._stats(ended, READY)
    fewer = chat._stats(replace(ended, threads=1), READY)
    assert "bf16, 1 of 2 threads: other programs keep the processor busy." in fewer
    assert "bf16, 1 thread." in chat._stats(ended, replace(READY, threads=1))
