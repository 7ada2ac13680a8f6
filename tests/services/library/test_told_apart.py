"""Models of one name are told apart by the shortest part of their paths."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest

from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.told_apart import distinguishing_parts, told_apart
from tests.helpers.registry_texts import installed


def model(
    path: str, name: str = "chat", zh: str | None = None, model_id: str = ""
) -> InstalledModel:
    names = Names(en=name, zh=zh or name)
    return replace(installed(Path("/")), id=model_id or path, name=names, path=Path(path))


def shown(*models: InstalledModel) -> list[str]:
    return [one.shown_name.en for one in told_apart(models)]


@pytest.mark.parametrize(
    ("paths", "parts"),
    [
        (["/a/chat", "/b/chat"], ["a", "b"]),
        (["/a/x/chat", "/b/x/chat"], ["a", "b"]),
        (["/a/x/chat", "/b/x/chat", "/b/y/chat"], ["a/x", "b/x", "y"]),
        (["/a/one", "/a/two"], ["one", "two"]),  # recognised as one released model
        (["/chat", "/x/chat"], ["/", "x"]),
        (["/x/chat", "/y/x/chat"], ["/", "y"]),
        (["/a/chat"], [""]),
        (["/a/chat", "/a/chat"], ["", ""]),
        (["/a/chat", "/a/chat", "/b/chat"], ["", "", "b"]),
        (["/甲/模型", "/乙/模型"], ["甲", "乙"]),
        ([], []),
    ],
)
def test_the_shortest_end_that_no_other_path_has(paths: list[str], parts: list[str]) -> None:
    assert distinguishing_parts([PurePosixPath(path) for path in paths]) == parts


def test_drives_of_windows_tell_paths_apart() -> None:
    paths = [PureWindowsPath(path) for path in ("C:\\m\\chat", "D:\\m\\chat", "D:\\n\\chat")]

    assert distinguishing_parts(paths) == ["C:\\m", "D:\\m", "n"]


def test_different_paths_always_get_different_parts_and_none_says_more_than_it_must() -> None:
    chance = random.Random(3)
    for _ in range(300):
        count = chance.randint(2, 6)
        paths = list({PurePath("/", *chance.choices("abc", k=chance.randint(1, 4)))
                      for _ in range(count)})  # fmt: skip
        if len(paths) < 2:
            continue

        parts = distinguishing_parts(paths)

        assert len(set(parts)) == len(paths)
        assert all(part and part in str(path) for part, path in zip(parts, paths, strict=True))


def test_only_models_of_the_same_name_say_where_they_lie() -> None:
    models = [model("/a/chat"), model("/b/chat"), model("/b/base", "base")]

    assert shown(*models) == ["chat (a)", "chat (b)", "base"]


def test_a_name_that_is_the_same_in_one_language_is_told_apart_in_both() -> None:
    first, second = told_apart([model("/a/m", "One", "模型"), model("/b/m", "Two", "模型")])

    assert (first.shown_name.en, first.shown_name.zh) == ("One (a)", "模型（a）")
    assert second.shown_name.zh == "模型（b）"


def test_names_that_only_look_the_same_are_the_same_name() -> None:
    assert shown(model("/a/m", "caf\u00e9"), model("/b/m", "cafe\u0301")) == [
        "caf\u00e9 (a)",
        "cafe\u0301 (b)",
    ]
    assert shown(model("/a/m", "my  chat"), model("/b/m", "my chat")) == [
        "my  chat (a)",
        "my chat (b)",
    ]


def test_two_entries_of_one_folder_are_told_apart_by_their_ids() -> None:
    models = (model("/a/chat", model_id="mine"), model("/a/chat", model_id="site"))

    assert shown(*models) == ["chat (mine)", "chat (site)"]


def test_the_model_of_the_app_keeps_its_name() -> None:
    guide = replace(model("/app/guide_model", "Guide"), bundled=True)

    assert shown(guide, model("/home/helper", "Guide")) == ["Guide", "Guide (helper)"]


def test_a_part_longer_than_a_name_may_be_is_shown_all_the_same() -> None:
    deep = "/".join(["d" * 200] * 3)

    paths = [f"/1/{deep}/chat", f"/2/{deep}/chat", "/3/chat"]

    assert shown(*map(model, paths))[0] == f"chat (1/{deep})"


def test_thousands_of_models_of_one_name_cost_steps_of_their_number() -> None:
    models = [model(f"/models/{number}/chat") for number in range(3000)]

    names = shown(*models)

    assert names[0] == "chat (0)"
    assert len(set(names)) == 3000
