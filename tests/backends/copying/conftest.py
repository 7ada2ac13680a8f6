"""A model to copy, and where the copy shall be."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.copying import folder_writer
from backends.copying.safetensors_writer import plan_shards
from tests.helpers import goldens
from tests.helpers.copies import SMALL_SHARD, digests


@pytest.fixture
def source() -> Iterator[Path]:
    """A golden model, which nothing may write to."""
    folder = goldens.folder("b2-7b", "safetensors")
    before = digests(folder)
    yield folder
    assert digests(folder) == before


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    small = functools.partial(plan_shards, shard_bytes=SMALL_SHARD)
    monkeypatch.setattr(folder_writer, "plan_shards", small)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the copy shall be: alone in a folder."""
    (tmp_path / "models").mkdir()
    return tmp_path / "models" / "模型 4bit"
