"""Whatever stands in a registry: it costs its rows, is said in a sentence, and opens nothing."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backends.errors import ModelAwayError, UserFacingError
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.library.registry import InstalledModel, shipped_registry
from baichuan_desktop.services.library.registry_schema import RegistryLayer
from baichuan_desktop.services.library.states import Condition, look_at, require_here
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from tests.fuzz.mutate_registry import mutated
from tests.helpers import goldens
from tests.helpers.many_models import paths_below
from tests.helpers.sentences import assert_one_sentence

_CASES = 150

_opened: list[str] = []
_is_watching = False


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _is_watching and event == "open" and isinstance(arguments[0], str):
        _opened.append(arguments[0])


@contextmanager
def watching() -> Iterator[list[str]]:
    """The files that are opened meanwhile, Python's own modules left out."""
    global _is_watching
    if not _opened and not _is_watching:
        sys.addaudithook(_note)
    _opened.clear()
    _is_watching = True
    try:
        yield _opened
    finally:
        _is_watching = False


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder of a model, with what must not be opened in it and beside it."""
    folder = tmp_path / "models" / "one"
    shutil.copytree(goldens.folder("b2-7b", "sharded"), folder)
    os.mkfifo(tmp_path / "models" / "fifo")
    (folder / ".mdl").write_bytes(b"\x80\x04.")
    (folder / "loop").symlink_to(folder)
    return folder


def require_told(store: ModelStore) -> None:
    for problem in store.problems:
        assert_one_sentence(problem)


def require_looked_at(models: list[InstalledModel]) -> None:
    """Each state is one of the states, and what cannot be loaded says so."""
    for one in models[:8]:
        state = look_at(one, None, None)
        assert (state.sentence is None) == (state.condition is Condition.PRESENT)
        try:
            require_here(one)
        except ModelAwayError as error:
            assert_one_sentence(error)
            assert state.condition.is_away


def test_a_changed_registry_costs_its_rows_and_opens_nothing(tmp_path: Path, model: Path) -> None:
    home = tmp_path / "home"
    paths = paths_below(home)
    hostile = [
        str(model),
        str(model.parent / "fifo"),
        str(model / "config.json"),
        str(model / "loop"),
    ]
    for file in (paths.user_registry, paths.site_registry):
        file.parent.mkdir(parents=True)
    allowed = (str(home), str(model), str(shipped_registry()), str(resource("guide_model")))
    whole = broken = changed = refused = listed = 0
    for number in range(_CASES):
        chance = random.Random(number)
        paths.user_registry.write_bytes(mutated(chance, hostile))
        site = b"schema_version: 1\n" if number % 2 else mutated(chance, hostile)
        paths.site_registry.write_bytes(site)
        before = paths.user_registry.read_bytes()

        with watching() as opened:
            store = ModelStore(paths)
            models = list(store.models)
            require_told(store)
            require_looked_at([one for one in models if not one.bundled])
            for one in models[:5]:
                assert store.model(one.id).id == one.id
            stray = [name for name in opened if not name.startswith(allowed)]
        assert not [name for name in stray if not name.endswith((".py", ".pyc"))], number

        assert models[0].id == GUIDE_ID, "the list is never lost"
        whole += not store.problems
        broken += bool(store.problems)
        listed += len(models) > 1
        own = [one for one in models if one.layer is RegistryLayer.USER]
        try:
            if own and number % 3:
                store.rename(own[0].id, "Another name")
            else:
                store.add(model)
        except UserFacingError as error:
            assert_one_sentence(error)
            assert paths.user_registry.read_bytes() == before, number
            refused += 1
        else:
            changed += 1
            again = ModelStore(paths)
            assert again.models == store.models, number
            assert again.adapters == store.adapters, number
            kept = {one.id for one in own} - {one.id for one in again.models}
            assert not kept, number

    # Else the changes would say little.
    assert min(whole, broken) > _CASES * 0.15
    assert min(changed, refused) > _CASES * 0.15
    assert listed > _CASES * 0.4
