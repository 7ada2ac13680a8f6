"""What is exported here is imported again to the last byte; and exports for readers."""

from __future__ import annotations

import dataclasses
import re
import threading
import zipfile
from pathlib import Path

import pytest

from backends.errors import ConversationExportError, NothingToExportError, PolicyError
from backends.text.chat_template import Role
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.tree import ConversationTree
from baichuan_desktop.services.chat.values import (
    AnswerDetails,
    ConversationKind,
    ConversationSettings,
    Folder,
    Status,
)
from baichuan_desktop.services.documents.values import Attachment, Document, Mark, Passage, Unit
from baichuan_desktop.services.exchange.adding import add, look_at
from baichuan_desktop.services.exchange.forms.sheet import Options, file_stem
from baichuan_desktop.services.exchange.own_form import Whole, whole
from baichuan_desktop.services.exchange.values import State
from baichuan_desktop.services.exchange.writing import (
    Form,
    Manner,
    exportable,
    write_each,
    write_everything,
    write_one,
)
from tests.helpers.conversations import put_branch, put_conversation, put_message
from tests.helpers.policies import write_policy

ODD = "half \ud83d, NUL \0, 天气 \U0001f326, tab\t, \u202e, \r\n end  "


@pytest.fixture
def full() -> ConversationStore:
    """A store with something of everything that is kept."""
    store = ConversationStore(None)
    store.put_folder(Folder(store.new_id(), "工作 / work", 3))
    store.put_folder(Folder(store.new_id(), "Empty", 1))
    folder = store.folders()[-1]
    one = put_conversation(
        store, ODD, folder_id=folder.id, is_pinned=True, is_unread=True, has_own_title=True,
        system_prompt=f"Be {ODD}", draft="half a thought", updated=1_700_000_000.123456,
    )  # fmt: skip
    report = Document(
        store.new_id(), one.id, "报告.pdf", "pdf", 7, "ab" * 32, "eins zwei drei",
        (Mark(0, Unit.PAGE, 1), Mark(5, Unit.PAGE, 2, "name")), "", ("a note",),
    )  # fmt: skip
    store.put_document(report)
    given = Attachment(report.id, report.name, (Passage(0, 4), Passage(5, 9)), 3, 4, 6)
    question = put_message(store, one, None, f"{ODD}?", attachments=(given,))
    details = AnswerDetails("bf16", "torch", "{}", 7, 8, 9.75, "stop", "", 2, None, "Captain")
    first = put_message(store, one, question, "first", details=details, model="Model A")
    second = put_message(store, one, question, "second", Status.BROKEN, details=AnswerDetails())
    put_message(store, one, second, "and then")
    settings = ConversationSettings(
        "own-7", (("text", ODD),), '{"top_k": 1}', frozenset({question.id}), (given,)
    )
    store.put_conversation(dataclasses.replace(one, head=first.id, settings=settings))
    put_branch(store, ["Once upon", " a time"], "A text", kind=ConversationKind.TEXT)
    put_branch(store, ["deleted", "x"], "In the trash", trashed=1_600_000_000.5)
    put_conversation(store, "", draft="only a draft")
    put_branch(store, ["secret", "yes"], "Temporary", is_temporary=True)
    return store


def kept(store: ConversationStore) -> list[Whole | None]:
    return [whole(store, one.id) for one in exportable(store)]


def all_ids(store: ConversationStore) -> list[int]:
    return [one.id for one in exportable(store)]


def test_everything_comes_back_to_the_last_byte_and_once_only(
    full: ConversationStore, tmp_path: Path
) -> None:
    file, again = tmp_path / "all.zip", tmp_path / "again.zip"
    done: list[int] = []
    write_everything(full, all_ids(full), file, progress=done.append)
    other = ConversationStore(tmp_path / "data" / "conversations.sqlite3")

    added = add(file, None, other)

    assert done == [1, 2, 3, 4]
    assert (added.conversations, added.messages, added.documents) == (4, 8, 1)
    assert other.flush(10)
    assert [one for one in kept(other) if one] == [one for one in kept(full) if one]
    used = [one for one in full.folders() if one.name != "Empty"]
    assert other.folders() == used
    assert all(
        one.state in (State.HERE, State.TRASHED) for one in look_at(file, other).conversations
    )
    assert add(file, None, other).conversations == 0
    write_everything(other, all_ids(other), again)
    with zipfile.ZipFile(file) as mine, zipfile.ZipFile(again) as theirs:
        names = [name for name in mine.namelist() if "/" in name]
        assert len(names) == 4
        assert [mine.read(name) for name in names] == [theirs.read(name) for name in names]
    other.close()


def test_one_conversation_is_a_file_of_json_that_is_imported_again(
    full: ConversationStore, tmp_path: Path
) -> None:
    (one,) = (found for found in full.conversations() if found.is_pinned)
    write_one(full, one.id, Form.JSON, tmp_path / "one.json", Manner())
    other = ConversationStore(None)
    other.put_folder(Folder(other.new_id(), "工作 / work", 0))

    add(tmp_path / "one.json", None, other)

    found = whole(other, one.id)
    (folder,) = other.folders()  # of the same name: no second one is made
    assert found == dataclasses.replace(
        whole(full, one.id), conversation=dataclasses.replace(one, folder_id=folder.id)
    )  # type: ignore[type-var]  # it is there


def test_ids_that_others_have_here_are_counted_up_and_nothing_is_overwritten(
    full: ConversationStore, tmp_path: Path
) -> None:
    (one,) = (found for found in full.conversations() if found.is_pinned)
    write_one(full, one.id, Form.JSON, tmp_path / "one.json", Manner())
    other = ConversationStore(None)
    theirs, messages = put_branch(other, ["mine", "too"], "Mine")
    question = full.messages(list(full.tree(one.id)))[0]
    taken = dataclasses.replace(messages[0], id=question.id)
    other.put_message(taken)
    document = whole(full, one.id).documents[0]  # type: ignore[union-attr]  # it is there
    other.put_document(dataclasses.replace(document, conversation_id=theirs.id, text="mine"))

    for _ in range(2):  # the same ids are found again
        add(tmp_path / "one.json", None, other)

    assert other.messages([question.id]) == [taken]
    assert other.document(document.id).text == "mine"  # type: ignore[union-attr]  # it is there
    tree = ConversationTree(other)
    shown = tree.branch(other.conversation(one.id).head)  # type: ignore[union-attr]  # it is there
    assert [each.text for each in shown] == [f"{ODD}?", "first"]
    assert len(other.tree(one.id)) == 4
    (attached,) = shown[0].attachments
    assert other.document(attached.document_id).text == "eins zwei drei"  # type: ignore[union-attr]
    assert other.conversation(one.id).settings.left_out == {shown[0].id}  # type: ignore[union-attr]


TALK = [
    "What is *this*?\n<b>bold</b>",
    (
        "# A heading\n\n**Bold** and $x^2$ and [a link](https://example.org/a?b=1&c=2)\n\n"
        "```python\nprint('<script>')\n```\n\n$$\\frac{1}{2}$$\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "![x](file:///etc/passwd) <img src=x onerror=alert(1)> <script>alert(2)</script>"
    ),
]


@pytest.fixture
def talk() -> tuple[ConversationStore, int]:
    store = ConversationStore(None)
    one, messages = put_branch(store, TALK, 'Geese: "why"? <i>', system_prompt="Be brief.")
    put_message(store, one, messages[0], "another version", Status.STOPPED)
    return store, one.id


def text_of(talk: tuple[ConversationStore, int], form: Form, folder: Path) -> str:
    file = folder / f"x{form.suffix}"
    write_one(*talk, form, file, Manner(Options(documents=True)))
    return file.read_text(encoding="utf-8")


def test_markdown_keeps_what_was_written_under_who_wrote_it(
    talk: tuple[ConversationStore, int], tmp_path: Path
) -> None:
    text = text_of(talk, Form.MARKDOWN, tmp_path)

    assert text.startswith('# Geese: "why"? \\<i\\>\n\n')
    assert "## System prompt\n\n> Be brief.\n\n## You" in text
    assert all(one in text for one in TALK)
    assert "1 messages of other versions are not in this file" in text


def test_plain_text_is_what_is_read(talk: tuple[ConversationStore, int], tmp_path: Path) -> None:
    text = text_of(talk, Form.TEXT, tmp_path)

    assert "[You · 1970-01-01" in text
    assert TALK[0] in text
    assert "A heading\n\nBold and $x^2$ and a link" in text


def test_a_web_page_runs_and_loads_nothing_and_draws_formulas(
    talk: tuple[ConversationStore, int], tmp_path: Path
) -> None:
    page = text_of(talk, Form.HTML, tmp_path)
    shown = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)

    tags = set(re.findall(r"<([a-zA-Z]+)", shown)) - {"path", "rect", "line", "g"}
    assert not tags & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "video",
    }
    assert "default-src 'none'" in page
    assert not re.search(r"\bon\w+=", re.sub(r"&lt;.*?&gt;", "", shown))
    assert re.findall(r'(?:src|href|action)="([^"]*)"', shown) == [
        "https://example.org/a?b=1&amp;c=2"
    ]
    assert page.count('<svg role="img"') == 2
    assert 'aria-label="x^2"' in page
    assert "prefers-color-scheme: dark" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page


def test_many_become_a_file_each_beside_what_is_there(
    full: ConversationStore, tmp_path: Path
) -> None:
    put_branch(full, ["a", "b"], "A text")
    (tmp_path / "A text.txt").write_text("mine", encoding="utf-8")

    written = write_each(full, all_ids(full), Form.TEXT, tmp_path, Manner())

    names = sorted(file.name for file in tmp_path.iterdir())
    assert written.conversations == 4
    assert {"A text.txt", "A text (2).txt", "A text (3).txt", "In the trash.txt"} < set(names)
    assert (tmp_path / "A text.txt").read_text(encoding="utf-8") == "mine"
    assert len(names) == 5


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("../../etc/passwd", "etc-passwd"), ("CON", "_CON"), ("a\nb\0c", "a-b-c"), ("…", "…"),
        ("   ", "chat"), ("天气" * 100, "天气" * 30), ("nul.txt", "_nul.txt"),
    ],
)  # fmt: skip
def test_a_title_becomes_a_name_that_every_system_takes(title: str, stem: str) -> None:
    assert file_stem(title) == stem


def test_what_cannot_be_written_leaves_what_was_there(
    full: ConversationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "all.zip"
    file.write_bytes(b"before")
    stop = threading.Event()
    stop.set()
    assert write_everything(full, all_ids(full), file, cancel=stop).was_stopped
    with pytest.raises(NothingToExportError):
        write_everything(full, [], file)

    def full_drive(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_drive)
    with pytest.raises(ConversationExportError, match="No space left on device"):
        write_everything(full, all_ids(full), file)
    with pytest.raises(ConversationExportError, match="No such file or directory"):
        write_one(full, all_ids(full)[0], Form.JSON, tmp_path / "no" / "x.json", Manner())

    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("form", [Form.MARKDOWN, Form.TEXT, Form.HTML, Form.JSON, None])
def test_a_policy_turns_every_form_off(
    full: ConversationStore, tmp_path: Path, form: Form | None
) -> None:
    write_policy(tmp_path, "export_conversations: false\n")
    (one,) = (found for found in full.conversations() if found.is_pinned)
    file = tmp_path / "file"

    def write() -> None:
        if form is None:
            write_everything(full, [one.id], file)
        else:
            write_one(full, one.id, form, file, Manner())

    with pytest.raises(PolicyError, match="Conversations are not written to files here"):
        write()
    with pytest.raises(PolicyError):
        write_each(full, [one.id], Form.TEXT, tmp_path, Manner())
    assert not file.exists()


def test_what_was_being_written_is_broken_off_where_it_is_imported(tmp_path: Path) -> None:
    store, other = ConversationStore(None), ConversationStore(None)
    one, messages = put_branch(store, ["asked"])
    put_message(store, one, messages[0], "so f", Status.WRITING)
    write_one(store, one.id, Form.JSON, tmp_path / "x.json", Manner())

    add(tmp_path / "x.json", None, other)

    (answer,) = (m for m in other.messages(list(other.tree(one.id))) if m.role is Role.ASSISTANT)
    assert answer.status is Status.BROKEN
