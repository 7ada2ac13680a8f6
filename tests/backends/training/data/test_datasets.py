from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from backends.errors import TrainingDataError
from backends.training.data.datasets import INFO, resolve_datasets
from backends.training.values import Columns
from tests.helpers.training_data import turns, write_rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_rows(tmp_path / "alpha.json", [turns("q", "a")])
    write_rows(tmp_path / "beta.jsonl", [turns("q", "a")])
    return tmp_path


def info(folder: Path, entries: object) -> None:
    (folder / INFO).write_text(json.dumps(entries), encoding="utf-8")


def test_names_are_files_of_the_folder_or_what_its_list_says(folder: Path) -> None:
    plain = resolve_datasets(["alpha", " beta"], folder)
    info(
        folder,
        {
            "mine": {"file_name": "alpha.json", "columns": {"prompt": "p", "response": "r"}},
            "beta": {"file_name": "beta.jsonl", "file_sha1": "0" * 40, "formatting": "sharegpt"},
        },
    )
    listed = resolve_datasets(["mine", "beta", "alpha"], folder)

    assert plain.files == (str(folder / "alpha.json"), str(folder / "beta.jsonl"))
    assert plain.columns == (Columns(), Columns())
    assert plain.notes == ()
    assert listed.files == tuple(
        str(folder / one) for one in ("alpha.json", "beta.jsonl", "alpha.json")
    )
    assert listed.columns == (Columns(prompt="p", response="r"), Columns(), Columns())
    (note,) = map(str, listed.notes)
    assert note.startswith(f"“{folder / 'beta.jsonl'}” is another file than dataset_info.json")


def test_a_field_that_a_data_set_does_not_have_is_left_empty_in_its_list(folder: Path) -> None:
    columns = {"prompt": "content", "query": "", "response": "summary", "history": None}
    info(folder, {"a": {"file_name": "alpha.json", "columns": columns}})

    assert resolve_datasets(["a"], folder).columns == (Columns("content", "", "summary", ""),)


def test_the_file_that_was_meant_is_not_remarked_on(folder: Path) -> None:
    digest = hashlib.sha1((folder / "alpha.json").read_bytes()).hexdigest()
    info(folder, {"a": {"file_name": "alpha.json", "file_sha1": digest.upper()}})

    assert resolve_datasets(["a"], folder).notes == ()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("alpah", "it holds no data set “alpah”; “alpha” is there"),
        ("../alpha", "it holds no data set “../alpha”"),
        ("", "it holds no data set “”"),
        ("nothing-like-it", "it holds no data set “nothing-like-it”."),
        ("remote", "“remote” lies on the internet (hf_hub_url), and nothing is fetched"),
        ("script", "“script” lies on the internet (script_url), and nothing is fetched"),
        ("number", "“number” is not an object"),
        ("unnamed", "“unnamed” has no “file_name”"),
        ("gone", "there is no such file, which “gone” names"),
        ("ranking", "“ranking” has “ranking”, which is not known"),
        ("form", "the “formatting” of “form” is not known"),
        ("list", "the “columns” of “list” are no object"),
        ("column", "the “columns” of “column” have “images”, which is not one of prompt, query"),
        ("value", "the “columns” of “value” have “prompt”, which is not one of"),
    ],
)
def test_a_name_that_stands_for_nothing_here_is_refused(
    folder: Path, name: str, sentence: str
) -> None:
    one = {"file_name": "alpha.json"}
    info(
        folder,
        {
            "remote": {"hf_hub_url": "who/what"},
            "script": one | {"script_url": "what"},
            "number": 7,
            "unnamed": {"file_name": ""},
            "gone": {"file_name": "gone.json"},
            "ranking": one | {"ranking": True},
            "form": one | {"formatting": "other"},
            "list": one | {"columns": []},
            "column": one | {"columns": {"images": "i"}},
            "value": one | {"columns": {"prompt": 7}},
        },
    )

    with pytest.raises(TrainingDataError) as caught:
        resolve_datasets([name], folder)

    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("[]", "it is no JSON object"), ("{", "it is no JSON"), ("[" * 10_000, "it is no JSON")],
)
def test_a_list_of_data_sets_that_is_none_is_named(folder: Path, text: str, sentence: str) -> None:
    (folder / INFO).write_text(text)

    with pytest.raises(TrainingDataError) as caught:
        resolve_datasets(["alpha"], folder)

    assert f"{INFO}”: {sentence}." in str(caught.value)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="it holds no data set “a”"):
        resolve_datasets(["a"], tmp_path / "nowhere")
