"""What the command line does before any verb is at work."""

from __future__ import annotations

import pkgutil
import re

import pytest

from baichuan_desktop.cli import commands, verbs
from baichuan_desktop.cli.main import main


def test_every_module_of_a_verb_is_added() -> None:
    modules = {f"{verbs.__name__}.{module.name}" for module in pkgutil.iter_modules(verbs.__path__)}

    assert {module.__name__ for module in commands._VERBS} == modules


@pytest.mark.parametrize(
    ("command", "listed"),
    [
        (
            [],
            ["start", "chat", "complete", "quantize", "export-onnx", "bench", "quality", "doctor",
             "models"],
        ),
        (["models"], ["list", "show", "add", "remove", "convert", "fold-head"]),
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
