"""Formulas as drawings in a page of HTML, made by the process that draws them for the window."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from html import escape
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Protocol, Self

from backends.operating_system import start_child
from baichuan_desktop.services import own_process
from baichuan_desktop.services.typesetting import formulas, process

_MOST_DRAWN: Final = 2_000  #: of one export; further ones are shown as their source
_MOST_ENDS: Final = 3  #: of the process, before no more is drawn
_SCALE: Final = 1.15  #: letters of the formulas' font are smaller than text's


class Child(Protocol):
    """The process: a line of JSON in, a line of JSON out."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def kill(self) -> None:
        """End it."""

    def wait(self) -> int:
        """Return when it has ended."""


def _started(log: IO[bytes]) -> Child:
    return start_child(process.command(), log, {**os.environ, **own_process.variables()})


class Drawings:
    """Draws formulas, each once; for one thread. It has a process only while there are some."""

    def __init__(self, start: Callable[[IO[bytes]], Child] = _started) -> None:
        self._start = start
        self._known: dict[tuple[str, bool], str] = {}
        self._child: Child | None = None
        self._log: IO[bytes] | None = None
        self._ends = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
        if self._log is not None:
            self._log.close()

    def draw(self, source: str, displayed: bool) -> str:
        """A formula as SVG in a page; "" where its source is to be shown."""
        key = source, displayed
        if key not in self._known:
            if len(self._known) >= _MOST_DRAWN or not formulas.is_worth_trying(source):
                return ""
            self._known[key] = self._drawn(source, displayed)
        return self._known[key]

    def _drawn(self, source: str, displayed: bool) -> str:
        answer = self._answer(
            {"id": 1, "kind": "formula", "source": source, "displayed": displayed}
        )
        if "svg" not in answer:
            return ""
        em = _SCALE / formulas.EM
        below = (answer["height"] - answer["ascent"]) * em
        shape = f"width:{answer['width'] * em:.3f}em;height:{answer['height'] * em:.3f}em"
        style = f"{shape};vertical-align:{-below:.3f}em"
        svg = answer["svg"].replace(formulas.INK, "currentColor")
        label = f'role="img" aria-label="{escape(source)}" style="{style}"'
        return str(svg.replace("<svg", f"<svg {label}", 1))

    def _answer(self, job: dict[str, Any]) -> dict[str, Any]:
        """What the process says; nothing where it cannot be started, or ended over this one."""
        try:
            if self._child is None and self._ends < _MOST_ENDS:
                if self._log is None:
                    self._log = Path(os.devnull).open("wb")  # noqa: SIM115  until `__exit__`
                self._child = self._start(self._log)
            if self._child is None or self._child.stdin is None or self._child.stdout is None:
                return {}
            self._child.stdin.write(json.dumps(job).encode("ascii") + b"\n")
            self._child.stdin.flush()
            line = self._child.stdout.readline()
            found = json.loads(line)
        except (OSError, ValueError):  # it took too long over this formula, and ended
            self._ends += 1
            self._end()
            return {}
        return found if isinstance(found, dict) else {}

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        child.kill()
        child.wait()
