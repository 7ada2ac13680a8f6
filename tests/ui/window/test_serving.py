"""Serving other programs, in the window: its menu, its bar, its model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backends.errors import EngineEndedError, ServerStoppedError
from backends.events import TextDelta
from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import CompleteRequest, LoadRequest
from baichuan_desktop.services.engines.silence import EngineSilent
from baichuan_desktop.services.serving.port import DeskEvent, LoadedFacts, Over
from baichuan_desktop.services.serving.values import DeskState, DeskStatus
from baichuan_desktop.ui.serving.controller import ServingState
from tests.helpers.policies import write_policy
from tests.helpers.turns import Heard
from tests.ui.harness import BASE, OTHER, READY, Gate, Harness, ScriptedEngine, answer, until
from tests.ui.serving.fakes import FakeServer

GUIDE = "baichuan-guide"


def make(_: LoadedFacts) -> CompleteRequest:
    return CompleteRequest("of a program", SamplingParams())


def ask(ui: Harness) -> Heard:
    heard = Heard()
    ui.served.ask(None, make, heard)
    return heard


def over(heard: Heard) -> Over:
    until(lambda: heard.is_over)
    return heard.over()


def serve(ui: Harness) -> FakeServer:
    """Serve by the menu and the dialog."""
    server = FakeServer()
    ui.make_server = lambda: server
    ui.window.menus.serve.trigger()
    dialog = ui.window.serving.dialog
    assert dialog is not None
    dialog.start.click()
    until(lambda: ui.window.serving.controller.state is ServingState.ON)
    return server


def test_nothing_is_served_and_no_server_is_made_before_a_person_starts_it(ui: Harness) -> None:
    ui.settings.change(server_port=8123)

    assert ui.window.serving.controller.state is ServingState.OFF
    assert not ui.window.top_bar.serving.isVisible()


def test_the_bar_tells_of_a_server_that_runs_and_opens_its_dialog(ui: Harness) -> None:
    server = serve(ui)
    assert ui.window.top_bar.serving.text() == "Serving at port 8123"
    dialog = ui.window.serving.dialog
    assert dialog is not None
    dialog.close()
    until(lambda: ui.window.serving.dialog is None)
    assert server.is_running

    ui.window.top_bar.serving.click()

    dialog = ui.window.serving.dialog
    assert dialog is not None
    dialog.stop.click()
    until(lambda: ui.window.serving.controller.state is ServingState.OFF)
    assert not server.is_running
    assert not ui.window.top_bar.serving.isVisible()


def test_a_server_that_ends_by_itself_is_said_though_its_dialog_was_closed(ui: Harness) -> None:
    server = serve(ui)
    dialog = ui.window.serving.dialog
    assert dialog is not None
    dialog.close()
    until(lambda: ui.window.serving.dialog is None)

    server.is_running = False
    until(lambda: ui.window.serving.dialog is not None)

    dialog = ui.window.serving.dialog
    assert dialog is not None
    assert dialog.trouble.text().startswith(ServerStoppedError().message)
    assert dialog.trouble.isVisible()


def test_the_server_is_stopped_before_the_engine_when_the_window_is_closed(
    ui: Harness, engine: ScriptedEngine
) -> None:
    server = serve(ui)
    seen: list[bool] = []
    kill = engine.kill

    def look_on() -> None:
        seen.append(server.is_running)
        kill()

    engine.kill = look_on  # type: ignore[method-assign]  # and does the same
    gate = Gate()
    engine.answers.append([gate, *answer("late")])
    ui.say("A question")
    until(gate.reached.is_set)
    ui.window.close()

    assert seen == [False]


def test_a_policy_greys_the_entry_and_says_why(cold: Harness, tmp_path: Path) -> None:
    write_policy(tmp_path, "server: false\n")

    cold.window.menus.models.aboutToShow.emit()

    serve_action = cold.window.menus.serve
    assert not serve_action.isEnabled()
    assert "The app serves no other program here" in serve_action.statusTip()


def test_other_programs_are_answered_by_the_model_of_the_window(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("Hello"))

    heard = ask(ui)

    assert over(heard) == Over()
    assert heard.texts == ["Hello"]
    assert ui.page_text == "", "it is in no conversation"
    (model,) = ui.served.models()
    assert (model.id, model.is_chat, model.is_loaded) == (GUIDE, True, True)


def test_a_message_that_waits_for_another_program_says_so(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [[gate, *answer("for the program")], answer("for me")]
    heard = ask(ui)
    until(gate.reached.is_set)

    ui.say("A question")
    until(lambda: "Waiting for a request of another program" in ui.window.top_bar.usage.text())
    gate.open.set()

    over(heard)
    until(lambda: "for me" in ui.page_text)
    assert "Waiting" not in ui.window.top_bar.usage.text()


def test_a_stop_of_the_window_leaves_the_answer_of_another_program_alone(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [[gate, TextDelta("whole"), *answer(" answer")]]
    heard = ask(ui)
    until(gate.reached.is_set)

    ui.say("A question")
    ui.window.controller.stop()
    until(lambda: not ui.window.controller.is_answering)
    gate.open.set()

    assert over(heard) == Over()
    assert heard.texts == ["whole", " answer"]


def test_an_engine_that_hangs_while_it_answers_others_is_told_and_can_be_ended(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate, notice = Gate(), ui.window.remarks.served_notice
    engine.answers.append([EngineSilent(20), gate])
    heard = ask(ui)
    until(lambda: not notice.isHidden())
    assert "for 20 s to the program" in notice.label.text()

    notice.button.click()

    assert isinstance(over(heard).error, EngineEndedError)
    until(notice.isHidden)


def test_a_request_wakes_the_model_that_sleeps(ui: Harness, engine: ScriptedEngine) -> None:
    ui.window.switcher.set_aside(asleep=True)
    until(lambda: ui.served.status == DeskStatus(DeskState.EMPTY, GUIDE))
    engine.answers.append(answer("Awake"))

    heard = ask(ui)

    assert over(heard) == Over()
    assert heard.texts == ["Awake"]
    ui.until_idle()
    assert sum(isinstance(one, LoadRequest) for one in engine.requests) == 2


def test_a_load_in_the_window_comes_after_what_was_asked_before(
    ui: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.answers += [[gate, *answer("before")], answer("after")]
    before = ask(ui)
    until(gate.reached.is_set)

    ui.load(OTHER)
    assert ui.served.status.model == GUIDE, "it is in memory until then"
    until(lambda: "Waiting for a request of another program" in ui.window.top_bar.usage.text())
    ui.window.load_notice.changed.emit()  # as each second
    assert "Waiting for" in ui.window.top_bar.usage.text()
    after: list[DeskEvent] = []
    ui.served.ask(None, make, after.append)
    gate.open.set()

    over(before)
    until(lambda: Over() in after)
    kinds = [type(one) for one in engine.requests]
    assert kinds == [LoadRequest, CompleteRequest, LoadRequest, CompleteRequest]
    assert [one.id for one in ui.served.models()] == ["other"]


def test_a_model_that_cannot_be_loaded_is_told_to_who_waits_for_it(
    cold: Harness, engine: ScriptedEngine
) -> None:
    gate = Gate()
    engine.loads.append([gate, ValueError("broken")])
    cold.window.library.load_first(None)
    until(gate.reached.is_set)
    heard = ask(cold)
    assert cold.served.status.state is DeskState.LOADING

    engine.loads += [[ValueError("broken")]] * 9
    gate.open.set()

    assert over(heard).error is not None
    until(lambda: cold.served.status.state is DeskState.EMPTY)


def test_a_base_model_is_one_to_chat_with_where_the_person_says_so(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.loads.append([replace(READY, folder=str(BASE.path), kind=BASE.kind)])
    ui.load(BASE)
    ui.until_idle()
    assert [one.is_chat for one in ui.served.models()] == [False]

    ui.window.menus.as_chat.trigger()

    assert [one.is_chat for one in ui.served.models()] == [True]


def test_what_other_programs_ask_keeps_the_model_awake(ui: Harness, engine: ScriptedEngine) -> None:
    ui.settings.change(idle_minutes=5)
    gate = Gate()
    engine.answers.append([gate, *answer("late")])
    heard = ask(ui)
    until(gate.reached.is_set)
    idle = ui.window.around_chat.idle
    idle._used -= 3600

    idle.look_at_the_clock()
    assert ui.window.switcher.current is not None
    gate.open.set()
    over(heard)
    idle.look_at_the_clock()
    assert ui.window.switcher.current is not None, "it counts from the end on"
