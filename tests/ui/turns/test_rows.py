"""What stands where an answer will be."""

from __future__ import annotations

from backends.events import PrefillProgress, PromptReady
from baichuan_desktop.services.jobs.pace import Pace
from tests.ui.harness import Gate, Harness, ScriptedEngine, answer


def test_a_long_prompt_says_how_far_it_is_read_and_how_long_that_takes(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers.append(
        [PromptReady(900, 0, 0), PrefillProgress(64, 900), gate, *answer("Yes.")[1:]]
    )
    ui.say("Read this")
    ui.until(lambda: bool(ui.rows[-1].waiting))
    assert ui.rows[-1].waiting == "Reading the prompt: 64 of 900 tokens"
    running = ui.window.controller.desk.running
    assert running is not None
    now = 0.0
    running.pace = Pace(lambda: now)
    running.pace.read(0, 900)
    now = 10.0
    running.pace.read(300, 900)

    assert ui.rows[-1].waiting == "Reading the prompt: 64 of 900 tokens · about 20 s left"
    gate.open.set()
    ui.until(lambda: not ui.window.controller.desk.busy)
    assert (ui.rows[-1].waiting, ui.rows[-1].text) == ("", "Yes.")
