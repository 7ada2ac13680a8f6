"""A golden set: documents of every format in Chinese, and the text that a person reads in them."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from baichuan_desktop.services.documents.contents import ReadDocument
from baichuan_desktop.services.documents.formats.numbering import in_form
from baichuan_desktop.services.documents.formats.pdf import with_whole_lines
from baichuan_desktop.services.documents.reading import read_document
from baichuan_desktop.services.documents.values import Unit
from tests.helpers import document_files as files
from tests.services.documents.conftest import Read

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

PARAGRAPH = (
    "为了规范公司的安全生产管理工作，保障员工的生命安全和身体健康，防止和减少生产安全事故，"
    "根据国家有关法律法规，结合公司的实际情况，制定本办法。"
)


def _parts(found: ReadDocument) -> list[tuple[Unit, int, str, str]]:
    """Each part of a document with its own text."""
    ends = [mark.start for mark in found.marks[1:]] + [len(found.text)]
    return [
        (mark.unit, mark.number, mark.name, found.text[mark.start : end].strip())
        for mark, end in zip(found.marks, ends, strict=True)
    ]


# --- text ------------------------------------------------------------------------------------

NOTICE = "关于调整作息时间的通知\n\n各部门：自五月一日起，上班时间为八点半。\n联系人：张三 010-1234"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (NOTICE.encode("gb18030"), "gb18030"),
        (NOTICE.encode("utf-16"), "utf-16-le"),
        (NOTICE.encode("utf-16-be"), "utf-16-be"),
        (NOTICE.encode("utf-8-sig"), "utf-8"),
        (NOTICE.replace("\n", "\r\n").encode("gbk"), "gb18030"),
    ],
    ids=["gb18030", "utf-16", "utf-16-be", "utf-8-sig", "gbk"],
)
def test_texts_in_every_encoding_read_the_same(data: bytes, encoding: str, read: Read) -> None:
    found = read("通知.txt", data)

    assert (found.text, found.encoding, found.notes) == (NOTICE, encoding, ())


def test_big5_is_read_by_the_menu(read: Read) -> None:
    text = "關於調整作息時間的通知：自五月一日起，上班時間為八點半。"

    found = read("通知.txt", text.encode("big5"), encoding="big5hkscs")

    assert (found.text, found.notes) == (text, ())


def test_a_table_in_csv_stays_as_it_is_and_its_formulas_are_text(read: Read) -> None:
    text = '城市,金额\n北京,12.5\n"=HYPERLINK(""http://x"",""点击"")",=cmd|\'/c calc\'!A1\n'

    found = read("销售.csv", text.encode("gb18030"))

    assert (found.text, found.kind) == (text.strip(), "csv")


# --- PDF -------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["Noto Sans SC", "Droid Sans Fallback"])
def test_pdfs_with_embedded_chinese_fonts(family: str, tmp_path: Path, app: QApplication) -> None:
    """Through the real process: pdfium is in no other one."""
    file = tmp_path / "办法.pdf"
    text = f"第一章 总则\n{PARAGRAPH}\n第二章 职责\nThe quick brown fox 龙马精神 2026 年\n"
    files.qt_pdf(file, text + "内容很长，需要换页。\n" * 40, family=family)

    found = read_document(file)

    assert found is not None
    assert found.kind == "pdf"
    pages = _parts(found)
    assert [page[:2] for page in pages] == [(Unit.PAGE, 1), (Unit.PAGE, 2)]
    assert pages[0][3].startswith(text)
    assert found.text.count("内容很长，需要换页。") == 40


def test_a_pdf_whose_font_is_not_embedded(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(files.pdf(["关于安全生产的通知\n第一条", "", "第三页 page three"]))
    heard: list[tuple[int, int]] = []

    found = read_document(file, progress=lambda done, of: heard.append((done, of)))

    assert found is not None
    assert _parts(found) == [
        (Unit.PAGE, 1, "", "关于安全生产的通知\n第一条"),
        (Unit.PAGE, 2, "", ""),
        (Unit.PAGE, 3, "", "第三页 page three"),
    ]
    assert [str(note) for note in found.notes] == [
        "Of its 3 pages, 1 hold no text: they are pictures or empty."
    ]
    assert heard == [(0, 3)]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (f"{PARAGRAPH[:30]}\r\n{PARAGRAPH[30:]}\r\n第二章", f"{PARAGRAPH}\n第二章"),
        ("第一章 总则\n短行\n另一行", "第一章 总则\n短行\n另一行"),
        ("这一行很长很长很长很长很长很长。\n下一段", "这一行很长很长很长很长很长很长。\n下一段"),
        ("an exam\x02\r\nple", "an example"),
        ("⼀个⼈在⻋上", "一个人在车上"),  # radicals that look like the hanzi
        ("", ""),
    ],
)
def test_lines_of_a_page(page: str, text: str) -> None:
    assert with_whole_lines(page) == text


# --- Office ----------------------------------------------------------------------------------


def test_word_with_headings_numbers_tables_and_notes(read: Read) -> None:
    p = files.word_paragraph
    body = (
        p("采购合同", "1")
        + p("付款期限为三十天。", number=(7, 0))
        + p("逾期每日", number=(7, 1))
        + p("另计利息", number=(7, 1))
        + p("交付", number=(7, 0))
        + p("细则", number=(7, 1))
        + p("清单", "a5")
        + files.word_table([["品名", "数量 "], ["水泵", "12"], ["", ""]])
        + p("要点", number=(8, 0))
        + "<w:p><w:del><w:r><w:delText>删去</w:delText></w:r></w:del><w:ins><w:r><w:t>补上</w:t>"
        '</w:r></w:ins><w:r><w:footnoteReference w:id="1"/></w:r></w:p>'
        "<w:p><w:r><w:t>外</w:t><w:pict><w:txbxContent>" + p("框内") + "</w:txbxContent></w:pict>"
        "<w:t>面</w:t><w:drawing/></w:r></w:p>"
    )
    others = {
        "word/footnotes.xml": files.word_notes({1: "见附件一"}),
        "word/comments.xml": "<x/>",
        "word/header1.xml": "<x/>",
    }

    found = read("合同.docx", files.docx(body, others))

    assert found.text == (
        "采购合同\n第一条 付款期限为三十天。\n一-1) 逾期每日\n一-2) 另计利息\n第二条 交付\n"
        "二-1) 细则\n\n清单\n\n品名 | 数量\n水泵 | 12\n\n• 要点\n补上[1]\n外面\n框内\n[1] 见附件一"
    )
    assert [(mark.number, mark.name) for mark in found.marks] == [(1, "采购合同"), (2, "清单")]
    assert [str(note) for note in found.notes] == [
        "What stands at the head and foot of every page is not read.",
        "Comments in it are not read.",
        "Pictures, charts and diagrams in it are not read: 1.",
    ]


@pytest.mark.parametrize(
    ("number", "form", "shown"),
    [
        (10, "chineseCounting", "十"),
        (11, "chineseCountingThousand", "十一"),
        (20, "chineseCounting", "二十"),
        (101, "chineseCounting", "一百零一"),
        (110, "chineseCounting", "一百一十"),
        (1010, "chineseCounting", "一千零一十"),
        (4, "upperRoman", "IV"),
        (28, "lowerLetter", "bb"),
        (3, "decimalEnclosedCircle", "③"),
        (2, "ideographTraditional", "乙"),
        (7, "decimalZero", "07"),
        (7, "unheardOf", "7"),
        (123456, "chineseCounting", "123456"),
    ],
)
def test_numbers_as_word_writes_them(number: int, form: str, shown: str) -> None:
    assert in_form(number, form) == shown


def test_a_table_in_a_table_stays_in_its_cell(read: Read) -> None:
    inner = f"<w:tbl><w:tr><w:tc>{files.word_paragraph('内')}</w:tc></w:tr></w:tbl>"
    body = f"<w:tbl><w:tr><w:tc>{files.word_paragraph('外')}{inner}</w:tc></w:tr></w:tbl>"

    assert read("a.docx", files.docx(body)).text == "外 内"


def test_sheets_with_dates_numbers_and_formulas(read: Read) -> None:
    data = files.xlsx(
        {
            "销售": [
                ["城市", "日期", "金额"],
                ["北京", datetime.date(2026, 5, 1), 12.5],
                ["上海", datetime.datetime(2026, 5, 1, 8, 30), 3],
                [None, True, 0.1 + 0.2],
                [None, None, "=SUM(C2:C3)"],
            ],
            "空": [],
            "备注": [["多行\n文字"]],
        }
    )

    found = read("销售.xlsx", data)

    sales = (
        "销售\n城市 | 日期 | 金额\n北京 | 2026-05-01 | 12.5\n上海 | 2026-05-01 08:30:00 | 3\n"
        " | TRUE | 0.3\n |  | =SUM(C2:C3)"
    )
    assert _parts(found) == [
        (Unit.SHEET, 1, "销售", sales),
        (Unit.SHEET, 2, "空", "空"),
        (Unit.SHEET, 3, "备注", "备注\n多行 文字"),
    ]
    assert [str(note) for note in found.notes] == [
        "Formulas that have no saved result stand as formulas: 1."
    ]


def test_a_formula_with_a_result_is_what_a_person_sees(read: Read) -> None:
    import re
    import zipfile

    data = files.xlsx({"表": [[2], ["=A1*2"]]})
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = re.sub(rb"(<f>[^<]*</f>)<v ?/?>(?:</v>)?", rb"\1<v>4</v>", archive.read(name))
    assert b"<v>4</v>" in sheet

    found = read("a.xlsx", files.with_entry(data, name, sheet))

    assert (found.text, found.notes) == ("表\n2\n4", ())


def test_slides_in_their_order_with_tables_and_notes(read: Read) -> None:
    first = files.shape("年度总结", "title") + files.shape("收入增长\n成本下降")
    second = files.slide_table([["季度", "收入"], ["一", "100"]]) + files.shape("3", "sldNum")

    found = read("总结.pptx", files.pptx([first, second + "<p:pic/>"], {0: "讲三分钟"}))

    assert _parts(found) == [
        (Unit.SLIDE, 1, "年度总结", "年度总结\n收入增长\n成本下降\n\n讲三分钟"),
        (Unit.SLIDE, 2, "", "季度 | 收入\n一 | 100"),
    ]
    assert [str(note) for note in found.notes] == [
        "Pictures, charts and diagrams in it are not read: 1."
    ]


# --- pages and books -------------------------------------------------------------------------


def test_a_page_of_html_without_its_scripts(read: Read) -> None:
    page = (
        "<!DOCTYPE html><html><head><meta charset='gb2312'><title>网页</title>"
        "<script>alert('恶')</script><style>p{}</style></head><body><h1>标题 &amp; 更多</h1>"
        "<p>一段\n文字，<b>加粗</b>的<br>换行</p><img src='file:///etc/passwd' onerror='x()'>"
        "<ul><li>甲<li>乙</ul><ol><li>子<li>丑</ol>"
        "<table><tr><th>季度<th>收入</tr><tr><td></td><td><p>100</p></td></tr></table>"
        "<pre>a\n  b</pre><iframe src='http://x'></iframe><h2>末</h2>完</body></html>"
    )

    found = read("a.html", page.encode("gb2312"))

    assert found.text == (
        "网页\n\n标题 & 更多\n\n一段文字，加粗的\n换行\n\n- 甲\n- 乙\n\n1. 子\n2. 丑\n\n"
        "季度 | 收入\n | 100\n\na\n  b\n\n末\n\n完"
    )
    assert [(mark.unit, mark.name) for mark in found.marks] == [
        (Unit.HEADING, "标题 & 更多"),
        (Unit.HEADING, "末"),
    ]
    assert found.encoding == "gb18030"


def test_chapters_of_a_book_in_their_order(read: Read) -> None:
    data = files.epub(["<h1>第一章</h1><p>甲。</p>", "<p>乙。</p>"])

    found = read("书.epub", data)

    assert _parts(found) == [
        (Unit.CHAPTER, 1, "第一章", "第一章\n\n甲。"),
        (Unit.CHAPTER, 2, "书", "乙。"),
    ]


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", files.pdf(["甲乙"]), "pdf"),
        ("a", files.docx(files.word_paragraph("甲")), "docx"),
        ("a.docx", files.pptx([files.shape("甲")]), "pptx"),
        ("a.xls", "<html><body>甲".encode(), "html"),
        ("Makefile", "甲".encode(), "text"),
        ("a.py", "甲 = 1".encode(), "code"),
        ("a.CSV", "甲,乙".encode(), "csv"),
    ],
)
def test_what_a_file_is_is_seen_in_its_bytes(name: str, data: bytes, kind: str, read: Read) -> None:
    found = read(name, data)

    assert found.kind == kind
    assert "甲" in found.text
