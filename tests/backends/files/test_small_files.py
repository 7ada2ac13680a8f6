"""Only files are opened, nothing is waited for, and JSON is read in bounds."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.manifest import GRAPH_FILE, MANIFEST, stated_precision
from backends.errors import CheckpointError, DamagedCheckpointError, UnsafeCheckpointError
from backends.files.hashing import Sha256
from backends.files.small_files import is_file, is_leaf_name, open_file, read_file, read_json
from tests.helpers import goldens
from tests.helpers.sentences import assert_one_sentence


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path))  # a long path does not fit into its name


#: What a name may be that is no file.
OTHERS: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "socket": make_socket,
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "link to a terminal": lambda path: path.symlink_to("/dev/tty"),
    "link to a folder": lambda path: path.symlink_to("/"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(goldens.folder("b2-7b", "safetensors"), tmp_path / "model"))


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x"
    OTHERS[name](path)
    for look in (is_file, open_file, read_json, lambda file: list(Sha256(file))):
        with pytest.raises(UnsafeCheckpointError, match="“x” was refused: it is not a file"):
            look(path)


@pytest.mark.parametrize("kind", ["pipe", "folder", "link to a device"])
@pytest.mark.parametrize(
    "name", ["config.json", "generation_config.json", "model.safetensors", "tokenizer.model",
             "model.safetensors.index.json", "model.onnx"],
)  # fmt: skip
def test_in_a_model_it_is_said_of_every_file(folder: Path, name: str, kind: str) -> None:
    (folder / name).unlink(missing_ok=True)
    if name in ("model.onnx", "model.safetensors.index.json"):  # which a whole file goes before
        (folder / "model.safetensors").unlink()
    OTHERS[kind](folder / name)

    with pytest.raises(UnsafeCheckpointError) as caught:
        Checkpoint.open(folder)

    assert_one_sentence(caught.value)
    assert caught.value.message == f"“{name}” was refused: it is not a file."


@pytest.mark.parametrize("kind", ["pipe", "folder", "link to a device"])
def test_a_manifest_that_is_no_file_is_said(folder: Path, kind: str) -> None:
    (folder / "model.safetensors").rename(folder / GRAPH_FILE)
    OTHERS[kind](folder / MANIFEST)

    with pytest.raises(UnsafeCheckpointError, match="it is not a file"):
        Checkpoint.open(folder)

    assert stated_precision(folder) is None


def test_what_is_not_there_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    (tmp_path / "file").write_bytes(b"")
    for name in ("nothing", "dangling", "file/below", "x" * 300, "a\0b", "\ud800"):
        assert not is_file(tmp_path / name)
    assert is_file(tmp_path / "file")


def test_a_link_to_itself_is_said(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("x")
    with pytest.raises(DamagedCheckpointError, match=r"it cannot be read \(Too many levels"):
        is_file(tmp_path / "x")


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have_is_a_named_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(DamagedCheckpointError, match="no file can have this name"):
        read_file(tmp_path / name, 10)


def test_no_more_is_read_than_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"12345")
    assert read_file(file, 5) == b"12345"
    with pytest.raises(DamagedCheckpointError, match="implausibly large"):
        read_file(file, 4)


# --- JSON --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": "\xe5\xb1\x82"}', {"a": "层"}),
        ('{"a": "层"}'.encode("utf-16"), {"a": "层"}),
        (b"\xfe\xff" + '{"a": "层"}'.encode("utf-16-be"), {"a": "层"}),
        (b'{"a": 1000000000000000019884624838656}', {"a": 10**30 + 19884624838656}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a": "\\ud800", "\\udfffb": 2}', {"a": "?", "?b": 2}),
        (b'{"a": "\\\\ud800"}', {"a": "\\ud800"}),
        (b'{"a": 1, "a": 2}', {"a": 2}),  # as every reader of JSON has it
        (b'{"a": 1e999}', {"a": float("inf")}),
        (b"[" * 0 + b'{"a": ' + b"[" * 60 + b"]" * 60 + b"}", None),
    ],
    ids=repr,
)
def test_json_is_read(tmp_path: Path, raw: bytes, value: object) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(raw)

    found = read_json(file)

    assert found == (json.loads(raw) if value is None else value)
    json.dumps(found, ensure_ascii=False).encode()  # it can be written


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "not readable as JSON"),
        (b'{"a": 1,}', "not readable as JSON"),
        (b"\xff\xfe{\0}", "not readable as JSON"),
        ('{"a": 1}'.encode("utf-16-le"), "not readable as JSON"),
        (codecs.BOM_UTF16_LE + codecs.BOM_UTF16_LE + b"{\0}\0", "not readable as JSON"),
        (b"\xff\xfe\0\0" + '{"a": 1}'.encode("utf-32-le"), "not readable as JSON"),
        (b'{"a": "\xed\xa0\x80"}', "not readable as JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"a": ' + b"9" * 101 + b"}", "a number of 101 digits"),
        (b'{"a": -' + b"9" * 5_000 + b"}", "a number of 5,001 digits"),
        (b'{"a": ' * 70 + b"1" + b"}" * 70, "nested too deeply"),
        (b'{"a": ' + b"[" * 64 + b"0" + b"]" * 64 + b"}", "nested too deeply"),
        (b'{"a": ' + b"[" * 100_000, "not readable as JSON"),
        (b" " * 4_000_001, "implausibly large"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_other_json_is_one_sentence(tmp_path: Path, raw: bytes, sentence: str) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(raw)

    with pytest.raises(CheckpointError, match=sentence) as caught:
        read_json(file)

    assert_one_sentence(caught.value)


@pytest.mark.parametrize("name", ["config.json", "generation_config.json"])
def test_a_mark_in_front_of_a_file_changes_nothing(folder: Path, name: str) -> None:
    before = Checkpoint.open(folder)
    file = folder / name
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    after = Checkpoint.open(folder)

    assert (after.config, after.chat_tokens, after.defaults) == (
        before.config,
        before.chat_tokens,
        before.defaults,
    )


@pytest.mark.parametrize(
    "name", ["model.safetensors", "模型.bin", " a b", ".hidden", "...", "a..b"]
)
def test_a_name_that_stays_in_its_folder_is_a_leaf(name: str) -> None:
    assert is_leaf_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/", "/a", "a/b", "a/", "../a", "a\\b", "..\\a", "C:a", "C:\\a", "a:stream"],
)
def test_a_name_that_leads_elsewhere_on_any_system_is_none(name: str) -> None:
    assert not is_leaf_name(name)
