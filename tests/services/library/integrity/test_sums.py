"""Lists of hashes: `sha256sum` reads what we write, and we read what it and others write."""

from __future__ import annotations

import datetime
import hashlib
import os
import random
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import SumsError
from baichuan_desktop.services.library.integrity.matching import is_named_by, match
from baichuan_desktop.services.library.integrity.sums import parse_sums, read_sums, write_sums
from baichuan_desktop.services.library.integrity.values import (
    FileRecord,
    KnownHash,
    Manifest,
    Origin,
)
from tests.helpers.installed import installed

#: Names that `sha256sum` escapes, and others that it does not.
NAMES = (
    "plain.txt", "two\nlines", "back\\slash", "\\n", "with space", "*star", "层.bin",
    os.fsdecode(b"\xff.bin"), "a/b/c", "re\rturn", "(1) = x", "-",
)  # fmt: skip


def manifest_of(folder: Path) -> Manifest:
    records = {}
    for name in NAMES:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.fsencode(name))
        digest = hashlib.sha256(os.fsencode(name)).hexdigest()
        records[name] = FileRecord(1, 1, (KnownHash(Origin.IMPORT, sha256=digest),))
    return Manifest("id", folder, datetime.datetime.now(datetime.UTC), records)


def test_a_list_names_each_file_in_the_format_of_sha256sum(tmp_path: Path) -> None:
    record = FileRecord(0, 0, (KnownHash(Origin.IMPORT, sha256="0" * 64),))
    files = {"b\nc": record, "a": record, "not read": FileRecord(1, 1)}
    manifest = Manifest("id", tmp_path, datetime.datetime.now(datetime.UTC), files)

    assert write_sums(manifest) == f"{'0' * 64}  a\n\\{'0' * 64}  b\\nc\n"


@pytest.mark.parametrize("style", [(), ("--tag",), ("--binary",)])
def test_sha256sum_accepts_what_is_written_and_what_it_writes_is_read(
    tmp_path: Path, style: tuple[str, ...]
) -> None:
    manifest = manifest_of(tmp_path / "model")
    ours = tmp_path / "SHA256SUMS"
    ours.write_bytes(os.fsencode(write_sums(manifest)))
    expected = {name: record.sha256 for name, record in manifest.files.items()}

    subprocess.run(["sha256sum", "--check", "--strict", ours], cwd=manifest.folder, check=True)
    theirs = subprocess.run(
        ["sha256sum", *style, "--", *map(os.fsencode, NAMES[:-1])],
        cwd=manifest.folder,
        check=True,
        capture_output=True,
    ).stdout

    dash = expected.pop("-")  # which it would take for its standard input
    assert read_sums(ours) == {**expected, "./-": dash}
    assert parse_sums(theirs) == expected


DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "data",
    [
        f"{DIGEST}  config.json\n".encode(),
        f"{DIGEST} *config.json".encode(),
        f"{DIGEST.upper()}  config.json\r\n".encode(),
        b"\xef\xbb\xbf" + f"{DIGEST}  config.json\n".encode(),
        f"{DIGEST}  config.json\r\n".encode("utf-16"),
        f"# made by hand\n\nSHA256 (config.json) = {DIGEST}\n".encode(),
        f"{DIGEST}  config.json\n{DIGEST}  config.json\n".encode(),
    ],
)
def test_other_ways_of_writing_the_same_are_read(data: bytes) -> None:
    assert parse_sums(data) == {"config.json": DIGEST}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "holds no hashes"),
        (b"d41d8cd98f00b204e9800998ecf8427e  config.json\n", "in line 1"),
        (f"{DIGEST}  a\nnonsense\n".encode(), "in line 2"),
        (f"{DIGEST}  a\n{'f' * 64}  a\n".encode(), "names “a” twice, with two hashes"),
        (f"MD5 (a) = {DIGEST}\n".encode(), "in line 1"),
        (b"\n" * 200_000, "is implausibly long"),
    ],
)
def test_what_is_no_list_is_refused_in_one_sentence(tmp_path: Path, data: bytes, what: str) -> None:
    file = tmp_path / "SHA256SUMS"
    file.write_bytes(data)

    with pytest.raises(SumsError, match=what):
        read_sums(file)


def test_a_pipe_or_nothing_at_all_is_refused_in_one_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, what in (("pipe", "cannot be read"), ("none", "is not there")):
        with pytest.raises(SumsError, match=what):
            read_sums(tmp_path / name)


def test_whatever_is_changed_in_a_list_it_is_read_or_refused() -> None:
    good = f"{DIGEST}  config.json\n\\{DIGEST}  a\\nb\nSHA256 (x y) = {DIGEST}\n".encode()
    chance, read = random.Random(3), 0
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    del data[at : at + chance.randrange(1, 80)]
                case 2:
                    data[at:at] = chance.choice((b"\n", b"\\", b"\r", b"\0", b"\xff", b"  ", b")"))
                case _:
                    data[at:at] = data[at : at + chance.randrange(80)]
            data = data or bytearray(b"x")
        try:
            sums = parse_sums(bytes(data))
        except ValueError:
            continue
        read += 1
        assert all(len(digest) == 64 and name for name, digest in sums.items())
    assert read > 100


# --- which entries are of a model --------------------------------------------------------

MODEL = replace(installed(Path("/models/Baichuan2-7B-Chat")), id="chat")
FILES = ("config.json", "model.safetensors", "sub/a.txt")


def matched(sums: dict[str, str], names: tuple[str, ...] = FILES) -> dict[str, str | None]:
    found = match(sums, MODEL, names, "list")
    assert found.count == sum(name in names for name in found.stated)
    return {name: known.sha256 for name, known in found.stated.items()}


@pytest.mark.parametrize("prefix", ["", "./", "Baichuan2-7B-Chat/", "/srv/x/", "a/b/c/"])
def test_a_list_may_have_been_made_in_the_folder_or_anywhere_above_it(prefix: str) -> None:
    sums = {prefix + name: DIGEST for name in (*FILES, "more.bin")}

    assert matched(sums) == dict.fromkeys((*FILES, "more.bin"), DIGEST)


def test_windows_separators_are_understood() -> None:
    sums = {rf"Baichuan2-7B-Chat\{name}".replace("/", "\\"): DIGEST for name in FILES}

    assert matched(sums) == dict.fromkeys(FILES, DIGEST)


def test_of_several_folders_the_one_that_holds_the_most_of_the_files_is_taken() -> None:
    sums = {f"one/{name}": "1" * 64 for name in FILES} | {"two/config.json": "2" * 64}

    assert set(matched(sums).values()) == {"1" * 64}


def test_of_two_that_hold_as_many_the_one_with_the_models_name_is_taken() -> None:
    sums = {f"other/{name}": "1" * 64 for name in FILES}
    sums |= {f"x/baichuan2-7b-chat/{name}": "2" * 64 for name in FILES}

    assert set(matched(sums).values()) == {"2" * 64}


def test_where_nothing_tells_two_folders_apart_neither_is_taken() -> None:
    sums = {f"{folder}/{name}": DIGEST for folder in "ab" for name in FILES}

    assert matched(sums) == {}


def test_a_list_of_something_else_matches_nothing() -> None:
    assert matched({"vmlinuz": DIGEST}) == {}
    assert matched({}) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Baichuan2-7B-Chat/config.json", True),
        ("models/chat/config.json", True),
        ("config.json", False),
        ("other/config.json", False),
        ("Baichuan2-7B-Chat", False),  # a file of this name
    ],
)
def test_a_list_names_a_model_by_a_folder_in_its_paths(name: str, expected: bool) -> None:
    assert is_named_by({name: DIGEST}, MODEL) is expected
