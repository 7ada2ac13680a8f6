"""Holds an answer to JSON: which tokens may come next, by llguidance over the tokenizer's bytes.

What may come next is decided on bytes, so a token that is a part of a character, or stands for a
whole phrase, is one that is allowed or not as any other. An answer ends when its JSON is complete.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import InvalidRequestError, ServerLibrariesError, TokenizerError
from ..phrases import Phrase
from .terms import Grammar, GrammarKind

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

#: Between the parts of JSON. Without a bound a model may go on with spaces until its last token.
_WHITESPACE = r"[ ]|\r?\n[ \t]{0,40}"
#: Of llguidance, which reads them in a schema: with them an answer may be something else than JSON.
_OPTIONS = "x-guidance"
#: Of a reason, which may name much of a schema.
_MOST_CHARACTERS = 300


class Vocabulary:
    """The tokens of one model, in the form that grammars are matched with; takes a second."""

    def __init__(
        self, octets: Sequence[bytes], encode: Callable[[str], list[int]], eos_id: int
    ) -> None:
        """`octets` are those of each row of the model, empty where it must not be chosen.

        Raises ServerLibrariesError.
        """
        try:
            from llguidance import LLTokenizer, TokenizerWrapper
        except ImportError as error:
            raise ServerLibrariesError("llguidance") from error
        tokens = TokenizerWrapper(_Tokens(octets, encode, eos_id))
        # Without slices, which make some steps faster by milliseconds and this twice as slow.
        self._tokenizer: LLTokenizer = LLTokenizer(tokens, n_vocab=len(octets), slices=[])

    def form(self, grammar: Grammar, eos_ids: Collection[int]) -> JsonForm:
        """What holds one answer to a grammar; `eos_ids` may end it, when it is complete.

        Raises InvalidRequestError for a schema that no answer can be held to.
        """
        return JsonForm(self._tokenizer, _schema(grammar), eos_ids)


class JsonForm:
    """Tells for one answer which tokens may come next. See `sampler.Form`."""

    def __init__(self, tokenizer: LLTokenizer, schema: str, eos_ids: Collection[int]) -> None:
        """Raises InvalidRequestError."""
        from llguidance import LLMatcher, LLParserLimits

        self._rows = tokenizer.vocab_size
        self._eos_ids = np.array(sorted(eos_ids), dtype=np.intp)
        try:
            made = LLMatcher.grammar_from_json_schema(
                schema, overrides={"whitespace_pattern": _WHITESPACE}
            )
        except ValueError as error:
            raise _refused(str(error)) from error
        self._matcher: LLMatcher = LLMatcher(
            tokenizer, made, log_level=0, limits=LLParserLimits(verbose_errors=False)
        )
        self.allowed()  # what no answer can be is found out before anything is read

    def allowed(self) -> npt.NDArray[np.bool_]:
        """Which rows of the model may come next: (vocab_size,). Raises InvalidRequestError."""
        packed = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        self._require_right()
        found = np.unpackbits(packed, count=self._rows, bitorder="little").astype(np.bool_)
        found[self._eos_ids] = self._matcher.is_accepting()
        if not found.any():
            raise _refused("no token of this model can go on with it")
        return found

    def add(self, token_id: int) -> None:
        """Go on with a token of the answer, which was allowed. Raises InvalidRequestError."""
        self._matcher.consume_token(token_id)
        self._require_right()

    def _require_right(self) -> None:
        if self._matcher.is_error():
            raise _refused(self._matcher.get_error())


class _Tokens:
    """A tokenizer as llguidance asks for it."""

    def __init__(
        self, octets: Sequence[bytes], encode: Callable[[str], list[int]], eos_id: int
    ) -> None:
        self.tokens = octets
        self.eos_token_id = eos_id
        self.bos_token_id = None
        self.special_token_ids = [i for i, one in enumerate(octets) if not one]
        self._encode = encode

    def __call__(self, text: str) -> list[int]:
        try:
            return self._encode(text)
        except TokenizerError:  # it has no tokens for the text
            return []


def _schema(grammar: Grammar) -> str:
    """The schema, as JSON, of what an answer is held to. Raises InvalidRequestError."""
    if grammar.kind is GrammarKind.JSON_OBJECT:
        return '{"type": "object"}'
    try:
        schema = json.loads(grammar.schema)
    except (ValueError, RecursionError) as error:
        raise _refused("it is not JSON") from error
    if not isinstance(schema, dict):
        raise _refused("it is not an object")
    schema.pop(_OPTIONS, None)
    return json.dumps(schema)  # it becomes a part of another text


def _refused(said: str) -> InvalidRequestError:
    """The error for what llguidance says, as far as it is of the schema and not of itself."""
    lines = takewhile(lambda line: not line.startswith("<"), said.splitlines())
    text = " ".join(" ".join(lines).split())[:_MOST_CHARACTERS].rstrip(".")
    if text == "NoExtensionBias":
        text = "there is no end to what it describes"
    return InvalidRequestError(
        "No answer can be held to this JSON schema: {reason}.", reason=Phrase("{text}", text=text)
    )
