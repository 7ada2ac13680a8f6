"""What a folder is, and what it lacks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.checkpoint.manifest import MANIFEST
from backends.events import ModelKind
from backends.model_config import Family
from backends.phrases import Phrase
from backends.precision import Precision
from baichuan_desktop.services.library.finding.search import recognise
from baichuan_desktop.services.library.finding.values import Found
from baichuan_desktop.services.library.store import ModelStore
from tests.fuzz import bases
from tests.helpers import goldens

from .conftest import Search

Make = Callable[[Path], None]


def model(folder: Path, name: str = "b2-7b", layout: str = "safetensors") -> Path:
    shutil.copytree(goldens.folder(name, layout), folder)
    return folder


@pytest.mark.parametrize(
    ("name", "layout", "family", "kind", "stored"),
    [
        ("b1-7b", "sharded", Family.BAICHUAN_7B, ModelKind.BASE, Precision.BF16),
        ("b1-13b", "single", Family.BAICHUAN_13B, ModelKind.CHAT, Precision.BF16),
        ("b2-7b", "safetensors", Family.BAICHUAN2_7B, ModelKind.CHAT, Precision.BF16),
        ("b2-13b", "sharded", Family.BAICHUAN2_13B, ModelKind.CHAT, Precision.BF16),
    ],
)
def test_each_family_in_each_layout_is_recognised(
    name: str,
    layout: str,
    family: Family,
    kind: ModelKind,
    stored: Precision,
    tmp_path: Path,
    search: Callable[..., Search],
) -> None:
    folder = model(tmp_path / "some" / "where", name, layout)

    found = search(tmp_path).only

    assert (found.folder, found.family, found.kind) == (folder, family, kind)
    assert found.stored is stored
    assert found.is_complete
    size = sum(file.stat().st_size for file in folder.iterdir())
    assert found.bytes_on_disk == size


def test_a_quantised_copy_is_recognised_by_its_precision(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    shutil.copytree(goldens.ROOT / "checkpoints" / "b2-7b-4bits", tmp_path / "copy")

    assert search(tmp_path).only.stored is Precision.NF4


def test_an_export_is_recognised_and_one_for_other_programs_says_so(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    (tmp_path / "export").mkdir()
    bases.write(tmp_path / "export", bases.export_folder())

    found = search(tmp_path).only

    assert (found.stored, found.is_complete) == (Precision.ONNX_FP32, True)
    manifest = tmp_path / "export" / MANIFEST
    text = manifest.read_text(encoding="utf-8")
    assert '"portable": false' in text
    manifest.write_text(text.replace('"portable": false', '"portable": true'), encoding="utf-8")
    assert [str(sentence) for sentence in search(tmp_path).only.missing] == [
        "“export” is a portable export, which is for other programs."
    ]


# --- what is missing ---------------------------------------------------------------------


def without(*names: str) -> Make:
    def make(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return make


def written(name: str, content: bytes = b"") -> Make:
    def make(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return make


def renamed(name: str, other: str) -> Make:
    def make(folder: Path) -> None:
        (folder / name).rename(folder / other)

    return make


def dangling(name: str) -> Make:
    def make(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to("../blobs/0123")

    return make


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4321\n"
SHARD = "pytorch_model-00002-of-00003.bin"


@pytest.mark.parametrize(
    ("layout", "change", "said"),
    [
        ("sharded", [without(SHARD)], ["2 of the 3 files that it names are there, missing"]),
        ("sharded", [without("tokenizer.model")], ["it has no tokenizer.model"]),
        (
            "sharded", [without("tokenizer.model"), without(SHARD)],
            ["it has no tokenizer.model", "2 of the 3 files that it names are there"],
        ),
        (
            "safetensors", [without("tokenizer.model", "model.safetensors")],
            ["it has no tokenizer.model", "it has no weight file"],
        ),
        ("safetensors", [renamed("model.safetensors", "model.safetensors.part")],
         ["“model.safetensors” is a half download: “model.safetensors.part”"]),
        ("safetensors", [renamed("model.safetensors", "model.safetensors.crdownload")],
         ["is a half download: “model.safetensors.crdownload”"]),
        ("safetensors", [renamed("model.safetensors", "model.safetensors.incomplete")],
         ["is a half download: “model.safetensors.incomplete”"]),
        ("safetensors", [written("model.safetensors.aria2")],
         ["is a half download: “model.safetensors.aria2” lies beside it"]),
        ("safetensors", [renamed("tokenizer.model", "tokenizer.model.crdownload")],
         ["“tokenizer.model” is a half download"]),
        ("safetensors", [written("model.safetensors", POINTER)],
         ["is a Git LFS pointer, the file itself was not downloaded (4,321 bytes)"]),
        ("safetensors", [written("tokenizer.model", POINTER)], ["“tokenizer.model” is a Git LFS"]),
        (
            "safetensors",
            [written("tokenizer.model", POINTER), written("model.safetensors", POINTER)],
            ["“tokenizer.model” is a Git LFS pointer", "“model.safetensors” is a Git LFS pointer"],
        ),
        ("safetensors", [written("model.safetensors", bytes(5_000))],
         ["“model.safetensors” begins with zeros"]),
        ("safetensors", [dangling("model.safetensors")],
         ["is a link to", "which is missing"]),
        ("safetensors", [written("config.json", b"{")], ["“config.json” is damaged"]),
        ("sharded", [written("config.json", b"[" * 5_000)], ["“config.json” is damaged"]),
        ("safetensors", [without("config.json")], ["it has no config.json"]),
        ("sharded", [without("config.json", SHARD)], ["it has no config.json"]),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_and_why(
    layout: str,
    change: list[Make],
    said: list[str],
    tmp_path: Path,
    search: Callable[..., Search],
) -> None:
    folder = model(tmp_path / "any name", layout=layout)
    for make in change:
        make(folder)

    found = search(tmp_path).only

    sentences = " ".join(map(str, found.missing))
    assert all(part in sentences for part in said)
    assert len(found.missing) == len({*map(str, found.missing)})
    assert (found.kind, found.stored) == (None, None)
    assert found.bytes_on_disk == sum(
        file.stat().st_size for file in folder.iterdir() if file.is_file()
    )


def test_of_a_folder_with_the_config_alone_the_rest_is_said_to_be_missing(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    folder = tmp_path / "only the config"
    folder.mkdir()
    shutil.copy(goldens.folder("b1-13b", "safetensors") / "config.json", folder)

    found = search(tmp_path).only

    assert found.family is Family.BAICHUAN_13B
    assert [str(sentence).partition(": ")[2] for sentence in found.missing] == [
        "it has no tokenizer.model.",
        "it has no weight file (model.safetensors, pytorch_model.bin).",
    ]


# --- what is ours ------------------------------------------------------------------------


def small(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")


def test_models_of_other_kinds_are_not_listed(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    small(tmp_path / "llama", config__json='{"model_type": "llama"}', tokenizer__model="x")
    small(tmp_path / "t5", config__json='{"model_type": "t5", "architectures": ["T5"]}')
    small(tmp_path / "broken", config__json="{")
    small(tmp_path / "a config of something else", config__json='{"window": {"width": 5}}')
    small(tmp_path / "a list", config__json="[1]")
    small(tmp_path / "speech", tokenizer__model="x")
    small(tmp_path / "lora", adapter_config__json="{}", config__json='{"model_type": "baichuan"}')

    assert search(tmp_path).found == []


def test_a_model_whose_config_is_lost_is_told_by_its_tensors(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    for layout in ("safetensors", "sharded", "single"):
        (model(tmp_path / layout, layout=layout) / "config.json").unlink()
    (tmp_path / "sharded" / "tokenizer.model").unlink()

    found = {one.folder.name: one for one in search(tmp_path).found}

    assert set(found) == {"safetensors", "sharded", "single"}
    assert not any(one.is_complete for one in found.values())


def test_tensors_of_released_sizes_tell_the_family(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    header = json.dumps({
        "model.embed_tokens.weight": {
            "dtype": "BF16", "shape": [125_696, 5_120], "data_offsets": [0, 1_287_127_040]
        },
        "model.layers.0.self_attn.W_pack.weight": {
            "dtype": "BF16", "shape": [0, 5_120], "data_offsets": [1_287_127_040, 1_287_127_040]
        },
    }).encode()  # fmt: skip
    file = tmp_path / "weights" / "model.safetensors"
    file.parent.mkdir()
    with file.open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.truncate(8 + len(header) + 1_287_127_040)  # a hole, which takes no room

    assert search(tmp_path).only.family is Family.BAICHUAN2_13B


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("Baichuan2-13B-Chat-GPTQ", {"config.json": '{"model_type": "llama"}'}),
        ("百川", {"tokenizer.model": "x"}),
        ("x", {"modeling_baichuan.py": "", "tokenizer.model": "x"}),
        ("x", {"config.json": '{"architectures": ["BaiChuanForCausalLM"]}'}),
        ("x", {"config.json": "{", "configuration_baichuan.py": ""}),
    ],
)
def test_what_calls_itself_one_of_ours_is_listed_with_what_is_wrong(
    name: str, files: dict[str, str], tmp_path: Path, search: Callable[..., Search]
) -> None:
    (tmp_path / name).mkdir()
    for file, text in files.items():
        (tmp_path / name / file).write_text(text, encoding="utf-8")

    assert not search(tmp_path).only.is_complete


# --- choosing a folder -------------------------------------------------------------------


@pytest.mark.parametrize("chosen", [".", "..", "../..", "config.json", "deep", "deep/deeper/x/y"])
def test_the_model_is_found_from_the_folder_above_or_below(
    chosen: str, tmp_path: Path, store: ModelStore
) -> None:
    folder = model(tmp_path / "a" / "b" / "model")
    (folder / "deep" / "deeper" / "x" / "y").mkdir(parents=True)

    (found,) = recognise(folder / chosen, store)

    assert found.folder == folder
    assert found.is_complete


def test_from_below_only_the_model_itself_is_found_and_none_beside_it(
    tmp_path: Path, store: ModelStore
) -> None:
    first = model(tmp_path / "models" / "first")
    model(tmp_path / "models" / "second")
    (first / "notes").mkdir()
    (tmp_path / "models" / "empty").mkdir()

    assert [one.folder for one in recognise(first / "notes", store)] == [first]
    assert recognise(tmp_path / "models" / "empty", store) == []
    assert len(recognise(tmp_path / "models", store)) == 2


@pytest.mark.parametrize("path", ["nowhere/at/all", "~nobody-of-this-name/x", "a\0b"])
def test_what_is_no_folder_is_no_model(
    path: str, store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert not recognise(Path(path), store)


def test_what_is_missing_is_a_template_with_facts(
    tmp_path: Path, search: Callable[..., Search]
) -> None:
    without("tokenizer.model")(model(tmp_path / "m"))

    found: Found = search(tmp_path).only

    assert all(isinstance(sentence, Phrase) and sentence.facts for sentence in found.missing)


@pytest.mark.parametrize("depth", [1, 2])
def test_a_file_stands_for_its_own_folder_and_not_for_the_models_below_it(
    depth: int, tmp_path: Path, store: ModelStore
) -> None:
    below = model(tmp_path.joinpath(*["inner"] * depth))
    letter = tmp_path / "letter.txt"
    letter.write_text("Nothing of a model.")

    assert not recognise(letter, store)
    assert [one.folder for one in recognise(tmp_path, store)] == [below]
    assert [one.folder for one in recognise(below / "config.json", store)] == [below]
