"""What the store said is on the disk outlives a cut of the power at any moment."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.durability.drive import Drive
from tests.durability.operations import Act, Operation
from tests.durability.power import cuts, recorded

_on_drives_that_sync_folders = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no handle of a folder to synchronise"
)


@_on_drives_that_sync_folders
def test_no_cut_of_the_power_costs_what_was_acknowledged(tmp_path: Path) -> None:
    operations = recorded(tmp_path, rounds=6)

    made = list(cuts(operations, points=80, seed=2, folder=tmp_path))

    assert not [cut for cut in made if cut.is_fault]
    assert (made[-1].acknowledged, made[-1].backups, made[-1].is_migrated) == (6, 2, True)
    assert len({cut.point for cut in made}) > 40


@_on_drives_that_sync_folders
@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_with_less_synchronising_the_same_cuts_find_losses(
    tmp_path: Path, synchronous: str
) -> None:
    """That is, the harness sees what FULL is for."""
    operations = recorded(tmp_path, rounds=6, synchronous=synchronous)

    assert any(cut.lost for cut in cuts(operations, points=1000, seed=2, folder=tmp_path))


_FOLDER = Path("/f")
_A, _B, _INNER = _FOLDER / "a", _FOLDER / "b", _FOLDER / "inner"


def _after(*operations: Operation) -> set[tuple[tuple[str, bytes], ...]]:
    """All that 300 cuts leave."""
    left = set()
    for seed in range(300):
        drive = Drive(_FOLDER)
        for one in operations:
            drive.do(one)
        files = drive.cut(random.Random(seed))
        left.add(tuple(sorted((path.as_posix(), content) for path, content in files.items())))
    return left


def _written(content: bytes, offset: int = 0) -> Operation:
    return Operation(Act.WRITE, _A, offset, content)


_CREATED = Operation(Act.CREATE, _A)
_FILE_SYNCED, _FOLDER_SYNCED = Operation(Act.SYNC, _A), Operation(Act.SYNC, _FOLDER)


def test_what_was_synchronised_outlives_every_cut() -> None:
    left = _after(_CREATED, _written(b"one"), _FILE_SYNCED, _FOLDER_SYNCED)

    assert left == {(("a", b"one"),)}


def test_of_what_was_not_synchronised_any_part_may_be_left() -> None:
    left = _after(_CREATED, _FOLDER_SYNCED, _written(b"1"), _written(b"2", 1), _written(b"3", 2))

    contents = {content for ((_, content),) in left}
    assert contents == {b"", b"1", b"\0002", b"12", b"\0\0003", b"1\0003", b"\00023", b"123"}


def test_a_name_needs_its_folder_synchronised() -> None:
    assert _after(_CREATED, _written(b"one"), _FILE_SYNCED) == {(), (("a", b"one"),)}


def test_a_name_in_a_folder_needs_that_of_the_folder_too() -> None:
    file = _INNER / "c"
    made = (
        Operation(Act.CREATE_FOLDER, _INNER),
        Operation(Act.CREATE, file),
        Operation(Act.WRITE, file, content=b"one"),
        Operation(Act.SYNC, file),
        Operation(Act.SYNC, _INNER),
    )

    assert _after(*made) == {(), (("inner/c", b"one"),)}
    assert _after(*made, _FOLDER_SYNCED) == {(("inner/c", b"one"),)}


def test_a_write_may_be_torn_between_sectors() -> None:
    left = _after(_CREATED, _FOLDER_SYNCED, _written(b"x" * 1024))

    contents = {content for ((_, content),) in left}
    assert contents == {b"", b"x" * 512, b"\0" * 512 + b"x" * 512, b"x" * 1024}


def test_a_file_that_was_cut_short_or_renamed_may_be_as_before() -> None:
    durable = (_CREATED, _written(b"long"), _FILE_SYNCED, _FOLDER_SYNCED)

    assert _after(*durable, Operation(Act.TRUNCATE, _A, 1)) == {
        (("a", b"long"),),
        (("a", b"l"),),
    }
    assert _after(*durable, Operation(Act.RENAME, _A, target=_B)) == {
        (("a", b"long"),), (("b", b"long"),),
    }  # fmt: skip
    assert _after(*durable, Operation(Act.UNLINK, _A)) == {(), (("a", b"long"),)}
