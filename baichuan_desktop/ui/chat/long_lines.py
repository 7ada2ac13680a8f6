"""Breaks lines that Qt's text layout would take minutes for."""

from __future__ import annotations

#: A line longer than this is broken when it is pasted, into lines of `BROKEN_LENGTH`. Measured:
#: 1 MB without a line break blocked the window for 43 s, and each key after it for 21 s.
LONGEST_LINE = 10_000
BROKEN_LENGTH = 2_000


def break_long_lines(text: str) -> tuple[str, int]:
    """The text with its long lines broken, and how many lines that were."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    broken = 0
    parts: list[str] = []
    for line in lines:
        if len(line) <= LONGEST_LINE:
            parts.append(line)
            continue
        broken += 1
        parts += (
            line[start : start + BROKEN_LENGTH] for start in range(0, len(line), BROKEN_LENGTH)
        )
    return "\n".join(parts), broken
