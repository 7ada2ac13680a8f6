"""How a model is talked with, without a window."""

from __future__ import annotations

from dataclasses import replace

from backends.events import ModelKind
from backends.phrases import Phrase
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.ui.chat.model_use import Introduction
from tests.ui.controllers import Controllers, installed
from tests.ui.harness import DEFAULTS, READY, Gate, ScriptedEngine, until

CHAT, BASE = installed("Chat"), installed("Base", ModelKind.BASE)


def test_a_model_is_introduced_when_it_is_loading_and_when_it_is_loaded(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    note = Phrase("{name} is not used", name="top_k")
    engine.loads.append([replace(READY, notes=(note,))])
    told = behind.heard(behind.use.introduced)

    behind.load(CHAT)

    assert told == [
        (Introduction(CHAT),),
        (Introduction(CHAT, is_loaded=True, is_another=True, notes=(note,)),),
    ]


def test_a_model_that_is_loaded_again_begins_no_talk_of_its_own(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    told, began = behind.heard(behind.use.introduced), behind.heard(behind.use.talk_began)
    behind.load(CHAT)
    behind.load(CHAT)

    assert began == [("chat", DEFAULTS)]
    assert told[-1] == (Introduction(CHAT, is_loaded=True),)


def test_a_base_model_that_is_used_as_a_chat_model_begins_a_talk_as_one_and_is_remembered(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    began = behind.heard(behind.use.talk_began)
    behind.load(BASE)
    assert behind.chat.completes

    behind.use.use_as_chat(True)

    assert began == [("base", DEFAULTS), ("chat", DEFAULTS)]
    assert not behind.chat.completes
    assert behind.settings.current.as_chat == {BASE.path}
    behind.load(CHAT)
    behind.load(BASE)
    assert not behind.chat.completes


def test_chatting_is_offered_for_a_base_model_that_is_loaded_and_says_nothing(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    told = behind.heard(behind.use.as_chat_changed)
    behind.load(CHAT)
    assert told[-1] == (False, False)
    behind.load(BASE)
    assert told[-1] == (True, False)
    behind.use.use_as_chat(True)
    assert told[-1] == (True, True)

    behind.switcher.set_aside()
    assert told[-1] == (False, False)
    behind.switcher.bring_back()
    until(lambda: behind.switcher.current is not None)

    assert told[-1] == (True, True)


def test_without_a_model_there_is_none_to_introduce(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    told = behind.heard(behind.use.introduced)
    behind.use.use_as_chat(True)
    assert told == []
    gate = Gate()
    engine.loads.append([gate, RuntimeError("a bug")])
    engine.loads += [[RuntimeError("a bug")]] * 3

    behind.switcher.load(CHAT)
    gate.open.set()
    until(lambda: told[-1:] == [(Introduction(None),)])

    assert behind.settings.current.as_chat == frozenset()


def test_a_model_that_is_renamed_goes_on_under_its_new_name(
    behind: Controllers, engine: ScriptedEngine
) -> None:
    behind.load(CHAT)
    told, began = behind.heard(behind.use.introduced), behind.heard(behind.use.talk_began)
    renamed = replace(CHAT, name=Names(en="Mine", zh="我的"))

    behind.switcher.describe([BASE, renamed])
    behind.switcher.describe([BASE, renamed])

    assert began == []
    assert told == [(Introduction(renamed, is_loaded=True),)], "once, and not as another one"
    assert behind.chat.model == renamed
