"""What a person says in a chat of the terminal: messages of one or more lines, and commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

#: Gives the next line for a prompt, without its end; None at the end of input.
ReadLine = Callable[[str], str | None]

#: A line of nothing else begins a message of several lines, and ends it.
_QUOTES = '"""'
_MARK = "\ufeff"  # before the first line of a file that some editors saved
_WIDE_SLASH = "\uff0f"  # what a Chinese input method writes for a slash


@dataclass(frozen=True, slots=True)
class Said:
    """A message for the model."""

    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command for the chat; nobody has looked yet whether there is one of this name."""

    name: str  #: without the slash, in lower case
    text: str  #: what stands behind it, without spaces around it
    line: str  #: all of it, as it was written


def said(read_line: ReadLine, commands: frozenset[str]) -> Iterator[Said | Command]:
    """What a person says, one thing at a time, until the end of input.

    What begins with a slash is a command; with two, it is a message that begins with one. Between
    quotes nothing is a command. `commands` are the names that count behind a wide slash too.
    """
    mark = _MARK
    while (line := read_line("> ")) is not None:
        line, mark = line.removeprefix(mark), ""
        if line.strip() == _QUOTES:
            text = "\n".join(_until_quotes(read_line))
            if text.strip():
                yield Said(text)
            continue
        text = _with_continuations(line, read_line)
        if text.strip():
            yield parsed(text, commands)


def parsed(text: str, commands: frozenset[str]) -> Said | Command:
    """A message, or the command that it is."""
    if text.startswith("//"):
        return Said(text[1:])
    name, *rest = text[1:].split(maxsplit=1) or [""]
    if text[1:2].isspace():
        name, rest = "", [text[1:]]
    command = Command(name.lower(), "".join(rest).strip(), text)
    if text.startswith("/") or (text.startswith(_WIDE_SLASH) and command.name in commands):
        return command
    return Said(text)


def _until_quotes(read_line: ReadLine) -> Iterator[str]:
    while (line := read_line("… ")) is not None and line.strip() != _QUOTES:
        yield line


def _with_continuations(text: str, read_line: ReadLine) -> str:
    while text.endswith("\\"):
        more = read_line("… ")
        if more is None:
            return text[:-1]
        text = f"{text[:-1]}\n{more}"
    return text
