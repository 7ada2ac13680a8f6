"""Files that are made to hurt: a named error or what can be read of them, and bounded work."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from backends.errors import (
    ConversationImportError,
    DamagedExportError,
    LargeExportError,
    NewerExportError,
    NotAnExportError,
)
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.exchange import json_pieces, sources
from baichuan_desktop.services.exchange.adding import add, look_at
from baichuan_desktop.services.exchange.values import Found, State
from baichuan_desktop.services.exchange.writing import Form, Manner, write_one
from tests.helpers.conversations import put_branch
from tests.services.exchange.test_of_others import node


def looked(file: Path, content: object) -> Found:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    file.write_bytes(data)
    return look_at(file, ConversationStore(None))


def zipped(file: Path, members: Mapping[str, bytes | str], **kind: Any) -> Path:
    with zipfile.ZipFile(file, "w", **kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


SAID = {"q": node("user", "hello", None, ["a"]), "a": node("assistant", "hi", "q", [])}
ONE = {"title": "T", "create_time": 1_700_000_000, "mapping": SAID, "current_node": "a"}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0" * 1000, b"\x89PNG\r\n", b"{}", b"[]", b'"text"', b"[1, 2, 3]", b"null",
        b'{"mapping": []}', b'[{"chat": {}}]', b'{"format": "something-else"}',
    ],
)  # fmt: skip
def test_what_holds_no_conversations_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    with pytest.raises((NotAnExportError, DamagedExportError)):
        looked(tmp_path / "x.json", content)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000, b'{"a":' * 200_000, b'[{"mapping": {', b'{"mapping": {"a": "\xff\xfe"}}',
        b"[" + b"9" * 10_000 + b"]", b'[{"mapping": {}} , ]', b'{"mapping": {}} trailing',
    ],
)  # fmt: skip
def test_json_that_is_broken_or_too_deep_is_an_error_of_its_own(
    tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(ConversationImportError):
        looked(tmp_path / "x.json", content)


def test_what_comes_before_the_damage_can_be_added(tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    found = looked(file, json.dumps([ONE, ONE])[:-40].encode())
    store = ConversationStore(None)

    assert (len(found.conversations), found.unreadable) == (1, 1)
    assert add(file, None, store).messages == 2


def test_values_that_are_nothing_are_passed_over_and_counted(tmp_path: Path) -> None:
    nonsense: list[Any] = [None, 7, "text", [], {}, True, 1e308, -1]
    wrong: list[Any] = []
    for one in nonsense:
        strange = {"id": one, "parent": one, "children": one, "message": one}
        wrong.append({**ONE, "mapping": {**SAID, "z": one, "y": strange}, "current_node": one})
        wrong.append({**ONE, "title": one, "create_time": one, "update_time": one})
        message = {"author": one, "content": one, "metadata": one, "create_time": one}
        wrong.append({**ONE, "mapping": {**SAID, "z": {"parent": "a", "message": message}}})
        wrong.append({"mapping": one})
    found = looked(tmp_path / "conversations.json", [ONE, *nonsense, *wrong])

    assert len(found.conversations) == 1 + 3 * len(nonsense)
    assert found.unreadable == len(nonsense) + len(nonsense) - 1
    assert found.rest.left_out["empty"] == 1, "of {“mapping”: {}}"
    assert {one.messages for one in found.conversations} == {2}


def test_circles_and_a_thousand_unknown_fields_end(tmp_path: Path) -> None:
    circle = {str(n): node("user", str(n), str((n + 1) % 2000), []) for n in range(2000)}
    deep = {str(n): node("user", str(n), str(n - 1), []) for n in range(2000)}
    many = {f"field {n}": 1 for n in range(1000)}
    file = tmp_path / "conversations.json"
    found = looked(file, [{**ONE, "mapping": circle, **many}, {**ONE, "id": "2", "mapping": deep}])
    store = ConversationStore(None)

    assert [one.messages for one in found.conversations] == [2000, 2000]
    assert found.rest.left_out["parent"] == 1
    assert found.rest.unknown["…"] == 800
    assert add(file, None, store).messages == 4_000
    assert all(len(store.branch(one.head)) == 2000 for one in store.conversations())


def own(change: Callable[[dict[str, Any]], None], tmp_path: Path) -> Path:
    """An export of ours, changed by somebody."""
    store = ConversationStore(None)
    one, _ = put_branch(store, ["a", "b", "c"], "Mine")
    file = tmp_path / "own.json"
    write_one(store, one.id, Form.JSON, file, Manner())
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_a_newer_export_of_ours_is_not_misread(tmp_path: Path) -> None:
    def newer(content: dict[str, Any]) -> None:
        content["version"] = 2

    with pytest.raises(NewerExportError, match="newer version"):
        look_at(own(newer, tmp_path), ConversationStore(None))


@pytest.mark.parametrize("wrong", [None, "x", 2**70, -5, 1.5, [], {}, True])
def test_an_export_of_ours_with_wrong_values_costs_what_is_wrong_alone(
    tmp_path: Path, wrong: object
) -> None:
    def break_it(content: dict[str, Any]) -> None:
        one = content["conversations"][0]
        one["messages"][1]["id"] = wrong
        one["conversation"]["updated"] = one["messages"][2]["created"] = 1e300  # no calendar has it
        one["messages"][2]["details"] = {"new_tokens": 1, "what": 2}
        one["novelty"] = content["novelty"] = 1
        content["conversations"] += [{"conversation": {"id": wrong}}, wrong]
        content["folders"] = [wrong, {"id": 7, "name": wrong, "position": 0}]

    file = own(break_it, tmp_path)
    store = ConversationStore(None)
    found = look_at(file, store)

    assert [one.messages for one in found.conversations] == [2]
    assert (found.rest.left_out["messages"], found.rest.left_out["time"]) == (1, 2)
    assert {"novelty", "what"} <= set(found.rest.unknown)
    assert add(file, None, store).messages == 2
    (one,) = store.conversations()
    assert [m.text for m in store.messages(store.branch(one.head))] == ["c"]


def test_messages_of_ours_in_a_circle_are_a_tree_here(tmp_path: Path) -> None:
    def turn(content: dict[str, Any]) -> None:
        first, _, last = content["conversations"][0]["messages"]
        first["parent"] = last["id"]

    store = ConversationStore(None)
    add(own(turn, tmp_path), None, store)

    (one,) = store.conversations()
    assert [m.text for m in store.messages(store.branch(one.head))] == ["a", "b", "c"]


# --- zips and folders --------------------------------------------------------------------


def test_a_bomb_is_refused_after_as_much_as_is_read_of_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_MEMBER_BYTES", 1000)
    monkeypatch.setattr(sources, "MOST_TOTAL_BYTES", 1500)
    big, lies = tmp_path / "big.zip", tmp_path / "lies.zip"
    zipped(big, {"conversations.json": b"[" + b" " * 10_000_000}, compression=8)
    zipped(lies, {"conversations.json": b" " * 5_000_000}, compression=8)
    data = lies.read_bytes().replace((5_000_000).to_bytes(4, "little"), (900).to_bytes(4, "little"))
    lies.write_bytes(data)
    parts = {f"conversations-{n}.json": json.dumps([ONE]) for n in range(9)}
    many = zipped(tmp_path / "many.zip", parts)

    for file in (big, lies, many):
        with pytest.raises(ConversationImportError):
            look_at(file, ConversationStore(None))


def test_more_values_files_or_members_than_are_looked_at_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_pieces, "_MOST_VALUES", 100)
    with pytest.raises(LargeExportError, match="more than 100 values"):
        looked(tmp_path / "x.json", b"[" + b"[]," * 101 + b"[]]")
    monkeypatch.setattr(sources, "_MOST_MEMBERS", 3)
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.json").write_text("{}", encoding="utf-8")
    with pytest.raises(LargeExportError, match="more than 3 files"):
        look_at(folder, ConversationStore(None))
    archive = zipped(tmp_path / "x.zip", {f"{number}.json": "{}" for number in range(4)})
    with pytest.raises(LargeExportError, match="more than 3 files"):
        look_at(archive, ConversationStore(None))
    monkeypatch.setattr(sources, "_MOST_DIRECTORY_BYTES", 100)
    with pytest.raises(LargeExportError):
        look_at(archive, ConversationStore(None))


def test_a_zip_that_is_broken_or_locked_is_said_to_be(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "x.zip", {"conversations.json": json.dumps([ONE])}).read_bytes()
    cut, locked = tmp_path / "cut.zip", tmp_path / "locked.zip"
    packed = zipped(tmp_path / "packed.zip", {"conversations.json": "[]"}, compression=14)
    cut.write_bytes(whole[: len(whole) // 2])
    central = whole.index(b"PK\x01\x02")
    locked.write_bytes(whole[: central + 8] + b"\x01" + whole[central + 9 :])

    for file, words in (
        (cut, "zip is damaged"),
        (locked, "encrypted"),
        (packed, "packed in a way"),
    ):
        with pytest.raises(DamagedExportError, match=words):
            look_at(file, ConversationStore(None))


def test_names_in_a_zip_open_and_make_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "conversations.json"
    secret.write_text(json.dumps([ONE]), encoding="utf-8")
    inside = tmp_path / "inside"
    inside.mkdir()
    names = ("../conversations.json", str(secret), "C:\\conversations.json", "a\nb\x1b[0m.json")
    file = zipped(inside / "x.zip", dict.fromkeys(names, "[]"))
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(ConversationImportError):
        look_at(file, ConversationStore(None))
    assert sorted(tmp_path.rglob("*")) == before


def test_links_pipes_and_devices_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "secret.json"
    folder.mkdir()
    outside.write_text(json.dumps([ONE]), encoding="utf-8")
    (folder / "conversations.json").symlink_to(outside)
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "conversations-1.json")

    with pytest.raises(NotAnExportError):
        look_at(folder, ConversationStore(None))
    if sys.platform == "linux":
        with pytest.raises(DamagedExportError, match="no ordinary file"):
            look_at(Path("/dev/zero"), ConversationStore(None))
    with pytest.raises(DamagedExportError, match="No such file"):
        look_at(tmp_path / "nothing.json", ConversationStore(None))


def test_what_is_older_than_is_kept_here_is_not_added_to_be_deleted(tmp_path: Path) -> None:
    file, store = tmp_path / "conversations.json", ConversationStore(None)
    file.write_text(json.dumps([ONE, {**ONE, "id": "2", "create_time": 1_800_000_000}]), "utf-8")

    found = look_at(file, store, since=1_750_000_000)

    assert [one.state for one in found.conversations] == [State.EXPIRED, State.NEW]
    assert add(file, None, store, since=1_750_000_000).conversations == 1
