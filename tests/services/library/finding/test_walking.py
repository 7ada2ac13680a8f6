"""Which folders are looked into, how far, and what that costs."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from baichuan_desktop.services.library.finding import walking
from baichuan_desktop.services.library.finding.layouts import Source
from baichuan_desktop.services.library.finding.search import find
from baichuan_desktop.services.library.finding.values import Found, PassedOver, Place
from baichuan_desktop.services.library.finding.walking import Listing, walk
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers import goldens
from tests.helpers.opened_files import watched

from .conftest import Search


def walked(*places: Path, kind: Place = Place.FOLDER) -> tuple[list[Path], list[str]]:
    """The folders in the order of the walk, and the sentences on what was not looked into."""
    around = {place: Source(kind, place) for place in places}
    steps = list(walk(around, threading.Event()))
    folders = [one.folder for one in steps if isinstance(one, Listing)]
    return folders, [str(one.sentence) for one in steps if isinstance(one, PassedOver)]


def made(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)
    return root


def test_the_bounds_are_as_promised() -> None:
    assert (walking.MOST_ENTRIES, walking.MOST_LEVELS) == (200_000, 8)


def test_eight_levels_are_looked_into_and_it_is_said_that_there_are_more(tmp_path: Path) -> None:
    made(tmp_path, "1/2/3/4/5/6/7/8/9/10", "a/b/c/d/e/f/g/h/i")

    folders, said = walked(tmp_path)

    depths = [len(folder.relative_to(tmp_path).parts) for folder in folders]
    assert depths == sorted(depths)
    assert max(depths) == 8
    assert len(folders) == 17
    assert said == [f"Folders more than 8 levels below “{tmp_path}” were not looked into."]


def test_a_repository_of_a_cache_is_one_level_however_deep_its_files_lie(tmp_path: Path) -> None:
    snapshot = "1/2/3/4/5/6/7/models--o--n/snapshots/abc"
    made(tmp_path, snapshot)

    folders, said = walked(tmp_path)

    assert folders[-1] == tmp_path / snapshot
    assert said == []


def test_the_search_ends_at_its_bound_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST_ENTRIES", 30)
    made(tmp_path, *(f"{a}/{b}" for a in range(6) for b in range(10)))

    folders, said = walked(tmp_path)

    assert len(folders) == 4  # 6 entries, 10, 10, and 4 of the next
    assert said == [
        f"Of “{tmp_path / '2'}”, only 4 entries were looked at.",
        f"The search ended after 30 entries, before “{tmp_path / '3'}”.",
    ]


def test_a_folder_of_endless_entries_does_not_hide_the_one_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, search: Callable[..., Search]
) -> None:
    monkeypatch.setattr(walking, "MOST_OF_A_FOLDER", 100)
    made(tmp_path, "a pictures", "b/model")
    for number in range(150):
        (tmp_path / "a pictures" / f"{number}.png").touch()
    for file in goldens.folder("b2-7b", "safetensors").iterdir():
        (tmp_path / "b" / "model" / file.name).write_bytes(file.read_bytes())

    result = search(tmp_path)

    assert result.only.folder == tmp_path / "b" / "model"
    assert [str(one.sentence) for one in result.passed] == [
        f"Of “{tmp_path / 'a pictures'}”, only 100 entries were looked at."
    ]


def test_every_folder_is_looked_into_once_whatever_links_lead_to_it(tmp_path: Path) -> None:
    made(tmp_path, "a/x", "b", "elsewhere")
    (tmp_path / "b" / "to a").symlink_to(tmp_path / "a")
    (tmp_path / "b" / "again").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "x" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "x" / "round").symlink_to(tmp_path / "a" / "x")
    (tmp_path / "a" / "lost").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    folders, said = walked(tmp_path)

    assert [str(folder.relative_to(tmp_path)) for folder in folders] == [
        ".", "a", "b", "elsewhere", "a/x"
    ]  # fmt: skip
    assert said == []


def test_places_that_lie_in_each_other_are_looked_into_once(tmp_path: Path) -> None:
    made(tmp_path, "a/b")

    folders, _ = walked(tmp_path / "a", tmp_path, tmp_path / "a" / "b")

    assert folders == [tmp_path / "a", tmp_path, tmp_path / "a" / "b"]


@pytest.mark.parametrize("above", ["/", ".", ".."])
def test_a_link_that_leads_up_is_not_followed(above: str, tmp_path: Path) -> None:
    """Wine has one to “/” in each home folder."""
    place = made(tmp_path / "place", "a")
    (place / "a" / "z:").symlink_to(place / above)

    assert walked(place) == ([place, place / "a"], [])


@pytest.mark.parametrize("kind", Place)
@pytest.mark.parametrize("name", ["link", "models--o--n/snapshots/abc", "models--o--n/snapshots"])
def test_a_link_out_of_the_root_is_told_with_where_it_leads_and_not_followed(
    kind: Place, name: str, tmp_path: Path
) -> None:
    place, secret = made(tmp_path / "place"), made(tmp_path / "secret", "x")
    link = place / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(secret)

    folders, said = walked(place, kind=kind)

    assert all(folder.resolve().is_relative_to(place) for folder in folders)
    assert said == [f"“{link}” leads to “{secret}”, out of “{place}”, and was not followed."]


def test_in_a_cache_in_a_persons_folder_links_lead_nowhere_outside_of_the_cache(
    tmp_path: Path,
) -> None:
    place, secret = made(tmp_path / "place", "hub/models--o--n"), made(tmp_path / "secret", "x")
    (place / "hub" / "models--o--n" / "snapshots").symlink_to(secret)

    folders, said = walked(place)

    assert secret not in [folder.resolve() for folder in folders]
    link, cache = place / "hub/models--o--n/snapshots", place / "hub"
    assert said == [f"“{link}” leads to “{secret}”, out of “{cache}”, and was not followed."]


def failing(monkeypatch: pytest.MonkeyPatch, fails: Callable[[Path], OSError | None]) -> None:
    """Listing a folder fails as told; rights do not tell, for an administrator runs tests, too."""
    real = os.scandir

    def scandir(path: Any) -> Iterator[os.DirEntry[str]]:
        if (error := fails(Path(path))) is not None:
            raise error
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)


def test_a_folder_that_may_not_be_read_costs_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, "a/x", "b/x", "c/x")
    denied = PermissionError(errno.EACCES, "Permission denied")
    failing(monkeypatch, lambda path: denied if path.name == "b" else None)

    folders, said = walked(tmp_path)

    assert [folder.name for folder in folders[1:]] == ["a", "c", "x", "x"]
    assert said == [f"“{tmp_path / 'b'}” cannot be read (Permission denied)."]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOENT, "No such file or directory"),
        (errno.EIO, "Input/output error"),
        (errno.ENODEV, "No such device"),
        (errno.ESTALE, "Stale file handle"),
    ],
)
def test_a_drive_that_vanishes_costs_one_row_and_the_others_are_looked_into(
    number: int, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = made(tmp_path / "stick", *(f"a{n}" for n in range(50)))
    other = made(tmp_path / "other", "x/y")
    lost = OSError(number, os.strerror(number))
    failing(
        monkeypatch,
        lambda path: lost if path.parent == stick and path.name != "a0" else None,
    )

    folders, said = walked(stick, other)

    assert folders == [stick, other, stick / "a0", other / "x", other / "x" / "y"]
    assert said == [f"“{stick / 'a1'}” cannot be read any more ({reason})."]


def test_a_place_that_is_not_there_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"

    assert walked(gone) == ([], [f"“{gone}” cannot be read (No such file or directory)."])


def test_the_search_ends_in_the_middle_of_a_folder_when_it_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, *map(str, range(100)))
    cancel = threading.Event()
    looked_at = 0
    is_link = walking._is_link

    def counted(entry: os.DirEntry[str]) -> bool:
        nonlocal looked_at
        looked_at += 1
        if looked_at == 7:
            cancel.set()
        return is_link(entry)

    monkeypatch.setattr(walking, "_is_link", counted)

    steps = list(walk({tmp_path: Source(Place.FOLDER, tmp_path)}, cancel))

    assert looked_at == 7
    assert [type(one) for one in steps] == [Listing]


# --- what it costs -----------------------------------------------------------------------


def test_ten_thousand_folders_cost_one_listing_each_and_nothing_is_opened(
    tmp_path: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for outer in range(100):
        made(tmp_path, *(f"{outer}/{inner}" for inner in range(99)))
        (tmp_path / str(outer) / "picture.png").touch()
        (tmp_path / str(outer) / "data.bin").touch()
    stats = 0
    real = os.stat

    def stat(path: Any, *arguments: Any, **more: Any) -> os.stat_result:
        nonlocal stats
        stats += 1
        return real(path, *arguments, **more)

    monkeypatch.setattr(os, "stat", stat)
    with watched() as opened:
        events = list(find(store, [tmp_path], cancel=threading.Event()))
    monkeypatch.undo()

    assert not [one for one in events if isinstance(one, Found | PassedOver)]
    assert len(opened.folders) == 1 + 100 + 9_900
    assert [file for file in opened.files if file.is_relative_to(tmp_path)] == []
    assert stats <= 10_001 + 20  # one for each folder, and what belongs to none
