"""What caches, clones and copies say of their files, and what nobody may make them open."""

from __future__ import annotations

import hashlib
import json
import os
import random
from pathlib import Path

import pytest

from backends.checkpoint.manifest import MANIFEST
from baichuan_desktop.services.library.integrity.folder_files import files_of
from baichuan_desktop.services.library.integrity.known_hashes import known_hashes
from baichuan_desktop.services.library.integrity.values import Fault, KnownHash, Origin
from tests.fuzz import mutate_json
from tests.helpers import recorded_caches
from tests.helpers.installed import installed
from tests.helpers.verified import faults, model_in, verified

WEIGHTS = "model.safetensors"


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def pointer(oid: str, size: int, end: str = "\n") -> str:
    lines = ("version https://git-lfs.github.com/spec/v1", f"oid sha256:{oid}", f"size {size}", "")
    return end.join(lines)


@pytest.mark.parametrize("name", [f"{WEIGHTS}.pointer", f"{WEIGHTS}.lfs", f"{WEIGHTS}.txt"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_pointer_that_is_kept_beside_a_file_says_what_was_downloaded(
    tmp_path: Path, name: str, end: str
) -> None:
    model = model_in(tmp_path / "small")
    weights = model.path / WEIGHTS
    text = pointer(digest(weights), weights.stat().st_size, end)
    (model.path / name).write_bytes(text.encode())

    assert verified(model).verification.checked == {Origin.DOWNLOAD: 1}
    weights.write_bytes(weights.read_bytes()[:-1] + b"\xfe")
    assert faults(verified(model).verification) == {WEIGHTS: Fault.DAMAGED}


def test_a_pointer_in_place_of_a_file_is_called_what_it_is(tmp_path: Path) -> None:
    model = model_in(tmp_path / "small")
    (model.path / "tokenizer.model").write_text(pointer("a" * 64, 2_001_107), encoding="utf-8")

    (fault,) = verified(model).verification.faults

    assert str(fault.sentence) == (
        "“tokenizer.model” is a Git LFS pointer: the file itself was not downloaded."
    )


def test_the_manifest_of_a_copy_says_what_the_app_wrote(tmp_path: Path) -> None:
    model = model_in(tmp_path / "small")
    files = {
        name: {"size": (model.path / name).stat().st_size, "sha256": digest(model.path / name)}
        for name in (WEIGHTS, "config.json")
    }
    text = json.dumps({"schema_version": 1, "files": files})
    (model.path / MANIFEST).write_text(text, encoding="utf-8")

    assert verified(model).verification.checked == {Origin.CONVERSION: 2}
    (model.path / "config.json").write_text("{}", encoding="utf-8")
    found = verified(model).verification
    assert faults(found) == {"config.json": Fault.DAMAGED}
    assert "is not what this app wrote" in str(found.faults[0].sentence)


def test_what_a_cache_said_first_is_not_unsaid_by_changing_its_record(tmp_path: Path) -> None:
    recorded_caches.rebuild("huggingface_hub-2", "local_dir", tmp_path)
    model = installed(tmp_path / "Baichuan2-7B-Chat")
    first = verified(model).manifest
    config = model.path / "config.json"
    config.write_bytes(config.read_bytes() + b" ")
    git = hashlib.sha1(b"blob %d\0" % config.stat().st_size + config.read_bytes()).hexdigest()
    record = model.path / ".cache/huggingface/download/config.json.metadata"
    lines = record.read_text("utf-8").splitlines()
    record.write_text("\n".join((lines[0], git, lines[2])), "utf-8")

    assert faults(verified(model, first).verification) == {"config.json": Fault.CHANGED}


# --- links -------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every path that is opened meanwhile, links followed."""
    found: list[str] = []
    real = os.open

    def noted(path: str, *options: int, **named: int) -> int:
        found.append(os.path.realpath(path))
        return real(path, *options, **named)

    monkeypatch.setattr(os, "open", noted)
    return found


def assert_inside(opened: list[str], root: Path) -> None:
    assert opened
    outside = [path for path in opened if not Path(path).is_relative_to(root.resolve())]
    assert not outside


def test_no_record_of_a_cache_leads_out_of_it(tmp_path: Path, opened: list[str]) -> None:
    recorded_caches.rebuild("huggingface_hub-2", "local_dir", tmp_path / "cache")
    folder = tmp_path / "cache" / "Baichuan2-7B-Chat"
    secret = tmp_path / "secret"
    secret.write_text(f"{'a' * 40}\n{'b' * 64}\n0\n", encoding="utf-8")
    for file in (folder / ".cache" / "huggingface" / "download").glob("*.metadata"):
        file.unlink()
        file.symlink_to(secret)
    for file in (folder / ".cache" / "huggingface" / "trees").iterdir():
        file.unlink()
        file.symlink_to(secret)
    (folder / MANIFEST).symlink_to(secret)
    opened.clear()

    found = verified(installed(folder)).verification

    assert found.checked == {}
    assert faults(found) == {MANIFEST: Fault.UNREADABLE}
    assert_inside(opened, folder)


def test_a_link_of_a_cache_may_lead_to_its_blobs_and_nowhere_else(
    tmp_path: Path, opened: list[str]
) -> None:
    recorded_caches.rebuild("huggingface_hub-2", "cache", tmp_path / "cache")
    config = next((tmp_path / "cache").rglob("snapshots/*/config.json"))
    (tmp_path / "secret").write_text("{}", encoding="utf-8")
    for target in (tmp_path / "secret", Path("/etc/passwd"), config.parent.parent.parent / "refs"):
        config.unlink()
        config.symlink_to(target)
        opened.clear()

        found = verified(installed(config.parent)).verification

        assert faults(found) == {"config.json": Fault.UNREADABLE}
        assert_inside(opened, tmp_path / "cache")


# --- whatever is changed -----------------------------------------------------------------


def records(folder: Path) -> list[Path]:
    """What a recorded tree says of its files."""
    names = {*folder.rglob("trees/*.json"), *folder.rglob("*.metadata"), *folder.rglob("*.pointer")}
    return sorted({*names, *folder.rglob(MANIFEST)})


def broken(file: Path, data: bytes, chance: random.Random, secret: Path) -> None:
    """Put something else in the place of a record: changed, or no file at all."""
    file.unlink()
    match chance.randrange(8):
        case 0:
            file.symlink_to(secret)
        case 1:
            os.mkfifo(file)
        case 2:
            file.mkdir()
        case 3:
            file.write_bytes(data[: chance.randrange(len(data))])
        case 4:
            file.write_bytes(data.replace(b"\n", chance.choice((b"\r", b"\0", b"", b"\n\n"))))
        case _ if file.suffix == ".json":
            file.write_bytes(mutate_json.mutate(data, chance))
        case _:
            changed = bytearray(data)
            changed[chance.randrange(len(data))] = chance.randrange(256)
            file.write_bytes(changed)


@pytest.mark.parametrize(
    ("library", "tree"), recorded_caches.trees("cache", "plain", "local_dir", "shared")
)
def test_whatever_is_changed_in_the_records_of_a_cache_there_is_a_result(
    library: str, tree: str, tmp_path: Path, opened: list[str]
) -> None:
    root = recorded_caches.rebuild(library, tree, tmp_path / "cache")
    folder = next(file.parent for file in root.rglob("config.json") if not file.parent.is_symlink())
    weights = folder / WEIGHTS
    text = pointer(digest(weights), weights.stat().st_size)
    (folder / f"{WEIGHTS}.pointer").write_text(text, encoding="utf-8")
    (folder / MANIFEST).write_text(
        json.dumps({"files": {WEIGHTS: {"size": 1, "sha256": "a" * 64}}}), encoding="utf-8"
    )
    secret = tmp_path / "secret"
    secret.write_text("{}", encoding="utf-8")
    names = set(files_of(folder))
    opened.clear()
    for number in range(150):
        chance = random.Random(number)
        file = chance.choice(records(root))
        data = file.read_bytes()
        broken(file, data, chance, secret)
        for name, said in known_hashes(folder).items():
            assert name in names
            assert all(isinstance(known, KnownHash) for known in said)
        if number % 10 == 0:
            verified(installed(folder))
        if file.is_dir():
            file.rmdir()
        else:
            file.unlink()
        file.write_bytes(data)
    assert_inside(opened, root)
