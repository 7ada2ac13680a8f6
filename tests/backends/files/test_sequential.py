"""A file comes block by block, whole and in order, and nothing of it is left behind."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.files import sequential
from backends.files.sequential import BLOCK_BYTES, blocks


def readers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "read-ahead"]


@pytest.mark.parametrize(
    "size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 9 * BLOCK_BYTES + 7]
)
def test_all_bytes_come_in_order(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "x").write_bytes(data)

    with (tmp_path / "x").open("rb") as stream:
        found = b"".join(bytes(block) for block in blocks(stream))

    assert found == data
    assert not readers()


def test_a_reader_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(20 * BLOCK_BYTES))

    with (tmp_path / "x").open("rb") as stream:
        some = blocks(stream)
        next(some)
        assert readers()
        some.close()  # type: ignore[attr-defined]  # a generator, as a cancel leaves it

    assert not readers()


def test_what_the_drive_refuses_is_raised_where_the_blocks_are_asked_for(
    tmp_path: Path,
) -> None:
    class Pulled(io.BufferedReader):
        reads = 0

        def readinto(self, buffer: object) -> int:
            self.reads += 1
            if self.reads == 3:
                raise OSError(5, "Input/output error")
            return super().readinto(buffer)  # type: ignore[arg-type]

    (tmp_path / "x").write_bytes(bytes(20 * BLOCK_BYTES))
    with (tmp_path / "x").open("rb", buffering=0) as raw:
        coming = blocks(Pulled(raw))
        assert [len(next(coming)) for _ in range(2)] == [BLOCK_BYTES, BLOCK_BYTES]
        with pytest.raises(OSError, match="Input/output error"):
            next(coming)

    assert not readers()


@pytest.fixture
def advice(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """What the system is told of files: offset, bytes, advice."""
    told: list[tuple[int, int, int]] = []

    def advise(_descriptor: int, *what: int) -> None:
        told.append(what)  # type: ignore[arg-type]

    monkeypatch.setattr(sequential, "_advise", advise)
    return told


def cached(is_cached: Callable[[int], bool]) -> Callable[..., int]:
    def preadv(_descriptor: int, _buffers: object, offset: int, _flags: int) -> int:
        if is_cached(offset):
            return 1
        raise BlockingIOError

    return preadv


def test_what_was_not_in_the_cache_is_not_left_there(
    tmp_path: Path, advice: list[tuple[int, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequential, "_read_at", cached(lambda _: False))
    (tmp_path / "x").write_bytes(bytes(40 * BLOCK_BYTES))
    most = 0

    with (tmp_path / "x").open("rb") as stream:
        done = 0
        for block in blocks(stream):
            done += len(block)
            dropped = [told[1] for told in advice if told[2] == os.POSIX_FADV_DONTNEED]
            most = max(most, done - max(dropped, default=0))

    assert most == 16 * BLOCK_BYTES  # that lie in the cache at any time
    assert advice[-1] == (0, 0, os.POSIX_FADV_DONTNEED)  # the whole file


def test_what_others_have_in_the_cache_stays_there(
    tmp_path: Path, advice: list[tuple[int, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequential, "_read_at", cached(lambda offset: offset < 2 * BLOCK_BYTES))
    (tmp_path / "x").write_bytes(bytes(3 * BLOCK_BYTES))

    with (tmp_path / "x").open("rb") as stream:
        for _ in blocks(stream):
            pass

    assert os.POSIX_FADV_DONTNEED not in [told[2] for told in advice]


def test_a_file_system_that_cannot_say_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> int:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(sequential, "_read_at", refuses)
    monkeypatch.setattr(sequential, "_advise", refuses)
    (tmp_path / "x").write_bytes(bytes(2 * BLOCK_BYTES))

    with (tmp_path / "x").open("rb") as stream:
        assert sum(len(block) for block in blocks(stream)) == 2 * BLOCK_BYTES


def test_where_the_system_takes_no_advice_a_file_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequential, "_advise", None)
    (tmp_path / "x").write_bytes(bytes(2 * BLOCK_BYTES))

    with (tmp_path / "x").open("rb") as stream:
        assert sum(len(block) for block in blocks(stream)) == 2 * BLOCK_BYTES


@pytest.mark.parametrize("size", [0, 5, BLOCK_BYTES, 5 * BLOCK_BYTES + 3])
def test_who_looks_sees_each_block_before_it_comes(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "x").write_bytes(data)
    seen: list[bytes] = []

    with (tmp_path / "x").open("rb") as stream:
        for number, block in enumerate(blocks(stream, lambda one: seen.append(bytes(one)))):
            assert seen[number] == block

    assert b"".join(seen) == data


def test_what_who_looks_raises_is_raised_where_the_blocks_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(5 * BLOCK_BYTES))

    def refuses(_: memoryview) -> None:
        raise MemoryError

    with (tmp_path / "x").open("rb") as stream, pytest.raises(MemoryError):
        next(blocks(stream, refuses))
    assert not readers()
