"""Golden models under the names that the real ones were published under."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers import goldens

#: Published name to golden model.
GOLDENS = {
    "Baichuan-7B": "b1-7b",
    "Baichuan-13B-Chat": "b1-13b",
    "Baichuan2-7B-Base": "b2-7b",
    "Baichuan2-7B-Chat": "b2-7b",
    "Baichuan2-7B-Chat-4bits": "b2-7b-4bits",
    "Baichuan2-13B-Chat": "b2-13b",
}


def list_published(root: Path) -> dict[str, Path]:
    """The folders below `root` of models that the library then lists, by published name."""
    store, folders = ModelStore(app_paths()), {}
    for name, golden in GOLDENS.items():
        folder = root / name
        quantised = goldens.ROOT / "checkpoints" / golden
        source = quantised if golden.endswith("4bits") else goldens.folder(golden)
        shutil.copytree(source, folder)
        _answer_shortly(folder / "generation_config.json")
        store.add(folder, repository=f"baichuan-inc/{name}")
        folders[f"baichuan-inc/{name}"] = folder
    return folders


def _answer_shortly(file: Path) -> None:
    facts = json.loads(file.read_text(encoding="utf-8"))
    if "max_new_tokens" in facts:
        file.write_text(json.dumps(facts | {"max_new_tokens": 8}), encoding="utf-8")
