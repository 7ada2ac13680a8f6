"""Small documents of every format, with the text that a person reads in them."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_SHOW = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
_OF_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LINKS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def zipped(entries: Mapping[str, str | bytes]) -> bytes:
    """A zip archive, whose entries are as old as they can be: the same ones give the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """The entries of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# --- Word ------------------------------------------------------------------------------------


def word_paragraph(text: str, style: str = "", number: tuple[int, int] | None = None) -> str:
    """A paragraph of Word; `number` is a list and a level in it."""
    of_list = (
        f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>'
        if number
        else ""
    )
    of_style = f'<w:pStyle w:val="{style}"/>' if style else ""
    run = f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    return f"<w:p><w:pPr>{of_style}{of_list}</w:pPr>{run}</w:p>"


def word_table(rows: Sequence[Sequence[str]]) -> str:
    """A table of Word."""
    cells = ("".join(f"<w:tc>{word_paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


STYLES = (
    f'<w:styles {_WORD}><w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/>'
    '</w:style><w:style w:styleId="a5"><w:name w:val="条款"/><w:basedOn w:val="1"/><w:pPr>'
    '<w:outlineLvl w:val="1"/></w:pPr></w:style></w:styles>'
)
#: List 7: 第一条, and below it （1）; list 8: a bullet.
NUMBERING = (
    f'<w:numbering {_WORD}><w:abstractNum w:abstractNumId="3">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/>'
    '<w:lvlText w:val="第%1条"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="%1-%2)"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="4"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>'
    '<w:lvlText w:val="\uf0b7"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="7"><w:abstractNumId w:val="3"/></w:num>'
    '<w:num w:numId="8"><w:abstractNumId w:val="4"/></w:num></w:numbering>'
)


def docx(body: str, others: Mapping[str, str | bytes] | None = None) -> bytes:
    """A document of Word with this in its body."""
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            f"<w:document {_WORD}><w:body>{body}<w:sectPr/></w:body></w:document>",
            "word/styles.xml": STYLES,
            "word/numbering.xml": NUMBERING,
            **(others or {}),
        }
    )


def word_notes(notes: Mapping[int, str]) -> str:
    """The footnotes of a document of Word; the line above them is one too."""
    made = "".join(
        f'<w:footnote w:id="{number}">{word_paragraph(text)}</w:footnote>'
        for number, text in notes.items()
    )
    return (
        f'<w:footnotes {_WORD}><w:footnote w:type="separator" w:id="-1">{word_paragraph("――")}'
        f"</w:footnote>{made}</w:footnotes>"
    )


# --- slides ----------------------------------------------------------------------------------


def shape(text: str, kind: str = "body") -> str:
    """A shape with text on a slide; each line is a paragraph."""
    paragraphs = "".join(
        f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in text.split("\n")
    )
    return (
        f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr><p:txBody>{paragraphs}'
        "</p:txBody></p:sp>"
    )


def slide_table(rows: Sequence[Sequence[str]]) -> str:
    """A table on a slide."""
    cells = (
        "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>"
                for cell in row)
        for row in rows
    )  # fmt: skip
    made = "".join(f"<a:tr>{row}</a:tr>" for row in cells)
    return f"<p:graphicFrame><a:tbl>{made}</a:tbl></p:graphicFrame>"


def pptx(slides: Sequence[str], notes: Mapping[int, str] | None = None) -> bytes:
    """Slides of these shapes; in the archive they stand in another order than they are shown in."""
    entries: dict[str, str | bytes] = {}
    ids, links = "", ""
    for number in reversed(range(len(slides))):
        entries[f"ppt/slides/slide{9 - number}.xml"] = (
            f"<p:sld {_SHOW} {_DRAWING}><p:cSld><p:spTree>{slides[number]}</p:spTree></p:cSld>"
            "</p:sld>"
        )
    for number in range(len(slides)):
        ids += f'<p:sldId id="{256 + number}" r:id="rId{number}"/>'
        links += (
            f'<Relationship Id="rId{number}" Type="{_OF_LINKS}/slide" '
            f'Target="slides/slide{9 - number}.xml"/>'
        )
        if text := (notes or {}).get(number):
            entries[f"ppt/notesSlides/notesSlide{number}.xml"] = (
                f"<p:notes {_SHOW} {_DRAWING}><p:cSld><p:spTree>{shape(text)}"
                f"{shape('7', 'sldNum')}</p:spTree></p:cSld></p:notes>"
            )
            entries[f"ppt/slides/_rels/slide{9 - number}.xml.rels"] = (
                f'<Relationships {_LINKS}><Relationship Id="rId1" Type="{_OF_LINKS}/notesSlide" '
                f'Target="../notesSlides/notesSlide{number}.xml"/></Relationships>'
            )
    entries["ppt/presentation.xml"] = (
        f'<p:presentation {_SHOW} xmlns:r="{_OF_LINKS}"><p:sldIdLst>{ids}</p:sldIdLst>'
        "</p:presentation>"
    )
    entries["ppt/_rels/presentation.xml.rels"] = f"<Relationships {_LINKS}>{links}</Relationships>"
    return zipped(entries)


# --- books -----------------------------------------------------------------------------------


def epub(chapters: Sequence[str], others: Mapping[str, str | bytes] | None = None) -> bytes:
    """A book of chapters, which are bodies of XHTML."""
    items = "".join(
        f'<item id="c{number}" href="text/{number}%20%E7%AB%A0.xhtml"/>'
        for number in reversed(range(len(chapters)))
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    pages = {
        f"OEBPS/text/{number} 章.xhtml": '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>'
        f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>书</title>'
        f'<script src="x.js"/></head><body>{body}</body></html>'
        for number, body in enumerate(chapters)
    }
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
            'container"><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
            "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
            f"{items}</manifest><spine>{spine}</spine></package>",
            **pages,
            **(others or {}),
        }
    )


# --- tables ----------------------------------------------------------------------------------


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """A book of sheets, by openpyxl; a formula in it has no result yet."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_entry(archive: bytes, name: str, content: str | bytes) -> bytes:
    """A zip archive with another entry of this name."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        entries: dict[str, str | bytes] = {one: old.read(one) for one in old.namelist()}
    return zipped({**entries, name: content})


# --- PDF -------------------------------------------------------------------------------------


_HELVETICA = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_FONT = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
    "/DescendantFonts [4 0 R] >>"
)
_GLYPHS = (
    "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo "
    "<< /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 /FontDescriptor 5 0 R >>"
)
_DESCRIPTION = (
    "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [0 -200 1000 900] "
    "/ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>"
)


def pdf(
    pages: Sequence[str],
    *,
    count: int | None = None,
    extra: str = "",
    way: str = "1 0 0 1 50 800",
    of_page: str = "",
    of_catalog: str = "",
    is_latin: bool = False,
) -> bytes:
    """Pages of lines in a Chinese font that is not embedded; `extra` stands in the trailer.

    With a `count`, the first page is there so many times. `way` says which way it is written,
    `of_page` and `of_catalog` what else stands in a page and in the catalog. `is_latin` takes
    Helvetica, of which PDFium brings its own: what stands for a Chinese font depends on the
    machine, and may have no glyphs for Latin letters, which have no height then.
    """
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {of_catalog} >>",
        "",
        _HELVETICA if is_latin else _FONT,
        _GLYPHS,
        _DESCRIPTION,
    ]
    kids = []
    coding = "latin-1" if is_latin else "utf-16-be"
    for text in pages:
        lines = "".join(
            f"<{line.encode(coding).hex()}> Tj 0 -20 Td " for line in text.split("\n") if line
        )
        stream = zlib.compress(f"BT /F1 12 Tf {way} Tm {lines} ET".encode())
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects) + 2} 0 R"
            f" /Resources << /Font << /F1 3 0 R >> >> {of_page} >>"
        )
        objects.append(
            f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n"
            f"{stream.decode('latin-1')}\nendstream"
        )
    shown = kids if count is None else kids[:1] * count
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(shown)}] /Count {len(shown)} >>"
    made, places = "%PDF-1.5\n", []
    for number, text in enumerate(objects, start=1):
        places.append(len(made))
        made += f"{number} 0 obj\n{text}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    made_all = (
        f"{made}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
        f"<< /Size {len(objects) + 1} /Root 1 0 R {extra} >>\nstartxref\n{len(made)}\n%%EOF\n"
    )
    return made_all.encode("latin-1")


def qt_pdf(file: Path, text: str, *, family: str) -> None:
    """A PDF with an embedded font, written by Qt; needs an application."""
    from PySide6.QtGui import QFont, QPageSize, QPdfWriter, QTextDocument

    writer = QPdfWriter(str(file))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A5))
    document = QTextDocument()
    document.setDefaultFont(QFont(family, 11))
    document.setPlainText(text)
    document.print_(writer)
