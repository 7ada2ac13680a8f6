"""What the command line does before any verb is at work."""

from __future__ import annotations

import argparse
import os
import pkgutil
import re
import subprocess
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest

from baichuan_desktop.cli import commands, verbs
from baichuan_desktop.cli.main import main
from baichuan_desktop.cli.verbs import library, models, own


def test_every_module_of_a_verb_is_added() -> None:
    found = (
        *pkgutil.iter_modules(verbs.__path__),
        *pkgutil.iter_modules(library.__path__),
        *pkgutil.iter_modules(own.__path__),
    )
    modules = {module.name for module in found if not module.ispkg} | {"finetune", "serve", "web"}

    added = {module.__name__.rpartition(".")[2] for module in (*commands._VERBS, *models._VERBS)}
    assert added == modules


@pytest.mark.parametrize("verb", ["serve", "web"])
def test_a_command_that_stays_for_long_keeps_nothing_of_others(verb: str) -> None:
    """And is asked for as if they were there."""
    code = (
        "import sys\nfrom baichuan_desktop.cli.main import main\n"
        "try: main(sys.argv[1:])\nfinally: print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, verb, "--help"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80"},
    )
    loaded = set(result.stderr.split())

    assert "baichuan_desktop.cli.verbs.serving.running" in loaded
    assert not loaded & {"baichuan_desktop.cli.verbs.chat", "baichuan_desktop.cli.commands"}
    assert not {name.partition(".")[0] for name in loaded} & {"torch", "PySide6"}
    (of_all,) = [
        action.choices[verb]
        for action in commands._parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    assert result.stdout.split() == of_all.format_help().split()


@pytest.mark.parametrize(
    ("command", "listed"),
    [
        (
            [],
            ["start", "chat", "complete", "serve", "web", "finetune", "quantize", "merge-adapter",
             "export-onnx", "bench", "quality", "doctor", "models", "policy", "conversations",
             "presets", "backup", "completion"],
        ),
        (
            ["models"],
            ["list", "show", "du", "find", "get", "import", "unfinished", "folders", "licence",
             "add", "rename", "remove", "verify", "override", "hashes", "convert", "fold-head"],
        ),
    ],
    ids=["top", "models"],
)  # fmt: skip
def test_commands_are_listed_from_using_a_model_to_keeping_one(
    command: list[str], listed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*command, "--help"])

    assert re.findall(r"^    ([a-z-]+)", capsys.readouterr().out, re.MULTILINE) == listed


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


SAYS_AFTER_ITS_READER_WENT = """
import errno, sys
from types import SimpleNamespace
from baichuan_desktop.cli import commands

def say(_):
    raise OSError(errno.EINVAL, "Invalid argument", *sys.argv[2:])

verb = SimpleNamespace(add_to=lambda verbs: verbs.add_parser("say").set_defaults(run=say))
commands._VERBS = (verb,)
sys.platform = sys.argv[1]
sys.exit(commands.run(["say"]))
"""


@pytest.mark.parametrize(
    ("system", "names", "code"),
    [("win32", [], 0), ("linux", [], 1), ("win32", ["a?b.txt"], 1)],
)
def test_a_reader_that_has_seen_enough_is_no_error_on_windows_either(
    system: str, names: list[str], code: int
) -> None:
    result = subprocess.run(
        [sys.executable, "-c", SAYS_AFTER_ITS_READER_WENT, system, *names],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == code, result.stderr
    assert ("Invalid argument" in result.stderr) is bool(code)
    assert "Exception ignored" not in result.stderr


@pytest.mark.parametrize("options", [[], ["-u"]], ids=["buffered", "unbuffered"])
def test_a_reader_that_has_seen_enough_is_no_error(options: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    code = (
        "import sys; from baichuan_desktop.cli.main import main; sys.exit(main(['models', 'list']))"
    )

    with os.fdopen(writing, "wb") as stream:
        result = subprocess.run(
            [sys.executable, *options, "-c", code],
            cwd=Path(__file__).parents[2],
            stdout=stream,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert result.returncode == 0, result.stderr
    assert result.stderr == b""


_OF_SERVERS = "baichuan_desktop.cli.program.server_commands"


def test_ctrl_c_while_a_command_is_imported_prints_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which takes as long as a person needs to see that it was the wrong one."""

    class Interrupting(MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            if name == _OF_SERVERS:
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, _OF_SERVERS, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])

    assert main(["serve", "--no-such-option"]) == 130
    assert capsys.readouterr() == ("", "")
