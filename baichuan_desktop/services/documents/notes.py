"""What was left out in reading a document: sentences that are kept, and shown in any language."""

from __future__ import annotations

import json

from backends.phrases import Phrase
from backends.protocol.wire_phrases import phrase_from_wire, phrase_to_wire


def kept(note: Phrase) -> str:
    """A sentence as `Document.notes` keeps it."""
    return json.dumps(phrase_to_wire(note), ensure_ascii=False)


def shown(text: str) -> Phrase:
    """The sentence that was kept; text that is none is shown as it is."""
    try:
        note = phrase_from_wire(json.loads(text))
        str(note)  # raises where its facts are not those of its template
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return Phrase("{text}", text=text)
    return note
