"""A command's own parser: options in both spellings; an unknown one is told with those near it."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Sequence
from typing import Any

_MOST_NEAR = 3
_CLOSE = 0.7  # of 1, which is the same


class VerbParser(argparse.ArgumentParser):
    """The parser of a command, which `add_subparsers` makes.

    `--batch_size` and `--batch-size` are one option, however it was added. A command that says how
    it is run again sets a default for `words`, and finds there what was parsed.
    """

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse `args`; exits for an option or a word that is none."""
        words = [] if args is None else list(args)
        found, unknown = super().parse_known_args(self._as_added(words), namespace)
        if unknown:
            self.error(_none_of_them(unknown, self._options()))
        if self.get_default("words") is not None:
            found.words = tuple(words)
        return found, unknown

    def _options(self) -> Sequence[str]:
        """All names of options; a parser has no other way to be asked for them."""
        return [name for action in self._actions for name in action.option_strings]

    def _as_added(self, words: Sequence[str]) -> Sequence[str]:
        """The words with each option as it was added; none behind `--` is one."""
        known = {_spelling(name): name for name in self._options() if name.startswith("--")}
        found = list(words)
        last = found.index("--") if "--" in found else len(found)
        for place, word in enumerate(found[:last]):
            name, equals, value = word.partition("=")
            if name.startswith("--"):
                found[place] = known.get(_spelling(name), name) + equals + value
        return found


def _spelling(name: str) -> str:
    return "--" + name.removeprefix("--").replace("_", "-")


def _none_of_them(unknown: Sequence[str], options: Iterable[str]) -> str:
    """What is said of words that nothing takes."""
    if not any(word.strip() for word in unknown):
        return "a word of blanks alone: a “\\” at the end of a line has a blank behind it"
    told = []
    for word in unknown:
        name = word.partition("=")[0]
        near = _near(name, options) if name.startswith("-") else []
        told.append(f"{name} (near: {', '.join(near)})" if near else word)
    return f"unrecognized arguments: {' '.join(told)}"


def _near(name: str, options: Iterable[str]) -> Sequence[str]:
    """The names of options that somebody may have meant."""
    wanted = _spelling(name)
    spelt = {_spelling(option): option for option in options if option.startswith("--")}
    holding = [one for one in spelt if wanted.removeprefix("--") in one]
    close = difflib.get_close_matches(wanted, spelt, n=_MOST_NEAR, cutoff=_CLOSE)
    near = dict.fromkeys([*sorted(holding, key=len), *close])
    return [spelt[one] for one in near][:_MOST_NEAR]
