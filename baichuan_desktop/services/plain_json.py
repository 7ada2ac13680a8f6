"""JSON files of the app's own, read whatever somebody wrote into them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from backends.files.small_files import json_value

#: A number of more digits than 2**64 has; its value matters to nobody, its digits cost time.
_MAX_DIGITS = 20


def writable(text: str) -> str:
    """`text`, which can be written again and name a file. Raises ValueError if it cannot."""
    if "\0" in text:
        raise ValueError("it holds a NUL")
    text.encode()  # UnicodeEncodeError, a ValueError, for half a surrogate
    return text


Text = Annotated[str, AfterValidator(writable)]


def parse_object(data: bytes) -> dict[str, Any]:
    """The object in `data`; a number of hundreds of digits is infinite. Raises ValueError."""
    content = json_value(data, _int)
    if not isinstance(content, dict):
        raise ValueError("it holds no object")  # noqa: TRY004  one class for broken content
    return content


def _int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)
