"""Which kinds of files are read, and what a file is, by its first bytes and its name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePath
from typing import Final


class Kind(StrEnum):
    """What a document is."""

    TEXT = "text"
    MARKDOWN = "markdown"
    CSV = "csv"
    CODE = "code"
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    EPUB = "epub"
    PASTED = "pasted"  #: a long text that was pasted, and no file

    @property
    def has_encoding(self) -> bool:
        """Whether a person may say in which encoding the file is."""
        return self in (Kind.TEXT, Kind.MARKDOWN, Kind.CSV, Kind.CODE, Kind.HTML)


#: The endings that a dialog for choosing files shows, by kind. Any other file of text is read too.
SUFFIXES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.TEXT: (".txt", ".text", ".log", ".rst", ".srt"),
    Kind.MARKDOWN: (".md", ".markdown"),
    Kind.CSV: (".csv", ".tsv"),
    Kind.CODE: (
        ".json", ".jsonl", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".tex",
        ".py", ".ipynb", ".js", ".ts", ".jsx", ".tsx", ".vue", ".css", ".scss", ".c", ".h", ".cc",
        ".cpp", ".hpp", ".cs", ".java", ".kt", ".go", ".rs", ".rb", ".php", ".swift", ".m", ".r",
        ".lua", ".pl", ".sh", ".bat", ".ps1", ".sql", ".diff", ".patch",
    ),
    Kind.HTML: (".html", ".htm", ".xhtml"),
    Kind.PDF: (".pdf",),
    Kind.DOCX: (".docx", ".docm"),
    Kind.XLSX: (".xlsx", ".xlsm"),
    Kind.PPTX: (".pptx", ".pptm"),
    Kind.EPUB: (".epub",),
}  # fmt: skip

#: What a dialog for choosing files offers, as `*.pdf`.
PATTERNS: Final = tuple(f"*{suffix}" for kind in SUFFIXES.values() for suffix in kind)

_BY_SUFFIX: Final = {suffix: kind for kind, suffixes in SUFFIXES.items() for suffix in suffixes}


def kind_by_name(name: str) -> Kind | None:
    """What a file is by the ending of its name; None where that says nothing."""
    return _BY_SUFFIX.get(PurePath(name).suffix.lower())


def looks_like_document(name: str) -> bool:
    """Whether a file may be meant as a document, by its name: it need not be one.

    A name without an ending, or with one that is not known, says no.
    """
    return kind_by_name(name) is not None
