"""What the documents say of the tree and of one another, held against the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Where a path in a text may begin.
BASES = (ROOT, ROOT / "backends", ROOT / "baichuan_desktop")
#: Where a module lies that a text names without its folder.
PROGRAMS = (*BASES[1:], ROOT / "benchmarks")
#: Paths that are none of the tree: on the reader's machine, or what the set-up makes.
ELSEWHERE = ("/", "~", ".venv/", "http")

DOCUMENTS = [
    str(path.relative_to(ROOT)) for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
]


def named_paths(text: str) -> list[str]:
    """What stands in backticks and is a path: it has a folder or is a module, without blanks."""
    quoted = re.findall(r"`([^`\s<>{}*]+)`", text)
    return [
        name
        for name in quoted
        if ("/" in name or re.search(r"\w\.(py|md|yaml)$", name)) and not name.startswith(ELSEWHERE)
    ]


def without_code(text: str) -> str:
    """A text without its blocks of code, in which # begins a comment."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """What a link into a document may name: its headings as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", without_code(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def broken_links(document: Path) -> list[str]:
    """The links of a document that lead to no file, or to no heading of it."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(document.read_text(encoding="utf-8"))):
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        if link.startswith(("https:", "mailto:")):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            broken.append(link)
    return broken


# The changelog tells of paths as they were.
@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name != "CHANGELOG.md"])
def test_every_path_that_a_document_names_is_there(document: str) -> None:
    names = named_paths((ROOT / document).read_text(encoding="utf-8"))
    modules = {path.name for base in PROGRAMS for path in base.rglob("*.py")}

    missing = [
        name
        for name in names
        if not any((base / name).exists() or list(base.glob(name)) for base in BASES)
        and name not in modules
    ]
    assert not missing


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions.md"])
def test_documents_about_the_tree_name_paths(document: str) -> None:
    assert named_paths((ROOT / document).read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_of_a_document_leads_somewhere(document: str) -> None:
    assert not broken_links(ROOT / document)


def test_a_link_to_a_file_or_a_heading_that_is_not_there_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# One, two: 三\n\n```\n# a comment\n```\n", "utf-8")
    document = tmp_path / "one.md"
    document.write_text(
        "# Here\n[a](other.md) [b](other.md#one-two-三) [c](#here) [d](https://example.org/x)\n"
        "[e](gone.md) [f](other.md#a-comment) [g](#there)\n",
        "utf-8",
    )

    assert broken_links(document) == ["gone.md", "other.md#a-comment", "#there"]


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_a_readme_leads_to_every_other_document(readme: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", (ROOT / readme).read_text(encoding="utf-8"))

    assert {name for name in DOCUMENTS if name != readme} <= set(links)


def test_the_architecture_is_one_page_with_few_rooms() -> None:
    lines = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("|")][2:]  # without the head

    assert len(lines) <= 80
    assert len(rows) <= 15
