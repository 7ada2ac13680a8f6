from __future__ import annotations

from pathlib import Path

import pytest

from baichuan_desktop.services.library.importing import copying
from tests.helpers import imports


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> imports.Library:
    """A library and a source; files are copied in pieces of 16 KiB."""
    monkeypatch.setattr(copying, "_BLOCK_BYTES", 16_384)
    return imports.library(tmp_path)
