"""A model that is asked nothing leaves the memory, by a clock of the test; a message loads it."""

from __future__ import annotations

from backends.protocol.engine_requests import LoadRequest, UnloadRequest
from baichuan_desktop.ui.window.conversation.idle_unload import IdleUnload
from tests.ui.harness import OTHER, Gate, Harness, ScriptedEngine, answer, until


class Clock:
    """Minutes that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def idle(ui: Harness, clock: Clock) -> IdleUnload:
    """One more of it, by the clock of the test; the window's own has hours to wait."""
    window = ui.window
    made = IdleUnload(
        window.controller.desk,
        window.switcher,
        ui.worker,
        ui.settings,
        lambda: ui.served.is_asked,
        window,
        clock=clock,
    )
    made.unloaded.connect(window.status.show_asleep)
    return made


def unloads(engine: ScriptedEngine) -> int:
    return sum(isinstance(one, UnloadRequest) for one in engine.requests)


def pass_minutes(one: IdleUnload, clock: Clock, minutes: float) -> None:
    clock.now += 60 * minutes
    one.look_at_the_clock()


def test_it_leaves_after_the_minutes_that_were_chosen_and_a_message_brings_it_back(
    ui: Harness, engine: ScriptedEngine
) -> None:
    clock = Clock()
    look = idle(ui, clock)
    pass_minutes(look, clock, 1000)
    assert ui.window.switcher.current is not None, "it is off unless somebody wants it"
    ui.settings.change(idle_minutes=10)
    engine.answers.append(answer("One."))
    ui.ask("A question")

    pass_minutes(look, clock, 9.9)
    assert unloads(engine) == 0
    pass_minutes(look, clock, 0.2)
    until(lambda: unloads(engine) == 1)
    assert ui.window.switcher.current is None
    assert "after 10 minutes" in ui.window.top_bar.usage.text()
    engine.answers.append(answer("Two."))
    ui.say("Another question")
    until(lambda: "Two." in ui.page_text)

    loads = [one for one in engine.requests if isinstance(one, LoadRequest)]
    assert len(loads) == 2
    assert loads[0].folder == loads[1].folder
    assert ui.page_text.count("question") == 2
    asked = engine.questions[-1]
    assert [one.text for one in asked.messages] == ["A question", "One.", "Another question"]


def test_an_answer_however_long_keeps_it_and_so_does_each_token(
    ui: Harness, engine: ScriptedEngine
) -> None:
    clock, gate = Clock(), Gate()
    ui.settings.change(idle_minutes=5)
    look = idle(ui, clock)
    engine.answers.append([gate, *answer("At last.")])
    ui.say("Something hard")
    until(gate.reached.is_set)

    pass_minutes(look, clock, 600)
    assert unloads(engine) == 0
    gate.open.set()
    ui.until_idle()
    pass_minutes(look, clock, 4)
    assert unloads(engine) == 0
    pass_minutes(look, clock, 2)

    until(lambda: unloads(engine) == 1)


def test_a_model_that_sleeps_is_brought_back_by_no_job_and_another_takes_its_place(
    ui: Harness, engine: ScriptedEngine
) -> None:
    clock = Clock()
    ui.settings.change(idle_minutes=5)
    look = idle(ui, clock)
    pass_minutes(look, clock, 6)
    until(lambda: ui.window.switcher.is_settled and unloads(engine) == 1)

    ui.window.switcher.bring_back()  # as the end of a job asks for it
    assert ui.window.switcher.wanted is None
    assert ui.window.switcher.aside is None, "its memory is free for a job"
    ui.load(OTHER)
    ui.until_idle()

    assert ui.window.switcher.current == OTHER
    assert not ui.window.switcher.is_asleep
    pass_minutes(look, clock, 4)
    assert unloads(engine) == 1
