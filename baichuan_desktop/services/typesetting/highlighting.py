"""Which words of a program are keywords, strings or comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pygments.lexer import Lexer

LONGEST = 1_000_000  #: characters of code that are coloured
_ASTRAL = "\uffff"  # characters after it are two units of Qt's text

#: Of Pygments' types, the first that fits; what is not here has the colour of text.
_KINDS = (
    ("Comment", "comment"),
    ("Literal.String", "string"),
    ("Literal.Number", "number"),
    ("Keyword.Type", "function"),
    ("Keyword", "keyword"),
    ("Operator.Word", "keyword"),
    ("Name.Function", "function"),
    ("Name.Class", "function"),
    ("Name.Builtin.Pseudo", "keyword"),
    ("Name.Builtin", "function"),
    ("Name.Decorator", "function"),
    ("Name.Tag", "keyword"),
    ("Name.Attribute", "function"),
    ("Generic.Inserted", "string"),
    ("Generic.Deleted", "number"),
    ("Generic.Heading", "keyword"),
    ("Generic.Subheading", "keyword"),
)

#: Beginning, length in UTF-16 units, and the kind.
Piece = tuple[int, int, str]


def highlighted(language: str, code: str) -> tuple[str, list[list[Piece]]]:
    """The language's full name, and for each line of code its pieces that have a colour.

    An unknown language has no name and no pieces: nothing is guessed.
    """
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return "", []
    if lexer.name == "Text only" or len(code) > LONGEST:
        return "", []
    return lexer.name, list(_lines(lexer, code))


def _lines(lexer: Lexer, code: str) -> Iterator[list[Piece]]:
    pieces: list[Piece] = []
    position = 0
    kinds: dict[Any, str] = {}
    for token, text in lexer.get_tokens(code):
        if token not in kinds:
            kinds[token] = _kind(str(token).removeprefix("Token."))
        for number, part in enumerate(text.split("\n")):
            if number:
                yield pieces
                pieces, position = [], 0
            length = _units(part)
            if kinds[token] and part.strip():
                pieces.append((position, length, kinds[token]))
            position += length
    yield pieces


def _kind(token: str) -> str:
    return next((kind for start, kind in _KINDS if f"{token}.".startswith(f"{start}.")), "")


def _units(text: str) -> int:
    return len(text) + (sum(char > _ASTRAL for char in text) if not text.isascii() else 0)
