"""What must be accepted before a model is loaded, and how it is read."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import pytest

from backends.policy.values import Policy
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.registry_schema import Licence
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.services.licences import folder_files
from baichuan_desktop.services.licences.folder_files import folder_licences
from baichuan_desktop.services.licences.texts import carried_text, licences_of, registry_text
from baichuan_desktop.services.licences.values import LicenceText
from tests.helpers import goldens
from tests.helpers.registry_texts import installed

NO_POLICY = Policy()


@pytest.fixture
def store() -> ModelStore:
    return ModelStore(app_paths())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "my-chat"
    made.mkdir()
    return made


def texts_of(store: ModelStore, folder: Path, **facts: object) -> list[LicenceText]:
    """The texts of a folder that is listed as a released model, or as the facts say."""
    model = installed(folder.parent, folder.name, **facts)
    return list(licences_of(model, store.variant_of(model), NO_POLICY))


def test_without_a_file_it_is_what_the_registry_says_with_conditions_and_disclaimer(
    store: ModelStore, folder: Path
) -> None:
    (text,) = texts_of(store, folder)

    licence = store.variant("baichuan2-7b-chat").licence
    assert text.name == licence.name
    assert text.text == f"{licence.conditions}\n\n{licence.disclaimer}"
    assert text.text_in("zh_CN") == f"{licence.conditions_zh}\n\n{licence.disclaimer_zh}"
    assert text.text_in("en") == text.text_in("system") == text.text
    assert (text.file, text.is_read, text.is_site) == (None, True, False)


@pytest.mark.parametrize("name", ["LICENSE", "LICENCE.txt", "license.md", "模型许可协议.txt"])
def test_the_folders_own_file_comes_in_place_of_the_registrys_text(
    name: str, store: ModelStore, folder: Path
) -> None:
    (folder / name).write_text("May be used.\n不得转售。\n", encoding="utf-8")

    (text,) = texts_of(store, folder)

    assert (text.name, text.text, text.text_zh) == (name, "May be used.\n不得转售。\n", text.text)
    assert text.file == folder / name
    assert text.sha256 == hashlib.sha256((folder / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_a_text_is_read_in_the_encodings_that_chinese_texts_lie_in(
    encoding: str, store: ModelStore, folder: Path
) -> None:
    (folder / "许可协议.txt").write_bytes("可免费用于非商业用途。".encode(encoding))

    (text,) = texts_of(store, folder)

    assert (text.text, text.is_read) == ("可免费用于非商业用途。", True)


@pytest.mark.parametrize("content", [b"\xff\xff\xfe", b"ab\0cd", b"\xff\xfe\x00"])
def test_bytes_that_are_no_text_are_named_and_not_shown(
    content: bytes, store: ModelStore, folder: Path
) -> None:
    (folder / "LICENSE").write_bytes(content)

    (text,) = texts_of(store, folder)

    assert (text.name, text.is_read) == ("LICENSE", False)
    assert text.sha256 == hashlib.sha256(content).hexdigest()


def test_a_pdf_is_named_with_its_hash_beside_what_the_registry_says(
    store: ModelStore, folder: Path
) -> None:
    file = folder / "Baichuan 2模型社区许可协议.pdf"
    file.write_bytes(b"%PDF-1.7 one")

    (text,) = texts_of(store, folder)

    known = registry_text(store.variant("baichuan2-7b-chat").licence)
    assert (text.name, text.file, text.is_read) == (file.name, file, False)
    assert (text.text, text.text_zh) == (known.text, known.text_zh)
    assert text.sha256 == hashlib.sha256(b"%PDF-1.7 one").hexdigest() != known.sha256


def test_a_notice_is_shown_too_and_replaces_no_licence(store: ModelStore, folder: Path) -> None:
    (folder / "NOTICE").write_text("Copyright somebody.")

    known, notice = texts_of(store, folder)

    assert known == registry_text(store.variant("baichuan2-7b-chat").licence)
    assert (notice.name, notice.text) == ("NOTICE", "Copyright somebody.")


def test_what_the_app_says_of_a_copy_is_no_text_to_accept(store: ModelStore, folder: Path) -> None:
    (folder / "NOTICE-CHANGES.txt").write_text("2026-01-01: written")

    assert [text.file for text in texts_of(store, folder)] == [None]


def test_a_folder_that_nobody_knows_asks_nothing(store: ModelStore, folder: Path) -> None:
    assert texts_of(store, folder, variant=None) == []
    assert texts_of(store, folder, variant="gone-from-every-layer") == []


def test_a_golden_is_no_released_model_and_asks_nothing(store: ModelStore) -> None:
    for name, layout in goldens.CHECKPOINTS:
        model = store.describe(goldens.folder(name, layout))

        assert licences_of(model, store.variant_of(model), NO_POLICY) == ()


def test_an_unknown_model_with_a_licence_file_asks_for_that_one(
    store: ModelStore, folder: Path
) -> None:
    (folder / "LICENSE").write_text("Mine.")
    (folder / "许可协议.pdf").write_bytes(b"%PDF")

    text, pdf = texts_of(store, folder, variant=None)

    assert text.text == "Mine."
    assert (pdf.text, pdf.text_zh, pdf.is_read) == ("", "", False)


def test_the_guide_and_a_copy_of_it_ask_nothing(store: ModelStore, folder: Path) -> None:
    (folder / "LICENSE").write_text("Apache License")
    guide = store.model(GUIDE_ID)

    assert licences_of(guide, store.variant_of(guide), NO_POLICY) == ()
    assert texts_of(store, folder, variant=GUIDE_ID) == []


def test_the_text_of_the_administrator_comes_last_and_with_every_model(
    store: ModelStore, folder: Path
) -> None:
    policy = Policy(file=Path("/etc/policy.yaml"), licence_text="Only for work.")
    model = installed(folder.parent, folder.name)
    guide = store.model(GUIDE_ID)

    *_, site = licences_of(model, store.variant_of(model), policy)

    assert (site.name, site.text, site.is_site) == ("", "Only for work.", True)
    assert site.sha256 == hashlib.sha256(b"Only for work.").hexdigest()
    assert licences_of(guide, store.variant_of(guide), policy) == (site,)


def test_the_hash_changes_with_any_word_in_any_language() -> None:
    first = {
        "name": "A", "conditions": "b", "conditions_zh": "二", "disclaimer": "c",
        "disclaimer_zh": "三", "commercial_use": "allowed",
    }  # fmt: skip
    changed = [
        first | {key: f"{first[key]}!"} for key in first if key != "commercial_use"
    ]  # a changed name is another licence

    hashes = {registry_text(Licence.model_validate(one)).sha256 for one in [first, *changed]}

    assert len(hashes) == len(first)


def test_a_licence_of_an_earlier_version_has_no_disclaimer_and_opens() -> None:
    licence = Licence(
        name="Own", conditions="None.", conditions_zh="无。", commercial_use="allowed"
    )

    assert registry_text(licence).text == "None."
    assert carried_text(licence) == "Own\n\nNone.\n\n无。"


@pytest.mark.parametrize("lonely", ["disclaimer", "disclaimer_zh"])
def test_a_disclaimer_in_one_language_is_refused(lonely: str) -> None:
    facts = {"name": "A", "conditions": "b", "conditions_zh": "c", "commercial_use": "allowed"}

    with pytest.raises(ValueError, match="stand together"):
        Licence.model_validate(facts | {lonely: "x"})


def test_the_registry_tells_what_the_publisher_asks(store: ModelStore) -> None:
    """Facts of the READMEs and model cards, in both languages."""
    said = {
        "baichuan2-7b-chat": (
            ["one million", "cloud", "free of charge", "copyright licence", "national or social",
             "no responsibility", "Apache 2.0", "revocable"],
            ["100万", "云服务提供商", "二次授权", "免费商用", "商用版权许可", "国家社会安全",
             "不承担任何责任", "安全审查和备案", "Apache 2.0"],
        ),
        "baichuan-13b-chat": (
            ["free of charge", "national or social", "security review", "no responsibility",
             "source code of its repository only"],
            ["免费", "国家社会安全", "安全审查和备案", "不承担任何责任",
             "仅适用于其代码仓库的源码"],
        ),
        "baichuan-7b": (
            ["written authorization", "factually wrong", "offensive",
             "source code of its repository only"],
            ["书面授权", "与事实不符", "冒犯性", "仅适用于其代码仓库的源码"],
        ),
    }  # fmt: skip
    for variant, (english, chinese) in said.items():
        text = registry_text(store.variant(variant).licence)
        assert [word for word in english if word not in text.text] == []
        assert [word for word in chinese if word not in text.text_zh] == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_what_cannot_be_read_is_said_and_is_not_accepted_in_place_of_the_registrys(
    store: ModelStore, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the key")
    (folder / "LICENSE").symlink_to(secret)
    (folder / "LICENCE-long.txt").write_bytes(b"x" * 2001)
    (folder / "LICENCE-long.pdf").write_bytes(b"x" * 3001)
    monkeypatch.setattr(folder_files, "_MOST_TEXT_BYTES", 2000)
    monkeypatch.setattr(folder_files, "_MOST_BYTES", 3000)

    (text,) = texts_of(store, folder)

    assert text == registry_text(store.variant("baichuan2-7b-chat").licence)
    cannot = "in the model's folder cannot be read:"
    assert [str(one) for one in folder_licences(folder).unread] == [
        f"“LICENCE-long.pdf” {cannot} it is implausibly large.",
        f"“LICENCE-long.txt” {cannot} it is implausibly large.",
        f"“LICENSE” {cannot} it is a link to a file outside of the folder.",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_the_links_of_a_cache_are_followed(store: ModelStore, tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--o--n"
    snapshot = repository / "snapshots" / "1234"
    snapshot.mkdir(parents=True)
    blob = repository / "blobs" / ("a" * 40)
    blob.parent.mkdir()
    blob.write_text("Of the cache.")
    (snapshot / "LICENSE").symlink_to(os.path.relpath(blob, snapshot))

    (text,) = texts_of(store, snapshot)

    assert text.text == "Of the cache."
    shutil.move(blob, tmp_path / "elsewhere")
    (snapshot / "LICENSE").unlink()
    (snapshot / "LICENSE").symlink_to(tmp_path / "elsewhere")
    assert [one.file for one in texts_of(store, snapshot)] == [None]
