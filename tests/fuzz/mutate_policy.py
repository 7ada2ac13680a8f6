"""Policies with one to three changes: of values, keys, lines, of what YAML can do, of bytes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import yaml

#: Policies that forbid something by every key there is.
BASES: Sequence[dict[str, Any]] = (
    {
        "schema_version": 1,
        "contact": "IT desk, 4711",
        "models": ["baichuan2-7b-chat", "/srv/models/our 13b"],
        "precisions": ["bf16", "4bit"],
        "folders": ["/srv/models", "/media"],
        "adapters": [],
        "import": False,
        "export_conversations": False,
        "server": False,
        "fine_tuning": False,
        "remote_engines": False,
        "code_execution": False,
        "retention_days": 90,
        "licence_text": "Be kind.\nDo no harm.\n",
        "require_verification": True,
    },
    {"schema_version": 1, "models": [], "import": False},
    {"schema_version": 1, "folders": [], "precisions": ["8bit"], "retention_days": 1},
)
_VALUES: Sequence[Any] = (
    None, True, False, 0, 1, -1, 2, 10**30, 1.5, "", "true", "false", "no", "off", "~", "*", "all",
    "none", "auto", "bf16", "BF16", "4bit", " 4bit", "/", "/srv", "/srv/../etc", "~/models",
    "x" * 5000, "a\nb", "\ud800", "\0", "\u202e", [], [[]], [None], ["*"], ["all"], ["/"], {},
    {"a": 1}, [True], {"allow": "all"}, ["bf16", "bf16"], ["onnx-int4", "nonsense"],
)  # fmt: skip
_LINES = (
    "import: true", "models:", 'models: ["*"]', "schema_version: 1", "schema_version: 2", "---",
    "...", "%YAML 1.1", "%TAG ! tag:x,2000:", "<<: {import: true}", "import: &a true",
    "server: *a", "!!bool x", "server: !!str true", "? import\n: true", "\timport: true",
    "# import: true", "import : true", "IMPORT: true", "import:true", "'import': true",
    '"\\u0069mport": true', "{", "}", "]", "- x", "|", "precisions: [bf16, *a]",
    "folders:\n  - /", "unknown: 1", "import: !!python/object/apply:os.system [x]",
)  # fmt: skip


def mutated(rng: random.Random) -> tuple[dict[str, Any], bytes]:
    """A policy and the bytes of what became of it."""
    base = rng.choice(BASES)
    content: Any = json.loads(json.dumps(base))
    for _ in range(rng.randrange(3)):
        rng.choice(_OF_VALUES)(content, rng)
    if rng.random() < 0.2:
        text = json.dumps(content)  # which is YAML in one line
    else:
        text = yaml.safe_dump(
            content, sort_keys=rng.random() < 0.5, allow_unicode=rng.random() < 0.5
        )
    for _ in range(rng.randrange(2)):
        text = rng.choice(_OF_LINES)(text, rng)
    data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.2:
        data = rng.choice(_OF_BYTES)(data, rng)
    return base, data


def _change_value(content: dict[str, Any], rng: random.Random) -> None:
    content[rng.choice(list(content))] = rng.choice(_VALUES)


def _change_entry(content: dict[str, Any], rng: random.Random) -> None:
    lists = [value for value in content.values() if isinstance(value, list)]
    if lists:
        entries = rng.choice(lists)
        entries.insert(rng.randrange(len(entries) + 1), rng.choice(_VALUES))


def _drop_key(content: dict[str, Any], rng: random.Random) -> None:
    if len(content) > 1:
        del content[rng.choice(list(content))]


def _change_key(content: dict[str, Any], rng: random.Random) -> None:
    key = rng.choice(list(content))
    place = rng.randrange(len(key) + 1)
    content[key[:place] + rng.choice(["", "s", " ", "é", "\0"]) + key[place + 1 :]] = content.pop(
        key
    )


def _nest(content: dict[str, Any], rng: random.Random) -> None:
    value: Any = content.pop(rng.choice(list(content)))
    for _ in range(rng.choice([1, 30, 40, 60])):
        value = [value]
    content["models"] = value


def _put_line(text: str, rng: random.Random) -> str:
    lines = text.splitlines()
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(_LINES))
    return "\n".join(lines) + "\n"


def _move_lines(text: str, rng: random.Random) -> str:
    lines = text.splitlines()
    rng.shuffle(lines)
    return "\n".join(lines)


def _repeat_line(text: str, rng: random.Random) -> str:
    lines = text.splitlines() or [""]
    return "\n".join([*lines, rng.choice(lines)]) + "\n"


def _indent(text: str, rng: random.Random) -> str:
    lines = text.splitlines() or [""]
    place = rng.randrange(len(lines))
    lines[place] = " " * rng.randrange(1, 5) + lines[place].strip()
    return "\n".join(lines)


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _flip(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return data
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def _encode(data: bytes, rng: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(rng.choice(["utf-16", "utf-8-sig", "latin-1", "gbk", "utf-32"]), "replace")


def _insert(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    return (
        data[:place] + rng.choice([b"\0", b"\xff", b"\x85", b"\xe2\x80\xa8", b"\r"]) + data[place:]
    )


_OF_VALUES: Sequence[Callable[[dict[str, Any], random.Random], None]] = (
    _change_value, _change_value, _change_entry, _drop_key, _change_key, _nest,
)  # fmt: skip
_OF_LINES: Sequence[Callable[[str, random.Random], str]] = (
    _put_line, _put_line, _move_lines, _repeat_line, _indent, _cut,
)  # fmt: skip
_OF_BYTES: Sequence[Callable[[bytes, random.Random], bytes]] = (_flip, _encode, _insert)
