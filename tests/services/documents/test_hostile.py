"""Hostile documents: a named error or text, bounded in work; nothing else is opened."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import (
    DamagedDocumentError,
    DocumentError,
    DocumentKindError,
    DocumentTooLargeError,
    DocumentWithoutTextError,
    EncryptedDocumentError,
)
from baichuan_desktop.services.documents.limits import LIMITS
from baichuan_desktop.services.documents.reading import read_document
from tests.helpers import document_files as files
from tests.helpers.opened_files import watched
from tests.services.documents.conftest import Read

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
WORD = 'xmlns="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ENCRYPTED = (
    "/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) "
    "/U (bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb) >> /ID [(a)(b)]"
)


@pytest.mark.parametrize("declares", [LAUGHS, OUTSIDE])
@pytest.mark.parametrize(
    ("name", "made", "entry"),
    [
        ("a.docx", files.docx(""), "word/document.xml"),
        ("a.docx", files.docx(""), "word/styles.xml"),
        ("a.pptx", files.pptx([""]), "ppt/presentation.xml"),
        ("a.xlsx", files.xlsx({"a": [["b"]]}), "xl/workbook.xml"),
        ("a.xlsx", files.xlsx({"a": [["b"]]}), "xl/sharedStrings.xml"),
        ("a.epub", files.epub([""]), "OEBPS/book.opf"),
    ],
)
def test_entities_are_refused_and_none_outside_is_opened(
    name: str, made: bytes, entry: str, declares: str, read: Read, tmp_path: Path
) -> None:
    text = f"{declares}<document {WORD}><p><r><t>&c;&a;</t></r></p></document>"

    with watched() as opened, pytest.raises(DamagedDocumentError, match="declares entities"):
        read(name, files.with_entry(made, entry, text))

    assert opened.outside(tmp_path) == []


def test_entities_hidden_in_another_encoding_are_refused(read: Read) -> None:
    text = f"{LAUGHS}<x>&c;</x>".replace("?>", ' encoding="utf-16"?>').encode("utf-16")

    with pytest.raises(DamagedDocumentError):
        read("a.xlsx", files.with_entry(files.xlsx({"a": [["b"]]}), "xl/styles.xml", text))


def test_an_entity_in_a_chapter_is_text(read: Read) -> None:
    """HTML has no entities of its own making."""
    found = read("a.epub", files.epub([f"{LAUGHS}<p>&c; &lt;甲</p>"]))

    assert "haha" not in found.text
    assert "<甲" in found.text


ZEROS = "<x>" + " " * 20_000_000


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.docx", files.docx("", {"word/document.xml": ZEROS}), "more than 250 times its size"),
        ("a.xlsx", files.xlsx({"a": []}), "unpacks to more than 0 MB"),
        ("a.docx", files.docx("<w:p>" * 300), "nested too deeply"),
        ("a.docx", files.docx("<w:p/>" * 1001), "more than 1,000 elements"),
        ("a.docx", files.docx("", {f"{n}": b"" for n in range(60)}), "64 files in it"),
        ("a.epub", files.epub(["甲"] * 12), "12 chapters, and at most 10"),
        ("a.pptx", files.pptx([""] * 11), "11 slides, and at most 10"),
        ("a.xlsx", files.xlsx({str(n): [] for n in range(11)}), "11 sheets, and at most 10"),
        ("a.xlsx", files.xlsx({"a": [[1] * 101]}), "more than 100 cells"),
        ("a.pdf", files.pdf(["甲"], count=11), "11 pages, and at most 10"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_too_much_is_named(name: str, data: bytes, said: str, read: Read) -> None:
    limits = replace(LIMITS, pages=10, cells=100, entries=50, elements=1_000)
    if "0 MB" in said:
        limits = replace(limits, unpacked_bytes=900)

    with pytest.raises((DocumentTooLargeError, DamagedDocumentError), match=said):
        read(name, data, limits=limits)


def test_ten_thousand_pages_are_refused_before_any_is_read(read: Read) -> None:
    with pytest.raises(DocumentTooLargeError, match="10,000 pages, and at most 5,000 are read"):
        read("a.pdf", files.pdf(["甲"], count=10_000))


def test_a_sheet_that_says_it_is_immense_is_read_as_far_as_it_goes(read: Read) -> None:
    import io
    import re
    import zipfile

    data = files.xlsx({"表": [["甲"]]})
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = re.sub(rb'ref="[^"]*"', b'ref="A1:XFD1048576"', archive.read(name))

    assert read("a.xlsx", files.with_entry(data, name, sheet)).text == "表\n甲"


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.pdf", files.pdf(["甲"], extra=ENCRYPTED), EncryptedDocumentError),
        ("a.pdf", b"%PDF-1.7\n" + b"garbage " * 50, DamagedDocumentError),
        ("a.pdf", b"no PDF at all", DamagedDocumentError),
        ("a.pdf", files.pdf(["", ""]), DocumentWithoutTextError),
        ("a.docx", b"PK\x03\x04" + b"garbage " * 50, DamagedDocumentError),
        ("a.docx", files.docx("<w:p>"), DamagedDocumentError),
        ("a.docx", files.docx(""), DocumentWithoutTextError),
        ("a.docx", "甲".encode(), DamagedDocumentError),
        ("a.zip", files.zipped({"a.txt": "甲"}), DocumentKindError),
        ("a.odt", files.zipped({"content.xml": "<x/>"}), DocumentKindError),
        ("a.xlsx", files.zipped({"xl/workbook.xml": "<x/>"}), DamagedDocumentError),
        ("a.pptx", files.zipped({"ppt/presentation.xml": "<x/>"}), DocumentWithoutTextError),
        ("a.epub", files.zipped({"META-INF/container.xml": "<x/>"}), DamagedDocumentError),
        (
            "a.epub",
            files.epub(
                ["甲"],
                {"META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="aes"/></e>'},
            ),
            EncryptedDocumentError,
        ),
        ("a.epub", files.with_entry(files.epub(["甲"]), "mimetype", "x"), None),
    ],
)
def test_broken_and_encrypted_documents_are_named(
    name: str, data: bytes, error: type[Exception] | None, read: Read
) -> None:
    if error is None:
        assert read(name, data).text == "甲"
        return
    with pytest.raises(error, match=name):
        read(name, data)


def test_links_that_lead_out_of_a_book_lead_nowhere(read: Read, tmp_path: Path) -> None:
    (tmp_path / "secret.xhtml").write_text("<p>秘密</p>", encoding="utf-8")
    package = (
        '<package><manifest><item id="a" href="../../../secret.xhtml"/>'
        f'<item id="b" href="{(tmp_path / "secret.xhtml").as_uri()}"/></manifest>'
        '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )

    with watched() as opened, pytest.raises(DamagedDocumentError, match="none of its chapters"):
        read("a.epub", files.epub(["甲"], {"OEBPS/book.opf": package}))
    assert [file.name for file in opened.files if file.parent == tmp_path] == ["a.epub", "a.epub"]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randrange(1, 20)):
        made[chance.randrange(len(made))] = chance.randrange(256)
    return bytes(made)


@pytest.mark.parametrize("change", [_cut, _flipped])
def test_changed_pdfs_are_an_error_or_text(
    change: Callable[[bytes, random.Random], bytes], tmp_path: Path
) -> None:
    """Each in a process of its own: what a library of C does with one is its own affair."""
    chance = random.Random(change.__name__)
    data = files.pdf(["甲乙", "丙丁"])
    file = tmp_path / "a.pdf"
    for _ in range(5):
        file.write_bytes(change(data, chance))
        try:
            found = read_document(file)
        except DocumentError as error:
            said = error.message
        else:
            assert found is not None
            said = found.name
        assert "a.pdf" in said


def test_work_grows_with_a_page_of_html_and_no_faster(read: Read) -> None:
    """Deep, unclosed and unopened elements: as many events as there are, and no more."""
    page = "<div>" * 20_000 + "甲" + "</p>" * 20_000 + "<ul>" * 2_000 + "<!--" * 2_000

    assert read("a.html", page.encode()).text.startswith("甲")
