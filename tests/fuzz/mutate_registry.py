"""Registry files with changes of values, keys, entries, lines, of what YAML can do, of bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from tests.fuzz import mutate_json

_ENTRY: Mapping[str, Any] = {
    "id": "one",
    "name": {"en": "One", "zh": "一"},
    "path": "/m/one",
    "variant": "baichuan2-7b-chat",
    "family": "baichuan2-7b",
    "kind": "chat",
    "context_length": 4096,
    "copied": True,
    "drive": "/m",
    "repository": "baichuan-inc/Baichuan2-7B-Chat@v1.0.2",
    "added": "2026-11-29",
    "files": {"config.json": {"size": 7, "sha256": "a" * 64}},
}
#: What a registry may hold, one or two of everything.
BASE: Mapping[str, Any] = {
    "schema_version": 1,
    "licences": {
        "own": {"name": "Own", "conditions": "None.", "conditions_zh": "无。",
                "commercial_use": "allowed"},
    },
    "models": [
        {
            "id": "tuned", "name": {"en": "Tuned", "zh": "调"}, "family": "baichuan2-7b",
            "kind": "chat", "precision": "bf16", "parameters": 7505973248,
            "weights_bytes": 15011946496, "licence": "own",
            "sources": {"huggingface": "somebody/Tuned", "revision": "v2"},
        },
    ],
    "installed": [
        dict(_ENTRY),
        {**_ENTRY, "id": "two", "name": "Two", "path": "/m/two", "variant": None},
        {**_ENTRY, "id": "export", "path": "/m/export", "export_of": "one",
         "export_stamp": "0123456789abcdef"},
    ],
    "adapters": [
        {"id": "tone", "name": "Tone", "path": "/m/tone", "base": "one", "copied": True,
         "variant": "baichuan2-7b-chat", "drive": "/m", "repository": "somebody/tone@v1",
         "added": "2026-11-29", "files": {"adapter_config.json": {"size": 7, "sha256": "b" * 64}}},
        {"id": "terse", "path": "/m/terse", "base": "gone"},
    ],
}  # fmt: skip
_PATHS = (
    "/etc", "/etc/passwd", "/dev/zero", "/proc/self/fd", "/m/../etc", "relative", "~", "",
    "//server/share", "C:\\models", "/" + "x/" * 2000, "/m/\n", "/m/\u202e", "\\\\?\\C:\\",
    "/m/one",
)  # fmt: skip
_LINES = (
    "installed:", "installed: []", "- id: three", "schema_version: 2", "---", "...", "%YAML 1.1",
    "<<: *a", "  path: &a /m", "  <<: {path: /}", "  path: *a", "!!python/object:os.system x",
    "- !!set {a}", "? a", ": b", "\tid: x", "# a comment", "-", "- - -", "{", "]", "'", '"', "|",
    ">", "  path: |", "  name: >-", "\ufeff", "installed : x", "'installed': x", "models: []",
)  # fmt: skip
_BYTES = (b"\0", b"\xff", b"\x85", b"\xe2\x80\xa8", b"\r", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\t")


def mutated(chance: random.Random, paths: Sequence[str] = ()) -> bytes:
    """The bytes of a registry that was changed in up to four ways; `paths` may stand in it, too."""
    content: Any = json.loads(json.dumps(BASE))  # nothing in it is the same twice: no aliases
    for _ in range(chance.choice((0, 0, 0, 0, 1, 2))):
        chance.choice(_OF_CONTENT)(content, chance)
    for entry in _entries(content, "installed") + _entries(content, "adapters"):
        if isinstance(entry, dict) and chance.random() < 0.15:
            entry["path"] = chance.choice((*_PATHS, *paths, *paths))
    if chance.random() < 0.2:
        text = mutate_json.written(content, chance).decode("utf-8-sig", "surrogatepass")
    else:
        text = yaml.dump(content, allow_unicode=chance.random() < 0.5, sort_keys=False,
                         default_flow_style=chance.choice((None, False)))  # fmt: skip
    for _ in range(chance.choice((0, 0, 0, 0, 1, 2))):
        text = chance.choice(_OF_TEXT)(text, chance)
    data = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        place = chance.randrange(len(data) + 1)
        data = data[:place] + chance.choice(_BYTES) + data[place + chance.randrange(2) :]
    return data


def _entries(content: Mapping[str, Any], section: str) -> list[Any]:
    """A list as it stands there; another one where none does."""
    entries = content.get(section)
    return entries if isinstance(entries, list) else []


def _change(content: dict[str, Any], chance: random.Random) -> None:
    mutate_json.change_somewhere(content, chance)


def _repeat(content: dict[str, Any], chance: random.Random) -> None:
    """An entry twice, under one id or another."""
    section = chance.choice(("installed", "models", "adapters"))
    if entries := _entries(content, section):
        again = copy.deepcopy(chance.choice(entries))
        if isinstance(again, dict) and chance.random() < 0.5:
            again["id"] = f"more-{chance.randrange(5)}"
        entries.insert(chance.randrange(len(entries) + 1), again)


def _many(content: dict[str, Any], chance: random.Random) -> None:
    if entries := _entries(content, chance.choice(("installed", "adapters"))):
        entries += [copy.deepcopy(chance.choice(entries)) for _ in range(chance.choice((20, 200)))]


def _nest(content: dict[str, Any], chance: random.Random) -> None:
    value: Any = "x"
    for _ in range(chance.choice((5, 31, 33, 60))):
        value = [value] if chance.random() < 0.5 else {"x": value}
    content[chance.choice(("installed", "models", "adapters", "more"))] = value


def _put_line(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(_LINES) + "\n")
    return "".join(lines)


def _change_line(text: str, chance: random.Random) -> str:
    """A line that is gone, twice there, further in, or somewhere else."""
    lines = text.splitlines(keepends=True) or [""]
    place = chance.randrange(len(lines))
    line = lines.pop(place)
    match chance.randrange(4):
        case 0:
            lines[place:place] = [line, line]
        case 1:
            lines.insert(place, " " * chance.randrange(1, 4) + line)
        case 2:
            lines.insert(chance.randrange(len(lines) + 1), line)
    return "".join(lines)


def _cut(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _change_letter(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text) + 1)
    letter = chance.choice(("", "\n", "- ", ": ", "'", '"', "&a ", "*a", "{", "}", "[", "#", "  "))
    return text[:place] + letter + text[place + chance.randrange(3) :]


def _other_breaks(text: str, chance: random.Random) -> str:
    return text.replace("\n", chance.choice(("\r\n", "\r", "\u2028", "\n\n")))


def _in_quotes(text: str, chance: random.Random) -> str:
    return json.dumps(text)[: chance.choice((None, -1))]


_OF_CONTENT: Sequence[Callable[[dict[str, Any], random.Random], None]] = (
    _change, _change, _change, _repeat, _many, _nest,
)  # fmt: skip
_OF_TEXT: Sequence[Callable[[str, random.Random], str]] = (
    _put_line, _put_line, _change_line, _change_line, _change_letter, _cut, _other_breaks,
    _in_quotes,
)  # fmt: skip
