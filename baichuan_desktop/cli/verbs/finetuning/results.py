"""What came of a training, and the commands that go on with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from backends.printable import one_line
from backends.training.events import TrainingReady
from baichuan_desktop.cli.library import listed_json
from baichuan_desktop.cli.tables import typed
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel, Listed
from baichuan_desktop.services.sizes import size_text

_PROGRAM = "baichuan-desktop"


def command(*words: str) -> str:
    """A command of the app as it is typed."""
    return typed([_PROGRAM, *words])


def resume_command(words: Sequence[str]) -> str:
    """The command line once more, going on from the last checkpoint."""
    others, before = [], ""
    for word in words:
        is_its_value = before == "--resume" and not word.startswith("-")
        if word.partition("=")[0] != "--resume" and not is_its_value:
            others.append(word)
        before = word
    return command("finetune", *others, "--resume")


def result_lines(
    ready: TrainingReady,
    base: InstalledModel,
    listed: Listed | None,
    *,
    base_is_listed: bool,
    trains_head: bool,
) -> Iterator[str]:
    """Where the result is, and what can be done with it."""
    size = f"{size_text(ready.bytes_on_disk)} at {ready.folder}"
    yield one_line(size if listed is None else f"{listed.id}: {size}")
    if ready.best_step is not None:
        yield f"These are the weights of step {ready.best_step:,}, which evaluated best."
    result = ready.folder if listed is None else listed.id
    named = base.id if base_is_listed else str(base.path)
    as_chat = ["--as-chat"] if base.kind == "base" else []
    if ready.is_adapter:
        yield f"Chat with it: {command('chat', named, '--adapter', result, *as_chat)}"
        if not (trains_head and base.family.uses_norm_head):  # that merge is refused
            yield f"Merge it into a copy of the model: {command('merge-adapter', named, result)}"
    else:
        yield f"Chat with it: {command('chat', result, *as_chat)}"


def result_json(
    ready: TrainingReady,
    base: InstalledModel,
    listed: InstalledAdapter | InstalledModel | None,
    plot: Path | None,
) -> dict[str, Any]:
    """The same for another program."""
    return {
        "path": ready.folder,
        "is_adapter": ready.is_adapter,
        "base": base.id,
        "listed": None if listed is None else listed_json(listed),
        "steps": ready.steps,
        "last_loss": ready.last_loss,
        "best_step": ready.best_step,
        "bytes_on_disk": ready.bytes_on_disk,
        "plot": None if plot is None else str(plot),
    }
