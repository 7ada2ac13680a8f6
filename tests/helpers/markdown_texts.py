"""Markdown made by chance, of every kind of block and mark, nested; always the same for a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

_WORDS = (
    "重点", "内容。", "“引号”", "（注）", "word", "a_b_c", "100%", "$5", "后面，", "x < y", "&amp;",
    "\\*", "`code`", "``a ` b``", "<b>", "[链接](https://example.org/a_b)", "[ref]", "[late][ref]",
    "![图](file:///x)", "**粗。**", "*斜*", "***both***", "~~删（注）。~~", "_em_", "__strong__",
    "$x^2$", "\\(a+b\\)", "\\[c\\]", "$$d$$", "http://bare.example", "<https://auto.example>",
    "[c](\\\\srv\\x)", "😀", "é", "1.", "-", "#", ">", "|", "**未完", "`", "[", "$", "\\", "\t",
    "  ", "&#x202e;", "\u202e", "[x] ", "[ ] ",
)  # fmt: skip


def text(chance: random.Random, blocks: int = 6) -> str:
    """A document of some blocks."""
    return "\n\n".join(_block(chance, 0) for _ in range(chance.randint(1, blocks))) + "\n"


def prefixes(count: int, seed: int) -> Iterator[str]:
    """Beginnings of documents, cut anywhere."""
    chance = random.Random(seed)
    for _ in range(count):
        whole = text(chance)
        yield whole[: chance.randint(1, len(whole))]


def pieces(whole: str, chance: random.Random) -> Iterator[str]:
    """A text as it may arrive: in pieces of a few characters."""
    position = 0
    while position < len(whole):
        size = chance.choice((1, 2, 3, 7, 20, 60))
        yield whole[position : position + size]
        position += size


def _line(chance: random.Random) -> str:
    return chance.choice(("", " ")).join(chance.choice(_WORDS) for _ in range(chance.randint(1, 7)))


def _paragraph(chance: random.Random) -> str:
    return "\n".join(_line(chance) for _ in range(chance.randint(1, 3)))


def _indented(inner: str, first: str, others: str) -> str:
    return "\n".join(
        (first if number == 0 else others if line else "") + line
        for number, line in enumerate(inner.split("\n"))
    )


def _list(chance: random.Random, depth: int) -> str:
    start = chance.randint(0, 12)
    ordered = chance.random() < 0.5
    items = []
    for number in range(chance.randint(1, 4)):
        mark = f"{start + number}. " if ordered else chance.choice(("- ", "- ", "* "))
        inner = _block(chance, depth + 1) if chance.random() < 0.5 else _line(chance)
        task = chance.choice(("", "", "[ ] ", "[x] "))
        items.append(_indented(task + inner, mark, " " * len(mark)))
    return chance.choice(("\n", "\n\n")).join(items)


def _table(chance: random.Random) -> str:
    columns = chance.randint(1, 4)
    rows = [[chance.choice(_WORDS) for _ in range(columns)] for _ in range(chance.randint(1, 5))]
    marks = [chance.choice(("---", ":--", "--:", ":-:")) for _ in range(columns)]
    rows.insert(1, marks)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _code(chance: random.Random) -> str:
    fence = chance.choice(("```", "~~~", "````"))
    lines = "\n".join(_line(chance) for _ in range(chance.randint(0, 60)))
    end = chance.choice((f"\n{fence}", f"\n{fence}", ""))
    return f"{fence}{chance.choice(('', 'python', 'c++ x', '<b>'))}\n{lines}{end}"


def _block(chance: random.Random, depth: int) -> str:
    kinds = ["paragraph"] * 4 + ["heading", "code", "table", "list", "quote", "rule", "formula"]
    kinds += ["indented", "definition", "setext"]
    kind = chance.choice(kinds)
    if depth > 2 and kind in ("list", "quote"):
        kind = "paragraph"
    match kind:
        case "heading":
            return "#" * chance.randint(1, 7) + " " + _line(chance)
        case "setext":
            return _line(chance) + "\n" + chance.choice(("===", "---"))
        case "code":
            return _code(chance)
        case "table":
            return _table(chance)
        case "list":
            return _list(chance, depth)
        case "quote":
            return _indented(_block(chance, depth + 1), "> ", chance.choice(("> ", "")))
        case "rule":
            return chance.choice(("---", "***", "_ _ _"))
        case "formula":
            return chance.choice(("$$\nx^2\n$$", "$$y$$", "\\[\n\\frac{a}{b}\n\\].", "$$\nopen"))
        case "indented":
            return _indented(_line(chance), "    ", "    ")
        case "definition":
            return f"[ref]: https://example.org/{chance.randint(1, 3)}"
    return _paragraph(chance)
