"""How the commands print what they found: for people as tables, for programs as JSON."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from backends.printable import escaped_json, one_line
from baichuan_desktop.cli.wrapping import terminal_columns, width, wrapped

#: What `print_facts` leaves out.
_UNKNOWN: tuple[object, ...] = (None, [], (), {})


def typed(words: Sequence[str]) -> str:
    """A command line as it is typed into a shell; where drives have letters, quotes are double."""
    is_lettered = bool(Path.cwd().drive) or any(Path(word).drive for word in words)
    return subprocess.list2cmdline(words) if is_lettered else shlex.join(words)


def print_json(value: object) -> None:
    """JSON for another program, and readable."""
    text = escaped_json(json.dumps(value, ensure_ascii=False, indent=2))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # as in the locale C
        text = escaped_json(json.dumps(value, indent=2))
    print(text)


def print_table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Rows below the names of their columns; one below the other where a terminal is too narrow."""
    cells = [[column.replace("_", " ") for column in columns]]
    cells += [[figure(row[column]) for column in columns] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    if sys.stdout.isatty() and sum(widths) + 2 * (len(widths) - 1) > terminal_columns():
        for number, row in enumerate(rows):
            print("\n" if number else "", end="")
            print_facts({column.replace("_", " "): row[column] for column in columns})
        return
    for line in cells:
        padded = [
            cell + " " * (most - width(cell)) for cell, most in zip(line, widths, strict=True)
        ]
        print("  ".join(padded).rstrip())


def print_facts(facts: dict[str, Any], indent: str = "") -> None:
    """A line a fact; what is unknown is left out."""
    for name, value in facts.items():
        if isinstance(value, dict) and any(one not in _UNKNOWN for one in value.values()):
            print(f"{indent}{name}:")
            print_facts(value, indent + "  ")
        elif not isinstance(value, dict) and value not in _UNKNOWN:
            say(f"{indent}{name}: {figure(value)}")


def figure(value: object) -> str:
    """A value on one line, in words; the digits of a large number in groups of three."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(figure, value))
    return f"{value:,}" if isinstance(value, int) else one_line(str(value))


def say(text: str, stream: TextIO | None = None) -> None:
    """Print lines for a person; on a terminal they are broken at words."""
    stream = sys.stdout if stream is None else stream
    if stream is None:  # it was closed before we began
        return
    print(wrapped(text, terminal_columns()) if stream.isatty() else text, file=stream)
