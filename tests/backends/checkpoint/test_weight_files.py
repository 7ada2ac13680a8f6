"""Of several sets of weights the complete one is taken; if none is, it is said what lacks."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from backends.checkpoint.folder import Checkpoint
from backends.errors import (
    DamagedCheckpointError,
    NotACheckpointError,
    NotDownloadedError,
    UnsafeCheckpointError,
)
from tests.helpers import goldens
from tests.helpers.changed_folders import WEIGHT, copy_of, refusal

INDEX = "model.safetensors.index.json"
BIN_INDEX = "pytorch_model.bin.index.json"
EXPECTED = goldens.checkpoint("b2-7b", "safetensors").tensors.keys()


def plain(tmp_path: Path) -> Path:
    """A folder without weights."""
    folder = tmp_path / "model"
    source = goldens.folder("b2-7b", "safetensors")
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    return folder


def add_single(folder: Path, layout: str = "safetensors") -> Path:
    name = "model.safetensors" if layout == "safetensors" else "pytorch_model.bin"
    source = goldens.folder("b2-7b", "safetensors" if layout == "safetensors" else "single")
    return Path(shutil.copy(source / name, folder / name))


def add_shards(folder: Path, count: int = 3) -> list[Path]:
    """Shards as .safetensors, and their index."""
    source = goldens.folder("b2-7b", "safetensors") / "model.safetensors"
    state = safetensors.torch.load_file(source)
    names = sorted(state)
    weight_map: dict[str, str] = {}
    files = []
    for number in range(count):
        file = folder / f"model-{number + 1:05}-of-{count:05}.safetensors"
        mine = names[number::count]
        safetensors.torch.save_file({name: state[name] for name in mine}, file)
        weight_map |= dict.fromkeys(mine, file.name)
        files.append(file)
    (folder / INDEX).write_text(json.dumps({"weight_map": weight_map}))
    return files


def add_bin_shards(folder: Path) -> list[Path]:
    source = goldens.folder("b2-7b", "sharded")
    shutil.copy(source / BIN_INDEX, folder)
    return [Path(shutil.copy(file, folder)) for file in sorted(source.glob("*.bin"))]


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def read_from(folder: Path) -> tuple[set[str], list[str]]:
    """The files that the weights are read from, and the notes."""
    checkpoint = Checkpoint.open(folder)
    assert checkpoint.tensors.keys() == EXPECTED
    return {file.name for file in checkpoint.weight_files}, list(map(str, checkpoint.notes))


# --- more than one set -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ['{"weight_map": {"lm_head.weight": "model-00001-of-00002.safetensors"}}', "{", "", "[]"],
)
def test_a_complete_single_file_comes_before_an_index_of_nothing(tmp_path: Path, text: str) -> None:
    folder = plain(tmp_path)
    add_single(folder)
    (folder / INDEX).write_text(text)

    assert read_from(folder) == ({"model.safetensors"}, [])


def test_a_complete_single_bin_comes_before_an_index_of_nothing(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    add_single(folder, "bin")
    (folder / BIN_INDEX).write_text('{"weight_map": {"a": "pytorch_model-00001-of-00002.bin"}}')

    assert read_from(folder) == ({"pytorch_model.bin"}, [])


def test_a_half_single_file_gives_way_to_shards_that_are_complete(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    shards = add_shards(folder)
    truncate(add_single(folder))

    files, (note,) = read_from(folder)

    assert files == {shard.name for shard in shards}
    assert note.startswith(f"The weights are read from “{INDEX}”, because other files are not ")
    assert "“model.safetensors” is damaged or incomplete" in note


def test_a_single_file_of_a_few_tensors_gives_way_to_shards_that_are_complete(
    tmp_path: Path,
) -> None:
    folder = plain(tmp_path)
    add_shards(folder)
    safetensors.torch.save_file(
        {"lm_head.weight": torch.ones(1120, 64)}, folder / "model.safetensors"
    )

    _, (note,) = read_from(folder)

    assert note.endswith("“model.safetensors” holds only a part of the tensors.")


def test_incomplete_safetensors_give_way_to_complete_bins(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    add_shards(folder)[1].unlink()
    add_bin_shards(folder)

    files, (note,) = read_from(folder)

    assert files == {f"pytorch_model-{n:05}-of-00003.bin" for n in (1, 2, 3)}
    assert "2 of the 3 files that it names are there" in note


def test_shards_need_no_index_if_all_are_there(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    shards = add_shards(folder)
    (folder / INDEX).unlink()

    assert read_from(folder) == ({shard.name for shard in shards}, [])


def test_an_index_of_another_sharding_gives_way_to_the_shards(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    for shard in add_shards(folder, 2):
        shard.unlink()
    stale = (folder / INDEX).read_text()
    shards = add_shards(folder, 3)
    (folder / INDEX).write_text(stale)

    files, (note,) = read_from(folder)

    assert files == {shard.name for shard in shards}
    assert "0 of the 2 files that it names are there" in note


@pytest.mark.parametrize("text", ["{", "", "[]", "{}", '{"weight_map": {}}', '{"weight_map": 5}'])
def test_an_index_that_says_nothing_gives_way_to_the_shards(tmp_path: Path, text: str) -> None:
    folder = plain(tmp_path)
    shards = add_shards(folder)
    (folder / INDEX).write_text(text)

    files, (note,) = read_from(folder)

    assert files == {shard.name for shard in shards}
    assert f"“{INDEX}” is damaged or incomplete: it " in note


def test_a_tensor_in_two_shards_without_an_index_is_refused(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    first, second, _ = add_shards(folder)
    (folder / INDEX).unlink()
    state = safetensors.torch.load_file(second)
    name, tensor = next(iter(safetensors.torch.load_file(first).items()))
    safetensors.torch.save_file({**state, name: tensor}, second)

    message = refusal(folder, DamagedCheckpointError)
    assert f"it holds “{name}”, which {first.name} holds too" in message


def test_code_is_refused_and_nothing_else_is_looked_for(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    torch.save({"x": torch.nn.Linear(1, 1)}, folder / "pytorch_model.bin")
    add_bin_shards(folder)

    refusal(folder, UnsafeCheckpointError)


# --- nothing is complete -----------------------------------------------------------------


def test_what_lacks_of_the_most_complete_set_is_said(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    add_shards(folder)[2].unlink()
    for shard in add_bin_shards(folder)[1:]:
        shard.unlink()

    message = refusal(folder, DamagedCheckpointError)

    assert message.startswith(f"“{INDEX}”")
    assert "2 of the 3 files that it names are there" in message
    assert "missing: “model-00003-of-00003.safetensors”." in message


def test_many_missing_shards_are_not_all_named(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    for shard in add_shards(folder, 6)[1:]:
        shard.unlink()

    message = refusal(folder, DamagedCheckpointError)

    assert "1 of the 6 files that it names are there" in message
    assert message.endswith("“model-00004-of-00006.safetensors”, ….")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["gptq_model-4bit-128g.safetensors", "b.bin"], ", only “b.bin”, “gptq_model-4bit-128g."),
        (["baichuan.pt"], ", only “baichuan.pt”."),
        (["optimizer.pt", "training_args.bin"], "(model.safetensors, pytorch_model.bin)."),
    ],
)
def test_weights_under_another_name_are_named(tmp_path: Path, names: list[str], said: str) -> None:
    folder = plain(tmp_path)
    for name in names:
        (folder / name).write_bytes(b"x")

    assert said in refusal(folder, NotACheckpointError)


def test_missing_shards_without_an_index_are_named(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    add_shards(folder)[0].unlink()
    (folder / INDEX).unlink()

    message = refusal(folder, NotACheckpointError)
    assert "2 of its 3 weight files are there, missing: “model-00001-of-00003" in message


def test_a_truncated_shard_is_named_with_the_bytes_that_it_lacks(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    _, second, _ = add_shards(folder)
    size = second.stat().st_size
    os.truncate(second, size - 1000)

    message = refusal(folder, DamagedCheckpointError)

    assert message.startswith(f"“{second.name}”")
    assert "1,000 of its " in message
    assert message.endswith(" bytes are missing.")


# --- half downloads ----------------------------------------------------------------------

HALVES = (
    ".part", ".partial", ".incomplete", ".crdownload", ".download", ".a1b2c3.partial", ".xltd",
    ".baiduyun.p.downloading", ".6f3a.incomplete", ".opdownload", ".!ut", ".parallel_tmp",
)  # fmt: skip


@pytest.mark.parametrize("ending", HALVES)
def test_a_half_download_instead_of_a_file_is_called_one(tmp_path: Path, ending: str) -> None:
    folder = plain(tmp_path)
    half = folder / f"model.safetensors{ending}"
    add_single(folder).rename(half)

    message = refusal(folder, NotDownloadedError)

    assert message == f"“model.safetensors” is a half download: “{half.name}”."


@pytest.mark.parametrize("name", ["tokenizer.model", "config.json"])
def test_a_half_download_of_a_small_file_is_called_one(tmp_path: Path, name: str) -> None:
    folder = plain(tmp_path)
    add_single(folder)
    (folder / name).rename(folder / f"{name}.part")

    assert refusal(folder, NotDownloadedError) == f"“{name}” is a half download: “{name}.part”."


def test_a_half_shard_is_called_one(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    _, second, _ = add_shards(folder)
    second.rename(f"{second}.part")

    assert f"“{second.name}” is a half download" in refusal(folder, NotDownloadedError)


def test_a_complete_file_needs_no_other_to_be_gone(tmp_path: Path) -> None:
    """Another try, that somebody gave up."""
    folder = plain(tmp_path)
    add_single(folder)
    (folder / "model.safetensors.part").write_bytes(b"x")
    (folder / ".model.safetensors.Ab12Cd").write_bytes(b"x")

    assert read_from(folder) == ({"model.safetensors"}, [])


@pytest.mark.parametrize("whole", ["model.safetensors", "pytorch_model.bin", "tokenizer.model"])
def test_firefox_leaves_a_half_under_a_name_of_its_own(tmp_path: Path, whole: str) -> None:
    folder = plain(tmp_path)
    if whole == "tokenizer.model":
        (folder / whole).unlink()
    half = ".8kx-GpYz.".join(whole.split("."))
    (folder / f"{half}.part").write_bytes(b"x")

    assert refusal(folder, NotDownloadedError) == (f"“{whole}” is a half download: “{half}.part”.")


def test_rsync_leaves_a_half_under_a_hidden_name(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    add_single(folder).rename(folder / ".model.safetensors.Ab12Cd")

    assert "“.model.safetensors.Ab12Cd”" in refusal(folder, NotDownloadedError)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.model", "config.json"])
def test_what_aria2_still_writes_to_is_a_half_download(tmp_path: Path, name: str) -> None:
    """It has its full size from the beginning."""
    folder = plain(tmp_path)
    add_single(folder)
    (folder / f"{name}.aria2").write_bytes(b"x")

    message = refusal(folder, NotDownloadedError)
    assert message == f"“{name}” is a half download: “{name}.aria2” lies beside it."


def hugging_face(folder: Path) -> str:
    half = folder / ".cache" / "huggingface" / "download" / "xyz=.1234.incomplete"
    half.parent.mkdir(parents=True)
    half.touch()
    return ".cache/huggingface/download/xyz=.1234.incomplete"


def model_scope(folder: Path) -> str:
    half = folder / "._____temp" / "model.safetensors"
    half.parent.mkdir()
    half.touch()
    return "._____temp/model.safetensors"


def model_scopes_whole_cache(folder: Path) -> str:
    """Its folder for what is not whole has the names of the cache's folders."""
    half = folder.parent.parent / "._____temp" / folder.parent.name / folder.name / "weights.1"
    half.parent.mkdir(parents=True)
    half.touch()
    return f"../../._____temp/{folder.parent.name}/{folder.name}/weights.1"


@pytest.mark.parametrize("leave", [hugging_face, model_scope, model_scopes_whole_cache])
def test_an_unfinished_download_of_a_hub_is_named(
    tmp_path: Path, leave: Callable[[Path], str]
) -> None:
    folder = plain(tmp_path)
    half = leave(folder)

    message = refusal(folder, NotDownloadedError)

    assert "the download of the model has not ended" in message
    assert f"“{half}”" in message
    add_single(folder)
    assert read_from(folder) == ({"model.safetensors"}, [])


def test_of_a_model_with_a_dot_in_its_name_the_unfinished_files_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "owner" / "Model-v1___0"
    folder.parent.mkdir(parents=True)
    plain(tmp_path).rename(folder)
    half = tmp_path / "cache" / "._____temp" / "owner" / "Model-v1.0" / "model.safetensors"
    half.parent.mkdir(parents=True)
    half.touch()

    message = refusal(folder, NotDownloadedError)

    assert "“../../._____temp/owner/Model-v1.0/model.safetensors”" in message


def test_an_unfinished_blob_of_a_cache_is_named(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--baichuan-inc--Baichuan2-7B-Chat" / "snapshots" / "abc"
    blobs = snapshot.parent.parent / "blobs"
    plain(tmp_path).rename(snapshot.parent.parent.parent / "x")
    snapshot.parent.mkdir(parents=True)
    blobs.mkdir()
    (tmp_path / "x").rename(snapshot)
    (blobs / "1234.incomplete").touch()

    assert "“../../blobs/1234.incomplete”" in refusal(snapshot, NotDownloadedError)


# --- pointers and links ------------------------------------------------------------------

POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 486744\n"
)


@pytest.mark.parametrize(
    "name", ["tokenizer.model", "model.safetensors", "config.json", "generation_config.json"]
)
def test_a_pointer_of_git_lfs_is_called_one(tmp_path: Path, name: str) -> None:
    folder = plain(tmp_path)
    add_single(folder)
    (folder / name).write_text(POINTER)

    assert refusal(folder, NotDownloadedError) == (
        f"“{name}” is a Git LFS pointer, the file itself was not downloaded (486,744 bytes)."
    )


@pytest.mark.parametrize("name", ["pytorch_model.bin", BIN_INDEX, INDEX])
def test_a_pointer_instead_of_weights_is_called_one(tmp_path: Path, name: str) -> None:
    folder = plain(tmp_path)
    (folder / name).write_text(POINTER.partition("size")[0])

    assert refusal(folder, NotDownloadedError) == (
        f"“{name}” is a Git LFS pointer, the file itself was not downloaded."
    )


def test_shards_that_are_pointers_are_called_so(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    for shard in add_bin_shards(folder):
        shard.write_text(POINTER)

    assert "-of-00003.bin” is a Git LFS pointer" in refusal(folder, NotDownloadedError)


def test_a_text_that_speaks_of_git_lfs_is_none(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    (folder / "pytorch_model.bin").write_text("about: version https://git-lfs.github.com/spec/v1")

    assert "Git LFS" not in refusal(folder, NotDownloadedError)


@pytest.mark.parametrize("text", ["Entry not found", '{"error": "401 无权限"}\n'])
@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_words_instead_of_weights_were_said_by_a_server(
    tmp_path: Path, name: str, text: str
) -> None:
    folder = plain(tmp_path)
    (folder / name).write_text(text)

    assert refusal(folder, NotDownloadedError) == (
        f"“{name}” is a text of {len(text.encode())} bytes, the file itself was not downloaded."
    )


@pytest.mark.parametrize(
    "page", ["<!DOCTYPE html><title>403</title>", "\n\n<html>", "<!doctype HTML>" + "x" * 9000]
)
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.model", "config.json"])
def test_a_web_page_that_was_saved_instead_is_called_one(
    tmp_path: Path, name: str, page: str
) -> None:
    folder = plain(tmp_path)
    add_single(folder)
    (folder / name).write_text(page)

    assert refusal(folder, NotDownloadedError) == (
        f"“{name}” is a web page, the file itself was not downloaded."
    )


@pytest.mark.parametrize("size", [64, 5000])
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.model", "config.json"])
def test_a_file_that_begins_with_zeros_was_not_downloaded(
    tmp_path: Path, name: str, size: int
) -> None:
    folder = plain(tmp_path)
    add_single(folder)
    (folder / name).write_bytes(bytes(size))

    assert refusal(folder, NotDownloadedError) == (
        f"“{name}” begins with zeros, its content was not downloaded."
    )


@pytest.mark.parametrize(
    "name", ["model.safetensors", "tokenizer.model", "config.json", "generation_config.json"]
)
def test_a_link_that_leads_nowhere_is_named_with_its_target(tmp_path: Path, name: str) -> None:
    folder = plain(tmp_path)
    add_single(folder)
    (folder / name).unlink()
    (folder / name).symlink_to("../blobs/1234")

    assert refusal(folder, NotDownloadedError) == (
        f"“{name}” is a link to “{tmp_path / 'blobs' / '1234'}”, which is missing."
    )


def test_a_chain_of_links_is_followed_to_its_end(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    (folder / "model.safetensors").symlink_to("second")
    (folder / "second").symlink_to(tmp_path / "third")

    assert f"“{tmp_path / 'third'}”, which is missing" in refusal(folder, NotDownloadedError)


def test_a_shard_behind_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    second = add_shards(folder)[1]
    second.unlink()
    second.symlink_to("/nowhere/blob")

    message = refusal(folder, NotDownloadedError)
    assert message == f"“{second.name}” is a link to “/nowhere/blob”, which is missing."


def test_links_in_a_circle_are_named(tmp_path: Path) -> None:
    folder = plain(tmp_path)
    (folder / "model.safetensors").symlink_to("other")
    (folder / "other").symlink_to("model.safetensors")

    assert "is a link that leads back to itself" in refusal(folder, NotDownloadedError)


def test_a_folder_behind_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to(tmp_path / "drive" / "model")

    assert refusal(tmp_path / "model", NotDownloadedError) == (
        f"“model” is a link to “{tmp_path / 'drive' / 'model'}”, which is missing."
    )


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.model", "config.json", INDEX])
def test_a_pipe_is_never_waited_for(tmp_path: Path, name: str) -> None:
    folder = plain(tmp_path)
    (folder / name).unlink(missing_ok=True)
    if name == "tokenizer.model":
        add_single(folder)
    os.mkfifo(folder / name)

    assert refusal(folder, UnsafeCheckpointError) == f"“{name}” was refused: it is not a file."


# --- the index of shards -----------------------------------------------------------------


def change_index(folder: Path, shard: Any, name: str = WEIGHT) -> None:
    file = folder / "pytorch_model.bin.index.json"
    data = json.loads(file.read_text())
    data["weight_map"][name] = shard
    file.write_text(json.dumps(data))


@pytest.mark.parametrize(
    "shard",
    [
        "../outside.bin", "/etc/passwd", "/tmp/outside.bin", "sub/inside.bin", "..\\outside.bin",
        "C:outside.bin", "C:\\outside.bin", "\\\\server\\share.bin", "..", ".", "", "./x.bin",
        "a/../../outside.bin", "~/outside.bin" , "file:///x.bin", "../" * 500 + "x.bin",
    ],
)  # fmt: skip
def test_an_index_cannot_name_a_file_outside_of_its_folder(tmp_path: Path, shard: str) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    shutil.copy(folder / "pytorch_model-00001-of-00003.bin", tmp_path / "outside.bin")
    change_index(folder, shard)

    assert "outside of its folder" in refusal(folder, UnsafeCheckpointError)


@pytest.mark.parametrize(
    ("shard", "sentence"),
    [
        ("config.json", "“config.json”, which is no weight file"),
        (5, "names something that is no file"),
        (None, "names something that is no file"),
        (["x.bin"], "names something that is no file"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_an_index_that_names_no_shard_is_refused(
    tmp_path: Path, shard: object, sentence: str
) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    change_index(folder, shard)

    assert sentence in refusal(folder, DamagedCheckpointError)


@pytest.mark.parametrize(
    "shard",
    ["pytorch_model-00009-of-00003.bin", "x" * 300 + ".bin", "a\0b.bin", "\ud800.bin", "a\nb.bin"],
    ids=lambda value: ascii(value)[:20],
)
def test_an_index_of_files_that_are_not_there_gives_way_to_shards_that_are(
    tmp_path: Path, shard: str
) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    change_index(folder, shard)

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.tensors.keys() == goldens.checkpoint("b2-7b").tensors.keys()
    (note,) = map(str, checkpoint.notes)
    assert "“pytorch_model-00001-of-00003.bin”" in note
    assert "3 of the 4 files that it names are there, missing: “" in note
    assert note.isprintable()


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    (folder / "pytorch_model-00002-of-00003.bin").unlink()

    message = refusal(folder, DamagedCheckpointError)
    assert message.endswith(
        "2 of the 3 files that it names are there, missing: “pytorch_model-00002-of-00003.bin”."
    )


def test_a_tensor_in_another_shard_than_the_index_says_is_named(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    index = json.loads((folder / "pytorch_model.bin.index.json").read_text())["weight_map"]
    other = next(shard for shard in sorted(set(index.values())) if shard != index[WEIGHT])
    change_index(folder, other)

    message = refusal(folder, DamagedCheckpointError)
    assert f"it holds “{WEIGHT}”, which pytorch_model.bin.index.json does not place" in message or (
        f"it lacks the tensor “{WEIGHT}”" in message
    )


def test_a_tensor_in_two_shards_is_refused(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    index = json.loads((folder / "pytorch_model.bin.index.json").read_text())["weight_map"]
    name = next(k for k, v in index.items() if v.startswith("pytorch_model-00001"))
    second = folder / "pytorch_model-00002-of-00003.bin"
    first_state = torch.load(folder / "pytorch_model-00001-of-00003.bin")
    torch.save({**torch.load(second), name: first_state[name]}, second)

    assert f"it holds “{name}”" in refusal(folder, DamagedCheckpointError)


def test_a_tensor_that_the_index_promises_and_no_shard_holds_is_named(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    change_index(folder, "pytorch_model-00001-of-00003.bin", name="promised\n" + "x" * 5000)

    assert "it lacks the tensor “promised" in refusal(folder, DamagedCheckpointError)


@pytest.mark.parametrize("weight_map", [None, {}, [], "x", 5])
def test_an_index_without_a_map_is_refused(tmp_path: Path, weight_map: object) -> None:
    folder = copy_of(tmp_path, layout="sharded")
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": weight_map}))
    for shard in folder.glob("*.bin"):
        shard.unlink()

    assert "it has no weight_map" in refusal(folder, DamagedCheckpointError)


def test_a_link_to_a_shard_elsewhere_is_the_persons_own(tmp_path: Path) -> None:
    """A Hugging Face cache keeps every file behind a link."""
    folder = copy_of(tmp_path, layout="sharded")
    for shard in sorted(folder.glob("*.bin")):
        target = tmp_path / f"blob-{shard.name}"
        shard.rename(target)
        shard.symlink_to(target)

    assert Checkpoint.open(folder).kind == "chat"
