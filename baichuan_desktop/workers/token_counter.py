"""Tokens of texts for whoever shows them: asked for here, counted in a process of its own."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from baichuan_desktop.services.tokens import process
from baichuan_desktop.workers.line_process import LineProcess
from baichuan_desktop.workers.request_id import new_request_id

log = logging.getLogger(__name__)

_KEPT = 50_000  # texts whose counts are kept
_BATCH = 100_000  # characters that are sent at once: a draft does not wait for a library
_MOST_TEXTS = 1_000  # of a batch
_KEY_CHARACTERS = 64  # a longer text is known by its hash
_MOST_ENDS = 3  # one after the other, after which nothing is asked once more

#: How many tokens each text is; None where that is not known. None for all: no folder is open.
Counts = Sequence[int | None] | None


class CountingProcess(QObject):
    """The process that counts, started when there is something to ask, one question at a time.

    Signals:
        answered: the Counts of the texts that were asked about.
        ended: the process broke off, or cannot be started: there is no answer.
    """

    answered = Signal(object)
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = LineProcess(lambda: process.command(), self)
        self._process.answered.connect(self._on_answer)
        self._process.ended.connect(self._on_end)
        self._process.unstartable.connect(self._on_end)

    def count(self, folder: Path, texts: Sequence[str]) -> None:
        """Ask how many tokens texts are for the model of a folder."""
        self._process.write(process.asked(folder, texts))

    def shut_down(self) -> None:
        """End the process. Nothing is answered of what was asked; it may be asked again."""
        self._process.shut_down()

    @Slot(object)
    def _on_answer(self, answer: dict[str, Any]) -> None:
        if "error" in answer:
            log.warning("Tokens cannot be counted: %s", answer["error"])
        self.answered.emit(answer.get("counts"))

    @Slot()
    def _on_end(self) -> None:
        log.warning("The process that counts tokens has ended.")
        self.ended.emit()


@dataclass(slots=True)
class _Request:
    """What somebody asked for."""

    keys: list[str | bytes]
    missing: dict[str | bytes, str]  #: the texts that were not counted yet


class TokenCounter(QObject):
    """Counts tokens for the model that is loaded; each text once. For the window's thread.

    Signals:
        counted: the id of a request, and the tuple of the tokens of its texts. It is empty where
            they cannot be counted: there is no model, or another one came meanwhile.
        model_changed: texts may have other numbers of tokens now, or none can be counted.
    """

    counted = Signal(int, object)
    model_changed = Signal()

    def __init__(
        self, counting: CountingProcess | None = None, parent: QObject | None = None
    ) -> None:
        """`counting` counts in place of a process of its own."""
        super().__init__(parent)
        self._counting = counting or CountingProcess(self)
        self._counting.answered.connect(self._on_answered)
        self._counting.ended.connect(self._on_ended)
        self._folder: Path | None = None
        self._can_count = True  # the folder can be opened
        self._is_open = True
        self._known: OrderedDict[str | bytes, int | None] = OrderedDict()
        self._waiting: dict[int, _Request] = {}
        self._asked: list[str | bytes] = []  # the texts that are being counted
        self._broken: set[str | bytes] = set()  # over which the process ended; asked once more
        self._ends = 0  # of the process, since it answered
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._go_on)

    @property
    def can_count(self) -> bool:
        """Whether there is a model whose tokens can be counted."""
        return self._folder is not None and self._can_count and self._is_open

    def use_model(self, folder: Path | None) -> None:
        """Count for the model of this folder from now on; None: there is none.

        The one that is in use already, loaded again, has counted anew what could not be.
        """
        is_known = all(count is not None for count in self._known.values())
        if folder == self._folder and self._can_count and is_known:
            return
        self._forget()
        self._folder, self._can_count = folder, True
        self.model_changed.emit()

    def ask(self, texts: Sequence[str]) -> int:
        """Ask how many tokens texts are; the id that `counted` answers with, from the event loop.

        What is known already is not counted again; short texts come before long ones.
        """
        request_id = new_request_id()
        keys = [_key(text) for text in texts]
        missing = {
            key: text for key, text in zip(keys, texts, strict=True) if key not in self._known
        }
        if self._is_open:
            self._waiting[request_id] = _Request(keys, missing)
            self._soon.start()
        return request_id

    def forget(self, request_id: int) -> None:
        """Do not answer a request any more: nobody waits for it."""
        self._waiting.pop(request_id, None)

    def known(self, text: str) -> int | None:
        """The tokens of a text, if it was counted before."""
        return self._known.get(_key(text))

    def shut_down(self) -> None:
        """End the process; nothing is answered any more."""
        self._is_open = False
        self._soon.stop()
        self._waiting.clear()
        self._counting.shut_down()

    # --- inside -------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Begin anew; what is asked for is answered with nothing."""
        self._known.clear()
        self._broken.clear()
        self._ends = 0
        for request in self._waiting.values():
            request.missing.clear()
        if self._asked:  # nobody waits for it, and what comes next should not either
            self._asked = []
            self._counting.shut_down()
        if self._is_open:
            self._soon.start()

    @Slot()
    def _go_on(self) -> None:
        """Answer what is known, and have counted what is not."""
        self._answer()
        if self._asked or not self.can_count or self._folder is None:
            return
        missing: dict[str | bytes, str] = {}
        for request in self._waiting.values():
            missing.update(request.missing)
        sizes = 0
        batch: dict[str | bytes, str] = {}
        for key, text in sorted(missing.items(), key=lambda item: len(item[1]))[:_MOST_TEXTS]:
            sizes += len(text)
            alone = key in self._broken  # it may be the one that the process cannot bear
            if batch and (alone or sizes > _BATCH):
                break
            batch[key] = text
            if alone:
                break
        if batch:
            self._asked = list(batch)
            self._counting.count(self._folder, list(batch.values()))

    def _answer(self) -> None:
        """Tell of the requests of which nothing is missing, or nothing can be known."""
        done = [
            one
            for one, request in self._waiting.items()
            if not request.missing or not self.can_count
        ]
        for request_id in done:
            request = self._waiting.pop(request_id, None)
            if request is None:  # whoever heard of the one before forgot this one
                continue
            counts = [self._known.get(key) for key in request.keys]
            found = tuple(count for count in counts if count is not None)
            self.counted.emit(request_id, found if len(found) == len(counts) else ())

    @Slot(object)
    def _on_answered(self, counts: Counts) -> None:
        self._ends = 0
        if counts is None:
            self._can_count = False
            self._asked = []
            self.model_changed.emit()
        else:
            self._take(counts)
        self._soon.start()

    @Slot()
    def _on_ended(self) -> None:
        """What was asked was too much, or it is nobody's fault: each text is asked once more."""
        self._ends += 1
        if self._ends > _MOST_ENDS or self._broken.issuperset(self._asked):
            self._take([None] * len(self._asked))
        else:
            self._broken.update(self._asked)
            self._asked = []
        self._soon.start()

    def _take(self, counts: Sequence[int | None]) -> None:
        asked, self._asked = self._asked, []
        for key, count in zip(asked, counts, strict=True):
            self._known[key] = count
            for request in self._waiting.values():
                request.missing.pop(key, None)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)


def _key(text: str) -> str | bytes:
    if len(text) <= _KEY_CHARACTERS:
        return text
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
