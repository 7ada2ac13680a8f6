from __future__ import annotations

from pathlib import Path

from backends.phrases import Phrase
from baichuan_desktop.services.library.adapters.details import AdapterDetails
from baichuan_desktop.services.library.registry import InstalledAdapter
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.rows.actions import Action
from baichuan_desktop.services.library.rows.values import AdapterLooked, AdapterRow
from baichuan_desktop.services.library.states import Condition, ModelState
from baichuan_desktop.ui.library.page import LibraryPage
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.library import DISK, files, listed
from tests.ui.controllers import Controllers

LETTERS = InstalledAdapter(
    id="letters", name=Names(en="Letters", zh="公文"), path=Path("/a/letters"), base="chat"
)
LONELY = InstalledAdapter(
    id="lonely", name=Names(en="Lonely", zh="孤"), path=Path("/a/lonely"), base="gone"
)
MADE = AdapterDetails(
    "LoRA", (8,), 12, (), 4096, "ann/Baichuan2-7B-Chat", {"seed": "42", "data": "letters.jsonl"}
)


def page_of(theme: Theme) -> LibraryPage:
    page = LibraryPage(theme)
    page.set_models([listed("another"), listed("chat")], (), [LETTERS, LONELY])
    looked = AdapterLooked(ModelState(Condition.PRESENT, None, files(4096)), DISK, MADE)
    page.set_states([(LETTERS, looked)])
    return page


def test_adapters_stand_below_their_models_and_those_without_one_at_the_end(theme: Theme) -> None:
    page = page_of(theme)

    keys = [entry.key[1] for entry in page.list.rows.entries]

    assert keys == ["here", "another", "chat", "letters", "lonely"]


def test_the_details_name_the_model_and_what_made_the_adapter(theme: Theme) -> None:
    page = page_of(theme)
    page.list.choose_key(("adapter", "letters"))

    shown = {
        labels.name.text(): labels.value.text() or labels.path.text()
        for labels in page.details._facts
        if not labels.name.isHidden()
    }
    assert shown["Model"] == "chat"
    assert shown["Kind"] == "LoRA · r 8"
    assert shown["Made for"] == "ann/Baichuan2-7B-Chat"
    assert (shown["seed"], shown["data"]) == ("42", "letters.jsonl")
    assert page.details.buttons[Action.LOAD].text() == "Use this adapter"


def test_the_adapter_in_use_is_marked_and_not_offered(theme: Theme) -> None:
    page = page_of(theme)
    page.list.choose_key(("adapter", "letters"))

    page.set_loaded(listed("chat"), LETTERS.path)

    assert page.list.rows.loaded == {("model", "chat"), ("adapter", "letters")}
    assert not page.details.buttons[Action.LOAD].isEnabled()


def test_what_is_asked_for_an_adapter_is_told_of_it(theme: Theme, behind: Controllers) -> None:
    page = page_of(theme)
    loads, names = behind.heard(page.load_requested), behind.heard(page.rename_requested)
    row = AdapterRow(LETTERS, listed("chat"))

    for action in (Action.LOAD, Action.RENAME):
        page.ask_for(action, row)

    assert loads == names == [(LETTERS,)]


def test_an_adapter_that_cannot_be_opened_says_why_in_its_details(theme: Theme) -> None:
    page = page_of(theme)
    state = ModelState(Condition.GONE, Phrase("“{folder}” is not there.", folder="/a/letters"))

    page.set_states([(LETTERS, AdapterLooked(state))])
    page.list.choose_key(("adapter", "letters"))

    assert page.details.state.text() == "“/a/letters” is not there."
    assert Action.LOAD not in [a for a, b in page.details.buttons.items() if not b.isHidden()]
