"""What the values of flags may be, as the `type` of an argument."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable

_YES = ("true", "yes", "y", "t", "1", "on")
_NO = ("false", "no", "n", "f", "0", "off")
_NUMBER = r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*"
_MOST = 10**9  # of whatever is counted


def truth(text: str) -> bool:
    """True or False, in all the spellings that transformers takes."""
    if (word := text.strip().lower()) in _YES:
        return True
    if word in _NO:
        return False
    raise argparse.ArgumentTypeError(f"True or False, and not {text!r}")


def count(text: str) -> int:
    """A whole number from 1 on; `100.0` is one too."""
    number = _whole(text)
    if number is None or not 1 <= number <= _MOST:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on, and not {text!r}")
    return number


def most_steps(text: str) -> int:
    """The same, or -1 for no limit, as transformers has it."""
    return -1 if text.strip() == "-1" else count(text)


def seed(text: str) -> int:
    """A whole number that a generator of random numbers begins with."""
    number = _whole(text)
    if number is None or not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {2**32 - 1}, and not {text!r}")
    return number


def positive(text: str) -> float:
    """A number above 0."""
    return _number(text, lambda number: number > 0, "a number above 0")


def not_negative(text: str) -> float:
    """A number from 0 on."""
    return _number(text, lambda number: number >= 0, "a number from 0 on")


def share(text: str) -> float:
    """A number from 0 to below 1."""
    return _number(text, lambda number: 0 <= number < 1, "a number from 0 to below 1")


def names(text: str) -> tuple[str, ...]:
    """Names between commas, each once."""
    found = tuple(dict.fromkeys(filter(None, (name.strip() for name in text.split(",")))))
    if not found:
        raise argparse.ArgumentTypeError(f"names between commas, and not {text!r}")
    return found


def _whole(text: str) -> int | None:
    """A whole number of ASCII digits, perhaps written as 2.0; None for what is none."""
    if not re.fullmatch(r"\s*[0-9]{1,12}(\.0*)?\s*", text):
        return None
    return int(text.partition(".")[0])


def _number(text: str, is_allowed: Callable[[float], bool], what: str) -> float:
    # `float` takes more: digits of other scripts, and underscores.
    number = float(text) if re.fullmatch(_NUMBER, text) else math.nan
    if not math.isfinite(number) or not is_allowed(number):
        raise argparse.ArgumentTypeError(f"{what}, and not {text!r}")
    return number
