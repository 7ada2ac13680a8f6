"""Exports of every program, changed at random: read or refused, and nothing is added twice."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.errors import ConversationImportError
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.exchange.adding import add, look_at
from baichuan_desktop.services.exchange.writing import Form, Manner, data_of, write_one
from tests.helpers.conversations import put_branch
from tests.services.exchange.test_of_others import CHATGPT, JAN, LM_STUDIO, OPEN_WEBUI

VALUES: list[Any] = [
    None, True, 0, -1, 2**40, 2**70, 1e308, -1e300, float("nan"), "", "x", "\ud800", "\0", [], {},
    [None], {"a": None}, "2024-01-01T00:00:00Z", [[]],
]  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    keys = value if isinstance(value, dict) else range(len(value)) if type(value) is list else ()
    for key in keys:
        yield from places(value[key], (*at, key))


def inside(value: Any, at: tuple[Any, ...]) -> Any:
    for key in at:
        value = value[key]
    return value


def changed(value: Any, dice: random.Random) -> Any:
    """The same with one to four places that hold something else, or what stands elsewhere."""
    value = copy.deepcopy(value)
    for _ in range(dice.randint(1, 4)):
        known = list(places(value))
        at, other = dice.choice(known), dice.choice(known)
        new = dice.choice([*VALUES, copy.deepcopy(inside(value, other))])
        holder = inside(value, at[:-1])
        if isinstance(holder, dict) and dice.random() < 0.2:
            del holder[at[-1]]
        else:
            holder[at[-1]] = new
    return value


def written(kind: str, content: list[Any], folder: Path) -> Path:
    if kind != "jan":
        file = folder / ("1.conversation.json" if kind == "lm_studio" else "conversations.json")
        file.write_text(json.dumps(content[0]), encoding="utf-8")
        return file
    (folder / "thread.json").write_text(json.dumps(content[0]), encoding="utf-8")
    lines = "\n".join(map(json.dumps, content[1:]))
    (folder / "messages.jsonl").write_text(lines, encoding="utf-8")
    return folder


def originals(tmp_path: Path) -> dict[str, list[Any]]:
    store = ConversationStore(None)
    one, _ = put_branch(store, ["a", "b", "c"], "Mine")
    write_one(store, one.id, Form.JSON, tmp_path / "own.json", Manner())
    files = {
        "own": [tmp_path / "own.json"],
        "chatgpt": [CHATGPT],
        "open_webui": [OPEN_WEBUI],
        "lm_studio": list(LM_STUDIO.rglob("*.json")),
    }
    read = {kind: [json.loads(f.read_text("utf-8")) for f in some] for kind, some in files.items()}
    said = next(JAN.rglob("messages.jsonl")).read_text("utf-8").splitlines()[:3]
    thread = next(JAN.rglob("thread.json")).read_text("utf-8")
    return {**read, "jan": [json.loads(one) for one in (thread, *said)]}


@pytest.mark.parametrize("kind", ["own", "chatgpt", "open_webui", "lm_studio", "jan"])
def test_what_is_changed_is_read_once_and_exported_or_refused(kind: str, tmp_path: Path) -> None:
    dice, refused, cases = random.Random(kind), 0, 60
    content = originals(tmp_path)[kind]
    folder = tmp_path / "it"
    folder.mkdir()
    for _ in range(cases):
        file = written(kind, [changed(one, dice) for one in content], folder)
        store = ConversationStore(None)
        try:
            add(file, None, store)
            again = look_at(file, store)
        except ConversationImportError:
            refused += 1
            continue
        assert not again.new
        for one in store.conversations():
            assert bool(store.branch(one.head)) == bool(store.tree(one.id))
            if one.head is not None:
                assert data_of(store, one.id, Form.TEXT, Manner())
    assert refused < cases / 2, "most of it is read"
