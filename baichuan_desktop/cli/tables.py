"""How the commands print what they found: for people as tables, for programs as JSON."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

from backends.printable import escaped_json, one_line


def print_json(value: object) -> None:
    """JSON for another program, and readable."""
    text = escaped_json(json.dumps(value, ensure_ascii=False, indent=2))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # as in the locale C
        text = escaped_json(json.dumps(value, indent=2))
    print(text)


def print_table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Rows below the names of their columns."""
    cells = [[column.replace("_", " ") for column in columns]]
    cells += [[one_line(str(row[column])) for column in columns] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = [
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        print("  ".join(padded).rstrip())


def print_facts(facts: dict[str, Any], indent: str = "") -> None:
    """A line a fact; what is unknown is left out."""
    for name, value in facts.items():
        if isinstance(value, dict) and value:
            print(f"{indent}{name}:")
            print_facts(value, indent + "  ")
        elif value not in (None, {}):
            print(f"{indent}{name}: {one_line(str(value))}")


def _width(text: str) -> int:
    """Columns of a terminal; a hanzi takes two, an accent or a joiner none."""
    return sum(
        0
        if unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )
