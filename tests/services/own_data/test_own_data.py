"""Everything of a person's own goes into one file, and what another machine lacks comes out."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import (
    BackupExistsError,
    BackupUnwritableError,
    NewerBackupError,
    NotABackupError,
    RestoreBesideError,
    UnpackingError,
)
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import ConversationSettings
from baichuan_desktop.services.documents.values import Attachment
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.values import LicenceText
from baichuan_desktop.services.own_data import archive, creating, manifest
from baichuan_desktop.services.own_data.api import create, restore, verify
from baichuan_desktop.services.own_data.values import Part, Restored
from baichuan_desktop.services.presets.store import PresetStore
from baichuan_desktop.services.presets.values import Preset
from baichuan_desktop.services.settings import SettingsFile
from tests.helpers.conversations import put_branch, put_conversation, put_document, put_message
from tests.helpers.many_models import paths_below
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence

LAYER = """schema_version: 1
installed:
- {id: mine, name: 我的, path: /models/mine, family: baichuan2-7b, kind: chat, context_length: 4096}
- {id: copy, path: %s, family: baichuan2-7b, kind: chat, context_length: 4096, copied: true}
- {id: stray, path: /home/me, family: baichuan2-7b, kind: chat, context_length: 4096, copied: true}
- {id: onnx, path: /models/onnx, family: baichuan2-7b, kind: chat, context_length: 4096, export_of: mine}
adapters:
- {id: poems, path: /adapters/poems, base: mine}
"""  # noqa: E501  entries as they are


class Machine:
    """Where a person has the app, with what is theirs."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.paths = paths_below(home)
        self.presets = PresetStore(self.paths.presets)
        self.licences = Acceptances(self.paths.licences)

    def settings(self, **changes: object) -> SettingsFile:
        file = SettingsFile(self.paths.settings)
        if changes:
            file.change(**changes)
        return file

    def store(self) -> ConversationStore:
        return ConversationStore(self.paths.conversations)

    def list_models(self, text: str) -> None:
        self.paths.user_registry.parent.mkdir(parents=True, exist_ok=True)
        self.paths.user_registry.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Machine, bytes]:
    """A machine on which somebody has worked for a while, and a backup of all that."""
    folder = tmp_path_factory.mktemp("kept")
    made = Machine(folder / "home")
    store = made.store()
    trip, messages = put_branch(store, ["去云南", "大理"], "Trip")
    document = put_document(store, trip, "the whole report")
    attached = (Attachment(document.id, "report.pdf", all_tokens=7),)
    put_message(store, trip, messages[-1], "And this?", attachments=attached)
    store.put_conversation(replace(trip, settings=ConversationSettings("translator")))
    put_conversation(store, "Only a draft", draft="half a thou")
    store.close()
    made.presets.put(Preset("", "Letters", "Write letters.", "{{text}}"))
    made.licences.accept(LicenceText("LICENSE", "t", "t", "a" * 64, None), "mine", "李雷")
    made.list_models(LAYER % (made.paths.model_folder / "copy"))
    made.settings(language="zh_CN", zoom=1.5, last_model="mine", window_size=(900, 700))
    made.settings(as_chat={Path("/models/base")}, model_folders=(Path("/gone"), folder))
    created = create(made.paths, folder / "b.zip")
    assert created is not None
    assert created.notes == []
    return made, (folder / "b.zip").read_bytes()


@pytest.fixture
def old(kept: tuple[Machine, bytes], tmp_path: Path) -> Machine:
    """The same, to be changed."""
    home = tmp_path / "old"
    shutil.copytree(kept[0].home, home)
    made = Machine(home)
    made.list_models(LAYER % (made.paths.model_folder / "copy"))
    return made


@pytest.fixture
def new(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "new")


@pytest.fixture
def file(kept: tuple[Machine, bytes], tmp_path: Path) -> Path:
    """The backup of all that."""
    made = tmp_path / "stick" / "everything.zip"
    made.parent.mkdir()
    made.write_bytes(kept[1])
    return made


def contents_of(paths: Sequence[Path]) -> dict[Path, bytes]:
    """Every file below some folders, but those of SQLite beside the conversations."""
    return {
        one: one.read_bytes()
        for folder in paths
        for one in folder.rglob("*")
        if one.is_file() and not one.name.endswith(("-wal", "-shm"))
    }


def rows(machine: Machine) -> list[tuple[object, ...]]:
    """All that is kept of conversations, without numbers that are inner to a file."""
    found: list[tuple[object, ...]] = []
    with closing(sqlite3.connect(machine.paths.conversations)) as connection:
        for table in ("conversations", "messages", "documents", "folders"):
            columns = [
                row[1]
                for row in connection.execute(f"PRAGMA table_info({table})")
                if row[1] != "number"
            ]
            found += sorted(connection.execute(f"SELECT {', '.join(columns)} FROM {table}"))
    return found


def test_everything_of_one_machine_comes_to_another_one(
    kept: tuple[Machine, bytes], new: Machine, file: Path
) -> None:
    old = kept[0]

    restored = restore(new.paths, file)

    assert restored == Restored(
        conversations=2, messages=3, presets=1, models=4, adapters=1, licences=1, settings=5
    )
    assert rows(new) == rows(old)
    assert new.presets.own() == old.presets.own()
    assert new.licences.all() == old.licences.all()
    there = new.settings().current
    assert (there.language, there.zoom, there.last_model) == ("zh_CN", 1.5, "mine")
    assert there.as_chat == {Path("/models/base")}
    assert there.model_folders == (old.home.parent,), "the other one is not here"
    assert there.window_size is None, "of the other screen"
    listed = new.paths.user_registry.read_text(encoding="utf-8")
    assert "我的" in listed
    assert "export_of: mine" in listed
    assert "base: mine" in listed
    assert "copied" not in listed, "only what lies in the folder of this machine may be removed"
    assert [*new.paths.cache.iterdir()] == []


def test_restoring_again_adds_nothing(
    kept: tuple[Machine, bytes], new: Machine, file: Path
) -> None:
    restore(new.paths, file)
    before = contents_of([new.paths.config, new.paths.data / "models"]), rows(new)

    assert restore(new.paths, file) == Restored()
    assert restore(kept[0].paths, file) == Restored()
    assert (contents_of([new.paths.config, new.paths.data / "models"]), rows(new)) == before


def test_what_is_here_stays(new: Machine, file: Path) -> None:
    new.settings(language="en", as_chat={Path("/models/own")}, precisions={})
    new.list_models(
        "# by hand\nschema_version: 1\ninstalled:\n"
        "- {id: mine, path: /else, family: baichuan-13b, kind: base, context_length: 9}\n"
        "- {id: known, path: /models/onnx, family: baichuan2-7b, kind: chat, context_length: 9}\n"
    )
    store = new.store()
    own, _ = put_branch(store, ["mine"], "Mine")
    letters = new.presets.put(Preset("", "Letters", "Write poems."))

    restored = restore(new.paths, file, store=store)

    assert restored is not None
    assert (restored.models, restored.adapters, restored.conversations) == (3, 1, 2)
    assert store.conversation(own.id) == own
    assert new.presets.own()[0] == letters
    assert [one.name for one in new.presets.own()] == ["Letters", "Letters (2)"]
    settings = new.settings().current
    assert settings.language == "en"
    assert settings.as_chat == {Path("/models/own"), Path("/models/base")}
    assert settings.zoom == 1.5
    listed = new.paths.user_registry.read_text(encoding="utf-8")
    assert "# by hand" in listed
    assert "{id: mine, path: /else" in listed
    assert "id: mine-2" in listed
    assert "base: mine-2" in listed, "the adapter is for the model that it was for"
    assert listed.count("/models/onnx") == 1
    store.close()

    restore(new.paths, file, take_settings=True)
    assert new.settings().current.language == "zh_CN"


def test_what_was_deleted_comes_back(old: Machine, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    create(old.paths, file)
    before = rows(old)
    store = old.store()
    store.delete_conversations([one.id for one in store.conversations()])
    store.close()
    old.paths.settings.unlink()
    old.list_models("schema_version: 1\n")

    restored = restore(old.paths, file)

    assert restored is not None
    assert (restored.conversations, restored.models, restored.settings) == (2, 4, 5)
    assert rows(old) == before
    assert "copied: true" in old.paths.user_registry.read_text(encoding="utf-8")


def test_a_window_that_writes_is_copied_with_what_it_wrote_last(
    old: Machine, new: Machine, tmp_path: Path
) -> None:
    store = old.store()
    put_branch(store, ["just now"], "Fresh")
    done: list[tuple[int, int]] = []

    created = create(
        old.paths, tmp_path / "b.zip", store=store, on_progress=lambda *now: done.append(now)
    )

    assert created is not None
    assert (created.contents.conversations, created.contents.messages) == (3, 4)
    assert done[-1][0] == done[-1][1] == 2 * created.contents.size
    restore(new.paths, tmp_path / "b.zip")
    assert rows(new) == rows(old)
    with pytest.raises(RestoreBesideError):
        restore(old.paths, tmp_path / "b.zip")  # as a terminal does beside the window
    store.close()


def test_what_is_in_it_is_told_once_it_was_read(old: Machine, new: Machine, file: Path) -> None:
    found = verify(new.paths, file)

    assert found is not None
    assert (found.conversations, found.messages, set(found.parts)) == (2, 3, set(Part))
    assert new.paths.cache.is_dir()
    assert contents_of([new.paths.cache]) == {}


def test_a_machine_with_nothing_has_a_backup_of_nothing(new: Machine, tmp_path: Path) -> None:
    created = create(new.paths, tmp_path / "b.zip")

    assert created is not None
    assert created.contents.parts == {}
    assert restore(new.paths, tmp_path / "b.zip") == Restored()


def test_where_nothing_may_be_exported_conversations_are_left_out_and_it_is_said(
    old: Machine, tmp_path: Path
) -> None:
    write_policy(tmp_path, "export_conversations: false\n")

    created = create(old.paths, tmp_path / "b.zip")

    assert created is not None
    assert "Conversations are not written to files here" in created.notes[0].message
    assert set(created.contents.parts) == set(Part) - {Part.CONVERSATIONS}
    assert b"report" not in (tmp_path / "b.zip").read_bytes()


def test_where_nothing_may_be_imported_models_are_not_listed(
    new: Machine, file: Path, tmp_path: Path
) -> None:
    write_policy(tmp_path, "import: false\n")

    restored = restore(new.paths, file)

    assert restored is not None
    assert (restored.models, restored.conversations) == (0, 2)
    assert "Models are not added" in str(restored.notes[0])
    assert not new.paths.user_registry.exists()


# --- writing it --------------------------------------------------------------------------------


def test_a_file_that_is_there_is_replaced_only_if_that_is_wanted(old: Machine, file: Path) -> None:
    before = file.read_bytes()
    put_branch(store := old.store(), ["more"])
    store.close()

    with pytest.raises(BackupExistsError, match=r"everything\.zip"):
        create(old.paths, file)
    assert file.read_bytes() == before
    assert create(old.paths, file, replace=True) is not None
    assert file.read_bytes() != before


def test_what_is_backed_up_is_never_replaced_by_the_backup(old: Machine) -> None:
    before = contents_of([old.home])
    for own in (old.paths.settings, old.paths.conversations):
        with pytest.raises(BackupExistsError):
            create(old.paths, own, replace=True)
    assert contents_of([old.home]) == before


def test_a_pipe_or_a_device_is_not_replaced_by_a_backup(old: Machine, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(BackupUnwritableError, match="no ordinary file"):
        create(old.paths, pipe, replace=True)

    assert pipe.is_fifo()


def test_a_backup_may_be_called_like_one_of_its_parts(old: Machine, tmp_path: Path) -> None:
    file = tmp_path / "conversations.sqlite3"

    create(old.paths, file)

    assert verify(old.paths, file) is not None


def test_conversations_that_are_damaged_are_said_to_be(old: Machine, tmp_path: Path) -> None:
    data = bytearray(old.paths.conversations.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    old.paths.conversations.write_bytes(data)

    with pytest.raises(BackupUnwritableError, match="the file of your conversations is damaged"):
        create(old.paths, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


@pytest.mark.parametrize("at", ["write", "rename"])
def test_a_full_drive_leaves_what_was_there(
    old: Machine, file: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = file.read_bytes()
    monkeypatch.setattr(creating, at, full)

    with pytest.raises(BackupUnwritableError, match="No space left on device") as raised:
        create(old.paths, file, replace=True)

    assert_one_sentence(raised.value)
    assert file.read_bytes() == before
    assert [*file.parent.iterdir()] == [file]


def test_a_drive_that_changes_bytes_is_noticed(
    old: Machine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = archive.write

    def spoilt(made: Path, *rest: object) -> object:
        contents = real(made, *rest)  # type: ignore[arg-type]  # as it is called
        data = bytearray(made.read_bytes())
        data[5000] ^= 1
        made.write_bytes(data)
        return contents

    monkeypatch.setattr(creating, "write", spoilt)

    with pytest.raises(BackupUnwritableError, match="does not read back as it was written"):
        create(old.paths, file, replace=True)
    assert verify(old.paths, file) is not None


def test_what_a_run_left_that_was_ended_is_removed(old: Machine, new: Machine, file: Path) -> None:
    half = file.with_name(".everything.zip.part")
    half.mkdir()
    (half / "everything.zip").write_bytes(b"half")
    left = new.paths.cache / "backup-0815"
    left.mkdir(parents=True)
    (left / "conversations.sqlite3").write_bytes(b"private")

    create(old.paths, file, replace=True)
    verify(new.paths, file)

    assert [*file.parent.iterdir()] == [file]
    assert [*new.paths.cache.iterdir()] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_only_the_owner_can_read_it(new: Machine, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    create(new.paths, file)

    assert file.stat().st_mode & 0o777 == 0o600


class Clicks:
    """Somebody who cancels after so many steps."""

    def __init__(self, after: int) -> None:
        self.cancel = threading.Event()
        self._left = after

    def __call__(self, _done: int, _all: int) -> None:
        self._left -= 1
        if self._left < 0:
            self.cancel.set()


def test_it_can_be_cancelled_at_any_time_and_changes_nothing(
    old: Machine, new: Machine, file: Path, tmp_path: Path
) -> None:
    for after in range(5):  # of five parts that are read
        clicks = Clicks(after)
        made = create(old.paths, tmp_path / "b.zip", on_progress=clicks, cancel=clicks.cancel)
        assert made is None
        assert not (tmp_path / "b.zip").exists()
        clicks = Clicks(after)
        assert restore(new.paths, file, on_progress=clicks, cancel=clicks.cancel) is None
        assert not new.paths.settings.exists()
        assert contents_of([new.paths.data, new.paths.cache]) == {}


# --- files that somebody else made --------------------------------------------------------------


def rewritten(file: Path, change: Callable[[dict[str, bytes]], object], method: int = 0) -> None:
    """Write a backup anew after a change of its members, by name."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def listing(members: dict[str, bytes], **changes: object) -> None:
    content = json.loads(members[manifest.NAME])
    members[manifest.NAME] = json.dumps(content | changes).encode()


def longer(members: dict[str, bytes]) -> None:
    members["settings.json"] += b" "


def spoilt(members: dict[str, bytes]) -> None:
    members["settings.json"] = members["settings.json"].replace(b"zh_CN", b"en_GB")


def without(members: dict[str, bytes]) -> None:
    del members["presets.json"]


def unlisted(members: dict[str, bytes]) -> None:
    parts = json.loads(members[manifest.NAME])["parts"]
    del parts["settings.json"]
    listing(members, parts=parts)


def named(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members[name] = b"x"

    return change


def other_conversations(data: bytes) -> Callable[[dict[str, bytes]], None]:
    """Their hash is right."""

    def change(members: dict[str, bytes]) -> None:
        members["conversations.sqlite3"] = data
        parts = json.loads(members[manifest.NAME])["parts"]
        digest = hashlib.sha256(data).hexdigest()
        parts["conversations.sqlite3"] = {"size": len(data), "sha256": digest}
        listing(members, parts=parts)

    return change


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (named("../../.bashrc"), "“../../.bashrc”, which is no part of a backup"),
        (named("/etc/passwd"), "“/etc/passwd”, which is no part"),
        (named("settings.json\x1b[2J"), "which is no part of a backup"),
        (longer, "“settings.json” is not as large as its list says"),
        (spoilt, "“settings.json” is not what was written"),
        (without, "“presets.json” is missing in it"),
        (unlisted, "it holds more than its list says"),
        (lambda members: members.pop(manifest.NAME), "it has no list of what it holds"),
        (lambda members: listing(members, format="x"), "it was not made by this app"),
        (lambda members: listing(members, version=True), "it was not made by this app"),
        (lambda members: listing(members, parts=[]), "its list names no parts"),
        (lambda members: listing(members, parts={"settings.json": 7}), "nothing usable"),
        (
            lambda members: members.update({manifest.NAME: b"[" * 90_000}),
            "its list is not readable as JSON",
        ),
        (
            lambda members: members.update({manifest.NAME: b" " * 100_001}),
            "its list is implausibly large",
        ),
        (other_conversations(b"no database"), "is no file of conversations"),
        (other_conversations(b""), "is no file of conversations"),
    ],
)
def test_a_backup_that_is_none_is_refused_and_nothing_is_changed(
    new: Machine, file: Path, change: Callable[[dict[str, bytes]], object], what: str
) -> None:
    rewritten(file, change)

    for use in (verify, restore):
        with pytest.raises(NotABackupError) as raised:
            use(new.paths, file)
        assert what in raised.value.message
        assert_one_sentence(raised.value)
    assert contents_of([new.paths.config, new.paths.data, new.paths.cache]) == {}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "it is no archive"),
        (b"PK\x05\x06" + bytes(18), "it has no list"),
        (b"half of it", "it is no archive"),
    ],
)
def test_a_file_that_is_no_archive_is_refused(
    new: Machine, tmp_path: Path, content: bytes, what: str
) -> None:
    file = tmp_path / "b.zip"
    file.write_bytes(content)

    with pytest.raises(NotABackupError, match=what):
        restore(new.paths, file)
    with pytest.raises(NotABackupError, match="cannot be read"):
        restore(new.paths, tmp_path / "missing.zip")
    with pytest.raises(NotABackupError, match="cannot be read"):
        restore(new.paths, tmp_path)


def test_a_backup_that_was_cut_short_is_refused(new: Machine, file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])

    with pytest.raises(NotABackupError, match="only a part of one"):
        restore(new.paths, file)


def test_a_bomb_is_not_unpacked(new: Machine, file: Path) -> None:
    """What is compressed is refused by its header alone, however little it claims to be."""

    def bomb(members: dict[str, bytes]) -> None:
        members["settings.json"] = bytes(50_000_000)

    rewritten(file, bomb, zipfile.ZIP_DEFLATED)

    with pytest.raises(NotABackupError, match="is encrypted or compressed"):
        restore(new.paths, file)
    assert contents_of([new.paths.cache]) == {}


def test_a_backup_of_a_newer_version_is_said_to_be_one(
    new: Machine, file: Path, tmp_path: Path
) -> None:
    conversations = tmp_path / "newer.sqlite3"
    with zipfile.ZipFile(file) as archive:
        conversations.write_bytes(archive.read("conversations.sqlite3"))
    with closing(sqlite3.connect(conversations)) as connection:
        connection.execute("PRAGMA user_version = 99")
    for change in (
        lambda members: listing(members, version=2, parts={"more.bin": {}}),
        other_conversations(conversations.read_bytes()),
    ):
        rewritten(file, change)
        with pytest.raises(NewerBackupError) as raised:
            restore(new.paths, file)
        assert_one_sentence(raised.value)
    assert contents_of([new.paths.config, new.paths.data]) == {}


def test_without_room_to_unpack_nothing_is_changed(new: Machine, file: Path) -> None:
    new.paths.cache.parent.mkdir(parents=True)
    new.paths.cache.write_text("in the way")

    with pytest.raises(UnpackingError) as raised:
        restore(new.paths, file)

    assert_one_sentence(raised.value)
    assert contents_of([new.paths.config, new.paths.data]) == {}


def test_a_part_that_cannot_be_added_keeps_none_of_the_others_off(new: Machine, file: Path) -> None:
    new.list_models("schema_version: 1\ninstalled: 7\n")

    restored = restore(new.paths, file)

    assert restored is not None
    (error,) = restored.failed
    assert "models_registry.yaml is wrong at installed" in error.message
    assert (restored.conversations, restored.presets, restored.settings) == (2, 1, 5)
    new.list_models("schema_version: 1\n")
    again = restore(new.paths, file)
    assert again == Restored(models=4, adapters=1)


def test_a_store_that_is_open_saves_what_was_restored(new: Machine, file: Path) -> None:
    store = new.store()

    restore(new.paths, file, store=store)

    assert store.flush(PATIENCE_SECONDS)
    assert [hit.excerpt for hit in store.search("云南")] == ["去云南"]
    (document,) = [
        store.document(key) for one in store.conversations() for key in store.document_ids(one.id)
    ]
    assert document is not None
    assert document.text == "the whole report"
    store.close()


def test_what_has_conversations_deleted_is_taken_only_where_that_is_asked_for(
    new: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "b.zip"
    other = Machine(tmp_path / "other")
    other.settings(keep_days=1, backups_kept=1, backup_hours=0, zoom=1.5)
    create(other.paths, file)

    restore(new.paths, file)
    there = new.settings().current
    assert (there.keep_days, there.backups_kept, there.backup_hours) == (None, 7, 24)
    assert there.zoom == 1.5

    restore(new.paths, file, take_settings=True)
    there = new.settings().current
    assert (there.keep_days, there.backups_kept, there.backup_hours) == (1, 1, 0)
