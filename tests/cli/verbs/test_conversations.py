"""`conversations`: listed, exported in every form, imported; and while a window has them open."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from backends.text.chat_template import Role
from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Folder
from tests.helpers.conversations import put_branch
from tests.helpers.policies import write_policy

CHATGPT = Path(__file__).parents[2] / "goldens/conversations_of_others/chatgpt/conversations.json"
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def ids() -> list[int]:
    """Of what is kept: the newest first."""
    store = ConversationStore(app_paths().conversations)
    folder = Folder(store.new_id(), "工作", 0)
    store.put_folder(folder)
    one, _ = put_branch(
        store, ["天空？", "**Blue**\x1b[31m"], "天空", folder_id=folder.id, updated=2.0
    )
    two, _ = put_branch(store, ["b"], "Two")
    put_branch(store, ["secret"], "Temporary", is_temporary=True)
    assert store.flush(60)
    store.close()
    return [one.id, two.id]


def run(capsys: Captured, *words: str | Path) -> tuple[int, str]:
    code = main(["conversations", *map(str, words)])
    return code, capsys.readouterr().out


def test_they_are_listed_for_people_and_for_programs(ids: list[int], capsys: Captured) -> None:
    code, out = run(capsys, "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == [str(one) for one in ids]
    assert "工作" in out
    rows = json.loads(run(capsys, "list", "--json")[1])["conversations"]
    assert [(row["id"], row["title"], row["messages"]) for row in rows] == [
        (ids[0], "天空", 2), (ids[1], "Two", 1),
    ]  # fmt: skip


def test_where_there_are_none_nothing_is_made(capsys: Captured, app_home: Path) -> None:
    assert run(capsys, "list") == (0, "There are no conversations.\n")
    assert not app_home.exists()
    assert main(["conversations", "export", "7"]) == 1
    assert "There is no conversation 7." in capsys.readouterr().err


@pytest.mark.usefixtures("app")  # which a PDF is drawn by, and a process has one only
def test_one_is_printed_or_written_in_each_form(
    ids: list[int], capsys: Captured, tmp_path: Path
) -> None:
    code, out = run(capsys, "export", str(ids[0]), "--no-details")
    assert (code, out) == (0, "# 天空\n\n## You\n\n天空？\n\n## Model\n\n**Blue**\x1b[31m\n")
    for form in ("markdown", "text", "html", "json", "pdf"):
        file = tmp_path / form
        code, out = run(capsys, "export", str(ids[0]), "--format", form, "--out", file)
        assert (code, out) == (0, f"1 conversation is in {file}.\n")
    assert (tmp_path / "pdf").read_bytes().startswith(b"%PDF")
    assert "Blue" in (tmp_path / "text").read_text(encoding="utf-8")
    assert main(["conversations", "export", str(ids[0]), "--format", "pdf"]) == 1
    assert "It is not said where to write." in capsys.readouterr().err


@pytest.mark.usefixtures("app")
def test_what_is_there_is_not_written_over(
    ids: list[int], capsys: Captured, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("mine", encoding="utf-8")

    for command in ([str(ids[0])], ["--all"]):
        assert main(["conversations", "export", *command, "--out", str(notes)]) == 1
        assert "There is a file" in capsys.readouterr().err
    for form in ("html", "pdf"):  # a folder is wanted
        command = ["export", "--all", "--format", form, "--out", str(notes)]
        assert main(["conversations", *command]) == 1
        assert "cannot be written" in capsys.readouterr().err
    assert notes.read_text(encoding="utf-8") == "mine"

    assert run(capsys, "export", str(ids[0]), "--out", notes, "--replace")[0] == 0
    assert notes.read_text(encoding="utf-8").startswith("# 天空")


@pytest.mark.usefixtures("app")  # which a PDF is drawn by, and a process has one only
def test_all_are_a_zip_or_a_folder_and_come_back(
    ids: list[int], capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folder = tmp_path / "all.zip", tmp_path / "out"
    assert run(capsys, "export", "--all", "--out", file)[0] == 0
    assert run(capsys, "export", "--all", "--format", "pdf", "--out", folder)[0] == 0
    assert sorted(one.name for one in folder.iterdir()) == ["Two.pdf", "天空.pdf"]
    with zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == 3
    monkeypatch.setenv("BAICHUAN_DESKTOP_HOME", str(tmp_path / "other home"))

    assert run(capsys, "import", file, "--dry-run")[1].endswith("- 2: new\n")
    assert not app_paths().conversations.exists()
    code, out = run(capsys, "import", file)

    assert (code, out.splitlines()[-1]) == (0, "Added: 3 messages in 2 conversations.")
    store = ConversationStore(app_paths().conversations)
    assert [one.id for one in store.conversations()] == ids
    store.close()
    added = json.loads(run(capsys, "import", file, "--json")[1])
    assert added["added"] == {"conversations": 0, "messages": 0, "documents": 0}


def test_what_is_left_of_another_programs_export_is_said(capsys: Captured) -> None:
    code, out = run(capsys, "import", CHATGPT)

    assert code == 0
    assert "holds 2 conversations of ChatGPT." in out
    assert "Unknown here, and left out: a_field_of_next_year (1)." in out
    store = ConversationStore(app_paths().conversations)
    said = {
        m.role for one in store.conversations() for m in store.messages(list(store.tree(one.id)))
    }
    store.close()
    assert said == {Role.USER, Role.ASSISTANT}


def test_while_a_window_has_them_they_are_read_and_nothing_is_added(
    ids: list[int], capsys: Captured
) -> None:
    window = ConversationStore(app_paths().conversations)

    assert main(["conversations", "list"]) == 0
    shown = capsys.readouterr()
    assert str(ids[1]) in shown.out
    assert "The window is open" in shown.err
    assert main(["conversations", "import", str(CHATGPT)]) == 1
    assert "so none are added from here" in capsys.readouterr().err
    assert len(window.conversations()) == 2
    window.close()


def test_a_policy_turns_export_off_and_is_told(
    ids: list[int], capsys: Captured, tmp_path: Path
) -> None:
    write_policy(tmp_path, "export_conversations: false\n")

    assert main(["conversations", "export", str(ids[0])]) == 1
    assert "Conversations are not written to files here" in capsys.readouterr().err
    assert main(["policy", "show"]) == 0
    assert "Conversations may not be exported nor printed" in capsys.readouterr().out
