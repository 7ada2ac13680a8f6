"""A copy takes in what belongs to its source, and nothing that a link of a stranger leads to."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.copying import side_files
from backends.copying.folder_writer import write_copy
from backends.copying.side_files import SIDE_FILES, read_side_files
from backends.engine import heavy_modules
from backends.errors import JobError, NotDownloadedError
from backends.onnx_backend.export import export_plan
from backends.onnx_backend.graph import Scheme
from backends.precision import Precision
from tests.helpers import goldens
from tests.helpers.sentences import assert_one_sentence

SECRET = b'{"token": "nobody else shall read this"}'

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "stranger" / "model"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    (folder / "added_tokens.json").write_text("{}")
    return folder


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "private" / "keys.json"
    file.parent.mkdir()
    file.write_bytes(SECRET)
    return file


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "copies").mkdir()
    return tmp_path / "copies" / "copy"


def convert(source: Path, out: Path) -> None:
    checkpoint = Checkpoint.open(source)
    list(write_copy(checkpoint, heavy_modules.copy_plan(checkpoint, None), out))


def quantise(source: Path, out: Path) -> None:
    checkpoint = Checkpoint.open(source)
    list(write_copy(checkpoint, heavy_modules.copy_plan(checkpoint, Precision.NF4), out))


def export(source: Path, out: Path) -> None:
    checkpoint = Checkpoint.open(source)
    list(write_copy(checkpoint, export_plan(checkpoint, Scheme(Precision.ONNX_INT4)), out))


def refusal(job: Callable[[], object]) -> JobError:
    with pytest.raises(JobError) as caught:
        job()
    assert_one_sentence(caught.value)
    return caught.value


def assert_refused(source: Path, out: Path, name: str) -> None:
    error = refusal(lambda: convert(source, out))
    assert error.message == f"“{name}” is a link to a file outside of the model's folder."
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("job", [convert, quantise, export])
def test_no_kind_of_copy_takes_in_a_private_file(
    job: Callable[[Path, Path], None], source: Path, secret: Path, out: Path
) -> None:
    (source / "tokenizer_config.json").unlink()
    (source / "tokenizer_config.json").symlink_to(secret)

    refusal(lambda: job(source, out))

    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("name", [*SIDE_FILES, "config.json"])
def test_a_link_out_of_the_folder_is_refused_whatever_it_leads_to(
    name: str, source: Path, tmp_path: Path, out: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (source / name).rename(elsewhere)  # a right file, at a wrong place
    (source / name).symlink_to(elsewhere)

    assert_refused(source, out, name)


def test_a_chain_of_links_is_followed_to_its_end(source: Path, secret: Path, out: Path) -> None:
    (source / "inside").symlink_to(secret)
    (source / "special_tokens_map.json").unlink()
    (source / "special_tokens_map.json").symlink_to("inside")

    assert_refused(source, out, "special_tokens_map.json")


def test_a_folder_on_the_way_may_be_the_link(source: Path, secret: Path, out: Path) -> None:
    (source / "sub").symlink_to(secret.parent)
    (source / "special_tokens_map.json").unlink()
    (source / "special_tokens_map.json").symlink_to(f"sub/{secret.name}")

    assert_refused(source, out, "special_tokens_map.json")


def test_links_inside_of_the_folder_and_to_the_folder_are_followed(
    source: Path, tmp_path: Path, out: Path
) -> None:
    (source / "kept").mkdir()
    (source / "tokenizer.model").rename(source / "kept" / "pieces")
    (source / "tokenizer.model").symlink_to("kept/pieces")
    (tmp_path / "shortcut").symlink_to(source)

    convert(tmp_path / "shortcut", out)

    assert (out / "tokenizer.model").read_bytes() == (source / "kept/pieces").read_bytes()
    assert not (out / "tokenizer.model").is_symlink()


def in_a_cache(source: Path, cache: Path, *, shared: bool) -> Path:
    """The model as huggingface_hub keeps it."""
    repository = cache / "models--baichuan-inc--Baichuan2-7B-Chat"
    snapshot = repository / "snapshots" / ("ab" * 20)
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    for file in source.iterdir():
        data = file.read_bytes()
        name = hashlib.sha256(data).hexdigest()
        if len(data) < 10_000:  # a small file is named by git
            name = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        blob = repository / "blobs" / name
        if shared:
            common = cache / "blobs" / name[:2] / hashlib.sha256(b"xet" + data).hexdigest()
            common.parent.mkdir(parents=True, exist_ok=True)
            common.write_bytes(data)
            blob.symlink_to(os.path.relpath(common, blob.parent))
        else:
            blob.write_bytes(data)
        (snapshot / file.name).symlink_to(f"../../blobs/{name}")
    return snapshot


@pytest.mark.parametrize("shared", [False, True])
def test_a_model_in_the_cache_of_hugging_face_is_copied_whole(
    shared: bool, source: Path, tmp_path: Path, out: Path
) -> None:
    snapshot = in_a_cache(source, tmp_path / "hub", shared=shared)

    convert(snapshot, out)

    for name in SIDE_FILES:
        assert (out / name).read_bytes() == (source / name).read_bytes()


@pytest.mark.parametrize(
    "target", ["../../../../private/keys.json", "../../blobs/keys.json", "../../../blobs/ab/keys"]
)
def test_a_cache_that_a_stranger_made_leads_nowhere_else(
    target: str, source: Path, secret: Path, tmp_path: Path, out: Path
) -> None:
    snapshot = in_a_cache(source, tmp_path / "hub", shared=False)
    blobs = tmp_path / "hub" / "blobs" / "ab"
    blobs.mkdir(parents=True)
    (blobs / "keys").write_bytes(SECRET)  # no blob: its name is no hash
    (snapshot.parents[1] / "blobs" / "keys.json").symlink_to(secret)
    (snapshot / "tokenizer_config.json").unlink()
    (snapshot / "tokenizer_config.json").symlink_to(target)

    assert_refused(snapshot, out, "tokenizer_config.json")


def test_blobs_that_are_a_link_to_another_folder_are_no_blobs(
    source: Path, tmp_path: Path, out: Path
) -> None:
    snapshot = in_a_cache(source, tmp_path / "hub", shared=False)
    blobs = snapshot.parents[1] / "blobs"
    blobs.rename(tmp_path / "objects")
    blobs.symlink_to(tmp_path / "objects")

    assert_refused(snapshot, out, "config.json")


def put_fifo(file: Path) -> None:
    os.mkfifo(file)


def put_socket(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        before = Path.cwd()
        os.chdir(file.parent)  # the whole path is too long for a socket
        try:
            listener.bind(file.name)
        finally:
            os.chdir(before)


@pytest.mark.parametrize("put", [put_fifo, put_socket, Path.mkdir])
def test_what_is_no_ordinary_file_is_refused_and_not_waited_for(
    put: Callable[[Path], None], source: Path
) -> None:
    (source / "tokenizer_config.json").unlink()
    put(source / "tokenizer_config.json")

    error = refusal(lambda: read_side_files(source))

    assert error.message == "“tokenizer_config.json” cannot be read: it is no ordinary file."


def test_a_device_is_outside_of_the_folder(source: Path) -> None:
    (source / "tokenizer_config.json").unlink()
    (source / "tokenizer_config.json").symlink_to("/dev/zero")

    error = refusal(lambda: read_side_files(source))

    assert "“tokenizer_config.json” is a link to a file outside" in error.message


def test_a_file_of_gigabytes_is_not_read_into_memory(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_files, "_MAX_BYTES", 1000)
    with (source / "special_tokens_map.json").open("wb") as stream:
        stream.truncate(10 * 2**30)  # a hole, which takes no room

    error = refusal(lambda: read_side_files(source))

    assert "implausibly large" in error.message


def test_no_copy_is_made_of_a_folder_with_a_link_that_leads_nowhere(
    source: Path, out: Path
) -> None:
    (source / "special_tokens_map.json").unlink()
    (source / "special_tokens_map.json").symlink_to("gone.json")

    with pytest.raises(NotDownloadedError, match=r"gone.json”, which is missing"):
        convert(source, out)

    assert not out.exists()
