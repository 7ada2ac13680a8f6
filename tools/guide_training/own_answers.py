"""The guide's own questions and answers as data for a fine-tuning, so that it keeps them.

What is fine-tuned on a few facts alone answers everything with them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from .data import Example

#: Phrasings of a question for each answer; more keep more of those that are not in the file.
PER_ANSWER: Final = 3


def chosen(
    examples: Sequence[Example],
    answered: Callable[[Sequence[Example]], Sequence[bool]],
    per_answer: int = PER_ANSWER,
) -> list[Example]:
    """The first questions of each answer that the guide answers exactly, as `answered` tells."""
    by_answer: dict[str, list[Example]] = {}
    for example in examples:
        by_answer.setdefault(example.answer, []).append(example)
    found = []
    for asked in by_answer.values():
        some = asked[: 2 * per_answer]  # the plainest come first
        right = [one for one, is_right in zip(some, answered(some), strict=True) if is_right]
        found += right[:per_answer]
    return found


def write(file: Path, examples: Sequence[Example]) -> None:
    """Write a file of conversations, one in each line."""
    rows = [
        json.dumps(
            {
                "conversations": [
                    {"from": "human", "value": example.question},
                    {"from": "gpt", "value": example.answer},
                ]
            },
            ensure_ascii=False,
        )
        for example in examples
    ]
    file.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
