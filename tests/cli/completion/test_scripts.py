"""What a shell proposes: asked of the shells themselves, as far as they are on this machine."""

from __future__ import annotations

import argparse
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from baichuan_desktop.cli import commands
from baichuan_desktop.cli.completion import ids
from baichuan_desktop.cli.completion.tree import Command, Takes, command_tree, option_words
from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore

ROOT = Path(__file__).parents[3]
SCRIPTS = ("bash", "zsh", "fish")
#: Those that can be asked here; bash is on every Linux.
SHELLS = [shell for shell in SCRIPTS if shutil.which(shell)]

#: Asks a shell what it proposes behind words, of which the last may be begun only.
ASK = {
    "bash": """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_baichuan_desktop
printf '%s\\n' "${COMPREPLY[@]}"
""",
    # The functions of zsh's own that a script hands its proposals to print them here.
    "zsh": """
compdef() { : }
_describe() { printf '%s\\n' "${(@P)2}" | cut -d: -f1 | grep -e "^${words[CURRENT]}" }
compadd() {
    local -a given
    if [[ $1 == -a ]]; then given=("${(@P)2}"); else given=("$@"); fi
    printf '%s\\n' $given | grep -e "^${words[CURRENT]}"
}
_files() { printf 'files%s\\n' "$*" }
source "$1"; shift
words=("$@"); CURRENT=$#
_baichuan_desktop
true
""",
    "fish": """
source $argv[1]
complete -C (string escape -- $argv[2..-2] | string join ' ')" $argv[-1]" | cut -f1
""",
}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program and the script of each shell."""
    folder = tmp_path_factory.mktemp("scripts")
    program = folder / "baichuan-desktop"
    program.write_text(
        f"#!/bin/sh\ncd {str(ROOT)!r} && exec {sys.executable!r} -c 'import sys; "
        'from baichuan_desktop.cli.main import main; sys.exit(main())\' "$@"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    for shell in SCRIPTS:
        with (folder / shell).open("wb") as script:
            subprocess.run(
                [program, "completion", shell], stdout=script, check=True,
                env={**os.environ, "BAICHUAN_DESKTOP_HOME": str(folder / "home")},
            )  # fmt: skip
    return folder


@pytest.fixture
def listed(app_home: Path) -> None:
    """Two models and an adapter, on a drive that is not there."""
    file = app_paths().user_registry
    file.parent.mkdir(parents=True)
    entry = "family: baichuan2-7b, kind: chat, context_length: 64"
    file.write_text(
        "schema_version: 1\ninstalled:\n"
        f"- {{id: seven, path: /gone/七, {entry}}}\n- {{id: my-13b.v2, path: /gone/13, {entry}}}\n"
        "adapters:\n- {id: legal, path: /gone/legal, base: seven}\n",
        encoding="utf-8",
    )


def proposed(
    shell: str, scripts: Path, words: Sequence[str], folder: Path, program: str = "baichuan-desktop"
) -> list[str]:
    """What a shell proposes for the last word."""
    options = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["-N"]}
    zeroth = [] if shell == "fish" else ["x"]  # which fish does not take
    result = subprocess.run(
        [shell, *options[shell], "-c", ASK[shell], *zeroth, str(scripts / shell), program, *words],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert not result.stderr, result.stderr
    return [line.rstrip("/") for line in result.stdout.splitlines() if line]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such shells")
def test_bash_is_asked_itself() -> None:
    assert "bash" in SHELLS


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("words", "found", "not_found"),
    [
        ([""], ["chat", "models", "doctor", "completion"], ["list"]),
        (["mod"], ["models"], ["chat"]),
        (["models", ""], ["list", "get", "licence", "verify"], ["chat"]),
        (["models", "li"], ["list", "licence"], ["get"]),
        (["models", "licence", "--"], ["--accept", "--list", "--json", "--dry-run"], ["--known"]),
        (["models", "licence", ""], ["seven", "my-13b.v2", "baichuan-guide"], ["list"]),
        (["models", "licence", "--json", "my"], ["my-13b.v2"], ["seven"]),
        (["models", "verify", "seven", "my"], ["my-13b.v2"], ["seven"]),
        (["models", "get", "baichuan2-13b-chat-"], ["baichuan2-13b-chat-4bits"], ["seven"]),
        (["chat", "se"], ["seven"], ["baichuan-guide"]),
        (["chat", "--precision", "4bit", "se"], ["seven"], []),
        (["chat", "--precision", "se"], [], ["seven"]),
        (["chat", ""], ["seven"], ["legal"]),
        (["chat", "--adapter", ""], ["legal"], ["seven", "baichuan-guide"]),
        (["models", "show", ""], ["seven", "legal"], []),
        (["start", "--model", "se"], ["seven"], []),
        (["serve", "se"], ["seven"], []),
        (["serve", "--adapter", ""], ["legal"], ["seven"]),
        (["web", "--"], ["--port", "--no-browser"], ["--show-key"]),
        (["completion", ""], ["bash", "fish", "zsh"], ["seven"]),
        (["doctor", "--b"], ["--bundle"], ["--json"]),
        (["--v"], ["--version"], []),
    ],
    ids=lambda value: " ".join(value) or "_" if isinstance(value, list) else None,
)
def test_a_shell_proposes_what_fits(
    shell: str, words: list[str], found: list[str], not_found: list[str], scripts: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    given = proposed(shell, scripts, words, tmp_path)

    assert [word for word in found if word not in given] == []
    assert [word for word in not_found if word in given] == []


@pytest.mark.parametrize("shell", [one for one in SHELLS if one != "zsh"])
def test_folders_and_files_are_proposed_where_they_fit(
    shell: str, scripts: Path, tmp_path: Path
) -> None:
    (tmp_path / "models 七").mkdir()
    (tmp_path / "my notes.txt").write_text("x")

    assert proposed(shell, scripts, ["models", "add", "m"], tmp_path) == ["models 七"]
    assert set(proposed(shell, scripts, ["complete", "--prompt-file", "m"], tmp_path)) == {
        "models 七", "my notes.txt",
    }  # fmt: skip
    assert "./models 七" in proposed(shell, scripts, ["chat", "./m"], tmp_path)


def test_bash_takes_a_value_behind_an_equals_sign(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    given = proposed("bash", scripts, ["quantize", "seven", "--out", "=", "fol"], tmp_path)
    begun = proposed("bash", scripts, ["quantize", "seven", "--out", "="], tmp_path)

    assert given == begun == ["folder"]


def every_command() -> list[Command]:
    parser = commands._parser()
    (added,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return list(command_tree(added).walk())


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_script_knows_every_command_and_option(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out

    found = every_command()
    assert len(found) > 20
    for command in found:
        assert command.words == () or command.words[-1] in script
        for name in option_words(command.options):
            assert (name if shell != "fish" else f"-l {name[2:]}") in script
    assert ids.OPTION in script


def test_every_word_of_a_command_is_of_a_known_kind() -> None:
    """One that only the person knows is named here, so that a new one is thought about."""
    unknown = {
        (" ".join(command.words), value)
        for command in every_command()
        for value in command.values
        if value.takes is Takes.TEXT
    }

    assert {command for command, _ in unknown} <= {
        "models rename", "models hashes", "presets delete", "presets export", "presets show",
    }  # fmt: skip


def test_the_ids_are_those_of_the_lists(listed: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([ids.OPTION]) == 0

    assert capsys.readouterr().out.split() == [one.id for one in ModelStore(app_paths()).models]
    assert ids._GUIDE == GUIDE_ID

    assert main([ids.OPTION, ids.ADAPTERS]) == 0
    assert capsys.readouterr().out.split() == ["legal"]
    assert main([ids.OPTION, ids.MODELS, ids.ADAPTERS]) == 0
    assert capsys.readouterr().out.split()[-1] == "legal"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"installed: 7", b"installed: [7, {id: 7}, {id: 'a b; rm'}, {}]", b"[" * 99],
)
def test_a_broken_list_costs_its_ids_and_no_others(
    content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    app_paths().user_registry.parent.mkdir(parents=True)
    app_paths().user_registry.write_bytes(content)

    assert main([ids.OPTION]) == 0

    assert capsys.readouterr().out.split() == [GUIDE_ID]


@pytest.mark.usefixtures("listed")
def test_the_ids_are_told_without_a_look_at_a_model_or_an_import_of_the_app() -> None:
    """A shell waits for them, and a drive that does not answer would stop it."""
    code = (
        "import os, pathlib, sys\n"
        "touched = []\n"
        "sys.addaudithook(lambda name, given: touched.append(str(given[0])) if given else None)\n"
        "real = os.stat\n"
        "os.stat = lambda path, *a, **k: (touched.append(str(path)), real(path, *a, **k))[1]\n"
        "from baichuan_desktop.cli.main import main\n"
        f"main([{ids.OPTION!r}])\n"
        "assert not [one for one in touched if one.startswith('/gone')], touched\n"
        "heavy = {'pydantic', 'torch', 'PySide6', 'numpy', 'psutil'} & sys.modules.keys()\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert result.stdout.split() == [GUIDE_ID, "seven", "my-13b.v2"]
