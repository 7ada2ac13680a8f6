"""Five hundred models cost little: what is parsed, read and looked at is counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from backends.files.plain_file import read_plain
from baichuan_desktop.services.library import entries, registry_yaml
from baichuan_desktop.services.library.registry_schema import RegistryFile
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from tests.helpers import goldens
from tests.helpers.many_models import ELSEWHERE, looks, paths_below, write_many

COUNT = 500


class Counts:
    """How often registry files were read, parsed and validated."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.parsed = 0
        self.validated = 0


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counts]:
    counts = Counts()
    parse, validate = yaml.parse, RegistryFile.model_validate

    def counted_read(file: Path, most: int) -> bytes:
        counts.read.append(file.name)
        return read_plain(file, most)

    def counted_parse(*arguments: Any, **options: Any) -> Any:
        counts.parsed += 1
        return parse(*arguments, **options)

    def counted_validate(*arguments: Any, **options: Any) -> RegistryFile:
        counts.validated += 1
        return validate(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(registry_yaml, "read_plain", counted_read)
        patch.setattr(yaml, "parse", counted_parse)
        patch.setattr(RegistryFile, "model_validate", counted_validate)
        yield counts


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_many(paths_below(tmp_path / "home").user_registry, COUNT)
    write_many(paths_below(tmp_path / "home").site_registry, 3, folder=Path("/mnt/nowhere/site"))
    return tmp_path / "home"


def test_a_start_reads_and_parses_each_file_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries._shipped.cache_clear()  # as in a process that begins
    with counting(monkeypatch) as counts:
        store = ModelStore(paths_below(home))

    assert sorted(counts.read) == ["models_registry.yaml", "models_registry.yaml", "site.yaml"]
    assert (counts.parsed, counts.validated) == (3, 3)
    assert len(store.models) == COUNT + 1


def test_nothing_is_parsed_again_where_nothing_changed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ModelStore(paths_below(home))
    models = store.models

    with counting(monkeypatch) as counts:
        store.reload()
        store.require_writable()

    assert counts.parsed == counts.validated == 0
    assert store.models is models


@pytest.mark.parametrize("change", ["add", "rename", "remove", "remove with its export"])
def test_a_change_reads_each_file_once_and_parses_what_it_writes_once(
    change: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ModelStore(paths_below(home))
    lines = paths_below(home).user_registry.read_text().splitlines()

    with counting(monkeypatch) as counts:
        match change:
            case "add":
                store.add(goldens.folder("b2-7b", "safetensors"))
            case "rename":
                store.rename("model-7", "Another")
            case "remove":
                store.remove("model-7")
            case _:
                store.remove("model-8")

    assert sorted(counts.read) == ["models_registry.yaml", "site.yaml"]
    assert (counts.parsed, counts.validated) == (1, 1)
    # And no line of another entry is written anew.
    now = paths_below(home).user_registry.read_text().splitlines()
    assert len(set(lines) ^ set(now)) <= 12
    assert ModelStore(paths_below(home)).models == store.models


def test_what_another_window_added_is_parsed_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ModelStore(paths_below(home))
    ModelStore(paths_below(home)).rename("model-7", "Another")

    with counting(monkeypatch) as counts:
        store.reload()

    assert (counts.parsed, counts.validated) == (1, 1)
    assert store.model("model-7").name.en == "Another"


def test_a_start_looks_at_no_folder_of_a_model(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with looks(monkeypatch, Path("/mnt/nowhere")) as seen:
        store = ModelStore(paths_below(home))
        assert len(store.models) == COUNT + 1
        assert store.model("model-8").exports == (ELSEWHERE / "export-8",)
        assert store.model(GUIDE_ID).bundled
        assert store.reload() == ()
        assert store.exports_of("model-8")
        assert seen == []
        store.model(str(ELSEWHERE / "other" / ".." / "model-8"))  # that is, it would be seen

    assert seen
