"""The section of adapters in registry files: a wrong entry costs itself, and a change its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from baichuan_desktop.services.library.registry import InstalledAdapter
from baichuan_desktop.services.library.registry_schema import FileSection, Names, RegistryLayer
from baichuan_desktop.services.library.user_layer import (
    ForeignEntryError,
    add_installed,
    remove_installed,
    rename_installed,
)
from tests.helpers.registry_texts import TINY, installed, layer, listed, loaded, read

ADAPTERS = """\
# what the office trained
adapters:
  - id: legal  # the first one
    path: /a/legal
    base: my-chat

  # another
  - {id: other, path: /a/other, base: my-chat}
"""


def adapter(id_: str, folder: str = "/a/new", **facts: object) -> InstalledAdapter:
    return InstalledAdapter(id_, Names(en="New", zh="新"), Path(folder), "my-chat", **facts)  # type: ignore[arg-type]


def test_an_added_adapter_comes_back_as_it_was(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    plain = adapter("plain")
    full = adapter(
        "full", variant="tiny", is_copied=True, drive=Path("/mnt/x"), repository="ann/full",
        added="2026-11-29",
    )  # fmt: skip

    add_installed(read(user), installed(tmp_path))
    add_installed(read(user), plain)
    add_installed(read(user), full)

    assert loaded(TINY, user).adapters == (plain, full)
    assert [one.id for one in loaded(TINY, user).installed] == ["my-chat"]


def test_only_the_lines_of_an_adapter_are_exchanged(tmp_path: Path) -> None:
    user = layer(tmp_path / "user.yaml", listed(("my-chat", "/m")) + ADAPTERS + "# the end\n")
    before = user.read_text(encoding="utf-8")

    rename_installed(read(user), "other", "Tax law")
    renamed = user.read_text(encoding="utf-8")
    add_installed(read(user), adapter("new"))
    remove_installed(read(user), "new")
    remove_installed(read(user), "other")

    head = before[: before.index("  - {id: other")]
    assert renamed.startswith(head)
    assert renamed.endswith("# the end\n")
    assert [one.name.en for one in loaded(TINY, user).adapters] == ["legal"]
    assert user.read_text(encoding="utf-8").startswith(head)


@pytest.mark.parametrize("more", ["", "# the end\nlicences: {}\n"])
def test_without_its_last_adapter_a_file_is_one_that_earlier_versions_read(
    tmp_path: Path, more: str
) -> None:
    user = layer(tmp_path / "user.yaml", listed(("my-chat", "/m")))
    add_installed(read(user), adapter("new"))
    with user.open("a", encoding="utf-8") as file:
        file.write(more)

    remove_installed(read(user), "new")

    text = user.read_text(encoding="utf-8")
    assert "adapters" not in text
    assert text.startswith("schema_version: 1\n" + listed(("my-chat", "/m")))
    assert text.endswith(more)


def test_a_wrong_adapter_costs_itself_and_no_other_entry(tmp_path: Path) -> None:
    user = layer(
        tmp_path / "user.yaml",
        listed(("my-chat", "/m"))
        + ADAPTERS
        + "  - {id: third, path: not/absolute, base: my-chat}\n"
        + "  - {id: fourth, path: /a/x, bass: my-chat}\n"
        + "  - {id: my-chat, path: /a/x, base: my-chat}\n",
    )

    found = loaded(TINY, user)

    assert [one.id for one in found.adapters] == ["legal", "other"]
    assert [one.id for one in found.installed] == ["my-chat"]
    told = "\n".join(one.message for one in found.problems)
    assert "adapters.2.path (of 'third')" in told
    assert "did you mean “base”" in told
    assert "the id “my-chat” is already used at installed.0" in told


def test_a_broken_file_still_lists_the_adapters_that_are_right(tmp_path: Path) -> None:
    user = layer(tmp_path / "user.yaml", ADAPTERS + "  - {id: [\n")

    assert [one.id for one in loaded(TINY, user).adapters] == ["legal", "other"]


def test_an_adapter_of_a_later_file_takes_the_place_of_what_had_its_id(tmp_path: Path) -> None:
    site = layer(
        tmp_path / "site.yaml",
        listed(("legal", "/m"))
        + "adapters:\n- id: other\n  path: /s\n  base: x\n  files:\n"
        + "    adapter_config.json: {size: 1, sha256: " + "0" * 64 + "}\n",
    )  # fmt: skip
    first = loaded(TINY, site)
    assert first.adapters[0].stated_files == {
        "adapter_config.json": FileSection(size=1, sha256="0" * 64)
    }

    found = loaded(TINY, site, layer(tmp_path / "user.yaml", ADAPTERS))

    assert found.installed == ()
    assert [(one.id, str(one.path)) for one in found.adapters] == [
        ("other", "/a/other"),
        ("legal", "/a/legal"),
    ]


def test_the_adapters_of_a_site_are_not_changed_by_a_person(tmp_path: Path) -> None:
    site = read(layer(tmp_path / "site.yaml", ADAPTERS), RegistryLayer.SITE)
    assert len(site.layer.file.adapters) == 2

    with pytest.raises(ForeignEntryError, match="“legal”"):
        remove_installed(read(tmp_path / "user.yaml"), "legal")


def test_a_file_without_adapters_opens_as_before(tmp_path: Path) -> None:
    user = layer(tmp_path / "user.yaml", listed(("my-chat", "/m")))

    assert loaded(TINY, user).adapters == ()
    assert loaded(TINY, user).problems == ()
