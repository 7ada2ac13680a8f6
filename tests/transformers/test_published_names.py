"""A published name is a folder of this machine, and no network or code of a model is asked."""

from __future__ import annotations

import shutil
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.adapters.bases import NoBaseError
from baichuan_desktop.services.library.registry import NotInstalledError, UnknownModelError
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    snapshot_download,
)
from tests.helpers import adapters, goldens
from tests.helpers.published import list_published
from tests.helpers.sentences import assert_one_sentence
from tests.test_no_network import guarded

CHAT = "baichuan-inc/Baichuan2-13B-Chat"


@pytest.fixture(autouse=True)
def _no_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "huggingface"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))


@pytest.mark.parametrize("revision", [None, "v1.0.2", "main", "master"])
def test_a_name_is_the_folder_that_the_library_lists(tmp_path: Path, revision: str | None) -> None:
    folder = list_published(tmp_path)[CHAT]

    assert snapshot_download(CHAT, revision=revision, cache_dir="elsewhere") == str(folder)
    named: Any = AutoModelForCausalLM.from_pretrained(CHAT, revision=revision)
    assert named.name_or_path == str(folder)
    assert AutoTokenizer.from_pretrained(CHAT, revision=revision).name_or_path == str(folder)
    config = GenerationConfig.from_pretrained(pretrained_model_name=CHAT)
    assert config.user_token_id == 195  # type: ignore[attr-defined]
    assert AutoConfig.from_pretrained(CHAT.lower()).num_hidden_layers == 3


def test_a_model_that_is_not_here_is_one_sentence_with_the_way_to_get_it() -> None:
    for call in (snapshot_download, AutoModelForCausalLM.from_pretrained,
                 AutoTokenizer.from_pretrained, GenerationConfig.from_pretrained):  # fmt: skip
        with pytest.raises(NotInstalledError) as caught:
            call(CHAT)
        assert_one_sentence(caught.value)
        printed = "".join(traceback.format_exception_only(caught.value))
        assert "models get baichuan2-13b-chat" in printed


def test_a_name_that_nobody_knows_is_an_error_of_modelscopes_call_alone() -> None:
    with pytest.raises(UnknownModelError):
        snapshot_download("somebody/a-model")
    with pytest.raises(OSError, match="couldn't find them in the cached"):  # transformers' own
        AutoConfig.from_pretrained("somebody/a-model", local_files_only=True)


def test_an_adapter_brings_the_model_that_it_is_listed_for_or_fits(tmp_path: Path) -> None:
    """Its word for its base, “baichuan-golden/b2-7b”, is no name that anybody here knows."""
    folder = adapters.folder("b2-7b", "dora_r4")
    with pytest.raises(NoBaseError, match="baichuan-golden/b2-7b") as caught:
        AutoModelForCausalLM.from_pretrained(folder)
    assert_one_sentence(caught.value)
    base = tmp_path / "base"
    shutil.copytree(goldens.folder("b2-7b"), base)
    ModelStore(app_paths()).add(base)

    loaded: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    assert loaded.name_or_path == str(base)
    _, expected = adapters.logits("b2-7b", "dora_r4")
    found = loaded(torch.from_numpy(expected["ids_7"])[None]).logits[0, -2:].detach().numpy()
    np.testing.assert_allclose(found, expected["logits_7"], atol=3e-5, rtol=0)


def test_a_folder_of_that_name_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    list_published(tmp_path / "listed")
    shutil.copytree(goldens.folder("b2-7b"), tmp_path / CHAT)
    monkeypatch.chdir(tmp_path)

    assert AutoConfig.from_pretrained(CHAT).num_hidden_layers == 2


def test_what_transformers_downloaded_before_is_found_in_its_cache(tmp_path: Path) -> None:
    cache = tmp_path / "huggingface" / CHAT.replace("baichuan-inc/", "models--baichuan-inc--")
    commits = {"main": "1" * 40, "v2.0": "2" * 40}
    for branch, golden in (("main", "b2-13b"), ("v2.0", "b2-7b")):
        (cache / "refs").mkdir(parents=True, exist_ok=True)
        (cache / "refs" / branch).write_text(commits[branch])
        shutil.copytree(goldens.folder(golden), cache / "snapshots" / commits[branch])

    for revision, branch in ((None, "main"), ("v2.0", "v2.0"), ("v1.0.2", "main")):
        if revision == "v1.0.2":  # a tag of ModelScope's: of the first branch
            shutil.rmtree(cache / "snapshots" / commits["v2.0"])
        found = Path(snapshot_download(CHAT, revision=revision))
        assert found == cache / "snapshots" / commits[branch]


def test_what_modelscope_downloaded_before_is_found_in_its_cache(tmp_path: Path) -> None:
    folder = tmp_path / "modelscope" / "hub" / "models" / CHAT
    shutil.copytree(goldens.folder("b2-13b"), folder)

    assert Path(snapshot_download(CHAT)) == folder


def test_neither_a_socket_is_opened_nor_code_of_the_folder_run(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder("b2-7b"), folder)
    for name in ("configuration", "modeling", "tokenization"):
        (folder / f"{name}_baichuan.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    home = tmp_path / "app home"
    result = guarded(
        f"""
import baichuan_desktop.transformers
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.store import ModelStore
from pathlib import Path
ModelStore(app_paths()).add(Path({str(folder)!r}), repository={CHAT!r})
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer, GenerationConfig
name = {CHAT!r}
tokenizer = AutoTokenizer.from_pretrained(name, use_fast=False, trust_remote_code=True)
model = AutoModelForCausalLM.from_pretrained(name, trust_remote_code=True)
model.generation_config = GenerationConfig.from_pretrained(name, max_new_tokens=2)
model.chat(tokenizer, [{{"role": "user", "content": "hello"}}])
try:
    AutoModel.from_pretrained({str(folder)!r}, trust_remote_code=True)
except ValueError:
    print("no other class of ours")
print("done")
""",
        home,
    )
    assert result.stdout.splitlines()[-2:] == ["no other class of ours", "done"], result.stderr
    assert not (tmp_path / "ran").exists()


def test_without_the_extra_the_import_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [one for one in sys.modules if one.startswith("baichuan_desktop.transformers")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ImportError, match=r'pip install -e "\.\[transformers\]"'):
        import baichuan_desktop.transformers  # noqa: F401
