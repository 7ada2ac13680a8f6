"""Models are found by the names that they were published under."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backends.errors import NotACheckpointError
from baichuan_desktop.services.app_paths import AppPaths, app_paths
from baichuan_desktop.services.library.published_names import AmbiguousNameError, PublishedName
from baichuan_desktop.services.library.registry import NotInstalledError, UnknownModelError
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers import goldens
from tests.helpers.sentences import assert_one_sentence

CHAT_7B = "baichuan-inc/Baichuan2-7B-Chat"
CHAT_13B = "baichuan-inc/Baichuan2-13B-Chat"


@pytest.fixture
def paths(app_home: Path) -> AppPaths:
    found = app_paths()
    assert found.config.is_relative_to(app_home)
    return found


def listing(paths: AppPaths, *entries: str) -> ModelStore:
    """A store of models whose entries are given as id, variant and repository, “-” for none."""
    lines = ["schema_version: 1", "installed:"]
    for entry in entries:
        model_id, variant, repository = entry.split()
        lines += [
            f"- id: {model_id}", f"  path: /m/{model_id}", "  family: baichuan2-7b",
            "  kind: chat", "  context_length: 4096",
        ]  # fmt: skip
        lines += [f"  variant: {variant}"] if variant != "-" else []
        lines += [f"  repository: {repository}"] if repository != "-" else []
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.user_registry.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ModelStore(paths)


@pytest.mark.parametrize(
    ("text", "repository", "revision"),
    [
        (CHAT_7B, CHAT_7B, None),
        (f"{CHAT_13B}@v1.0.2", CHAT_13B, "v1.0.2"),
        (f"{CHAT_13B}@main", CHAT_13B, None),
        (f"{CHAT_13B}@master", CHAT_13B, None),
        (f"  {CHAT_7B}\n", CHAT_7B, None),
        (f"hf:{CHAT_7B}", CHAT_7B, None),
        (f"hf://{CHAT_7B}@v2.0", CHAT_7B, "v2.0"),
        (f"ms:{CHAT_7B}", CHAT_7B, None),
        (f"https://huggingface.co/{CHAT_7B}", CHAT_7B, None),
        (f"https://huggingface.co/{CHAT_7B}/", CHAT_7B, None),
        (f"HTTPS://HuggingFace.co/{CHAT_7B}", CHAT_7B, None),
        (f"huggingface.co/{CHAT_7B}", CHAT_7B, None),
        (f"https://www.huggingface.co/{CHAT_7B}.git", CHAT_7B, None),
        (f"https://hf-mirror.com/{CHAT_7B}/tree/main", CHAT_7B, None),
        (f"https://huggingface.co/{CHAT_13B}/tree/v2.0", CHAT_13B, "v2.0"),
        (f"https://huggingface.co/{CHAT_13B}/blob/v2.0/config.json?x=1#L3", CHAT_13B, "v2.0"),
        (f"https://huggingface.co/{CHAT_13B}/resolve/v2.0/model.safetensors", CHAT_13B, "v2.0"),
        (f"git@hf.co:{CHAT_7B}.git", CHAT_7B, None),
        (f"ssh://git@hf.co/{CHAT_7B}", CHAT_7B, None),
        (f"https://modelscope.cn/models/{CHAT_7B}", CHAT_7B, None),
        (f"https://www.modelscope.cn/models/{CHAT_7B}/summary", CHAT_7B, None),
        (f"https://www.modelscope.cn/{CHAT_7B}.git", CHAT_7B, None),
        (f"https://modelscope.cn/models/{CHAT_13B}/files?version=v1.0.2", CHAT_13B, "v1.0.2"),
        (f"https://modelscope.cn/models/{CHAT_13B}?revision=v1.0.2#top", CHAT_13B, "v1.0.2"),
    ],
)
def test_a_name_is_understood_in_every_form_it_is_pasted_in(
    text: str, repository: str, revision: str | None
) -> None:
    found = PublishedName.parse(text)

    assert found is not None
    assert (found.repository, found.revision) == (repository.lower(), revision)


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "/a/b", "./a/b", "../a", "~/a", "a/b/c", "a//b", "a/", "/a", "a b/c", "-/-",
        "https://example.com/a/b", "https://huggingface.co/", "https://huggingface.co/a",
        "C:/models", "a/b\nc", "a/b@", "百川/模型", "x" * 200 + "/b", "hf:" + "a/b" * 2000,
        "https://huggingface.co/" + "/" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_published_name_is_none(text: str) -> None:
    assert PublishedName.parse(text) is None


def test_a_listed_model_is_found_by_what_it_was_published_as(paths: AppPaths) -> None:
    store = listing(paths, "mine baichuan2-7b-chat -", "other baichuan2-7b-base -")

    for name in (CHAT_7B, CHAT_7B.lower(), CHAT_7B.upper(), f"{CHAT_7B}@v1.0.4", f"hf:{CHAT_7B}"):
        assert store.model(name).id == "mine"
    assert store.model("https://modelscope.cn/models/baichuan-inc/Baichuan2-7B-Base").id == "other"


def test_a_name_that_one_hub_alone_has_is_found(paths: AppPaths) -> None:
    """ModelScope writes Baichuan-7B with a small b; nobody says so of Hugging Face."""
    store = listing(paths, "seven baichuan-7b -")

    assert store.model("https://modelscope.cn/models/baichuan-inc/baichuan-7B").id == "seven"


def test_a_branch_that_is_a_model_of_its_own_is_told_from_the_first_one(paths: AppPaths) -> None:
    store = listing(paths, "first baichuan2-13b-chat -", "second baichuan2-13b-chat-v2 -")

    assert store.model(CHAT_13B).id == "first"
    assert store.model(f"{CHAT_13B}@v2.0").id == "second"
    assert store.model(f"https://huggingface.co/{CHAT_13B}/tree/v2.0").id == "second"
    assert store.model(f"{CHAT_13B}@v1.0.2").id == "first"


def test_the_second_branch_is_not_given_for_the_first(paths: AppPaths) -> None:
    store = listing(paths, "second baichuan2-13b-chat-v2 -")

    with pytest.raises(NotInstalledError) as caught:
        store.model(CHAT_13B)

    assert caught.value.facts["id"] == "baichuan2-13b-chat"
    assert "models get baichuan2-13b-chat" in str(caught.value.hint)
    assert_one_sentence(caught.value)


def test_a_recorded_revision_is_told_from_others(paths: AppPaths) -> None:
    store = listing(
        paths,
        f"old baichuan2-13b-chat {CHAT_13B}@v1.0.1",
        f"new baichuan2-13b-chat {CHAT_13B}@v1.0.2",
    )

    assert store.model(f"{CHAT_13B}@v1.0.2").id == "new"
    assert store.model(f"{CHAT_13B}@v1.0.1").id == "old"
    for name in (CHAT_13B, f"{CHAT_13B}@v1.0.3"):
        with pytest.raises(AmbiguousNameError) as caught:
            store.model(name)
        assert_one_sentence(caught.value)
        assert caught.value.message == f"2 models on this machine are “{name}”: old, new."


def test_what_was_recorded_comes_before_what_was_only_recognised(paths: AppPaths) -> None:
    store = listing(paths, "made baichuan2-7b-chat -", f"got baichuan2-7b-chat {CHAT_7B}")

    assert store.model(CHAT_7B).id == "got"


def test_a_repository_that_no_registry_describes_is_found_where_it_was_recorded(
    paths: AppPaths,
) -> None:
    store = listing(paths, "tuned - somebody/My-Baichuan@abc")

    assert store.model("Somebody/my-baichuan").id == "tuned"
    assert store.model("https://huggingface.co/somebody/My-Baichuan").id == "tuned"


def test_an_address_of_what_nobody_knows_is_answered_as_a_name(paths: AppPaths) -> None:
    store = ModelStore(paths)

    with pytest.raises(UnknownModelError) as caught:
        store.model("https://huggingface.co/baichuan-inc/Baichuan2-7B-Chatt")
    assert_one_sentence(caught.value)
    with pytest.raises(NotACheckpointError, match="there is no such folder"):
        store.model("somebody/anything")


def test_a_folder_of_that_relative_name_wins_where_there_is_one(
    paths: AppPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = listing(paths, "mine baichuan2-7b-chat -")
    monkeypatch.chdir(tmp_path)
    assert store.model(CHAT_7B).id == "mine"

    shutil.copytree(goldens.folder("b2-7b", "safetensors"), tmp_path / CHAT_7B)

    assert store.model(CHAT_7B).path == tmp_path / CHAT_7B
    assert store.model(f"hf:{CHAT_7B}").id == "mine"


def test_an_entry_is_renamed_and_removed_by_its_published_name(paths: AppPaths) -> None:
    store = listing(paths, "mine baichuan2-7b-chat -")

    assert store.rename(CHAT_7B, "Ours").id == "mine"
    assert store.remove(f"hf:{CHAT_7B}").id == "mine"
    with pytest.raises(NotInstalledError):
        store.remove(CHAT_7B)
    with pytest.raises(NotInstalledError):
        store.rename(CHAT_7B, "Ours")


def test_a_released_model_is_known_by_its_published_name(paths: AppPaths) -> None:
    store = ModelStore(paths)

    assert store.variant(CHAT_7B).id == "baichuan2-7b-chat"
    assert store.variant(f"{CHAT_13B}@v2.0").id == "baichuan2-13b-chat-v2"
    assert store.variant("baichuan2-7b-chat").id == "baichuan2-7b-chat"
    with pytest.raises(UnknownModelError):
        store.variant("baichuan-inc/nothing")
