"""Where models may lie without anybody naming it."""

from __future__ import annotations

from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest

from baichuan_desktop.services.library.finding import known_places as module
from baichuan_desktop.services.library.finding.known_places import (
    attached_drives,
    huggingface_cache,
    known_places,
    modelscope_cache,
    place_of,
)
from baichuan_desktop.services.library.finding.values import KnownPlace, Place

HOME = Path("/home/someone")


@pytest.mark.parametrize(
    ("environment", "cache"),
    [
        ({}, "/home/someone/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x", "HF_HOME": "/h"}, "/h/hub"),
        ({"HF_HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/old"}, "/old"),
        ({"HF_HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "/new"}, "/new"),
        ({"HF_HUB_CACHE": "", "HF_HOME": "/h"}, "/h/hub"),
        ({"HF_HOME": "~/hf"}, "/home/someone/hf/hub"),
        ({"HF_HOME": "$DATA/hf", "DATA": "/d"}, "/d/hf/hub"),
        ({"HF_HOME": "${DATA}2/hf", "DATA": "/d", "DATA2": "/no"}, "/d2/hf/hub"),
        ({"HF_HOME": "$DATA2/hf", "DATA": "/no", "DATA2": "/yes"}, "/yes/hf/hub"),
        ({"HF_HUB_CACHE": "/a/../b"}, "/b"),
    ],
)
def test_the_cache_of_huggingface_is_where_the_library_looks_for_it(
    environment: dict[str, str], cache: str
) -> None:
    assert huggingface_cache(environment, HOME) == Path(cache)


@pytest.mark.parametrize(
    ("environment", "cache"),
    [
        ({}, "/home/someone/.cache/modelscope"),  # “hub” of the versions before lies in it
        ({"MODELSCOPE_CACHE": "/m"}, "/m"),
        ({"MODELSCOPE_CACHE": ""}, "/home/someone/.cache/modelscope"),
        ({"MODELSCOPE_CACHE": "~/m"}, "/home/someone/m"),
    ],
)
def test_the_caches_of_modelscope_lie_in_one_folder(
    environment: dict[str, str], cache: str
) -> None:
    assert modelscope_cache(environment, HOME) == Path(cache)


@pytest.mark.parametrize(
    ("mount", "is_attached"),
    [
        (PurePosixPath("/"), False),
        (PurePosixPath("/home"), False),
        (PurePosixPath("/boot/efi"), False),
        (PurePosixPath("/media/someone/STICK"), True),
        (PurePosixPath("/run/media/someone/a b"), True),
        (PurePosixPath("/run/user/1000/doc"), False),
        (PurePosixPath("/mnt/models"), True),
        (PurePosixPath("/Volumes/STICK"), True),
        (PurePosixPath("/System/Volumes/Data"), False),
        (PureWindowsPath("C:\\"), False),
        (PureWindowsPath("c:\\"), False),
        (PureWindowsPath("E:\\"), True),
        (PureWindowsPath("\\\\server\\share\\"), True),
    ],
)
def test_a_drive_that_holds_the_system_is_no_medium(mount: PurePath, is_attached: bool) -> None:
    assert list(attached_drives([mount], "C:")) == [mount] * is_attached


def test_known_places_are_those_that_are_there(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick, gone = tmp_path / "media" / "STICK", tmp_path / "media" / "gone"
    for folder in (
        home / ".cache/huggingface/hub", home / "Downloads", home / "Models",
        home / "baichuan-2", home / "我的百川模型", home / "pictures", stick,
        tmp_path / "own",
    ):  # fmt: skip
        folder.mkdir(parents=True)
    (home / "models").write_text("no folder")
    monkeypatch.setattr(module, "_MOUNTS", (tmp_path / "media",))
    monkeypatch.setattr(module, "_mounts", lambda: ((stick, "vfat"), (gone, "nfs")))

    assert known_places([tmp_path / "own", tmp_path / "not made"]) == (
        KnownPlace(home / ".cache/huggingface/hub", Place.HUGGINGFACE),
        KnownPlace(tmp_path / "own", Place.FOLDER),
        KnownPlace(home / "Models", Place.FOLDER),
        KnownPlace(home / "baichuan-2", Place.FOLDER),
        KnownPlace(home / "我的百川模型", Place.FOLDER),
        KnownPlace(home / "Downloads", Place.FOLDER),
        KnownPlace(stick, Place.MEDIUM),
    )


def test_a_folder_belongs_to_the_cache_or_the_drive_that_it_lies_in(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "media" / "STICK"
    monkeypatch.setattr(module, "_MOUNTS", (tmp_path / "media",))
    monkeypatch.setattr(module, "_mounts", lambda: ((stick, "vfat"),))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(home / "scope"))

    def placed(folder: Path) -> tuple[Place, Path]:
        found = place_of(folder)
        return found.place, found.folder

    assert placed(stick / "a" / "b") == (Place.MEDIUM, stick)
    assert placed(home / "scope" / "x") == (Place.MODELSCOPE, home / "scope")
    assert placed(home / "scopes") == (Place.FOLDER, home / "scopes")
    assert placed(home) == (Place.FOLDER, home)


def test_what_no_drive_holds_is_told_by_the_kind_of_the_mount(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mounts = (
        (Path("/p"), "proc"),
        (Path("/s"), "sysfs"),
        (Path("/d"), "ext4"),
        (Path("/n"), "nfs4"),
    )
    monkeypatch.setattr(module, "_mounts", lambda: mounts)

    assert module.folders_of_no_drive() == {Path("/p"), Path("/s")}
