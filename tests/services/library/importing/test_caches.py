"""Models of the caches that the libraries themselves write are copied whole, and only copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.errors import ImportRefusedError
from baichuan_desktop.services.library.finding.search import recognise
from baichuan_desktop.services.library.importing.values import Way
from baichuan_desktop.services.library.integrity.values import Origin
from tests.helpers import recorded_caches
from tests.helpers.imports import Library, hashes


@pytest.mark.parametrize(
    ("library_name", "tree"), recorded_caches.trees("cache", "plain", "shared")
)
def test_a_model_of_a_cache_is_copied_with_what_the_cache_says_of_it(
    library: Library, tmp_path: Path, library_name: str, tree: str
) -> None:
    root = recorded_caches.rebuild(library_name, tree, tmp_path / "cache")
    found = [one for one in recognise(root, library.store) if one.is_complete]
    assert found
    before = hashes(root)

    with pytest.raises(ImportRefusedError):
        library.bring(Way.MOVE, found[0])
    model = library.bring(Way.COPY, found[0])

    assert hashes(root) == before
    assert found[0].repository is not None
    assert (model.repository or "").startswith(found[0].repository)
    assert model.path.name == found[0].repository.rpartition("/")[2]
    copied = hashes(model.path)
    assert copied["config.json"] in before.values()
    assert not any(file.is_symlink() for file in model.path.iterdir())
    assert not {name for name in copied if name.startswith(".")}
    manifest = library.manifests.read(model.id)
    assert manifest is not None
    weights = manifest.files["model.safetensors"]
    assert weights.sha256 == copied["model.safetensors"]
    has_hashes = library_name.startswith("huggingface") and tree != "plain"
    assert any(one.origin is Origin.DOWNLOAD for one in weights.known) or not has_hashes
