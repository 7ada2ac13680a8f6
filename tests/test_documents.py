"""What the documents say of the tree and of one another, held against the tree."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from backends.policy.schema import parse_policy
from backends.policy.values import Policy
from baichuan_desktop.cli import commands as commands_module
from baichuan_desktop.services.library.registry_schema import RegistryLayer
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers.many_models import paths_below

ROOT = Path(__file__).parents[1]
#: Where a path in a text may begin.
BASES = (ROOT, ROOT / "backends", ROOT / "baichuan_desktop")
#: Where a module lies that a text names without its folder.
PROGRAMS = (*BASES[1:], ROOT / "benchmarks")
#: Paths that are none of the tree: on the reader's machine, what the set-up makes, or as models are
#: published.
ELSEWHERE = ("/", "~", "$", ".venv/", "http", "baichuan-inc/", "hf:")

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


# --- what the documents show is what the app takes -------------------------------------------


def blocks(document: str, kind: str) -> list[str]:
    """The blocks of code of a kind in a document; those without a kind have the empty one."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [content for name, content in found if name == kind]


def commands(document: str) -> list[list[str]]:
    """The words of each command of the app that a document shows, without what stands behind it."""
    lines = "".join(blocks(document, "")).splitlines()
    shown = [line for line in lines if line.startswith("baichuan-desktop ")]
    plain = [re.sub(r"\[[^\]]*\]|[|>].*", "", line) for line in shown]
    return [shlex.split(line, comments=True)[1:] for line in plain]


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if commands(name)])
def test_every_command_that_a_document_shows_is_one(document: str) -> None:
    parser = commands_module._parser()

    for words in commands(document):
        parser.parse_args(words)  # which exits for what is none


def test_commands_are_found_in_the_documents_on_models() -> None:
    shown = {tuple(words[:2]) for words in commands("docs/library.md")}

    assert {("models", "import"), ("models", "verify"), ("models", "hashes")} <= shown
    assert commands("docs/library.md") == commands("docs/library.zh-CN.md")
    assert commands("README.md") == commands("README.zh-CN.md")


@pytest.mark.parametrize("document", ["docs/policy.md", "docs/policy.zh-CN.md"])
def test_the_policy_that_a_document_shows_is_one_and_has_every_key(document: str) -> None:
    [text] = blocks(document, "yaml")

    shown = parse_policy(text, Path("policy.yaml"))

    same = [one.name for one in fields(Policy) if getattr(shown, one.name) == one.default]
    assert same == ["entries", "adapter_entries"]  # read from the registry beside it


@pytest.mark.parametrize("document", ["docs/library.md", "docs/library.zh-CN.md"])
def test_the_registry_that_a_document_shows_lists_its_models(document: str, tmp_path: Path) -> None:
    paths = paths_below(tmp_path)
    [text] = blocks(document, "yaml")
    paths.site_registry.parent.mkdir(parents=True, exist_ok=True)
    paths.site_registry.write_text(text, encoding="utf-8")

    store = ModelStore(paths)

    assert not store.problems
    shared = store.model("our-7b-chat")
    assert shared.layer is RegistryLayer.SITE
    assert set(shared.stated_files) == {"config.json", "tokenizer.model"}
    assert store.model("our-tuned-13b").layer is RegistryLayer.SITE
    assert [one.id for one in store.adapters_of(shared)] == ["our-law"]
