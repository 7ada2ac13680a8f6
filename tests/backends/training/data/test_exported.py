"""What this app exports of its conversations is read as data, by what it really writes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from backends.errors import TrainingDataError
from backends.text.chat_template import Message, Role
from backends.training.data.opening import opened
from backends.training.data.reading import conversations
from backends.training.data.remarks import Remarks
from backends.training.data.values import Conversation
from backends.training.values import Columns, Layout
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import ConversationKind, ConversationSettings, Status
from baichuan_desktop.services.documents.values import Attachment
from baichuan_desktop.services.exchange.writing import Form, Manner, write_everything, write_one
from tests.helpers.conversations import put_branch, put_conversation, put_document, put_message


def read(file: Path) -> tuple[list[Conversation], list[str]]:
    remarks = Remarks(str(file))
    with opened(file) as data:
        found = list(conversations(data, Layout.AUTO, Columns(), remarks))
    return found, [str(note) for note in remarks.notes()]


def texts(one: Conversation) -> list[str]:
    return [message.text for message in one.messages]


@pytest.fixture
def store() -> ConversationStore:
    return ConversationStore(None)


def exported(store: ConversationStore, conversation_id: int, file: Path) -> Path:
    write_one(store, conversation_id, Form.JSON, file, Manner())
    return file


def test_the_branch_that_is_shown_is_read_with_its_system_prompt(
    store: ConversationStore, tmp_path: Path
) -> None:
    one = put_conversation(store, system_prompt="Be brief.")
    question = put_message(store, one, None, "问题 \r\n😀")
    first = put_message(store, one, question, "shown")
    put_message(store, one, question, "another version")
    more = put_message(store, one, first, "and?")
    last = put_message(store, one, more, "so")
    put_message(store, one, last, "on another branch")
    store.put_conversation(dataclasses.replace(one, head=last.id))

    found, notes = read(exported(store, one.id, tmp_path / "one.json"))

    assert [texts(each) for each in found] == [["问题 \r\n😀", "shown", "and?", "so"]]
    assert found[0].messages[0] == Message(Role.USER, "问题 \r\n😀")
    assert found[0].messages[1].role is Role.ASSISTANT
    assert found[0].system == "Be brief."
    assert found[0].line > 1
    assert notes == []


def test_everything_that_was_exported_is_read_from_its_zip(
    store: ConversationStore, tmp_path: Path
) -> None:
    ids = [put_branch(store, [f"q{n}", f"a{n}"])[0].id for n in range(3)]
    file = tmp_path / "all.zip"
    write_everything(store, ids, file)

    found, notes = read(file)
    with opened(file) as data:
        list(conversations(data, Layout.EXPORTED, Columns(), Remarks("")))
        assert (data.size, data.sha256) == (file.stat().st_size, _sha256(file))

    assert [texts(one) for one in found] == [["q0", "a0"], ["q1", "a1"], ["q2", "a2"]]
    assert found[1].file == str(file / "conversations" / "000002.json")
    assert notes == []


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_what_would_teach_something_wrong_is_left_out_and_told(
    store: ConversationStore, tmp_path: Path
) -> None:
    text, _ = put_branch(store, ["Once", " upon"], kind=ConversationKind.TEXT)
    draft = put_conversation(store, draft="half a thought")
    asked, _ = put_branch(store, ["nobody answered"])
    about = put_conversation(store)
    document = put_document(store, about, "long text")
    question = put_message(
        store, about, None, "what is it?", attachments=(Attachment(document.id, "a.txt"),)
    )
    answer = put_message(store, about, question, "it")
    store.put_conversation(dataclasses.replace(about, head=answer.id))
    good, said = put_branch(store, ["q1", "a1", "q2", "a2", "q3", "half", "q4", "a4", "q5", ""])
    store.put_message(dataclasses.replace(said[5], status=Status.STOPPED))
    store.put_conversation(
        dataclasses.replace(good, settings=ConversationSettings(left_out=frozenset({said[2].id})))
    )
    file = tmp_path / "all.zip"
    write_everything(store, [one.id for one in (text, draft, asked, about, good)], file)

    found, notes = read(file)

    assert [texts(one) for one in found] == [["q1", "a1", "q4", "a4"]]
    assert [note.partition(",")[0] for note in notes] == [
        "Texts that a model continued are no conversations: 1 left out",
        "Conversations without a finished answer: 2 left out",
        "Questions without a finished answer: 3 left out",
        "Conversations with documents: 1 left out",
        "Rounds that a person left out of the prompt: 1 not learnt",
    ]


def test_an_export_that_another_program_wrote_again_is_read_the_same(
    store: ConversationStore, tmp_path: Path
) -> None:
    one, _ = put_branch(store, ["q", "a"])
    file = exported(store, one.id, tmp_path / "one.json")
    value = json.loads(file.read_text(encoding="utf-8"))
    forms = {
        "sorted": json.dumps(value, sort_keys=True, indent=2),
        "line": json.dumps(value),
        "lines": "\n".join(map(json.dumps, value["conversations"])),
        "list": json.dumps(value["conversations"]),
    }
    for name, form in forms.items():
        (tmp_path / name).write_text(form)

        assert [texts(each) for each in read(tmp_path / name)[0]] == [["q", "a"]], name


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"messages": [7]}, "a message of it has no id"),
        ({"messages": [{"id": "1"}]}, "a message of it has no id"),
        ({"messages": []}, "its messages do not follow one another"),
        ({"messages": [{"id": 1, "parent": 1, "role": "user", "text": "q"}]}, "do not follow"),
        ({"messages": [{"id": 1, "parent": 2, "role": "user", "text": "q"}]}, "do not follow"),
        ({"messages": [{"id": 1, "role": "tool", "text": "q"}]}, "has the role “tool”"),
        ({"messages": [{"id": 1, "role": "user"}]}, "a message of it has no text"),
        ({"messages": {}}, "it has neither “conversations” nor"),
        ({"conversation": 7}, "it has neither “conversations” nor"),
    ],
)  # fmt: skip
def test_an_export_that_somebody_changed_is_named(
    tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    file = tmp_path / "one.json"
    one = {"conversation": {"head": 1}, "messages": [], "documents": []} | change
    head = {"format": "baichuan-desktop-conversations", "version": 1}
    file.write_text(json.dumps(head | {"conversations": [one]}, indent=1))

    with pytest.raises(TrainingDataError) as caught:
        read(file)

    assert f"“{file}”, line 5: " in str(caught.value)
    assert sentence in str(caught.value)


def test_a_zip_that_is_none_of_ours_or_damaged_is_named(
    store: ConversationStore, tmp_path: Path
) -> None:
    file = tmp_path / "other.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../conversations/1.json", "[]")
        archive.writestr("conversations/../1.json", "[]")
    with pytest.raises(TrainingDataError, match="none of conversations that this app wrote"):
        read(file)
    file.write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(TrainingDataError, match="its zip is damaged"):
        read(file)
    one, _ = put_branch(store, ["q" * 5000, "a" * 5000])
    write_everything(store, [one.id], file)
    raw = bytearray(file.read_bytes())
    place = raw.index(b"conversations/000001.json") + 40
    raw[place : place + 20] = bytes(20)
    file.write_bytes(raw)
    with pytest.raises(TrainingDataError, match=r"“conversations/000001\.json” in its zip is dam"):
        read(file)
