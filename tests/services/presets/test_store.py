from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backends.errors import (
    NotPresetsError,
    PresetNameTakenError,
    PresetsNewerError,
    PresetsUnreadableError,
    PresetsUnwritableError,
    TooManyPresetsError,
    TooManyVariablesError,
    UnknownPresetError,
)
from baichuan_desktop.services.presets import store as presets
from baichuan_desktop.services.presets.built_in import built_in
from baichuan_desktop.services.presets.filling import variables_of
from baichuan_desktop.services.presets.preset_json import MOST_PRESETS
from baichuan_desktop.services.presets.store import PresetStore, export_to
from baichuan_desktop.services.presets.values import Preset

MAIL = Preset("", "Mail", "Be polite.", "Write to {{name}}: {{text}}", {"temperature": 0.5})


@pytest.fixture
def store(tmp_path: Path) -> PresetStore:
    return PresetStore(tmp_path / "data" / "presets.json")


def write(file: Path, *entries: object, **changes: Any) -> Path:
    content = {"format": "baichuan-desktop presets", "version": 1, "presets": list(entries)}
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content | changes), encoding="utf-8")
    return file


def names(store: PresetStore) -> list[str]:
    return [one.name for one in store.own()]


def test_the_app_has_five_in_both_languages_with_the_same_meaning() -> None:
    english, chinese = built_in("en"), built_in("zh_CN")

    assert [one.name for one in english] == [
        "Translator", "Writing", "Code review", "Summary", "Minutes",
    ]  # fmt: skip
    assert [one.name for one in chinese] == ["翻译", "写作", "代码审查", "摘要", "会议纪要"]
    for here, there in zip(english, chinese, strict=True):
        assert (here.id, here.sampling) == (there.id, there.sampling)
        assert here.system_prompt
        assert there.system_prompt
        assert "{{text}}" in here.template or not here.template
        assert len(variables_of(here.template)) == len(variables_of(there.template))


def test_what_is_put_is_there_for_whoever_opens_the_file_next(store: PresetStore) -> None:
    kept = store.put(MAIL)

    again = PresetStore(store.file)
    assert again.own() == (kept,)
    assert again.get(kept.id, "en") == kept
    assert kept.is_like(MAIL)
    assert again.all("zh_CN") == (kept, *built_in("zh_CN"))


def test_a_preset_is_changed_in_its_place_and_names_stay_apart(store: PresetStore) -> None:
    first, second = store.put(MAIL), store.put(Preset("", "Notes"))

    store.put(Preset(first.id, "  Letter\n", "Be kind."))

    assert names(store) == ["Letter", "Notes"]
    with pytest.raises(PresetNameTakenError):
        store.put(Preset(second.id, "letter"))
    assert names(store) == ["Letter", "Notes"]
    assert store.duplicate(store.own()[0]).name == "Letter (2)"
    assert store.duplicate(built_in("en")[0]).name == "Translator"


def test_deleting_is_undone_in_its_place(store: PresetStore) -> None:
    first = store.put(MAIL)
    store.put(Preset("", "Notes"))

    removed = store.delete(first.id)
    assert removed is not None
    assert names(store) == ["Notes"]
    assert store.delete(first.id) is None
    store.put(Preset("", "mail"))
    brought = store.undo(removed)

    assert names(store) == ["Mail (2)", "Notes", "mail"]
    assert brought.id == first.id


def test_a_name_or_an_id_finds_a_preset_in_whatever_language(store: PresetStore) -> None:
    store.put(MAIL)

    assert store.named(" MAIL ").system_prompt == "Be polite."
    assert store.named("翻译").template.startswith("把")
    assert store.named("translator").template.startswith("Translate")
    with pytest.raises(UnknownPresetError) as unknown:
        store.named("Translater")
    assert "Translator" in str(unknown.value.hint)


def test_export_and_import_round_trip_and_twice_adds_nothing(
    store: PresetStore, tmp_path: Path
) -> None:
    kept = store.put(MAIL)
    file = tmp_path / "shared.json"
    export_to(file, [kept, *built_in("zh_CN")])
    other = PresetStore(tmp_path / "other" / "presets.json")
    other.put(Preset("", "Mail", "Mine."))

    taken = other.import_from(file)

    assert [one.name for one in taken.added] == ["Mail (2)"]
    assert [one.name for one in taken.known] == ["翻译", "写作", "代码审查", "摘要", "会议纪要"]
    mine, theirs = other.own()
    assert mine.system_prompt == "Mine."
    assert theirs.is_like(kept)
    again = other.import_from(file)
    assert again.added == ()
    assert len(again.known) == 6


GOOD = {"name": "Good"}
MANY = "".join(f"{{{{a{number}}}}}" for number in range(21))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is not readable as JSON"),
        (b"\xff\xfe\x00", "it is not readable as JSON"),
        (b"[" * 100_000, "it is not readable as JSON"),
        (b'{"a":' * 70_000, "it is not readable as JSON"),
        (b"[]", "it is not readable as JSON"),
        (b"{}", "it is no file of presets"),
        (b'{"format": "baichuan-desktop presets", "version": "1"}', "it is no file of presets"),
        (b"x" * (4 * 2**20 + 1), "it is larger than 4,194,304 bytes"),
    ],
)
def test_what_is_no_file_of_presets_is_refused_and_named(
    store: PresetStore, tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "hostile.json"
    file.write_bytes(content)

    with pytest.raises(NotPresetsError) as refused:
        store.import_from(file)

    assert str(refused.value.facts["reason"]) == reason
    assert not store.file.exists()


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (7, "preset 2 is no object"),
        ({}, "preset 2 has no name"),
        ({"name": " \n\t "}, "preset 2 has no name"),
        ({"name": ["x"]}, "“name” of preset 2 is no text"),
        ({"name": "x" * 81}, "“name” of preset 2 has more than 80 characters"),
        (
            {"name": "x", "template": "x" * 100_001},
            "“template” of preset 2 has more than 100,000 characters",
        ),
        ({"name": "x", "system_prompt": "a\0b"}, "“system_prompt” of preset 2 is no text"),
        ({"name": "x", "system_prompt": "\ud800"}, "“system_prompt” of preset 2 is no text"),
        ({"name": "x", "sampling": []}, "“sampling” of preset 2 is no object"),
        (
            {"name": "x", "sampling": {"top_k": -1}},
            "“top_k” of preset 2 cannot be what it is there",
        ),
        ({"name": "x", "template": MANY}, "preset 2 has more than 20 variables"),
    ],
)
def test_one_wrong_preset_is_named_and_nothing_of_its_file_is_taken(
    store: PresetStore, tmp_path: Path, entry: object, reason: str
) -> None:
    with pytest.raises(NotPresetsError) as refused:
        store.import_from(write(tmp_path / "hostile.json", GOOD, entry))

    assert str(refused.value.facts["reason"]) == reason
    assert not store.file.exists()


def test_a_name_with_controls_is_taken_without_them(store: PresetStore, tmp_path: Path) -> None:
    file = write(tmp_path / "odd.json", {"name": "a\x1b[31mb\u202ec", "id": "../../x"})

    (added,) = store.import_from(file).added

    assert added.name == "a\ufffd[31mb\ufffdc"
    assert added.id.startswith("own-")


def test_a_later_version_is_neither_read_nor_overwritten(
    store: PresetStore, tmp_path: Path
) -> None:
    write(store.file, GOOD, version=2)
    before = store.file.read_bytes()

    assert store.own() == ()
    assert isinstance(store.problem, PresetsNewerError)
    with pytest.raises(PresetsNewerError):
        store.put(MAIL)
    with pytest.raises(PresetsNewerError):
        store.import_from(store.file)
    assert store.file.read_bytes() == before


def test_what_is_damaged_in_the_own_file_costs_itself_and_is_kept_beside(
    store: PresetStore,
) -> None:
    write(store.file, GOOD, {"name": ""}, {"name": "good"}, 7)
    before = store.file.read_bytes()

    assert names(store) == ["Good", "good (2)"]
    assert isinstance(store.problem, PresetsUnreadableError)
    assert store.file.read_bytes() == before
    store.put(MAIL)

    assert names(store) == ["Good", "good (2)", "Mail"]
    assert store.problem is None
    assert store.file.with_name("presets.json.broken-1").read_bytes() == before


def test_a_full_drive_changes_nothing(store: PresetStore, monkeypatch: pytest.MonkeyPatch) -> None:
    write(store.file, GOOD, 7)
    before = store.file.read_bytes()

    def full(_file: Path, _text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(presets, "replace_text", full)
    with pytest.raises(PresetsUnwritableError):
        store.put(MAIL)

    assert store.file.read_bytes() == before
    assert sorted(one.name for one in store.file.parent.iterdir()) == ["presets.json"]


def test_there_are_limits_for_what_a_person_makes_too(store: PresetStore) -> None:
    write(store.file, *({"name": f"{number}"} for number in range(MOST_PRESETS)))

    with pytest.raises(TooManyPresetsError):
        store.put(MAIL)
    with pytest.raises(TooManyVariablesError):
        store.put(Preset("", "Many", template=MANY))
