"""The benchmark of the search counts what it says it counts. Nothing here is timed."""

from __future__ import annotations

from pathlib import Path

from baichuan_desktop.services.app_paths import app_paths
from benchmarks import finding


def test_the_search_lists_each_folder_once_and_opens_models_alone(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    folders = finding.make_tree(root, folders=150, files=3, models=2)

    cost = finding.search(root, app_paths())

    assert folders == 1 + 2 + 148 + 2 == len([p for p in root.rglob("*") if p.is_dir()]) + 1
    assert cost.models == 2
    assert folders <= cost.listings <= folders + 4 * 2  # the files of a model are listed once more
    assert 0 < cost.opened <= 20 * 2
