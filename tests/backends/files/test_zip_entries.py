"""Archives that say one thing are read; those that say two, or ask for much, are refused."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from backends.errors import CheckpointError, DamagedCheckpointError
from backends.files.tensor_files import read_contents
from backends.files.zip_entries import ZipError, read_directory
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.weight_files import write_archive

#: {"a": None}
PICKLE = b"\x80\x02}X\x01\x00\x00\x00aNs."


def refusal(file: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(DamagedCheckpointError) as caught:
        read_contents(file)
    assert_one_sentence(caught.value)
    return caught.value.message


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A file as torch writes it: its directory has a long end and a short one."""
    file = tmp_path / "w.bin"
    torch.save({"a": torch.ones(2), "b": torch.ones(3)}, file)
    return file


def change(file: Path, edit: Callable[[bytearray], object]) -> None:
    """Edit the bytes of a file."""
    data = bytearray(file.read_bytes())
    edit(data)
    file.write_bytes(data)


# --- what is right -----------------------------------------------------------------------


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_stored_and_deflated_lists_are_read(tmp_path: Path, compression: int) -> None:
    file = write_archive(tmp_path / "w.bin", PICKLE, compression=compression)

    assert read_contents(file).values == {"a": None}


def test_the_directory_is_what_zipfile_reads(saved: Path, tmp_path: Path) -> None:
    commented = tmp_path / "commented.bin"
    with zipfile.ZipFile(commented, "w") as archive:
        archive.writestr("ä/层", b"123")
        archive.comment = b"a comment"
    for file in (saved, commented):
        with zipfile.ZipFile(file) as archive, file.open("rb") as stream:
            expected = [(i.filename, i.file_size, i.header_offset) for i in archive.infolist()]
            entries = read_directory(stream).values()
        assert [(e.name, e.size, e.offset) for e in entries] == expected


def test_long_sizes_are_read_from_the_field_that_has_them(tmp_path: Path) -> None:
    """As they lie where a file is larger than 4 GB."""
    file = tmp_path / "w.bin"
    with zipfile.ZipFile(file, "w") as archive, archive.open("a", "w", force_zip64=True) as entry:
        entry.write(b"123")

    def lengthen(data: bytearray) -> None:
        """Move the sizes in the directory to an extra field."""
        at = data.rindex(b"PK\x01\x02")
        end = data.rindex(b"PK\x05\x06")
        head = bytearray(data[at : at + 46])
        head[20:28] = b"\xff" * 8
        head[30:32] = struct.pack("<H", 20)
        extra = struct.pack("<HHQQ", 1, 16, 3, 3)
        directory = head + b"a" + extra
        tail = bytearray(data[end:])
        tail[12:16] = struct.pack("<I", len(directory))
        data[at:] = directory + tail

    change(file, lengthen)
    with file.open("rb") as stream:
        assert read_directory(stream)["a"].size == 3


# --- what is wrong -----------------------------------------------------------------------


@pytest.mark.parametrize(("method", "number"), [(zipfile.ZIP_BZIP2, 12), (zipfile.ZIP_LZMA, 14)])
def test_other_compressions_are_named(tmp_path: Path, method: int, number: int) -> None:
    file = write_archive(tmp_path / "w.bin", PICKLE, compression=method)

    assert f"is compressed by method {number}, which PyTorch never uses" in refusal(file)


def patch_fields(data: bytearray, local: int, central: int, new: bytes) -> None:
    """Overwrite a field of the first entry in both of its headers."""
    data[local : local + len(new)] = new
    at = data.index(b"PK\x01\x02") + central
    data[at : at + len(new)] = new


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda d: patch_fields(d, 8, 10, b"\x63\0"), "by method 99"),
        (lambda d: patch_fields(d, 6, 8, b"\1\x08"), "is encrypted"),
        (lambda d: patch_fields(d, 14, 16, b"\0\0\0\0"), "is not what was written"),
        (lambda d: d.__setitem__(8, 8), "is not where the archive says"),
        (lambda d: d.__setitem__(31, 88), "is not where the archive says"),
        (lambda d: patch_fields(d, 8, 10, b"\x08\0"), "cannot be unpacked"),
    ],
    ids=["method", "encrypted", "checksum", "two methods", "two names", "not deflated"],
)
def test_a_list_that_cannot_be_read_is_said(
    saved: Path, edit: Callable[[bytearray], object], sentence: str
) -> None:
    change(saved, edit)

    assert sentence in refusal(saved)


def test_a_corrupt_stream_is_said(tmp_path: Path) -> None:
    file = write_archive(tmp_path / "w.bin", PICKLE * 50, compression=zipfile.ZIP_DEFLATED)
    for at in range(46, 60):
        data = bytearray(file.read_bytes())
        data[at] ^= 0xFF
        broken = tmp_path / "broken.bin"
        broken.write_bytes(data)
        assert "archive/data.pkl" in refusal(broken)


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "w.bin"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/data.pkl", PICKLE)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a/data.pkl", PICKLE)

    assert "it holds “a/data.pkl” twice" in refusal(file)


def test_parts_that_overlap_are_refused(saved: Path) -> None:
    def overlap(data: bytearray) -> None:
        first = data.index(b"PK\x01\x02")
        second = data.index(b"PK\x01\x02", first + 4)
        data[second + 42 : second + 46] = data[first + 42 : first + 46]

    change(saved, overlap)

    assert "overlaps another part" in refusal(saved)


def test_names_with_nul_are_names_of_nothing(tmp_path: Path) -> None:
    file = write_archive(tmp_path / "w.bin", PICKLE, {"0": b"\0" * 8})
    data = file.read_bytes()
    file.write_bytes(data.replace(b"archive/data.pkl", b"archive/data.p\0l"))

    assert "it is not a PyTorch weight file" in refusal(file)


@pytest.mark.parametrize(
    ("entries", "length"),
    [(16_000_000, 736_000_000), (60_000, 8_000), (3, 100_000_000), (2**63, 2**63)],
)
def test_a_directory_of_more_than_any_model_has_costs_nothing(
    tmp_path: Path, entries: int, length: int
) -> None:
    file = tmp_path / "w.bin"
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, length, 0)
    with file.open("wb") as stream:
        stream.seek(min(length, 800_000_000))  # a hole
        place = stream.tell()
        stream.write(end64 + struct.pack("<4sIQI", b"PK\6\7", 0, place, 1))
        stream.write(struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2**16 - 1, 2**16 - 1,
                                 2**32 - 1, 2**32 - 1, 0))  # fmt: skip
    tracemalloc.start()

    sentence = refusal(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "its directory is implausibly large" in sentence or "not a complete" in sentence
    assert peak < 2_000_000


def test_a_deflated_bomb_is_not_unpacked_beyond_its_size(tmp_path: Path) -> None:
    """16 MB may be said, and no more comes out whatever the stream holds."""
    file = write_archive(tmp_path / "w.bin", b"N" * 80_000_000, compression=zipfile.ZIP_DEFLATED)
    small = struct.pack("<I", 1_000)
    change(file, lambda data: patch_fields(data, 22, 24, small))
    tracemalloc.start()

    assert "is not what was written" in refusal(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 2_000_000


@pytest.mark.parametrize("at", [4, 6, 8, 10, 12, 16, 20])
def test_an_end_that_says_something_else_is_refused(saved: Path, at: int) -> None:
    def edit(data: bytearray) -> None:
        data[data.rindex(b"PK\x05\x06") + at] ^= 0x15

    change(saved, edit)

    refusal(saved)


def test_every_changed_byte_of_a_directory_is_read_or_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    begin = whole.index(b"PK\x01\x02")
    refused = 0
    for at in range(begin, len(whole)):
        broken = bytearray(whole)
        broken[at] ^= 0xFF
        saved.write_bytes(broken)
        try:
            read_contents(saved)
        except CheckpointError as error:
            assert_one_sentence(error)
            refused += 1
    assert refused > (len(whole) - begin) / 2


def test_something_else_is_no_archive(tmp_path: Path) -> None:
    file = tmp_path / "w"
    for data in (b"", b"PK\x05\x06", b"x" * 100, b"PK\x05\x06" + b"\xff" * 18):
        file.write_bytes(data)
        with file.open("rb") as stream, pytest.raises(ZipError, match="not a complete"):
            read_directory(stream)
