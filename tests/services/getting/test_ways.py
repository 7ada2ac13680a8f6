"""How to get a released model: what it takes here, and commands that are complete."""

from __future__ import annotations

import dataclasses
import re
import shlex

import pytest

from backends.precision import Precision
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.getting.commands import folder_name, ways
from baichuan_desktop.services.getting.values import Getting, Site, Tool, Use
from baichuan_desktop.services.getting.ways import ways_to_get
from baichuan_desktop.services.library.registry_schema import FileSection, Sources
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.library.variants import Variant
from baichuan_desktop.services.licences.texts import registry_text
from tests.helpers.machines import card, machine


def variant(name: str) -> Variant:
    return ModelStore(app_paths()).variant(name)


def getting(name: str, free_gib: float = 20.0) -> Getting:
    return ways_to_get(variant(name), machine(free_gib=free_gib))


def lines(found: Getting) -> dict[tuple[Site, Tool], tuple[str, ...]]:
    return {(way.site, way.tool): way.lines for way in found.ways}


def test_the_commands_name_repository_and_folder() -> None:
    found = lines(getting("baichuan2-13b-chat"))

    assert found[Site.HUGGINGFACE, Tool.HF] == (
        "pip install -U huggingface_hub",
        "hf download baichuan-inc/Baichuan2-13B-Chat --local-dir Baichuan2-13B-Chat",
    )
    assert found[Site.HUGGINGFACE, Tool.HUGGINGFACE_CLI][1].startswith(
        "huggingface-cli download baichuan-inc/Baichuan2-13B-Chat "
    )
    install, clone = found[Site.HUGGINGFACE, Tool.GIT_LFS]
    assert install == "git lfs install"
    assert clone == (
        "git clone --depth 1 https://huggingface.co/baichuan-inc/Baichuan2-13B-Chat "
        "Baichuan2-13B-Chat"
    )
    assert found[Site.MODELSCOPE, Tool.MODELSCOPE][1] == (
        "modelscope download --model baichuan-inc/Baichuan2-13B-Chat --local_dir Baichuan2-13B-Chat"
    )
    assert found[Site.MODELSCOPE, Tool.GIT_LFS][1].endswith(
        "https://www.modelscope.cn/baichuan-inc/Baichuan2-13B-Chat.git Baichuan2-13B-Chat"
    )


@pytest.mark.parametrize(
    ("name", "revision"),
    [("baichuan2-13b-chat-v2", "v2.0"), ("baichuan2-7b-base-00220b", "train_00220B")],
)
def test_a_revision_is_in_every_command_of_its_site(name: str, revision: str) -> None:
    found = getting(name)

    assert {way.site for way in found.ways} == {Site.HUGGINGFACE}
    for way in found.ways:
        assert way.revision == revision
        assert re.search(rf"--(revision|branch) {revision} ", way.lines[1])
        assert way.lines[1].endswith(f"-{revision}")
    assert found.folder_name.endswith(f"-{revision}")


def test_a_name_of_a_sites_registry_is_one_word_of_a_shell() -> None:
    sources = Sources(huggingface="a/b; rm -rf ~", modelscope="c/$(x)", revision="refs/pr/1 2")
    folder = folder_name(sources, "mine")

    assert folder == "b; rm -rf ~-refs-pr-1 2"
    for way in ways(sources, folder):
        words = shlex.split(way.lines[-1])
        assert folder in words
        assert any(one.endswith(("a/b; rm -rf ~", "c/$(x)", "c/$(x).git")) for one in words)


def test_without_a_source_there_is_no_way() -> None:
    assert ways(Sources(), "mine") == ()
    assert folder_name(Sources(), "mine") == "mine"
    assert getting("baichuan-guide").ways == ()


def test_the_memory_is_that_of_this_machine() -> None:
    small, large = getting("baichuan2-7b-chat", 9.0), getting("baichuan2-7b-chat", 60.0)

    runs = {row.precision for row in small.memory if row.runs}
    assert runs == {Precision.NF4, Precision.FP4}
    assert not any(row.is_chosen and row.precision is Precision.FP32 for row in small.memory)
    assert next(row.precision for row in large.memory if row.is_chosen) is Precision.FP32
    for row in large.memory:
        assert row.needed_bytes is not None
        assert row.precision.label in str(row.sentence)


def test_a_model_that_was_published_in_4_bits_runs_in_these_alone() -> None:
    (row,) = getting("baichuan2-7b-chat-4bits").memory

    assert row.precision is Precision.NF4


def test_on_a_card_it_is_the_cards_memory() -> None:
    found = ways_to_get(variant("baichuan2-7b-chat"), machine(card(24), free_gib=8.0))

    chosen = next(row for row in found.memory if row.is_chosen)
    assert chosen.device_kind.uses_cards
    assert chosen.precision is Precision.BF16


@pytest.mark.parametrize("one", ["baichuan-7b", "baichuan-13b-chat", "baichuan2-13b-chat-4bits"])
def test_size_licence_and_files_are_told(one: str) -> None:
    found = getting(one)
    known = variant(one)

    assert found.disk_bytes == known.weights_bytes
    assert found.licence == registry_text(known.licence)
    needed = {file.name: file for file in found.files if file.use is Use.NEEDED}
    assert set(needed) == {"config.json", "tokenizer.model", "pytorch_model.bin"}
    assert needed["pytorch_model.bin"].size == known.weights_bytes
    assert needed["pytorch_model.bin"].is_least
    assert any(file.use is Use.LICENCE and file.name.endswith(".pdf") for file in found.files)
    sized = {file.name for file in found.files if file.size is not None}
    tokenizer = {"tokenizer.model"} if known.family.uses_norm_head else set()
    assert sized == {"pytorch_model.bin"} | tokenizer  # of the others nothing is established


def test_what_a_site_says_of_the_files_comes_first() -> None:
    digest = "a" * 64
    stated = {
        "model.safetensors": FileSection(size=7, sha256=digest),
        "config.json": FileSection(size=5, sha256=digest),
        "LICENSE": FileSection(size=3, sha256=digest),
        "quantizer.py": FileSection(size=2, sha256=digest),
    }
    known = dataclasses.replace(variant("baichuan2-7b-chat"), stated_files=stated)
    found = ways_to_get(known, machine()).files

    assert [(one.name, one.use, one.size) for one in found[:4]] == [
        ("model.safetensors", Use.NEEDED, 7), ("config.json", Use.NEEDED, 5),
        ("LICENSE", Use.LICENCE, 3), ("quantizer.py", Use.UNUSED, 2),
    ]  # fmt: skip
    assert "pytorch_model.bin" not in [one.name for one in found]
    assert [one.name for one in found].count("config.json") == 1
