"""What the libraries themselves wrote is verified against what they noted of the download."""

from __future__ import annotations

from pathlib import Path

import pytest

from baichuan_desktop.services.library.integrity.known_hashes import known_hashes
from baichuan_desktop.services.library.integrity.values import Fault, Origin
from tests.helpers import recorded_caches
from tests.helpers.installed import installed
from tests.helpers.verified import faults, verified

WHOLE = recorded_caches.trees("cache", "plain", "local_dir", "shared")


def model_folder(library: str, tree: str, root: Path) -> Path:
    """The folder of the model in a recorded tree; one that is reached by links is left out."""
    recorded_caches.rebuild(library, tree, root)
    (found,) = {file.parent for file in root.rglob("config.json") if not file.parent.is_symlink()}
    return found


@pytest.mark.parametrize(("library", "tree"), WHOLE)
def test_each_file_is_as_downloaded_where_its_library_kept_a_hash(
    library: str, tree: str, tmp_path: Path
) -> None:
    found = verified(installed(model_folder(library, tree, tmp_path))).verification

    assert found.faults == ()
    assert found.files == 8
    if library.startswith("huggingface"):
        assert (found.checked, found.new) == ({Origin.DOWNLOAD: 8}, 0)
    else:  # ModelScope keeps none
        assert (found.checked, found.new) == ({}, 8)


@pytest.mark.parametrize(("library", "tree"), WHOLE)
def test_a_flipped_bit_is_found_at_first_where_its_library_kept_a_hash(
    library: str, tree: str, tmp_path: Path
) -> None:
    folder = model_folder(library, tree, tmp_path)
    for name in [file.name for file in folder.iterdir() if not file.name.startswith(".")]:
        file = folder / name
        data = file.read_bytes()
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        found = verified(installed(folder)).verification
        expected = {name: Fault.DAMAGED} if library.startswith("huggingface") else {}
        assert faults(found) == expected
        file.write_bytes(data)


@pytest.mark.parametrize(("library", "tree"), recorded_caches.trees("half", "half_local_dir"))
def test_what_is_there_of_a_half_download_is_verified(
    library: str, tree: str, tmp_path: Path
) -> None:
    recorded_caches.rebuild(library, tree, tmp_path)
    for folder in {file.parent for file in tmp_path.rglob("config.json")}:
        found = verified(installed(folder)).verification
        assert not [fault for fault in found.faults if fault.fault is not Fault.DAMAGED]


def test_the_hash_that_shared_blobs_are_named_by_is_never_used(tmp_path: Path) -> None:
    folder = model_folder("huggingface_hub-2", "shared", tmp_path)
    shared = {file.name for file in (tmp_path / "hub" / "blobs").rglob("*") if file.is_file()}
    assert shared

    said = [known for all_known in known_hashes(folder).values() for known in all_known]

    assert said
    assert not shared & {known.sha256 for known in said}
