"""Exports of other programs, in the layouts that they publish: branches, times, and what is left.

`tests/goldens/conversations_of_others` holds files of our own in these layouts.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.tree import ConversationTree
from baichuan_desktop.services.chat.values import ChatMessage, Conversation, Status
from baichuan_desktop.services.exchange.adding import add, look_at
from baichuan_desktop.services.exchange.values import Origin, State

OTHERS = Path(__file__).parents[2] / "goldens" / "conversations_of_others"
CHATGPT = OTHERS / "chatgpt" / "conversations.json"
OPEN_WEBUI = OTHERS / "open_webui" / "chat-export.json"
LM_STUDIO, JAN = OTHERS / "lm_studio", OTHERS / "jan"


@pytest.fixture
def store() -> Iterator[ConversationStore]:
    made = ConversationStore(None)
    yield made
    made.close()


def node(
    role: str, text: str, parent: str | None, children: list[str], created: float | None = None
) -> dict[str, Any]:
    """A node of ChatGPT."""
    content = {"content_type": "text", "parts": [text]}
    message = {"author": {"role": role}, "create_time": created, "content": content}
    return {"parent": parent, "children": children, "message": message}


def imported(store: ConversationStore, file: Path) -> list[Conversation]:
    """The conversations of a file, the oldest first."""
    add(file, None, store)
    return sorted(store.conversations(), key=lambda one: one.created)


def shown(store: ConversationStore, one: Conversation) -> list[ChatMessage]:
    return ConversationTree(store).branch(one.head)


def versions(store: ConversationStore, message: ChatMessage) -> list[str]:
    tree = ConversationTree(store)
    return [one.text for one in store.messages(tree.versions(message.id))]


def test_chatgpt_keeps_branches_times_and_the_end_that_was_shown(store: ConversationStore) -> None:
    geese, old = imported(store, CHATGPT)

    assert (geese.title, geese.created, geese.updated) == (
        "雁阵 and geese", 1_700_000_000.25, 1_700_000_500.75,
    )  # fmt: skip
    question, second, picture, last = shown(store, geese)
    assert (question.text, question.created) == ("大雁为什么排成人字形？", 1_700_000_001.75)
    assert versions(store, second) == ["First version.", "Second version."]
    assert (second.model, second.created) == ("gpt-4o", 1_700_000_030.25)
    assert picture.text == "[image_asset_pointer]\n\nWhat is on this picture?"
    assert last.text == "Let me look.\n\nGeese, in a wedge.", (
        "an answer around calls of tools is one"
    )
    assert last.status is Status.CUT
    assert [one.text for one in shown(store, old)] == ["one"], "`current_node` is the end"
    assert len(store.tree(old.id)) == 2


def test_what_chatgpt_has_and_is_not_taken_over_is_said(store: ConversationStore) -> None:
    found = look_at(CHATGPT, store)

    assert found.origin is Origin.CHATGPT
    assert [(one.title, one.messages, one.state) for one in found.conversations] == [
        ("雁阵 and geese", 5, State.NEW), ("Old branch", 2, State.NEW),
    ]  # fmt: skip
    assert dict(found.rest.unknown) == {"a_field_of_next_year": 1}
    assert dict(found.rest.left_out) == {
        "is_archived": 1, "user_editable_context": 1, "image_asset_pointer": 1, "thoughts": 1,
        "recipient": 1, "tool": 2,
    }  # fmt: skip
    assert store.conversations() == [], "looking adds nothing"


def test_a_later_export_of_the_same_adds_what_is_new_and_goes_on_from_there(
    store: ConversationStore, tmp_path: Path
) -> None:
    imported(store, CHATGPT)
    before = {one.id: len(store.tree(one.id)) for one in store.conversations()}
    assert all(one.state is State.HERE for one in look_at(CHATGPT, store).conversations)
    assert add(CHATGPT, None, store).conversations == 0

    later = json.loads(CHATGPT.read_text(encoding="utf-8"))
    nodes, author = later[1]["mapping"], {"role": "user"}
    nodes["w"] = {"id": "w", "parent": "v", "children": [], "message": {
        "id": "w", "author": author, "create_time": 1_700_001_050.0, "status": "",
        "content": {"content_type": "text", "parts": ["three"]}}}  # fmt: skip
    later[1]["current_node"] = "w"
    # The parts of a large export, in its zip.
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("chat.html", "<script>alert(1)</script>")
        archive.writestr("conversations-000.json", json.dumps(later[:1]))
        archive.writestr("conversations-001.json", json.dumps(later[1:]))
    found = look_at(tmp_path / "export.zip", store)

    assert [one.state for one in found.conversations] == [State.HERE, State.MORE]
    assert found.rest.left_out[".html"] == 1
    assert add(tmp_path / "export.zip", None, store).messages == 1
    (old,) = (one for one in store.conversations() if one.title == "Old branch")
    assert [one.text for one in shown(store, old)] == ["one", "two", "three"]
    assert {i: len(store.tree(i)) for i in before} == {
        i: n + (i == old.id) for i, n in before.items()
    }


def test_what_was_written_here_meanwhile_stays_shown(store: ConversationStore) -> None:
    (geese, _) = imported(store, CHATGPT)
    asked = ConversationTree(store).ask(geese.id, "Written here")
    store.delete_messages([shown(store, geese)[1].id])  # and one of theirs was deleted

    assert add(CHATGPT, None, store).messages == 1
    now = store.conversation(geese.id)
    assert now is not None
    assert now.head == asked.id


def test_open_webui_keeps_versions_files_names_and_folders_said(store: ConversationStore) -> None:
    (one,) = imported(store, OPEN_WEBUI)

    assert (one.title, one.created, one.updated, one.is_pinned, one.system_prompt) == (
        "保留版本", 1_710_000_000.0, 1_710_000_100.0, True, "Be short.",
    )  # fmt: skip
    question, chosen = shown(store, one)
    assert question.text == "保留版本吗？\n\n[报告.pdf]"
    assert versions(store, chosen)[0].startswith("Versions")
    assert versions(store, chosen)[1] == "No."
    assert (chosen.model, chosen.status, chosen.created) == (
        "Llama 3", Status.STOPPED, 1_710_000_015.0,
    )  # fmt: skip
    first = store.messages(ConversationTree(store).versions(chosen.id))[0]
    assert first.details is not None
    assert (first.details.prompt_tokens, first.details.new_tokens) == (11, 22)
    rest = look_at(OPEN_WEBUI, store).rest
    assert dict(rest.unknown) == {"novelty": 1}
    assert dict(rest.left_out) == {"folder_id": 1, "tags": 2, "files": 1}


def test_lm_studio_keeps_every_version_and_its_folder(store: ConversationStore) -> None:
    (one,) = imported(store, LM_STUDIO)

    assert (one.title, one.created, one.updated, one.is_pinned) == (
        "三个版本", 1_720_000_000.0, 1_720_000_040.0, True,
    )  # fmt: skip
    assert one.system_prompt == "Speak like a captain."
    assert [(f.id, f.name) for f in store.folders()] == [(one.folder_id, "航海")]
    south, right, now, still = shown(store, one)
    assert versions(store, south) == ["Which way is south?", "哪边是南？"]
    assert south.text == "哪边是南？"
    assert versions(store, right) == ["Left.", "Right.", "Behind."]
    assert (right.text, right.status, right.created) == (
        "Right.", Status.STOPPED, 1_720_000_020.0,
    )  # fmt: skip
    assert right.details is not None
    assert right.details.tokens_per_second == 31.5
    assert (now.role, still.text, still.model) == (Role.USER, "Still there.", "a/b-7b")
    rest = look_at(LM_STUDIO, store).rest
    assert dict(rest.left_out) == {"notes": 1, "thinking": 1, "debugInfoBlock": 1}
    assert dict(rest.unknown) == {"somethingNew": 1}


def test_jan_is_read_from_its_folder_and_a_line_that_was_torn_is_said(
    store: ConversationStore,
) -> None:
    (one,) = imported(store, JAN)

    assert (one.title, one.created, one.updated, one.system_prompt) == (
        "Tides", 1_730_000_000.0, 1_730_000_090.0, "Answer in one sentence.",
    )  # fmt: skip
    question, answer = shown(store, one)
    assert (question.text, question.created) == ("为什么有潮汐？", 1_730_000_010.0)
    assert (answer.text, answer.model, answer.status) == (
        "The moon.", "mistral-7b", Status.STOPPED,
    )  # fmt: skip
    rest = look_at(JAN, store).rest
    assert dict(rest.left_out) == {"reasoning": 1, "tool": 1, "messages.jsonl": 1}
    assert dict(rest.unknown) == {"flavour": 1}


@pytest.mark.parametrize("folder", [LM_STUDIO, JAN, OPEN_WEBUI.parent, CHATGPT.parent])
def test_a_zip_of_it_gives_the_same_conversations(
    store: ConversationStore, tmp_path: Path, folder: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "it.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.rglob("*.json*"):
            archive.write(file, file.relative_to(folder))
    imported(store, folder)

    assert all(one.state is State.HERE for one in look_at(tmp_path / "it.zip", store).conversations)


def test_versions_stand_in_the_order_of_their_parent_whatever_their_times(
    store: ConversationStore, tmp_path: Path
) -> None:
    texts = [f"version {number}" for number in range(6)]
    nodes = {"q": node("user", "?", None, [f"a{number}" for number in range(6)])}
    for number in (3, 0, 5, 1, 4, 2):
        nodes[f"a{number}"] = node("assistant", texts[number], "q", [], 1_700_000_000 - number)
    file = tmp_path / "any name"
    file.write_text(json.dumps({"mapping": nodes, "current_node": "a1"}), encoding="utf-8")
    (one,) = imported(store, file)

    question, answer = shown(store, one)
    assert (question.text, answer.text) == ("?", "version 1")
    assert versions(store, answer) == texts
    assert one.title == "?"
