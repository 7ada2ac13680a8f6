"""What the documents for a newcomer say of the tree, held against the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Where a path in a text may begin.
BASES = (ROOT, ROOT / "backends", ROOT / "baichuan_desktop")


def named_paths(text: str) -> list[str]:
    """What stands in backticks and is a path: it has a folder or is a module, without blanks."""
    quoted = re.findall(r"`([^`\s<>{}*]+)`", text)
    return [name for name in quoted if "/" in name or name.endswith((".py", ".md", ".yaml"))]


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions.md"])
def test_every_path_that_a_document_names_is_there(document: str) -> None:
    names = named_paths((ROOT / document).read_text(encoding="utf-8"))
    modules = {path.name for base in BASES[1:] for path in base.rglob("*.py")}

    assert names
    missing = [
        name
        for name in names
        if not name.startswith((".venv/", "http"))
        and not any((base / name).exists() or list(base.glob(name)) for base in BASES)
        and name not in modules
    ]
    assert not missing


def test_the_architecture_is_one_page_with_few_rooms() -> None:
    lines = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("|")][2:]  # without the head

    assert len(lines) <= 80
    assert len(rows) <= 15
