"""What every message for a person must be."""

from __future__ import annotations

import re

from backends.errors import UserFacingError


def assert_one_sentence(error: UserFacingError) -> None:
    """One sentence on one line, with a hint beside it, and printable."""
    message = error.message
    assert message.endswith("."), message
    assert not re.search(r"[.!?] [A-Z]", message), message
    assert all(char.isprintable() for char in message), ascii(message)
    assert len(message) < 1000, len(message)
