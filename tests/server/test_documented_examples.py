"""What the document on the server shows, commands, answers and scripts, is what a server does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baichuan_desktop.server import api_errors
from tests.helpers import curl
from tests.helpers.served import GUIDE, Served, serving

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("docs/server.md", "docs/server.zh-CN.md")
SHOWN_ADDRESS = "http://127.0.0.1:8000"
SHOWN_KEY = "$(baichuan-desktop serve --show-key)"


def blocks(document: str) -> list[tuple[str, str]]:
    """The blocks of code of a document, with their kinds."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def examples() -> list[tuple[str, Any]]:
    """Each command of curl, with the answer that is shown below it, or None."""
    found = []
    shown = blocks(DOCUMENTS[0])
    for (kind, text), (next_kind, next_text) in zip(shown, [*shown[1:], ("", "")], strict=True):
        if kind == "sh" and text.startswith("curl "):
            found.append((text, json.loads(next_text) if next_kind == "json" else None))
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The guide, served to this machine."""
    with serving(tmp_path_factory.mktemp("home"), ["serve", GUIDE]) as one:
        yield one


def at(served: Served, text: str) -> str:
    """What a document shows, as it is said to the server of a test."""
    if SHOWN_KEY in text:
        text = text.replace(SHOWN_KEY, served.key())
    return text.replace(SHOWN_ADDRESS, served.address)


def shape(value: object) -> object:
    """The keys and kinds of a value; of a list, of its first item."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if type(value) in (int, float) else type(value).__name__


@pytest.mark.parametrize(
    ("command", "shown"), examples(), ids=lambda value: str(value)[:70] if value else ""
)
def test_a_command_that_the_document_shows_is_answered_as_it_shows(
    served: Served, command: str, shown: Any
) -> None:
    answered = curl.run(at(served, command))

    error = shown is not None and "error" in shown
    assert (answered.status >= 400) is error, answered
    if '"json_schema"' in command:
        content = json.loads(answered.body)["choices"][0]["message"]["content"]
        assert json.loads(content).keys() == {"key"}
    if shown is not None:
        assert shape(json.loads(answered.body)) == shape(shown)
    elif '"stream": true' in command:
        lines = [line for line in answered.body.splitlines() if line.startswith("data: ")]
        assert lines[-1] == "data: [DONE]"
        assert all(json.loads(line.removeprefix("data: ")) for line in lines[:-1])


@pytest.mark.parametrize(
    "script", [text for kind, text in blocks(DOCUMENTS[0]) if kind == "python"]
)
def test_a_script_that_the_document_shows_runs(served: Served, script: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", at(served, script)], check=False, capture_output=True, text=True
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_both_languages_show_the_same_commands_and_answers() -> None:
    assert blocks(DOCUMENTS[0]) == blocks(DOCUMENTS[1])


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_code_of_an_error_is_told(document: str) -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "baichuan_desktop/server").rglob("*.py")]
    given = {code for text in sources for code in re.findall(r'code="([a-z_]+)"', text)}
    mapped = {told.code for _, told in api_errors._TOLD}
    text = (ROOT / document).read_text(encoding="utf-8")

    assert {"context_length_exceeded", "queue_full"} <= mapped
    assert {code for code in given | mapped if f"`{code}`" not in text} == set()


def test_every_route_has_an_example() -> None:
    commands = "".join(command for command, _ in examples())

    for route in (
        "/health", "/v1/models", "/v1/chat/completions", "/v1/completions", "/tokenize",
        "/detokenize",
    ):  # fmt: skip
        assert f"{SHOWN_ADDRESS}{route}" in commands


def test_a_command_is_sent_the_same_without_curl() -> None:
    sent = curl.parsed(
        "curl -X POST http://127.0.0.1:8000/tokenize \\\n"
        '  -H "Content-Type: application/json" -d \'{"prompt": "床前明月"}\''
    )

    assert sent == curl.Sent(
        "http://127.0.0.1:8000/tokenize",
        "POST",
        {"Content-Type": "application/json"},
        '{"prompt": "床前明月"}'.encode(),
    )
