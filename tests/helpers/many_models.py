"""A list of many models, none of which is there, and what looking at them would be seen by."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baichuan_desktop.services.app_paths import AppPaths

#: Nothing lies here: whoever asks for it is seen.
ELSEWHERE = Path("/mnt/nowhere/models")


def write_many(file: Path, count: int, *, folder: Path = ELSEWHERE) -> None:
    """List `count` models with an export each, as the app writes them."""
    lines = ["schema_version: 1", "installed:"]
    for number in range(count):
        for model_id, more in (
            (f"model-{number}", [f"  drive: {folder.parent}", "  added: '2026-11-29'"]),
            (f"export-{number}", [f"  export_of: model-{number}", "  export_stamp: 0123456789ab"]),
        )[: 1 if number % 2 else 2]:
            lines += [
                f"- id: {model_id}", f"  name: Model {number}", f"  path: {folder / model_id}",
                "  variant: baichuan2-7b-chat", "  family: baichuan2-7b", "  kind: chat",
                "  context_length: 4096", *more,
            ]  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def paths_below(home: Path) -> AppPaths:
    """The folders of an app whose home is here."""
    return AppPaths(
        home / "config", home / "log", home / "cache", home / "data", home / "site" / "site.yaml"
    )


#: What Python asks the system about a path by; those that end as a file is opened are audited.
_ASKED = ("stat", "lstat", "access", "readlink", "scandir", "listdir", "statvfs")
_hooks: list[Callable[[str, tuple[Any, ...]], None]] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    for hook in _hooks:
        hook(event, arguments)


@contextmanager
def looks(monkeypatch: Any, *below: Path) -> Iterator[list[tuple[str, str]]]:
    """What the system is asked about paths in these folders meanwhile: call and path."""
    seen: list[tuple[str, str]] = []
    wanted = tuple(map(str, below))

    def note(name: str, path: object) -> None:
        if isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(wanted):
            seen.append((name, os.fsdecode(path)))

    def watched(name: str) -> Callable[..., Any]:
        call = getattr(os, name)

        def asked(path: object = ".", *arguments: Any, **options: Any) -> Any:
            note(name, path)
            return call(path, *arguments, **options)

        return asked

    def opened(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("open", "os.listdir", "os.scandir"):
            note(event, arguments[0])

    if not _hooks:
        sys.addaudithook(_audit)
    with monkeypatch.context() as patch:
        for name in _ASKED:
            patch.setattr(os, name, watched(name))
        _hooks.append(opened)
        try:
            yield seen
        finally:
            _hooks.remove(opened)
