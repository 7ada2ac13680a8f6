"""The user's layer: what is added comes back, and the rest of the file stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from baichuan_desktop.services.library.registry import UnknownModelError
from baichuan_desktop.services.library.registry_schema import Names, RegistryError
from baichuan_desktop.services.library.user_layer import (
    add_installed,
    remove_installed,
    require_writable,
)
from tests.helpers.registry_texts import TINY, installed, layer, listed, loaded, read


def test_an_added_model_comes_back_as_it_was(tmp_path: Path) -> None:
    user = tmp_path / "config" / "user.yaml"
    first = installed(tmp_path, "one")
    odd_names = Names(en="no", zh="no")
    second = installed(tmp_path / "模 型: #1", "two", variant=None, name=odd_names, bundled=True)

    add_installed(read(user), first)
    add_installed(read(user), second)

    assert loaded(TINY, user).installed == (first, second)
    remove_installed(read(user), "one")
    assert loaded(TINY, user).installed == (second,)
    remove_installed(read(user), "two")
    assert loaded(TINY, user).installed == ()


def test_adding_an_id_again_replaces_its_entry_in_place(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    for model_id in ("one", "two"):
        add_installed(read(user), installed(tmp_path, model_id))

    add_installed(read(user), installed(tmp_path, "one", context_length=2048))

    models = loaded(TINY, user).installed
    assert [(one.id, one.context_length) for one in models] == [("one", 2048), ("two", 4096)]


def test_other_sections_and_their_comments_stay(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    before = "# mine\n" + TINY[: TINY.index("models:")] + "# kept\n"
    after = "\n# my own models\n" + TINY[TINY.index("models:") :] + "# the end\n"
    user.write_text(f"{before}installed: []\n{after}", encoding="utf-8")

    add_installed(read(user), installed(tmp_path))
    with_model = user.read_text(encoding="utf-8")
    remove_installed(read(user), "my-chat")

    assert with_model.startswith(before + "installed:\n- id: my-chat\n")
    assert with_model.endswith(after)
    assert user.read_text(encoding="utf-8") == f"{before}installed: []\n{after}"


@pytest.mark.parametrize(
    "text", ["{schema_version: 1, licences: {}}", "schema_version: 1\n...\n", "schema_version: 1"]
)
def test_a_file_of_any_form_can_be_added_to(tmp_path: Path, text: str) -> None:
    user = tmp_path / "user.yaml"
    user.write_text(text, encoding="utf-8")

    add_installed(read(user), installed(tmp_path))

    assert loaded(TINY, user).installed == (installed(tmp_path),)


def test_a_wrong_entry_or_a_wrong_file_is_never_written(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    add_installed(read(user), installed(tmp_path))
    good = user.read_bytes()

    with pytest.raises(RegistryError, match=r"installed\.1\.path \(of 'two'\): .* absolute"):
        add_installed(read(user), installed(tmp_path, "two", path=Path("relative")))
    assert user.read_bytes() == good
    with pytest.raises(UnknownModelError):
        remove_installed(read(user), "my-chatt")
    assert user.read_bytes() == good

    user.write_text("schema_version: 1\ninstaled: []\n", encoding="utf-8")
    with pytest.raises(RegistryError, match="did you mean “installed”"):
        add_installed(read(user), installed(tmp_path))
    assert user.read_text(encoding="utf-8") == "schema_version: 1\ninstaled: []\n"


def test_what_is_wrong_is_never_written_over(tmp_path: Path) -> None:
    user = layer(tmp_path / "user.yaml", listed(("one", "/one"), ("bad", r'"/a\0b"')))
    before = user.read_bytes()

    with pytest.raises(RegistryError, match="a path cannot hold a NUL"):
        add_installed(read(user), installed(tmp_path))
    with pytest.raises(RegistryError, match="a path cannot hold a NUL"):
        remove_installed(read(user), "one")
    with pytest.raises(RegistryError, match="a path cannot hold a NUL"):
        require_writable(read(user))

    assert user.read_bytes() == before
