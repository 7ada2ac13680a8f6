"""What a person sees in a file and what the model is given of it: the same signs and numbers."""

from __future__ import annotations

import io

import pytest

from backends.errors import DocumentKindError
from tests.helpers import document_files as files
from tests.services.documents.conftest import Read

_MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
_MAIN = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="/{}" Type="http://schemas.openxmlformats.org/officeDocument/'
    '2006/relationships/officeDocument"/></Relationships>'
)
_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def test_raised_and_lowered_signs_formulas_and_ticks_of_word(read: Read) -> None:
    def raised(kind: str) -> str:
        return f'<w:vertAlign w:val="{kind}"/>'

    body = (
        f"<w:p>{_run('10')}{_run('-6', raised('superscript'))}{_run(' m')}</w:p>"
        f"<w:p>{_run('H')}{_run('2', raised('subscript'))}{_run('O')}</w:p>"
        f"<w:p {_MATH}><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r>"
        "</m:den></m:f><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r>"
        "</m:sup></m:sSup><m:nary><m:sub/><m:sup/></m:nary></w:p>"
        '<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>' + _run(" 同意") + "</w:p>"
    )

    found = read("a.docx", files.docx(body))

    assert found.text == "10⁻⁶ m\nH₂O\n(1)/(2)x^(2)\n☑ 同意"


def test_a_deleted_end_of_a_paragraph_and_tables_in_frames(read: Read) -> None:
    p = files.word_paragraph
    body = (
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>" + _run("前半") + "</w:p>" + p("后半")
        + "<w:p><w:r><w:pict><w:txbxContent>" + files.word_table([["甲", "乙"], ["丙", "丁"]])
        + "</w:txbxContent></w:pict></w:r></w:p>"
        + "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>" + _run("末") + "</w:p>"
    )  # fmt: skip

    found = read("a.docx", files.docx(body))

    assert found.text == "前半后半\n甲 | 乙\n丙 | 丁\n末"
    assert not found.notes  # a frame of text is no picture that was left out


def test_footnotes_and_endnotes_of_the_same_number_are_told_apart(read: Read) -> None:
    body = (
        "<w:p>" + _run("甲") + '<w:r><w:footnoteReference w:id="2"/></w:r>' + _run("乙")
        + '<w:r><w:endnoteReference w:id="2"/></w:r></w:p>'
    )  # fmt: skip
    end = files.word_notes({2: "尾"}).replace("footnote", "endnote")
    others = {"word/footnotes.xml": files.word_notes({2: "脚"}), "word/endnotes.xml": end}

    assert read("a.docx", files.docx(body, others)).text == "甲[1]乙[i]\n[1] 脚\n[i] 尾"


def test_lists_of_the_same_kind_go_on_counting_and_legal_numbers_are_digits(read: Read) -> None:
    p = files.word_paragraph
    levels = (
        '<w:lvl w:ilvl="0"><w:numFmt w:val="chineseLegalSimplified"/><w:lvlText w:val="%1、"/>'
        '</w:lvl><w:lvl w:ilvl="1"><w:isLgl/><w:lvlText w:val="%1.%2"/></w:lvl>'
    )
    new = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    nums = "".join(
        f'<w:num w:numId="{one}"><w:abstractNumId w:val="3"/>{more}</w:num>'
        for one, more in ((1, ""), (2, ""), (3, new))
    )
    numbering = (
        f'<w:numbering {_WORD}><w:abstractNum w:abstractNumId="3">{levels}</w:abstractNum>{nums}'
        "</w:numbering>"
    )
    body = p("甲", number=(1, 0)) + p("乙", number=(2, 0)) + p("丙", number=(2, 1))
    body += p("丁", number=(3, 0)) + p("戊", number=(3, 0))

    found = read("a.docx", files.docx(body, {"word/numbering.xml": numbering}))

    assert found.text == "壹、 甲\n贰、 乙\n2.1 丙\n壹、 丁\n贰、 戊"


def test_the_text_of_an_office_file_may_have_another_name(read: Read) -> None:
    data = files.zipped(
        {
            "_rels/.rels": _MAIN.format("word/document2.xml"),
            "word/document2.xml": f"<w:document {_WORD}><w:body>{files.word_paragraph('在线保存')}"
            "</w:body></w:document>",
        }
    )

    assert read("a.docx", data).text == "在线保存"


def test_an_old_file_with_the_ending_of_today_is_not_called_encrypted(read: Read) -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "WordDocument".encode("utf-16-le")

    with pytest.raises(DocumentKindError, match="2003"):
        read("旧.docx", data)


def test_cells_as_excel_shows_them(read: Read) -> None:
    import datetime

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([0.155, datetime.timedelta(hours=25), '=IF(A1>1,"大","")', "=A1*2"])
    sheet["A1"].number_format = "0.0%"
    book.create_sheet("隐藏").sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    entries = files.unzipped(stream.getvalue())
    name = "xl/worksheets/sheet1.xml"
    page = entries[name].decode()
    before, formula, after = page.partition('<c r="C1"><f>IF')
    after = after.replace("<v />", "<v></v>", 1).replace("<v/>", "<v></v>", 1)
    page = before + formula.replace('"C1"', '"C1" t="str"') + after
    # A last row that was only made bold is no table of a million rows.
    page = page.replace(
        "</sheetData>", '<row r="1048576"><c r="A1048576" s="1"/></row></sheetData>'
    )

    found = read("a.xlsx", files.zipped({**entries, name: page}))

    assert found.text == "Sheet\n15.5% | 25:00:00 |  | =A1*2\n\n隐藏"
    assert [str(note) for note in found.notes] == [
        "Sheets that are hidden are read too: 1.",
        "Formulas that have no saved result stand as formulas: 1.",
    ]


def test_a_style_that_is_not_there_does_not_keep_a_number_from_being_read(read: Read) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([7.5])
    stream = io.BytesIO()
    book.save(stream)
    entries = files.unzipped(stream.getvalue())
    name = "xl/worksheets/sheet1.xml"
    page = entries[name].replace(b'<c r="A1"', b'<c r="A1" s="999"')

    assert read("a.xlsx", files.zipped({**entries, name: page})).text == "Sheet\n7.5"


@pytest.mark.parametrize(
    ("turned", "way"),
    [(90, "0 1 -1 0 100 50"), (180, "-1 0 0 -1 500 100"), (270, "0 -1 1 0 300 800")],
)
def test_lines_of_a_page_that_is_turned_stay_apart(read: Read, turned: int, way: str) -> None:
    text = "the first line\nthe second line\nthe third"

    data = files.pdf([text], way=way, of_page=f"/Rotate {turned}", is_latin=True)

    assert read("a.pdf", data).text == text


def test_what_was_filled_into_a_form_is_read(read: Read) -> None:
    field = (
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /TU (Name of the buyer) "
        "/V (Zhang San) /Rect [50 300 200 320] >>"
    )
    empty = field.replace("(Zhang San)", "()").replace("(name)", "(other)")
    typed = "<< /Type /Annot /Subtype /FreeText /Contents (paid) /Rect [50 200 200 220] >>"

    data = files.pdf(
        ["合同"],
        of_page=f"/Annots [{field} {empty} {typed}]",
        of_catalog=f"/AcroForm << /Fields [{field}] >>",
    )

    assert read("a.pdf", data).text == "合同\n\nName of the buyer: Zhang San\npaid"


def test_readings_of_hanzi_and_raised_signs_of_a_page(read: Read) -> None:
    page = "<html><p><ruby>漢<rt>かん<rp>)</ruby>字 10<sup>6</sup> H<sub>2</sub>O<p>x<rt>y<p>z"

    assert read("a.html", page.encode()).text == "漢字 10⁶ H₂O\n\nx\n\nz"


def test_a_hidden_slide_is_read_and_said(read: Read) -> None:
    entries = files.unzipped(files.pptx([files.shape("甲"), files.shape("乙")]))
    name = "ppt/slides/slide8.xml"
    hidden = entries[name].replace(b"<p:sld ", b'<p:sld show="0" ')

    found = read("a.pptx", files.zipped({**entries, name: hidden}))

    assert found.text == "甲\n\n乙"
    assert [str(note) for note in found.notes] == ["Slides that are hidden are read too: 1."]
