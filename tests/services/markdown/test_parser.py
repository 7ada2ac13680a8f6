"""What is Markdown and what stays text."""

from __future__ import annotations

import pytest

from baichuan_desktop.services.markdown.flow import Block, Code, Formula, Item, Paragraph, Span
from baichuan_desktop.services.markdown.growing import markdown_blocks
from baichuan_desktop.services.markdown.plain_form import plain_text


def _spans(text: str) -> tuple[Span, ...]:
    (block,) = markdown_blocks(text)
    assert isinstance(block, Paragraph)
    return block.spans


def _bold(text: str) -> list[str]:
    return [span.text for span in _spans(text) if span.is_bold]


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("**重点。**后面", ["重点。"]),
        ("含**「重点」**内容", ["「重点」"]),
        ("**真，**她", ["真，"]),
        ("**真的吗？**他问", ["真的吗？"]),
        ("他说**“你好”**然后走了", ["“你好”"]),
        ("**“引号”**后面", ["“引号”"]),
        ("使用**《红楼梦》**一书", ["《红楼梦》"]),
        ("**（注）**：见下", ["（注）"]),
        ("GPU**「显存」**够用", ["「显存」"]),
        ("共**100%**的人", ["100%"]),
        ("价格是**$5**。", ["$5"]),
        ("第一，**A（甲）**和**B（乙）**都对", ["A（甲）", "B（乙）"]),
        ("这是**重要**的", ["重要"]),
        ("**日本語。**テスト", ["日本語。"]),
        ("**마크다운(Markdown)**은", ["마크다운(Markdown)"]),
        ("前**重点……**后", ["重点……"]),
        ("前**—重点—**后", ["—重点—"]),
        ("**ｆｕｌｌ！**后", ["ｆｕｌｌ！"]),
        ("**重点：**`code`", ["重点："]),
        ("__重点。__后面", ["重点。"]),
        ("前面__「重点」__", ["「重点」"]),
        ("**𠮷。**后", ["𠮷。"]),
        # As ever:
        ("a **b** c", ["b"]),
        ("**a.**b", []),
        ("2 ** 3 ** 4", []),
        ("** 不是 **", []),
    ],
)
def test_emphasis_beside_hanzi_is_bold(text: str, bold: list[str]) -> None:
    assert _bold(text) == bold
    if bold:
        assert "*" not in plain_text(text)


@pytest.mark.parametrize(
    "text", ["文件_名称_后", "snake_case_name", "__init__方法", "变量foo_bar_baz的值"]
)
def test_an_underscore_inside_a_name_marks_nothing(text: str) -> None:
    assert _spans(text) == (Span(text),)


@pytest.mark.parametrize(
    ("text", "struck"),
    [("~~删除（注）。~~后", "删除（注）。"), ("前~~「删」~~后", "「删」"), ("~~旧，~~新", "旧，")],
)
def test_struck_text_beside_hanzi_is_struck(text: str, struck: str) -> None:
    assert [span.text for span in _spans(text) if span.is_struck] == [struck]


def test_italic_beside_hanzi_is_italic() -> None:
    assert [span.text for span in _spans("*强调。*后面*「又」*") if span.is_italic] == [
        "强调。",
        "「又」",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<b>bold</b>",
        "<script>alert(1)</script>",
        '<img src="file:///etc/passwd">',
        "![图](file:///etc/passwd)",
        "![x](https://example.org/x.png)",
        "[c](javascript:alert(1))",
        "[c](file:///etc/passwd)",
        "[c](data:text/html,x)",
        "[c](docs/page.md)",
        "[c](//host/share)",
        "[c](vbscript:x)",
        "[c](ms-settings:x)",
        "<javascript:alert(1)>",
        "<file:///etc/passwd>",
        "[c](http:///etc/passwd)",
        "[c](mailto:)",
        "https://bare.example/page",
    ],
)
def test_what_may_not_be_is_shown_as_it_is_written(text: str) -> None:
    assert _spans(text) == (Span(text),)


@pytest.mark.parametrize("text", [r"[c](\\srv\x)", r"[c](<\\srv\x>)", r"[c](\\\\srv\\x)"])
def test_a_share_of_windows_is_no_link(text: str) -> None:
    spans = _spans(text)

    assert all(not span.link for span in spans)
    assert "srv" in plain_text(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("[c](https://example.org/a?b=c#d)", "https://example.org/a?b=c#d"),
        ("[c](HTTP://EXAMPLE.ORG)", "HTTP://EXAMPLE.ORG"),
        ("<https://example.org>", "https://example.org"),
        ("[m](mailto:a@example.org)", "mailto:a@example.org"),
        ("<a@example.org>", "mailto:a@example.org"),
        ("[r]\n\n[r]: https://example.org", "https://example.org"),
    ],
)
def test_pages_and_mail_are_links(text: str, address: str) -> None:
    assert [span.link.lower() for span in _spans(text)] == [address.lower()]


def test_a_definition_of_an_address_that_may_not_be_is_text() -> None:
    blocks = markdown_blocks("[r]\n\n[r]: file:///etc/passwd")

    assert blocks == [
        Paragraph((Span("[r]"),)),
        Paragraph((Span("[r]: file:///etc/passwd"),)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $6",
        "价格$5，另一个$6。",
        "US$5 and US$6",
        "$HOME/bin:$PATH",
        "$ x $",
        "\\$x\\$",
        "5$ and 6$",
        "cost: $1,000; $2,000",
        "a $ b",
        "`$x$`",
    ],
)
def test_a_sum_of_money_is_no_formula(text: str) -> None:
    assert not any(span.formula for span in _spans(text))


@pytest.mark.parametrize(
    ("text", "source", "kind"),
    [
        ("a $x^2$ b", "x^2", "inline"),
        ("设$x$为", "x", "inline"),
        (r"a \(x_1\) b", "x_1", "inline"),
        (r"a \[x_1\] b", "x_1", "display"),
        ("a $$x$$ b", "x", "display"),
        (r"$a\$b$", r"a\$b", "inline"),
        (r"$\{*a*\}$", r"\{*a*\}", "inline"),
        (r"**粗 $x_1 y_2$**", "x_1 y_2", "inline"),
    ],
)
def test_a_formula_in_a_line_is_found(text: str, source: str, kind: str) -> None:
    (found,) = [span for span in _spans(text) if span.formula]

    assert (found.text, found.formula) == (source, kind)


@pytest.mark.parametrize(
    "text",
    ["$$x^2$$", "$$\nx^2\n$$", "\\[x^2\\]", "\\[\n  x^2\n\\]", "$$x^2\n$$", "\\[ x^2\n\\]"],
)
def test_a_formula_of_its_own_is_a_block(text: str) -> None:
    (block,) = markdown_blocks(text)

    assert isinstance(block, Formula)
    assert block.source == "x^2"


def test_a_formula_stands_in_lists_and_between_lines_of_text() -> None:
    blocks = markdown_blocks("- item\n  $$\n  x\n  $$\n\ntext\n\\[\ny\n\\]\nmore")

    assert [type(block).__name__ for block in blocks] == [
        "Paragraph", "Formula", "Paragraph", "Formula", "Paragraph",
    ]  # fmt: skip


def test_a_formula_that_is_never_closed_is_text() -> None:
    assert plain_text("$$\nx^2\n\nmore") == "$$\nx^2\n\nmore"


def test_a_poems_lines_stay_lines() -> None:
    assert plain_text("床前明月光，\n疑是地上霜。") == "床前明月光，\n疑是地上霜。"


def test_tasks_are_told_by_their_box() -> None:
    blocks = markdown_blocks("- [x] done\n- [ ] open\n- [y] text\n- plain [x] text")
    checked = [block.place.within[0] for block in blocks]

    assert [item.is_checked for item in checked if isinstance(item, Item)] == [
        True, False, None, None,
    ]  # fmt: skip
    assert plain_text("- [x] done") == "- [x] done"


def test_an_ordered_list_begins_where_it_is_written_to() -> None:
    assert plain_text("7. a\n8. b") == "7. a\n8. b"


def test_code_has_its_lines_and_its_language() -> None:
    blocks = markdown_blocks("```c++ title\n\n  x\n\n```\n\n    indented\n\n      more")

    assert blocks == [
        Code(("", "  x", ""), "c++"),
        Code(("indented", "", "  more")),
    ]


def _deepest(blocks: list[Block]) -> int:
    return max(len(block.place.within) for block in blocks)


@pytest.mark.parametrize("mark", ["> ", "- ", "1. ", "> - "])
def test_what_is_nested_without_end_is_shown_whole_and_bounded(mark: str) -> None:
    text = mark * 2000 + "the end\n\nafter"
    blocks = markdown_blocks(text)

    assert _deepest(blocks) <= 30
    assert "the end" in plain_text(text)
    assert plain_text(text).endswith("after")


def test_a_staircase_of_lists_loses_no_line() -> None:
    text = "\n".join("  " * depth + f"- item {depth}" for depth in range(60))

    shown = plain_text(text)
    assert all(f"item {depth}" in shown for depth in range(60))


@pytest.mark.parametrize(
    "unit", ["[", "![", "[a](", "*a ", "**a", "_a ", "~~a", "`a``", "<a", "&", "$a", "\\(", "$$a "]
)
def test_marks_by_the_thousand_in_a_paragraph_are_text(unit: str) -> None:
    text = unit * 3000

    assert plain_text(text) == text.strip()


def test_entities_bring_no_controls_in() -> None:
    shown = plain_text("a&#x202e;b &#0; &#x2029; &#xfffc; &amp;")

    assert shown == "a[U+202E]b \ufffd   \ufffd &"
