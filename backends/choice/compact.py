"""Forms of a precision that take less of a card, by embedding, head and length of context."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..phrases import Phrase
from ..precision import Precision

#: A chat in fewer tokens is none.
LEAST_CONTEXT = 512
_STEP = 256  # tokens: a context is shortened to a number that a person can read


@dataclass(frozen=True, slots=True)
class Form:
    """A precision, and what of the model is held in another way than it says."""

    precision: Precision
    context_length: int  #: tokens
    embedding_on_host: bool = False
    head_in_8_bits: bool = False

    def smaller(self, *, with_host: bool) -> Iterator[Form]:
        """The same precision in less of a card, what changes least first.

        An embedding on the host changes no digit, a head in 8 bits does. `with_host` False: the
        host has no room for it, or the card's memory is the host's.
        """
        form = self
        if with_host:
            form = replace(form, embedding_on_host=True)
            yield form
        yield replace(form, head_in_8_bits=True)

    def shorter(self, fits: Callable[[Form], bool]) -> Form | None:
        """This form with the most tokens of context with which it fits; None where few are left."""
        lengths = range(LEAST_CONTEXT, self.context_length, _STEP)
        count = bisect.bisect_left(
            lengths, True, key=lambda tokens: not fits(replace(self, context_length=tokens))
        )
        return replace(self, context_length=lengths[count - 1]) if count else None

    def named(self, full_context: int) -> str | Phrase:
        """The form as a person reads it; `full_context` is what was to be had."""
        name: str | Phrase = self.precision.label
        if self.embedding_on_host and self.head_in_8_bits:
            name = Phrase(
                "{precision} with the embedding in the machine's memory and an 8-bit head",
                precision=name,
            )
        elif self.embedding_on_host:
            name = Phrase("{precision} with the embedding in the machine's memory", precision=name)
        elif self.head_in_8_bits:
            name = Phrase("{precision} with an 8-bit head", precision=name)
        if self.context_length < full_context:
            name = Phrase(
                "{precision}, in a context of {tokens} tokens instead of {full},",
                precision=name,
                tokens=self.context_length,
                full=full_context,
            )
        return name
