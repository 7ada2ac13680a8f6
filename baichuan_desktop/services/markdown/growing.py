"""A text that grows, and the blocks it consists of so far.

All before the last top-level block of a text is final, once the first line of that block is whole:
only the rest is read again when text arrives. Of a long block of code or a long table the lines
that are whole are set aside too: its rest is read behind its first lines.

A list, quote or paragraph of more lines than anybody reads is cut into several: what is read again
and again stays short.

A link may be defined after it is used: the last reading, of the whole text, finds that.
"""

from __future__ import annotations

import re
from dataclasses import replace

from baichuan_desktop.services.markdown.flattening import top_blocks
from baichuan_desktop.services.markdown.flow import Block, Code, Paragraph, Span, Table, TopBlock
from baichuan_desktop.services.markdown.harmless_text import LINE_END, harmless
from baichuan_desktop.services.markdown.parser import Environment, Parsed, parse

_LONG = 40  # lines of code or rows of a table, from which on whole ones are set aside
_KEPT = 2  # of them that are read again: the last one may not be whole
_MOST_LINES, _MOST_CHARACTERS = 800, 20_000  # of a block that is not cut
_SLICE_LINES = 300  # that are read in one go; 40 ms
_SLICE_CELLS = 3_000  # bars of tables, the same; 60 ms
_LONGEST_WHOLE = 100_000  # characters; a longer text is not read once more at its end


class GrowingText:
    """What is known of a text that arrives piece by piece."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._final: list[TopBlock] = []
        self._open: list[TopBlock] = []
        self._rest = ""  # as it came; what `_open` was read from
        self._aside: Code | Table | None = None  # the beginning of the rest's first block
        self._environment: Environment = {}
        self._was_cut = False
        self.read_characters = 0  #: read so far, again and again; tests count it

    @property
    def source(self) -> str:
        """All text so far, as it came."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def final_blocks(self) -> int:
        """How many of the top-level blocks do not change any more while text arrives."""
        return len(self._final)

    def top_blocks(self, first: int = 0) -> list[TopBlock]:
        """The top-level blocks so far, from one of the final ones on."""
        return self._final[first:] + self._open

    def append(self, text: str) -> None:
        """Read text that follows."""
        self._parts.append(text)
        while text:
            end = slice_end(text, _MOST_CHARACTERS)
            self._rest += text[:end]
            text = text[end:]
            while self._read():
                pass

    def finish(self) -> None:
        """Read all of it once more: links that are defined late are links now."""
        is_long = len(self.source) > _MOST_CHARACTERS and not self._environment.get("references")
        if self._was_cut or is_long or len(self.source) > _LONGEST_WHOLE:
            return
        parsed = self._parse(harmless(self.source), {})
        self._final, self._open = [], top_blocks(parsed.tokens)
        self._rest, self._aside, self._environment = self.source, None, {}

    # --- inside ---------------------------------------------------------------------------

    def _read(self) -> bool:
        """Read the rest; whether a block was cut, so that there is more to be read."""
        rest = harmless(self._rest)
        parsed = self._parse(rest, self._environment)
        found = self._joined(top_blocks(parsed.tokens))
        is_short = len(self._rest) <= _MOST_CHARACTERS and rest.count("\n") <= _MOST_LINES
        for block in () if is_short else found:
            end = self._end_of_head(block)
            if end:
                self._cut(end)
                return True
        self._settle(rest, parsed, found)
        return False

    def _parse(self, text: str, environment: Environment) -> Parsed:
        self.read_characters += len(text)
        return parse(text, environment)

    def _end_of_head(self, block: TopBlock) -> int:
        """Where in the rest a block is cut that is too long; 0 for all others."""
        if block.blocks and isinstance(block.blocks[0], Code | Table) and len(block.blocks) == 1:
            return 0
        begin = _line_start(self._rest, block.first_line)
        end = _line_start(self._rest, block.end_line)
        if block.end_line - block.first_line > _MOST_LINES:
            end = _line_start(self._rest, block.first_line + _MOST_LINES)
            return min(end, begin + _MOST_CHARACTERS)
        return begin + _MOST_CHARACTERS if end - begin > _MOST_CHARACTERS else 0

    def _cut(self, end: int) -> None:
        """Take what is before the cut as final."""
        head, self._rest = self._rest[:end], self._rest[end:]
        parsed = self._parse(harmless(head), self._environment)
        self._final += self._joined(top_blocks(parsed.tokens))
        self._environment = parsed.environment
        self._open, self._aside, self._was_cut = [], None, True

    def _joined(self, found: list[TopBlock]) -> list[TopBlock]:
        """The blocks found, the first one with its lines that were set aside."""
        if self._aside is None or not found:
            return found
        first, *others = found
        return [replace(first, blocks=(_behind(self._aside, first.blocks[0]),)), *others]

    def _settle(self, rest: str, parsed: Parsed, found: list[TopBlock]) -> None:
        whole_lines = rest.count("\n")
        settled = max(
            (i for i, block in enumerate(found) if block.first_line < whole_lines), default=0
        )
        self._final += found[:settled]
        self._open = found[settled:]
        if not self._open:
            if not rest.strip():  # empty lines before a block say nothing
                self._rest = self._rest[_line_start(self._rest, whole_lines) :]
            return
        line = self._open[0].first_line
        if settled or self._aside is None:
            self._keep_definitions(parsed, line)
            self._rest = self._rest[_line_start(self._rest, line) :]
            if settled:
                self._aside = None
        if len(self._open) == 1:
            self._set_aside(self._open[0])

    def _keep_definitions(self, parsed: Parsed, line: int) -> None:
        found = parsed.environment.get("references", {})
        kept = {
            name: link
            for name, link in found.items()
            if name in self._environment.get("references", {}) or link["map"][1] <= line
        }
        self._environment = {"references": kept}

    def _set_aside(self, top: TopBlock) -> None:
        """Put away the whole lines of a long block, and leave its first lines and its end."""
        block = top.blocks[0] if top.blocks else None
        before = 0 if self._aside is None else _length(self._aside)
        if isinstance(block, Code) and self._rest.lstrip(" ").startswith(("```", "~~~")):
            head, read_again = 1, 0
        elif isinstance(block, Table):
            head, read_again = 2, 1  # the names of the columns are read again with each rest
        else:
            return
        if _length(block) - before < _LONG:
            return
        kept = _length(block) - _KEPT
        read = head + kept - (before or read_again)
        if isinstance(block, Code):
            self._aside = replace(block, lines=block.lines[:kept])
        else:
            self._aside = replace(block, rows=block.rows[:kept])
        begin = _line_start(self._rest, head)
        self._rest = self._rest[:begin] + self._rest[_line_start(self._rest, read) :]


def plain_blocks(text: str) -> list[Block]:
    """A text as it is written, without any Markdown."""
    text = harmless(text)
    return [Paragraph((Span(text),))] if text else []


def markdown_blocks(text: str) -> list[Block]:
    """The blocks of a whole text."""
    return [block for top in markdown_top_blocks(text) for block in top.blocks]


def markdown_top_blocks(text: str) -> list[TopBlock]:
    """The same, each top-level block apart."""
    whole = GrowingText()
    whole.append(text)
    whole.finish()
    return whole.top_blocks()


def slice_end(text: str, most: int) -> int:
    """Where a slice of a text ends that is read in one go: after `most` characters, or sooner.

    That is after so many lines, or after so many cells of a table, each of which is a text to read.
    """
    while (cells := text.count("|", 0, most)) > _SLICE_CELLS:
        most = most * _SLICE_CELLS // cells
    position = 0
    for _ in range(_SLICE_LINES):
        position = text.find("\n", position, most) + 1
        if not position:
            return min(most, len(text))
    return position


def _length(block: Code | Table) -> int:
    return len(block.lines if isinstance(block, Code) else block.rows)


def _behind(aside: Code | Table, block: Block) -> Block:
    """What was set aside, and behind it the lines that were read now."""
    if isinstance(aside, Code):
        assert isinstance(block, Code)
        return replace(block, lines=aside.lines + block.lines)
    assert isinstance(block, Table)
    return replace(block, rows=aside.rows + block.rows[1:])  # its header was read again


def _line_start(text: str, line: int) -> int:
    """Where a line begins, in a text as it came."""
    if line == 0:
        return 0
    for number, match in enumerate(re.finditer(LINE_END, text), 1):
        if number == line:
            return match.end()
    return len(text)
