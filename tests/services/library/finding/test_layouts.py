"""What the names in a cache tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from baichuan_desktop.services.library.finding.layouts import (
    Source,
    inner_folders,
    repository_of,
    source_of,
)
from baichuan_desktop.services.library.finding.values import Place

AROUND = Source(Place.FOLDER, Path("/data"))


@pytest.mark.parametrize(
    ("folder", "repository"),
    [
        ("hub/models--baichuan-inc--Baichuan2-7B-Chat", "baichuan-inc/Baichuan2-7B-Chat"),
        ("anywhere/models--gpt2", "gpt2"),
        ("hub/models--a--b--c", None),  # no id has “--” in a name
        ("hub/models--", None),
        ("hub/models--a--", None),
        ("hub/models--a--b c", None),
        ("hub/datasets--a--b", None),
        ("hub/models--a--\x1b[2J", None),
        ("models/baichuan-inc--Baichuan2-7B-Chat", "baichuan-inc/Baichuan2-7B-Chat"),
        ("models/a--b___0", "a/b.0"),
        ("model/a--b", None),
        ("models/a--b--c", None),
        ("models/plain", None),
    ],
)
def test_a_repository_is_told_by_its_folder(folder: str, repository: str | None) -> None:
    found = repository_of(Path("/data") / folder)

    assert (found and found[1]) == repository


@pytest.mark.parametrize(
    ("folder", "names", "source"),
    [
        (
            "hub/models--o--n/snapshots/abc", (),
            Source(Place.HUGGINGFACE, Path("/data/hub"), "o/n", "abc"),
        ),
        (
            "models/o--n/snapshots/v1", (),
            Source(Place.MODELSCOPE, Path("/data/models/o--n"), "o/n", "v1"),
        ),
        ("o/n___1/", (".mdl",), Source(Place.MODELSCOPE, Path("/data/o/n___1"), "o/n.1")),
        ("models/o/n", (".mdl", ".mv"), Source(Place.MODELSCOPE, Path("/data/models/o/n"), "o/n")),
        ("downloads/mine", (".mv", ".msc"), AROUND),  # modelscope's own `local_dir`
        ("o/n", ("config.json",), AROUND),
        ("snapshots/abc", (), AROUND),
        ("x/snapshots/abc", (), AROUND),
    ],
)  # fmt: skip
def test_where_a_folder_comes_from_is_told_by_names(
    folder: str, names: tuple[str, ...], source: Source
) -> None:
    assert source_of(Path("/data") / folder, names, AROUND) == source


@pytest.mark.parametrize(
    ("folder", "repository"),
    [
        ("o/n___1", "o/n.1"), ("hub/o/n", "o/n"), ("hub/models/o/n", "o/n"), ("models/o/n", "o/n"),
        ("models/o--n/snapshots", None), ("hub/models--o--n/snapshots", None),
        ("o", None), ("hub/o", None), ("o/n/checkpoint-5", None), ("hub/models/o/n/x", None),
    ],
)  # fmt: skip
def test_in_the_cache_of_modelscope_two_folders_are_a_name(
    folder: str, repository: str | None
) -> None:
    around = Source(Place.MODELSCOPE, Path("/data"))

    assert source_of(Path("/data") / folder, (), around).repository == repository


def test_of_a_repository_only_the_snapshots_are_looked_into() -> None:
    names = [".no_exist", "blobs", "refs", "snapshots", "trees"]

    assert inner_folders(Path("/hub/models--o--n"), names) == ["snapshots"]
    assert inner_folders(Path("/hub/other"), names) == ["blobs", "refs", "snapshots", "trees"]


@pytest.mark.parametrize(
    "name", ["._____temp", ".lock", ".locks", ".git", "x.partial", ".Trash-1000", "$RECYCLE.BIN"]
)
def test_what_is_half_or_thrown_away_is_not_looked_into(name: str) -> None:
    assert inner_folders(Path("/data"), [name, "a"]) == ["a"]
