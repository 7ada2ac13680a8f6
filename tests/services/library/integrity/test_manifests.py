"""What is kept of a model's files survives everything, and nothing in it is taken at its word."""

from __future__ import annotations

import datetime
import json
import os
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import FailedVerificationError, IntegrityError, NewerManifestError, PolicyError
from baichuan_desktop.services.library.integrity.manifest_json import from_json, to_json
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.required import require_verified
from baichuan_desktop.services.library.integrity.values import KnownHash, Origin
from baichuan_desktop.services.library.registry import InstalledModel
from tests.fuzz import mutate_json
from tests.helpers.policies import write_policy
from tests.helpers.verified import model_in, verified


@pytest.fixture
def model(tmp_path: Path) -> InstalledModel:
    return model_in(tmp_path / "small")


@pytest.fixture
def manifests(tmp_path: Path) -> ManifestStore:
    return ManifestStore(tmp_path / "data" / "manifests")


def verify_again(model: InstalledModel, manifests: ManifestStore) -> None:
    manifests.keep(verified(model, manifests.read(model.id)))


def damage(model: InstalledModel, name: str = "LICENSE") -> Callable[[], object]:
    """Change a file; what is returned takes it back."""
    file = model.path / name
    data = file.read_bytes()
    file.write_bytes(b"x" + data[1:])
    return lambda: file.write_bytes(data)


def test_what_was_kept_is_read_again(model: InstalledModel, manifests: ManifestStore) -> None:
    verify_again(model, manifests)
    damage(model)
    found = verified(model, manifests.read(model.id))
    manifests.keep(found)

    kept = manifests.kept(model.id)

    assert kept is not None
    assert kept.manifest.files == found.manifest.files
    seconds = found.verification.when.replace(microsecond=0)
    assert kept.verification == replace(found.verification, when=seconds)


def test_of_a_model_that_nobody_verified_nothing_is_kept(manifests: ManifestStore) -> None:
    assert manifests.kept("small") is None
    assert manifests.kept("small") is None
    manifests.forget("small")


def test_nothing_is_known_of_a_model_that_is_forgotten(
    model: InstalledModel, manifests: ManifestStore
) -> None:
    verify_again(model, manifests)

    manifests.forget(model.id)

    assert manifests.read(model.id) is None


# --- a model that failed -----------------------------------------------------------------


def test_a_model_that_failed_is_not_loaded_and_its_files_are_named(
    model: InstalledModel, manifests: ManifestStore
) -> None:
    require_verified(model, manifests)  # nobody verified it
    verify_again(model, manifests)
    require_verified(model, manifests)
    damage(model)
    require_verified(model, manifests)  # nobody noticed yet
    verify_again(model, manifests)

    with pytest.raises(FailedVerificationError) as raised:
        require_verified(model, manifests)

    assert raised.value.facts == {"model_id": "small", "count": 1, "names": "“LICENSE”"}


def test_somebodys_word_to_load_it_is_remembered_with_name_and_time(
    model: InstalledModel, tmp_path: Path
) -> None:
    now = datetime.datetime(2026, 11, 29, 6, 0, tzinfo=datetime.UTC)
    manifests = ManifestStore(tmp_path / "manifests", lambda: now)
    verify_again(model, manifests)
    damage(model)
    verify_again(model, manifests)

    manifests.override(model.id, "ma")

    require_verified(model, ManifestStore(tmp_path / "manifests"))  # of a later start
    kept = manifests.kept(model.id)
    assert kept is not None
    assert kept.override is not None
    assert (kept.override.user, kept.override.when) == ("ma", now)


def test_the_word_holds_while_verifying_finds_the_same(
    model: InstalledModel, manifests: ManifestStore
) -> None:
    verify_again(model, manifests)
    damage(model)
    verify_again(model, manifests)
    manifests.override(model.id, "ma")

    verify_again(model, manifests)

    require_verified(model, manifests)


def test_the_word_ends_when_a_file_changes(model: InstalledModel, manifests: ManifestStore) -> None:
    verify_again(model, manifests)
    damage(model)
    verify_again(model, manifests)
    manifests.override(model.id, "ma")
    damage(model, "README.md")

    with pytest.raises(FailedVerificationError, match="have changed since"):
        require_verified(model, manifests)

    verify_again(model, manifests)
    with pytest.raises(FailedVerificationError, match="“LICENSE”, “README"):
        require_verified(model, manifests)


def test_the_word_ends_when_verifying_succeeds(
    model: InstalledModel, manifests: ManifestStore
) -> None:
    verify_again(model, manifests)
    mend = damage(model)
    verify_again(model, manifests)
    manifests.override(model.id, "ma")
    mend()
    verify_again(model, manifests)
    require_verified(model, manifests)
    damage(model)
    verify_again(model, manifests)

    with pytest.raises(FailedVerificationError):
        require_verified(model, manifests)


def test_touching_a_file_does_not_undo_a_failure(
    model: InstalledModel, manifests: ManifestStore
) -> None:
    verify_again(model, manifests)
    damage(model)
    verify_again(model, manifests)
    (model.path / "README.md").touch()

    with pytest.raises(FailedVerificationError, match="have changed since"):
        require_verified(model, manifests)


def test_there_is_nothing_to_override_where_nothing_failed(
    model: InstalledModel, manifests: ManifestStore
) -> None:
    for _ in range(2):
        with pytest.raises(IntegrityError, match="has not failed"):
            manifests.override(model.id, "ma")
        verify_again(model, manifests)


def test_another_model_of_the_same_id_is_another_matter(
    tmp_path: Path, model: InstalledModel, manifests: ManifestStore
) -> None:
    verify_again(model, manifests)
    damage(model)
    verify_again(model, manifests)

    require_verified(replace(model_in(tmp_path / "other"), id=model.id), manifests)


def test_a_model_whose_drive_is_not_here_says_so_where_it_is_loaded(
    model: InstalledModel, manifests: ManifestStore
) -> None:
    verify_again(model, manifests)
    damage(model)
    verify_again(model, manifests)
    model.path.rename(model.path.with_name("away"))

    require_verified(model, manifests)


# --- a site's list -----------------------------------------------------------------------


def stated(digest: str) -> dict[str, KnownHash]:
    return {"LICENSE": KnownHash(Origin.SITE_LIST, sha256=digest, source="SHA256SUMS")}


def test_a_list_is_remembered_and_the_next_one_takes_its_place(
    model: InstalledModel, manifests: ManifestStore
) -> None:
    verify_again(model, manifests)
    manifest = manifests.read(model.id)
    assert manifest is not None
    digest = manifest.files["LICENSE"].sha256
    assert digest is not None

    assert manifests.state(model.id, stated("0" * 64)) == 1
    verify_again(model, manifests)
    wrong = manifests.failed(model.id)
    assert manifests.state(model.id, stated(digest)) == 1
    verify_again(model, manifests)
    kept = manifests.kept(model.id)

    assert [fault.against for fault in wrong.faults] == [Origin.SITE_LIST]
    assert kept is not None
    assert kept.verification is not None
    assert kept.verification.faults == ()
    assert kept.verification.checked[Origin.SITE_LIST] == 1


def test_a_list_that_comes_while_files_are_read_is_kept(
    model: InstalledModel, manifests: ManifestStore
) -> None:
    verify_again(model, manifests)
    found = verified(model, manifests.read(model.id))

    manifests.state(model.id, stated("0" * 64))
    manifests.keep(found)
    verify_again(model, manifests)

    assert [fault.against for fault in manifests.failed(model.id).faults] == [Origin.SITE_LIST]


# --- files that somebody else wrote ------------------------------------------------------


def only_file(model: InstalledModel, manifests: ManifestStore, tmp_path: Path) -> Path:
    verify_again(model, manifests)
    damage(model)
    verify_again(model, manifests)
    manifests.override(model.id, "ma")
    (file,) = (tmp_path / "data" / "manifests").iterdir()
    return file


def test_what_a_newer_version_wrote_is_said_and_not_overwritten(
    model: InstalledModel, manifests: ManifestStore, tmp_path: Path
) -> None:
    file = only_file(model, manifests, tmp_path)
    newer = json.dumps(json.loads(file.read_text("utf-8")) | {"format": 2})
    file.write_text(newer, "utf-8")

    assert manifests.read(model.id) is None
    for change in (
        lambda: manifests.require_writable(model.id),
        lambda: manifests.keep(verified(model)),
        lambda: manifests.state(model.id, stated("0" * 64)),
        lambda: manifests.override(model.id, "ma"),
    ):
        with pytest.raises(NewerManifestError, match="format 2, this version writes 1"):
            change()
    assert file.read_text("utf-8") == newer


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"null", b"{}", b'{"format": true}', b'{"format": "1"}', b'{"format": 0}',
        b"[" * 5_000, b"\xff", b'{"format": 1}', b'{"a": ' * 5_000,
        b'{"format": 1, "model": "small", "folder": "/", "made": "2026-01-01", "files": {}}',
    ],
)  # fmt: skip
def test_a_broken_file_is_nothing_known_and_the_next_result_takes_its_place(
    model: InstalledModel, manifests: ManifestStore, tmp_path: Path, content: bytes
) -> None:
    file = only_file(model, manifests, tmp_path)
    file.write_bytes(content)

    assert manifests.read(model.id) is None
    verify_again(model, manifests)
    assert manifests.read(model.id) is not None


def test_a_file_of_another_models_name_is_not_its_own(
    model: InstalledModel, manifests: ManifestStore, tmp_path: Path
) -> None:
    file = only_file(model, manifests, tmp_path)
    file.rename(file.with_name("other.json"))

    assert manifests.read("other") is None


def test_a_folder_that_cannot_be_written_is_one_sentence(
    model: InstalledModel, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    manifests = ManifestStore(tmp_path / "file" / "manifests")

    with pytest.raises(IntegrityError, match="cannot be kept in"):
        manifests.write(verified(model).manifest)


def test_a_sentence_that_would_do_more_than_name_its_facts_is_refused(
    model: InstalledModel, manifests: ManifestStore, tmp_path: Path
) -> None:
    file = only_file(model, manifests, tmp_path)
    good = json.loads(file.read_text("utf-8"))
    for template in ("{name:>99999999999}", "{name.__class__}", "{name!r}", "{}", "{gone}", "{"):
        good["verification"]["faults"][0]["sentence"]["template"] = template
        with pytest.raises(ValueError, match=r"."):
            from_json(json.dumps(good).encode())


def test_whatever_is_changed_in_a_file_it_is_read_or_nothing_is_known(
    model: InstalledModel, manifests: ManifestStore, tmp_path: Path
) -> None:
    file = only_file(model, manifests, tmp_path)
    good, read = file.read_bytes(), 0
    for number in range(2000):
        data = mutate_json.mutate(good, random.Random(number))
        try:
            kept = from_json(data)
        except ValueError:
            continue
        read += 1
        for fault in kept.verification.faults if kept.verification else ():
            assert str(fault.sentence)
        assert from_json(to_json(kept).encode()) == kept
    assert 200 < read < 1900
    file.write_bytes(good)
    assert re.search(r"“LICENSE”", str(manifests.failed(model.id).faults[0].sentence))


def test_a_word_for_an_earlier_result_does_not_come_back_with_it(
    model: InstalledModel, manifests: ManifestStore
) -> None:
    verify_again(model, manifests)
    file = model.path / "LICENSE"
    damage(model)
    then = file.read_bytes(), file.stat().st_mtime_ns
    verify_again(model, manifests)
    manifests.override(model.id, "ann")
    require_verified(model, manifests)

    file.write_bytes(b"something else")
    verify_again(model, manifests)
    file.write_bytes(then[0])
    os.utime(file, ns=(then[1], then[1]))
    verify_again(model, manifests)

    with pytest.raises(FailedVerificationError):
        require_verified(model, manifests)


def test_no_list_is_taken_in_where_the_policy_forbids_importing(
    model: InstalledModel, manifests: ManifestStore, tmp_path: Path
) -> None:
    verify_again(model, manifests)
    before = manifests.read(model.id)
    write_policy(tmp_path, "import: false\n")

    with pytest.raises(PolicyError):
        manifests.state(model.id, {"LICENSE": KnownHash(Origin.SITE_LIST, "1" * 64)})

    assert manifests.read(model.id) == before
