"""`--dry-run`: the same checks as of the training itself, and what they found."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from backends.checkpoint.allowed import open_allowed
from backends.policy.site_policy import site_policy
from backends.printable import one_line
from backends.training.data.masking import coding_of
from backends.training.data.preview import shown_examples
from backends.training.data.values import ShownExample, ShownToken
from backends.training.values import TrainingRequest
from baichuan_desktop.cli.library import print_notes
from baichuan_desktop.cli.progress import progress
from baichuan_desktop.cli.tables import print_json, print_table, say
from baichuan_desktop.cli.verbs.finetuning.telling import what_is_asked
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.services.training.tuner import Checked, Tuner
from baichuan_desktop.services.training.verdict import lines, require_fitting

#: Examples that are shown.
_EXAMPLES = 2


def try_training(tuner: Tuner, request: TrainingRequest, *, as_json: bool) -> int:
    """Check and print; the exit code. Raises UserFacingError, last of all for what cannot fit."""
    progress("Reading the data")
    checked = tuner.check(request)
    progress("")
    print_notes(checked.notes)
    if as_json:
        print_json(_as_json(checked))
        require_fitting(checked.verdict)
        return 0
    for line in what_is_asked(checked):
        say(one_line(line))
    for number, example in enumerate(_examples(checked.request), 1):
        for line in example_lines(number, example):
            say(line)
    _print_memory(checked)
    require_fitting(checked.verdict)
    say("Nothing was written; without --dry-run it begins.")
    return 0


def _examples(request: TrainingRequest) -> Sequence[ShownExample]:
    """The first examples, as tokens."""
    checkpoint, tokenizer = open_allowed(Path(request.model), site_policy())
    return shown_examples(request.data, coding_of(checkpoint, tokenizer), _EXAMPLES)


def example_lines(number: int, example: ShownExample) -> Iterator[str]:
    """An example as its tokens, those that are learnt apart from those that are only read."""
    learnt = sum(token.is_trained for token in example.tokens)
    where = f"{Path(example.file).name}, line {example.line}"
    yield (
        f"Example {number} ({where}): {len(example.tokens):,} tokens, {learnt:,} are learnt, "
        f"{example.cut_tokens:,} were cut"
    )
    for kind, tokens in itertools.groupby(example.tokens, _kind):
        yield one_line(f"  {kind:<6}  {'|'.join(map(_shown, tokens))}")


def _shown(token: ShownToken) -> str:
    return f"{token.text}→{token.learns}" if token.learns else token.text


def _kind(token: ShownToken) -> str:
    if token.is_cut:
        return "cut"
    return "learnt" if token.is_trained else "read"


def _print_memory(checked: Checked) -> None:
    """The arithmetic of memory and drive."""
    found = checked.verdict
    rows = [{"takes": str(what), "memory": size_text(count)} for what, count in lines(found)]
    rows.append({"takes": "all of it, estimated", "memory": size_text(found.needed_bytes)})
    rows.append({"takes": "free now", "memory": size_text(found.free_bytes)})
    print_table(rows, ("takes", "memory"))
    disk = found.disk
    say(
        f"On the drive: {size_text(disk.result)} for the result, and meanwhile "
        f"{size_text(disk.checkpoint)} for each of {disk.most_checkpoints} checkpoints."
    )
    for remedy in found.remedies:
        say(f"With this it would take {size_text(remedy.needed_bytes)}: {remedy.text}")


def _as_json(checked: Checked) -> dict[str, Any]:
    found, counts = checked.verdict, checked.counts
    return {
        "base": checked.base.id,
        "fits": found.fit.value,
        "sentence": str(found.sentence),
        "memory": {str(what): count for what, count in lines(found)},
        "needed_bytes": found.needed_bytes,
        "free_bytes": found.free_bytes,
        "disk_bytes": found.disk.total,
        "examples": counts.examples,
        "eval_examples": counts.eval_examples,
        "tokens": counts.tokens,
        "trained_tokens": counts.trained_tokens,
        "cut_examples": counts.cut_examples,
        "cut_tokens": counts.cut_tokens,
        "remedies": [str(remedy.text) for remedy in found.remedies],
    }
