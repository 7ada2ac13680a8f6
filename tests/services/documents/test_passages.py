"""A document in passages, and the ones that a question is about."""

from __future__ import annotations

import random
import re
import textwrap
from dataclasses import replace
from itertools import pairwise

import pytest

from baichuan_desktop.services.documents.passages.asking import terms_of
from baichuan_desktop.services.documents.passages.choosing import MOST_PASSAGES, chosen, ranked
from baichuan_desktop.services.documents.passages.dividing import divided, parts_of, width
from baichuan_desktop.services.documents.reading import read_document, read_text
from baichuan_desktop.services.documents.values import Document, Mark, Passage, Unit
from tests.helpers.document_files import pdf
from tests.helpers.handbook import QUESTIONS, handbook, page_of


def _document(text: str, marks: tuple[Mark, ...] = ()) -> Document:
    return Document(1, 1, "a", "text", 1, "", text, marks)


def _texts(document: Document) -> list[str]:
    return [document.text[one.start : one.end] for one in divided(document)]


def _letters(text: str) -> str:
    return re.sub(r"\s+", "", text)


# --- divided ---------------------------------------------------------------------------------


def test_every_letter_of_any_text_is_in_one_passage_and_none_is_long() -> None:
    chance = random.Random(5)
    pieces = ["甲乙丙", "。", "\n", "\n\n", " ", "word ", "，", "很" * 700, "x" * 1300, "😀", "\t"]
    for _ in range(40):
        text = "".join(chance.choice(pieces) for _ in range(chance.randrange(1, 300))).strip()
        marks = tuple(
            Mark(place, chance.choice([Unit.PAGE, Unit.HEADING]), number + 1)
            for number, place in enumerate(sorted(chance.sample(range(len(text) + 1), k=1)))
        )
        document = _document(text, marks)

        passages = divided(document)

        assert _letters("".join(_texts(document))) == _letters(text)
        assert all(one.end <= other.start for one, other in pairwise(passages))
        assert all(width(part) <= 5 * 600 for part in _texts(document))
        assert all(part == part.strip() != "" for part in _texts(document))
        assert divided(document) == passages


def test_passages_end_where_paragraphs_or_sentences_do() -> None:
    paragraph = "这是一个句子。" * 40
    document = _document("\n\n".join([paragraph] * 5) + "\n\n" + "没有段落的长文。" * 300)

    texts = _texts(document)

    assert texts[0] == paragraph
    assert all(one.endswith("。") for one in texts)


def test_no_passage_lies_on_two_pages_and_small_sections_stay_together() -> None:
    pages = read_text("甲。\n\n乙。", "a").text
    by_page = _document(pages, (Mark(0, Unit.PAGE, 1), Mark(4, Unit.PAGE, 2)))
    by_heading = _document(pages, (Mark(0, Unit.HEADING, 1), Mark(4, Unit.HEADING, 2)))

    assert _texts(by_page) == ["甲。", "乙。"]
    assert _texts(by_heading) == ["甲。\n\n乙。"]


def test_a_new_section_begins_a_new_passage() -> None:
    section = "内容。" * 100
    text = f"{section}\n\n{section}"
    document = _document(text, (Mark(0, Unit.HEADING, 1), Mark(302, Unit.HEADING, 2)))

    assert _texts(document) == [section, section]


def test_nothing_has_no_passages() -> None:
    assert list(divided(_document(""))) == []
    assert chosen(_document(""), "甲", most_tokens=100, count=lambda _passage: 1) == ()


def test_where_a_passage_stands_is_a_page_or_a_line() -> None:
    paged = _document("甲\n\n乙丙", (Mark(0, Unit.PAGE, 1), Mark(3, Unit.PAGE, 2, "表")))
    lines = _document("一\n二\n三\n四")

    assert [one.number for one in parts_of(paged, Passage(3, 5))] == [2, 2]
    assert parts_of(paged, Passage(0, 5)) == paged.marks
    assert [(one.unit, one.number) for one in parts_of(lines, Passage(2, 5))] == [
        (Unit.LINE, 2),
        (Unit.LINE, 3),
    ]


# --- asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("百川模型是什么？", ("百川", "川模", "模型")),
        ("How are the batteries stored in Room 7?", ("batter", "stor", "room", "7")),
        ("GPU显存多大", ("gpu", "显存", "存多", "多大")),
        ("什么是什么", ("什么", "么是", "是什")),
        ("", ()),
    ],
)
def test_what_a_question_looks_for(question: str, terms: tuple[str, ...]) -> None:
    assert terms_of(question) == terms


# --- chosen ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The handbook as it is read from a PDF, whose lines are broken at the width of its pages."""
    document = handbook()
    pages = []
    for mark, after in pairwise([*document.marks, Mark(len(document.text), Unit.PAGE, 141)]):
        page = document.text[mark.start : after.start].strip()
        lines = textwrap.wrap(page, 84 if page.isascii() else 42)
        pages.append("\n".join(lines))
    file = tmp_path_factory.mktemp("printed") / "手册.pdf"
    file.write_bytes(pdf(pages))
    found = read_document(file)
    assert found is not None
    return found.document(1, 1)


@pytest.mark.parametrize("is_printed", [False, True])
def test_for_forty_questions_the_right_one_of_140_passages_is_among_six_in_at_least_36(
    is_printed: bool, printed: Document
) -> None:
    document = printed if is_printed else handbook()
    passages = divided(document)
    assert len(passages) == document.count(Unit.PAGE) == 140
    assert len({question for question, *_ in QUESTIONS}) == 40

    wrong = []
    for question, machine, chapter in QUESTIONS:
        given = chosen(document, question, most_tokens=6, count=lambda _: 1, passages=passages)
        assert 0 < len(given) <= 6
        pages = [parts_of(document, one)[0].number for one in given]
        assert pages == sorted(pages)
        if page_of(machine, chapter) not in pages:
            wrong.append(question)

    assert len(wrong) <= 4, wrong


def test_a_passage_without_room_leaves_it_to_the_next_one() -> None:
    document = _document(
        "水泵" * 9 + "甲\n\n水泵乙", (Mark(0, Unit.PAGE, 1), Mark(21, Unit.PAGE, 2))
    )
    first, second = divided(document)

    def count(passage: Passage) -> int:
        return 100 if passage == first else 5

    assert ranked(document, "水泵")[0] == first
    assert chosen(document, "水泵", most_tokens=10, count=count) == (second,)
    assert chosen(document, "水泵", most_tokens=105, count=count) == (first, second)
    assert chosen(document, "水泵", most_tokens=4, count=count) == ()


def test_a_question_about_nothing_in_it_gets_its_beginning() -> None:
    text = "\n\n".join(f"第{number}段" + "内容。" * 150 for number in range(20))
    document = _document(text)

    given = chosen(document, "Summarise this, please", most_tokens=99, count=lambda _passage: 1)

    assert given == tuple(divided(document)[:MOST_PASSAGES])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_of_a_table_have_its_head_with_them(kind: str) -> None:
    sheets = []
    for name, machine in (("一月", "水泵"), ("二月", "风机")):
        head = [name, "日期 | 机器 | 数量"] if kind == "xlsx" else ["日期 | 机器 | 数量"]
        sheets.append(
            "\n".join([*head, *(f"{n} 日 | {machine} {n} | {n * 7}" for n in range(200))])
        )
    text = "\n\n".join(sheets)
    marks = (Mark(0, Unit.SHEET, 1, "一月"), Mark(len(sheets[0]) + 2, Unit.SHEET, 2, "二月"))
    document = replace(_document(text, marks if kind == "xlsx" else ()), kind=kind)

    given = chosen(document, "风机 150", most_tokens=999, count=lambda _passage: 1)

    texts = [document.text[one.start : one.end] for one in given]
    assert any("风机 150 " in one for one in texts)
    assert ("二月\n日期 | 机器 | 数量" if kind == "xlsx" else "日期 | 机器 | 数量") in texts
    assert len(set(given)) == len(given)
    tight = chosen(document, "风机 150", most_tokens=1, count=lambda _passage: 1)
    assert all("150" not in document.text[one.start : one.end] for one in tight)  # not without it


def test_a_small_table_is_one_passage() -> None:
    document = replace(_document("a,b\n1,2\n3,4"), kind="csv")

    assert _texts(document) == ["a,b\n1,2\n3,4"]


def test_what_a_part_is_called_counts_for_all_of_it() -> None:
    section = "步骤一。步骤二。" * 80
    text = "\n\n".join([section] * 3)
    marks = tuple(
        Mark(number * (len(section) + 2), Unit.CHAPTER, number + 1, name)
        for number, name in enumerate(["锅炉的清洗", "水泵的清洗", "风机的清洗"])
    )
    document = _document(text, marks)

    best = ranked(document, "怎样清洗水泵？")

    assert {parts_of(document, one)[0].name for one in best[:2]} == {"水泵的清洗"}


def test_the_order_of_work_is_that_of_the_text() -> None:
    """A book of three million characters is asked in one pass for each term."""
    document = _document("百川智能发布模型。" * 300_000 + "唯一的答案在这里")

    assert document.text[ranked(document, "唯一的答案")[0].start :].endswith("唯一的答案在这里")


def test_another_word_for_the_same_is_found_by_the_hanzi_it_shares() -> None:
    others = ("各部门负责人应做好管理工作。" * 30 + "\n\n") * 9
    document = _document(f"{others}访客须佩戴黄色胸牌，离开时归还。{others}")

    best = ranked(document, "客人来的时候戴什么颜色的牌子？")[0]

    assert "黄色胸牌" in document.text[best.start : best.end]
