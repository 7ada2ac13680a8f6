"""One changed cache, looked through as the app does it, and what came of it."""

from __future__ import annotations

import random
import shutil
import threading
import traceback
from pathlib import Path

from backends.errors import CheckpointError
from backends.phrases import Phrase
from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.library.finding.search import find, recognise
from baichuan_desktop.services.library.finding.source_files import files_of
from baichuan_desktop.services.library.finding.values import Found, Looking, PassedOver
from baichuan_desktop.services.library.store import ModelStore
from tests.fuzz import mutate_cache
from tests.fuzz.outcome import Outcome, Stage
from tests.helpers import goldens, recorded_caches
from tests.helpers.opened_files import Opened, watched

#: Names of the formats: which library wrote the cache, and how.
CACHES = {
    f"{library}-{tree}": (library, tree)
    for library, tree in recorded_caches.trees("cache", "plain", "shared", "local_dir", "half")
}


class CacheCases:
    """The cases of a cache, in a folder of its own. Case `n` is the same wherever it is run."""

    def __init__(self, name: str, folder: Path, *, seed: int = 0) -> None:
        """Nothing is written yet but what no case may open."""
        self._name = name
        self._seed = seed
        self._root = folder / "cache"
        self._outside = folder / "outside"
        paths = AppPaths(*(folder / name for name in ("config", "log", "c", "data", "site.yaml")))
        self._store = ModelStore(paths)
        shutil.copytree(goldens.folder("b2-7b", "safetensors"), self._outside / "model")
        (self._outside / "secret.json").write_text('{"model_type": "baichuan"}', encoding="utf-8")

    def run_unchanged(self) -> Outcome:
        """The cache as its library wrote it."""
        self._restore()
        return self.open_and_run()

    def run(self, number: int) -> Outcome:
        """Change, look through."""
        self.write(number)
        return self.open_and_run()

    def write(self, number: int) -> None:
        """Put the files of a case into the folder."""
        self._restore()
        chance = random.Random(f"{self._name} {self._seed} {number}")
        mutate_cache.mutate(self._root, self._outside, chance)

    def open_and_run(self) -> Outcome:
        """What comes of the cache as it is now."""
        try:
            with watched() as opened:
                found = self._look()
            self._check(opened)
        except Exception:  # noqa: BLE001  which is what this looks for
            return Outcome(Stage.FAILED, traceback.format_exc())
        if any(one.is_complete for one in found):
            return Outcome(Stage.RAN)
        return Outcome(Stage.ACCEPTED if found else Stage.REFUSED)

    def _look(self) -> list[Found]:
        events = list(find(self._store, [self._root], cancel=threading.Event()))
        found = [one for one in events if isinstance(one, Found)]
        for event in events:
            match event:
                case Found(missing=missing):
                    for sentence in missing:
                        _check_sentence(sentence)
                case PassedOver(sentence=sentence):
                    _check_sentence(sentence)
                case Looking():
                    pass
        for one in found:
            again = recognise(one.folder, self._store)
            assert one.folder in [other.folder for other in again]
            try:
                files = files_of(one)
            except CheckpointError:
                continue
            root = one.root.resolve()
            assert all(file.file.resolve().is_relative_to(root) for file in files)
        return found

    def _check(self, opened: Opened) -> None:
        assert not opened.outside(self._root), opened.outside(self._root)
        assert not [file for file in opened.files if file.name in (".msc", ".mdl")]
        assert not (self._outside / "sprung").exists()
        assert not opened.pickles

    def _restore(self) -> None:
        if self._root.exists():
            shutil.rmtree(self._root)
        library, tree = CACHES[self._name]
        recorded_caches.rebuild(library, tree, self._root)


def _check_sentence(sentence: Phrase) -> None:
    text = str(sentence)
    assert text.endswith("."), text
    assert text.isprintable(), text
