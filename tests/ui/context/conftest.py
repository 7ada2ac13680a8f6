"""A window with a model that is given the whole conversation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from baichuan_desktop.ui.context.context import Context
from tests.ui.harness import OTHER, READY, Harness, ScriptedEngine, answer


class Hands:
    """Uses the context of a window as a person does. A character is a token."""

    def __init__(self, ui: Harness, engine: ScriptedEngine) -> None:
        self.ui, self.engine = ui, engine

    @property
    def context(self) -> Context:
        return self.ui.window.around_chat.context

    @property
    def shown(self) -> str:
        """What stands beside the gauge, once nothing is looked for any more."""
        self.settle()
        return self.ui.composer.context_button.text()

    @property
    def parts(self) -> list[int]:
        self.settle()
        return list(self.ui.composer.gauge.parts)

    @property
    def drop_line(self) -> str:
        """What is said over the first message that the model gets, and which one that is."""
        self.settle()
        rows = self.ui.rows
        at = [n for n, row in enumerate(rows) if row.text and row.id == -999]
        if not at:
            return ""
        after = rows[at[0] + 1].text if at[0] + 1 < len(rows) else "the end"
        return f"{rows[at[0]].text} | {after}"

    def settle(self) -> None:
        self.ui.until(lambda: not self.context.watch.is_looking)

    def load(self, context_length: int = 4096, **changes: object) -> None:
        """Load another model, which reads so many tokens."""
        ready = replace(READY, folder=str(OTHER.path), context_length=context_length)
        self.engine.loads.append([ready])
        self.ui.load(replace(OTHER, **changes))  # type: ignore[arg-type]
        self.ui.until_idle()

    def ask(self, *said: str) -> None:
        """Ask, and be answered, in turns."""
        for question, told in zip(said[::2], said[1::2], strict=True):
            self.engine.answers.append(answer(told))
            self.ui.ask(question)

    def keep_free(self, tokens: int) -> None:
        """Have so many tokens kept free for the answer."""
        self.ui.window.panel.max_new_tokens.setValue(tokens)


@pytest.fixture
def hands(ui: Harness, engine: ScriptedEngine) -> Hands:
    return Hands(ui, engine)


def click(widget: object) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)  # type: ignore[call-overload]
