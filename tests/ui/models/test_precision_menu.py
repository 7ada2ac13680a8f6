"""The menu of precisions: what it says, and that a choice costs neither talk nor draft."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidgetItem, QStyle, QStyleOptionViewItem

from backends.checkpoint.folder import Checkpoint
from backends.choice.memory import MeasuredPeak
from backends.errors import (
    BackendUnavailableError,
    DamagedCheckpointError,
    EngineCrashedError,
    EngineError,
    EngineKilledError,
    ExportRefusedError,
    GpuLostError,
    InsufficientMemoryError,
    InvalidRequestError,
    UserFacingError,
)
from backends.events import ModelReady
from backends.machine.cards.values import Gpu
from backends.machine.hardware import Machine
from backends.precision import BackendName, DeviceKind, Precision
from backends.protocol.engine_requests import ChatRequest, LoadRequest
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import GUIDE_ID
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.models.precision_menu import _FIGURES, _IS_TICKED, _NOTE
from tests.helpers import exports
from tests.helpers.machines import BAICHUAN2_7B, PROCESSOR, card, machine
from tests.helpers.reads import counted
from tests.ui.harness import OTHER, READY, Harness, ScriptedEngine, answer, finished

GUIDE = resource("guide_model")
CHECKPOINT = Path(__file__).parents[2] / "goldens" / "checkpoints" / "b2-7b" / "safetensors"


@pytest.fixture
def seven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder holds a model of the shapes of Baichuan2-7B."""
    opened = replace(Checkpoint.open(CHECKPOINT), folder=GUIDE, config=BAICHUAN2_7B)
    monkeypatch.setattr(Checkpoint, "open", lambda _folder: opened)


def open_menu(ui: Harness, facts: Machine | None = None) -> list[QListWidgetItem]:
    """Press the button and wait for the rows."""
    ui.machine = facts or ui.machine
    ui.window.top_bar.precision.click()
    menu = ui.window.precision.menu
    assert menu.isVisible()
    ui.until(lambda: menu.list.count() > 1)
    return [menu.list.item(row) for row in range(menu.list.count())]


def row_of(items: list[QListWidgetItem], title: str) -> QListWidgetItem:
    (item,) = [item for item in items if item.text() == title]
    return item


def choose(ui: Harness, title: str) -> None:
    menu = ui.window.precision.menu
    item = row_of([menu.list.item(row) for row in range(menu.list.count())], title)
    where = menu.list.visualItemRect(item).center()
    QTest.mouseClick(menu.list.viewport(), Qt.MouseButton.LeftButton, pos=where)


def loads(engine: ScriptedEngine) -> list[LoadRequest]:
    return [request for request in engine.requests if isinstance(request, LoadRequest)]


def is_enabled(item: QListWidgetItem) -> bool:
    return bool(item.flags() & Qt.ItemFlag.ItemIsEnabled)


# --- what it says ------------------------------------------------------------------------


@pytest.mark.usefixtures("seven")
def test_every_precision_has_a_row_with_size_and_verdict(ui: Harness) -> None:
    items = open_menu(ui, machine(card(12, free_gib=11.3), free_gib=8.0))

    said = {item.text(): item.data(_FIGURES) for item in items}
    assert items[0].text() == "Automatic"
    assert said["bf16 · NVIDIA GeForce RTX 3060"] == "16.8 GiB · does not fit"
    assert said["8-bit · NVIDIA GeForce RTX 3060"] == "10.7 GiB · tight"
    assert said["4-bit · NVIDIA GeForce RTX 3060"] == "7.8 GiB · fits"
    assert said["fp32 · CPU"] == "32.4 GiB · does not fit"
    assert items[0].data(_NOTE) == "Takes the best that fits: 4-bit · NVIDIA GeForce RTX 3060"


@pytest.mark.parametrize(
    ("gib", "size", "form"),
    [
        (8, "6.9 GiB", "embedding in the machine's memory"),
        (7.2, "6.4 GiB", "embedding in the machine's memory · 8-bit head"),
        (
            6, "5.4 GiB",
            "embedding in the machine's memory · 8-bit head · context of 2,048 tokens",
        ),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("seven")
def test_what_makes_room_on_a_small_card_is_said(
    gib: float, size: str, form: str, ui: Harness
) -> None:
    items = open_menu(ui, machine(card(gib), free_gib=8.0))

    rows = [item for item in items if item.text() == "4-bit · NVIDIA GeForce RTX 3060"]
    (row,) = rows  # one way for a precision and a device
    assert row.data(_FIGURES) == f"{size} · fits"
    assert f"the automatic choice · {form}" in row.data(_NOTE)
    assert size in row.toolTip()


LAPTOP = "NVIDIA GeForce RTX 4060 Laptop GPU"
WORKSTATION = "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition MIG 1g.24gb"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize(
    "cards",
    [
        (card(6),),
        (card(8, name=LAPTOP), card(8, name=LAPTOP, index=1)),
        (card(8, name=LAPTOP), card(9, name="NVIDIA GeForce RTX 3080 Ti", index=1)),
        (card(9.75, name=WORKSTATION),),
        (card(9.75, name=WORKSTATION.replace(" ", "-")),),
    ],
)
@pytest.mark.usefixtures("seven")
def test_no_title_of_a_row_is_cut(cards: tuple[Gpu, ...], language: Any, ui: Harness) -> None:
    """It ends with what tells two cards of a name apart, or that the processor takes part."""
    ui.window.resize(960, 600)
    ui.window.view.use_language(language)
    drawn: list[tuple[QRect, QFont, int, str]] = []

    class Painter(QPainter):
        def drawText(self, *arguments: Any) -> Any:  # noqa: N802  Qt's
            rect, flags, text = arguments
            drawn.append((rect, self.font(), flags, text))

    items = open_menu(ui, machine(*cards, free_gib=8.0))
    view = ui.window.precision.menu.list
    canvas = QPixmap(view.viewport().size())
    for item in items:
        option = QStyleOptionViewItem()
        option.font = view.font()
        option.state = QStyle.StateFlag.State_Enabled
        option.rect = view.visualItemRect(item)
        painter = Painter(canvas)
        view.itemDelegate().paint(painter, option, view.indexFromItem(item))
        painter.end()

    texts = [text for *_, text in drawn]
    for item in items:
        whole = (item.text(), item.data(_FIGURES), item.data(_NOTE))
        assert {text for text in whole if text} <= set(texts)
    for rect, font, flags, text in drawn:
        needed = QFontMetrics(font).boundingRect(rect, flags, text)
        assert not text or rect.adjusted(-1, -1, 1, 1).contains(needed), text


@pytest.mark.usefixtures("seven")
def test_a_context_that_was_wished_for_is_not_shortened_and_the_row_offers_one(
    ui: Harness, engine: ScriptedEngine
) -> None:
    wish = LoadWish(Precision.NF4, "cuda:0", 4000)
    load(ui, engine, wish, backend=BackendName.BITSANDBYTES, precision=Precision.NF4)

    items = open_menu(ui, machine(card(6), free_gib=2.4))

    row = row_of(items, "4-bit · NVIDIA GeForce RTX 3060")
    assert row.data(_NOTE).endswith("is free: a context of 2,048 tokens would fit.")


@pytest.mark.usefixtures("seven")
def test_a_row_that_does_not_run_is_grey_and_says_why(ui: Harness, engine: ScriptedEngine) -> None:
    items = open_menu(ui, machine(card(12, free_gib=11.3), free_gib=8.0))

    row = row_of(items, "bf16 · NVIDIA GeForce RTX 3060")
    sentence = "bf16 needs 16.8 GiB on NVIDIA GeForce RTX 3060, but only 11.3 GiB is free."
    assert not is_enabled(row)
    assert row.data(_NOTE) == sentence
    assert sentence in row.toolTip()
    choose(ui, row.text())
    ui.app.processEvents()
    assert len(loads(engine)) == 1, "only the guide's, at the start"


def test_the_menu_opens_the_model_and_finds_its_options_once(
    ui: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The window has looked at its files, for its own menu.
    ui.until(lambda: any(action.isEnabled() for _, action in ui.window.menus.jobs))
    reads = counted(monkeypatch)

    open_menu(ui)

    assert reads.opened == [GUIDE]
    assert len(reads.options) == 1


def test_an_export_of_weights_that_changed_is_a_remark(
    ui: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any("the export in" in str(item.data(_NOTE)) for item in open_menu(ui))
    ui.window.precision.menu.hide()
    export = Path("/m/export")
    changed = replace(
        ui.store.model(GUIDE_ID), exports=(export,), export_stamps={export: "of earlier weights"}
    )
    monkeypatch.setattr(type(ui.window.switcher), "current", changed)

    items = open_menu(ui)

    (remark,) = [item for item in items if "the export in “/m/export”" in str(item.data(_NOTE))]
    assert not is_enabled(remark)


def test_an_export_that_is_gone_is_a_remark(ui: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    model = replace(ui.store.model(GUIDE_ID), exports=(Path("/m/gone"),))
    monkeypatch.setattr(type(ui.window.switcher), "current", model)

    items = open_menu(ui)

    (remark,) = [item for item in items if "“/m/gone” was refused" in str(item.data(_NOTE))]
    assert "Put it back" in remark.data(_NOTE)
    assert not is_enabled(remark)


@pytest.mark.usefixtures("seven")
def test_what_cannot_run_whatever_the_memory_says_so(ui: Harness) -> None:
    facts = machine(card(24), libraries={"torch": "2.11.0"})

    items = open_menu(ui, facts)

    row = row_of(items, "8-bit · NVIDIA GeForce RTX 3060")
    assert row.data(_FIGURES) == "not available"
    assert row.data(_NOTE) == "8-bit needs bitsandbytes, which is not installed."


@pytest.mark.parametrize("names", [("RTX 3060", "RTX A2000"), ("RTX 3060", "RTX 3060")])
@pytest.mark.usefixtures("seven")
def test_a_card_that_nothing_runs_on_has_one_row_below_those_that_can_be_chosen(
    names: tuple[str, str], ui: Harness
) -> None:
    cards = [card(12, name=name, index=index) for index, name in enumerate(names)]

    items = open_menu(ui, machine(*cards, torch_cuda=None))

    grey = [item for item in items if not is_enabled(item)]
    assert items[-2:] == grey
    numbers = ("", "") if names[0] != names[1] else (" (cuda:0)", " (cuda:1)")
    assert [item.text() for item in grey] == [
        f"bf16, 8-bit, 4-bit, 4-bit (FP4) · {name}{number}"
        for name, number in zip(names, numbers, strict=True)
    ]
    assert [item.data(_NOTE) for item in grey] == [
        f"{name}{number} cannot be used: torch is installed without CUDA."
        for name, number in zip(names, numbers, strict=True)
    ]
    assert {item.data(_FIGURES) for item in grey} == {"not available"}


@pytest.mark.usefixtures("seven")
def test_a_refused_card_leaves_the_rows_of_the_other_card_as_they_are(ui: Harness) -> None:
    old = card(12, name="Old", index=1, capability=(3, 5))

    items = open_menu(ui, machine(card(24, name="New"), old))

    said = [item.text() for item in items]
    assert "bf16 · New" in said
    assert [text for text in said if text.endswith("Old")] == [
        "fp16, 8-bit, 4-bit, 4-bit (FP4) · Old"
    ]


@pytest.mark.usefixtures("seven")
def test_what_is_refused_for_reasons_of_its_own_keeps_its_rows(ui: Harness) -> None:
    """Each precision names itself, as what lacks a library does."""
    items = open_menu(ui, machine(card(24), libraries={"torch": "2.11.0"}))

    said = [item.text() for item in items if not is_enabled(item)]
    assert "8-bit · NVIDIA GeForce RTX 3060" in said
    assert "4-bit · NVIDIA GeForce RTX 3060" in said


@pytest.mark.usefixtures("seven")
def test_the_automatic_choice_its_speed_and_the_published_loss_are_told(ui: Harness) -> None:
    ready = replace(
        READY,
        folder=str(GUIDE),
        backend=BackendName.BITSANDBYTES,
        precision=Precision.NF4,
        device_kind=DeviceKind.CUDA,
    )
    ui.measurements.loaded(ready)
    ui.measurements.answered(ready, finished())

    items = open_menu(ui, machine(card(12, free_gib=11.3)))

    note = row_of(items, "4-bit · NVIDIA GeForce RTX 3060").data(_NOTE)
    assert note == (
        "the automatic choice · last 10.0 tokens/s · "
        "published: 1.6 points less on C-Eval, MMLU and CMMLU on average"
    )
    assert row_of(items, "8-bit · CPU").data(_NOTE) == "slow on a processor"


@pytest.mark.usefixtures("seven")
def test_two_cards_of_a_name_are_told_apart(ui: Harness) -> None:
    items = open_menu(ui, machine(card(24, index=0), card(24, index=1)))

    titles = [item.text() for item in items]
    assert "bf16 · NVIDIA GeForce RTX 3060 (cuda:0)" in titles
    assert "bf16 · NVIDIA GeForce RTX 3060 (cuda:1)" in titles


def test_the_machine_is_looked_at_without_the_engine_that_runs(ui: Harness) -> None:
    open_menu(ui)

    assert ui.looks == [ui.window.switcher.running]


def test_the_head_of_the_menu_says_what_runs_and_why(ui: Harness) -> None:
    open_menu(ui)

    menu = ui.window.precision.menu
    assert menu.heading.text() == "Precision: bf16 · CPU"
    assert menu.why.text() == "bf16 needs 1.5 GiB, which fits on it together."
    assert "bf16 needs 1.5 GiB, which fits on it together." in ui.window.top_bar.precision.toolTip()


def test_a_model_that_is_gone_is_told_in_the_menu(
    ui: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_folder: Path) -> Checkpoint:
        raise BackendUnavailableError("It is gone.")

    monkeypatch.setattr(Checkpoint, "open", gone)

    ui.window.top_bar.precision.click()
    menu = ui.window.precision.menu
    ui.until(lambda: menu.list.item(0).data(_NOTE) == "It is gone.")


def test_the_menu_speaks_chinese(ui: Harness) -> None:
    ui.window.view.use_language("zh_CN")
    ui.app.processEvents()

    items = open_menu(ui)

    assert items[0].text() == "自动"
    assert "放得下" in row_of(items, "8-bit · CPU").data(_FIGURES)
    assert row_of(items, "8-bit · CPU").data(_NOTE) == "在处理器上较慢"


def test_a_reader_hears_a_row_as_a_whole(ui: Harness) -> None:
    items = open_menu(ui)

    spoken = items[0].data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Automatic, in use, Takes the best that fits: bf16 · CPU"


# --- what a choice does ------------------------------------------------------------------


def test_a_choice_loads_the_model_anew_and_keeps_talk_draft_and_settings(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("Yes."), answer("Still.")]
    ui.ask("Here?")
    ui.window.panel.temperature.setValue(0.9)
    ui.composer.set_text("a draft")
    fp32 = replace(READY, folder=str(GUIDE), precision=Precision.FP32)
    engine.loads.append([fp32])

    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.until(lambda: ui.window.top_bar.precision.text() == "· fp32")

    request = loads(engine)[-1]
    assert (request.precision, request.wanted_device, request.context_length) == (
        "fp32",
        "cpu",
        None,
    )
    assert not ui.window.precision.menu.isVisible()
    assert ui.composer.text() == "a draft"
    assert ui.window.panel.temperature.value() == pytest.approx(0.9)
    assert "Yes." in ui.page_text
    assert "begins here" not in ui.page_text
    ui.ask("Still?")
    question = engine.questions[-1]
    assert isinstance(question, ChatRequest)
    assert [m.text for m in question.messages] == ["Here?", "Yes.", "Still?"]


def test_the_row_in_use_is_ticked_if_only_its_precision_was_asked_for(
    ui: Harness, engine: ScriptedEngine
) -> None:
    """As after *Load it* in a dialog, which leaves the device to the app."""
    engine.loads.append(
        [replace(READY, folder=str(GUIDE), precision=Precision.FP32, device_name=PROCESSOR)]
    )
    ui.window.switcher.load(ui.store.model(GUIDE_ID), LoadWish(Precision.FP32))
    ui.until(lambda: len(loads(engine)) == 2 and ui.window.switcher.current is not None)

    items = open_menu(ui)

    assert [item.text() for item in items if item.data(_IS_TICKED)] == ["fp32 · CPU"]


@pytest.mark.usefixtures("seven")
def test_a_row_that_does_not_run_is_never_ticked(ui: Harness, engine: ScriptedEngine) -> None:
    """On two cards of a name bf16 has two rows, and one of them has no room for it."""
    facts = machine(card(24), card(8, index=1))
    load(
        ui,
        engine,
        LoadWish(Precision.BF16),
        backend=BackendName.TORCH_CUDA,
        precision=Precision.BF16,
    )

    items = open_menu(ui, facts)

    same = [item for item in items if item.text().startswith("bf16 · NVIDIA")]
    assert [is_enabled(item) for item in same] == [True, False]
    assert [item.data(_IS_TICKED) for item in same] == [True, False]
    assert sum(item.data(_IS_TICKED) for item in items) == 1


@pytest.mark.usefixtures("seven")
def test_what_runs_is_ticked_though_it_would_not_fit_any_more(
    ui: Harness, engine: ScriptedEngine
) -> None:
    load(
        ui,
        engine,
        LoadWish(Precision.BF16),
        backend=BackendName.TORCH_CUDA,
        precision=Precision.BF16,
    )

    items = open_menu(ui, machine(card(24, free_gib=10.0)))

    (ticked,) = [item for item in items if item.data(_IS_TICKED)]
    assert ticked.text() == "bf16 · NVIDIA GeForce RTX 3060"
    assert not is_enabled(ticked)


def test_a_menu_closes_where_another_model_is_loaded_under_it(ui: Harness) -> None:
    open_menu(ui)

    ui.load(OTHER)

    assert not ui.window.precision.menu.isVisible()


@pytest.mark.usefixtures("seven")
def test_the_other_card_of_a_name_can_be_chosen(ui: Harness, engine: ScriptedEngine) -> None:
    facts = machine(card(24, index=0), card(24, index=1))
    first, second = (f"4-bit · NVIDIA GeForce RTX 3060 (cuda:{index})" for index in (0, 1))
    load(
        ui,
        engine,
        LoadWish(Precision.NF4),
        backend=BackendName.BITSANDBYTES,
        precision=Precision.NF4,
    )

    items = open_menu(ui, facts)
    assert [item.text() for item in items if item.data(_IS_TICKED)] == [first]

    engine.loads.append([on_card(BackendName.BITSANDBYTES, Precision.NF4)])
    choose(ui, second)
    ui.until(lambda: len(loads(engine)) == 3 and ui.window.switcher.current is not None)
    assert loads(engine)[-1].wanted_device == "cuda:1"
    items = open_menu(ui, facts)
    assert [item.text() for item in items if item.data(_IS_TICKED)] == [second]


def on_card(backend: BackendName, precision: Precision) -> ModelReady:
    return replace(
        READY,
        folder=str(GUIDE),
        backend=backend,
        precision=precision,
        device_kind=DeviceKind.CUDA,
        device_name=card(24).name,
    )


def load(
    ui: Harness,
    engine: ScriptedEngine,
    wish: LoadWish,
    *,
    backend: BackendName,
    precision: Precision,
) -> None:
    """Have the guide run on a card, as somebody wished."""
    engine.loads.append([on_card(backend, precision)])
    ui.window.switcher.load(ui.store.model(GUIDE_ID), wish)
    ui.until(lambda: len(loads(engine)) == 2 and ui.window.switcher.current is not None)


def test_the_row_in_use_is_ticked_and_does_not_load_again(
    ui: Harness, engine: ScriptedEngine
) -> None:
    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.until(lambda: len(loads(engine)) == 2 and ui.window.switcher.current is not None)

    items = open_menu(ui)
    assert [item.text() for item in items if item.data(_IS_TICKED)] == ["fp32 · CPU"]
    choose(ui, "fp32 · CPU")
    ui.app.processEvents()

    assert len(loads(engine)) == 2
    open_menu(ui)
    choose(ui, "Automatic")
    ui.until(lambda: len(loads(engine)) == 3)
    assert loads(engine)[-1].precision is None


def test_keys_choose_and_close(ui: Harness, engine: ScriptedEngine) -> None:
    open_menu(ui)
    menu = ui.window.precision.menu

    QTest.keyClick(menu.list, Qt.Key.Key_Escape)
    assert not menu.isVisible()
    open_menu(ui)
    QTest.keyClick(menu.list, Qt.Key.Key_Down)
    QTest.keyClick(menu.list, Qt.Key.Key_Return)

    ui.until(lambda: len(loads(engine)) == 2)
    assert loads(engine)[-1].precision == "bf16"


def test_a_precision_that_cannot_be_loaded_gives_way_to_the_one_before(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.loads.append([InsufficientMemoryError(device="it", needed_bytes=2, free_bytes=1)])

    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.until(lambda: len(loads(engine)) == 3)
    ui.until_idle()

    assert loads(engine)[-1].precision is None
    assert ui.window.switcher.wish == LoadWish()
    assert ui.error is not None


def test_a_model_keeps_its_precision_while_another_is_used(
    ui: Harness, engine: ScriptedEngine
) -> None:
    guide = ui.window.switcher.current
    assert guide is not None
    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.until(lambda: len(loads(engine)) == 2 and ui.window.switcher.current is not None)

    ui.window.library.open_folder(CHECKPOINT)
    ui.until(lambda: len(loads(engine)) == 3 and ui.window.switcher.current is not None)
    ui.load(guide)
    ui.until(lambda: len(loads(engine)) == 4)

    assert [request.precision for request in loads(engine)] == [None, "fp32", None, "fp32"]


def test_a_choice_is_kept_for_the_next_start(ui: Harness, engine: ScriptedEngine) -> None:
    """And no other way of loading is: an offer of an error is for today."""
    kept = partial(SettingsFile, ui.settings._file)
    ui.window.switcher.load(ui.store.model(GUIDE_ID), LoadWish(Precision.INT8))
    ui.until(lambda: ui.window.switcher.wish == LoadWish(Precision.INT8))
    assert kept().current.precisions == {}

    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.until(lambda: ui.window.switcher.wish.precision == "fp32")
    assert kept().current.precisions == {GUIDE: LoadWish(Precision.FP32, DeviceKind.CPU)}

    open_menu(ui)
    choose(ui, "Automatic")
    ui.until(lambda: len(loads(engine)) == 4 and ui.window.switcher.current is not None)
    assert kept().current.precisions == {}


def test_what_an_error_offered_is_kept_once_it_is_chosen_in_the_menu(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.loads.append(
        [replace(READY, folder=str(GUIDE), precision=Precision.FP32, device_name=PROCESSOR)]
    )
    ui.window.switcher.load(ui.store.model(GUIDE_ID), LoadWish(Precision.FP32))
    ui.until(lambda: len(loads(engine)) == 2 and ui.window.switcher.current is not None)

    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.app.processEvents()

    assert SettingsFile(ui.settings._file).current.precisions == {
        GUIDE: LoadWish(Precision.FP32, DeviceKind.CPU)
    }
    assert ui.window.switcher.wish == LoadWish(Precision.FP32, DeviceKind.CPU), (
        "what was clicked, and no less"
    )
    assert len(loads(engine)) == 2, "it runs already"


def test_a_choice_that_failed_is_not_kept(ui: Harness, engine: ScriptedEngine) -> None:
    engine.loads.append([InsufficientMemoryError(device="it", needed_bytes=2, free_bytes=1)])

    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.until(lambda: len(loads(engine)) == 3)
    ui.until_idle()

    assert ui.settings.current.precisions == {}


def test_the_next_start_loads_as_it_was_chosen(cold: Harness, engine: ScriptedEngine) -> None:
    cold.settings.keep_precision(GUIDE, LoadWish(Precision.FP32, "cpu", 256))

    cold.start()

    (request,) = loads(engine)
    assert (request.precision, request.wanted_device, request.context_length) == (
        "fp32",
        "cpu",
        256,
    )


def test_a_choice_that_cannot_be_loaded_any_more_gives_way_to_the_automatic_one(
    cold: Harness, engine: ScriptedEngine
) -> None:
    """As after a card was taken out: it is told once, and not at each start."""
    cold.settings.keep_precision(GUIDE, LoadWish(Precision.NF4, "cuda:1", 256))
    engine.loads.append([BackendUnavailableError("There is no “{name}”.", name="cuda:1")])

    cold.start()

    assert [(one.precision, one.context_length) for one in loads(engine)] == [
        ("4bit", 256), (None, 256),
    ]  # fmt: skip
    assert cold.window.switcher.current is not None
    assert cold.error is not None
    assert "cuda:1" in cold.error.message.text()
    kept = SettingsFile(cold.settings._file).current.precisions
    assert kept == {GUIDE: LoadWish(context_length=256)}


def test_a_context_that_the_model_does_not_have_is_forgotten(
    cold: Harness, engine: ScriptedEngine
) -> None:
    cold.settings.keep_precision(GUIDE, LoadWish(context_length=9000))
    engine.loads.append([InvalidRequestError("The context length must be less.")])

    cold.start()

    assert [one.context_length for one in loads(engine)] == [9000, None]
    assert SettingsFile(cold.settings._file).current.precisions == {}


def test_a_choice_is_not_forgotten_where_nothing_else_runs_either(
    cold: Harness, engine: ScriptedEngine
) -> None:
    cold.settings.keep_precision(GUIDE, LoadWish(Precision.NF4, "cuda:1"))
    gone = BackendUnavailableError("torch is not installed.")
    engine.loads += [[gone], [gone]]

    cold.window.library.load_first(None)
    cold.until(lambda: "No model is loaded" in cold.window.top_bar.usage.text())

    assert cold.settings.current.precisions == {GUIDE: LoadWish(Precision.NF4, "cuda:1")}


@pytest.mark.parametrize(
    "error",
    [
        InsufficientMemoryError(device="it", needed_bytes=2, free_bytes=1),
        EngineKilledError("it was killed"),
        GpuLostError("it fell off the bus"),
        EngineError("The engine met an error it does not know."),
    ],
)
def test_what_may_be_otherwise_at_the_next_start_keeps_the_choice(
    error: UserFacingError, cold: Harness, engine: ScriptedEngine
) -> None:
    """Until then the model runs as the app chooses: it is not there to be chosen for without."""
    cold.settings.keep_precision(GUIDE, LoadWish(Precision.FP32))
    engine.loads.append([error])

    cold.start()

    assert [request.precision for request in loads(engine)] == ["fp32", None]
    assert cold.window.switcher.current is not None
    assert cold.settings.current.precisions == {GUIDE: LoadWish(Precision.FP32)}


def test_a_model_that_is_damaged_is_not_tried_again(cold: Harness, engine: ScriptedEngine) -> None:
    cold.settings.keep_precision(GUIDE, LoadWish(Precision.FP32))
    engine.loads.append([DamagedCheckpointError(Path("/m/w.bin"), "it is cut short")])

    cold.window.library.load_first(None)
    cold.until(lambda: "No model is loaded" in cold.window.top_bar.usage.text())

    assert len(loads(engine)) == 1
    assert cold.settings.current.precisions == {GUIDE: LoadWish(Precision.FP32)}


@pytest.mark.parametrize(
    "wish", [LoadWish(context_length=256), LoadWish(Precision.NF4, "cuda:1", 256)]
)
def test_an_engine_that_crashes_with_everything_is_given_up(
    wish: LoadWish, cold: Harness, engine: ScriptedEngine
) -> None:
    cold.settings.keep_precision(GUIDE, wish)
    engine.loads += [[EngineCrashedError("it crashed")] for _ in range(9)]

    cold.window.library.load_first(None)
    cold.until(lambda: "No model is loaded" in cold.window.top_bar.usage.text())

    wishes = [(one.precision, one.wanted_device, one.context_length) for one in loads(engine)]
    assert len(set(wishes)) == len(wishes) <= 3
    assert cold.settings.current.precisions == {GUIDE: wish}


def test_what_an_error_offered_gives_way_to_what_was_chosen(
    ui: Harness, engine: ScriptedEngine
) -> None:
    """That it fails later says nothing of the choice that is kept."""
    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.until(lambda: len(loads(engine)) == 2 and ui.window.switcher.current is not None)
    ui.window.switcher.load(ui.store.model(GUIDE_ID), LoadWish(Precision.INT8, "cpu"))
    ui.until(lambda: len(loads(engine)) == 3 and ui.window.switcher.current is not None)
    ui.load(OTHER)
    ui.until(lambda: len(loads(engine)) == 4 and ui.window.switcher.current is not None)
    engine.loads.append([EngineCrashedError("it crashed")])

    ui.load(ui.store.model(GUIDE_ID))
    ui.until(lambda: len(loads(engine)) == 6 and ui.window.switcher.current is not None)

    assert [one.precision for one in loads(engine)[4:]] == ["8bit", "fp32"]
    assert ui.settings.current.precisions == {GUIDE: LoadWish(Precision.FP32, DeviceKind.CPU)}


def test_the_guide_in_place_of_a_model_is_not_the_next_first_one_whatever_it_takes(
    cold: Harness, engine: ScriptedEngine
) -> None:
    cold.settings.keep_precision(GUIDE, LoadWish(Precision.NF4, "cuda:1"))
    cold.store.add(CHECKPOINT)
    (added,) = [model for model in cold.store.models if model.id != GUIDE_ID]
    cold.settings.change(last_model=added.id)
    engine.loads += [
        [DamagedCheckpointError(Path("/m/w.bin"), "it is cut short")],
        [BackendUnavailableError("There is no cuda:1.")],
    ]

    cold.start()

    assert [request.precision for request in loads(engine)] == [None, "4bit", None]
    assert SettingsFile(cold.settings._file).current.last_model == added.id


def test_a_model_that_comes_back_instead_of_another_comes_as_it_was_chosen(
    cold: Harness, engine: ScriptedEngine
) -> None:
    cold.settings.keep_precision(GUIDE, LoadWish(Precision.FP32, "cpu"))
    cold.store.add(CHECKPOINT)
    (added,) = [model for model in cold.store.models if model.id != GUIDE_ID]
    cold.settings.change(last_model=added.id)
    engine.loads.append([DamagedCheckpointError(Path("/m/w.bin"), "it is cut short")])

    cold.start()

    assert [request.precision for request in loads(engine)] == [None, "fp32"]


def without_export(ui: Harness, engine: ScriptedEngine) -> InstalledModel:
    """Have a model run without its export, which was refused."""
    folder = Path("/m/int8")
    model = replace(OTHER, exports=(folder,))
    engine.loads.append([refused(folder)])
    ui.load(model)
    ui.until(lambda: ui.window.switcher.current is model)
    return model


def refused(folder: Path) -> ExportRefusedError:
    return ExportRefusedError(folder, DamagedCheckpointError(folder / "model.onnx", "it is short"))


def test_a_model_runs_without_an_export_that_was_refused(
    ui: Harness, engine: ScriptedEngine
) -> None:
    """The error is told, and nobody has to delete something before the model answers."""
    first, second = Path("/m/int8"), Path("/m/int4")
    engine.loads += [[refused(first)], [refused(second)]]

    ui.load(replace(OTHER, exports=(first, second)))
    ui.until(lambda: ui.window.switcher.current is not None)

    assert [request.exports for request in loads(engine)[1:]] == [
        (str(first), str(second)), (str(second),), (),
    ]  # fmt: skip
    assert ui.window.controller.model is not None
    assert ui.window.controller.model.path == OTHER.path
    assert ui.error is not None
    assert "was refused" in ui.error.message.text()


def test_an_export_that_was_refused_is_left_out_until_it_is_asked_for(
    ui: Harness, engine: ScriptedEngine
) -> None:
    model = without_export(ui, engine)
    (folder,) = model.exports

    ui.load(ui.store.model(GUIDE_ID))
    ui.until(lambda: ui.window.switcher.current is not None)
    ui.load(model)
    ui.until(lambda: ui.window.switcher.current is model)
    ui.window.switcher.load(model, LoadWish(Precision.ONNX_INT8, "cpu"))
    ui.until(lambda: len(loads(engine)) == 6)

    asked = [one.exports for one in loads(engine) if one.folder == str(OTHER.path)]
    assert asked == [(str(folder),), (), (), (str(folder),)]


def test_an_export_that_was_refused_is_tried_when_it_was_made_anew(
    ui: Harness, engine: ScriptedEngine
) -> None:
    model = without_export(ui, engine)
    (folder,) = model.exports

    ui.window.switcher.refresh([model], folder)
    assert ui.window.switcher.refused_exports(model) == []
    ui.load(ui.store.model(GUIDE_ID))
    ui.until(lambda: ui.window.switcher.current is not None)
    ui.load(model)
    ui.until(lambda: ui.window.switcher.current is model)

    assert loads(engine)[-1].exports == (str(folder),)


def test_a_choice_that_needs_no_export_does_not_try_one_again(
    ui: Harness, engine: ScriptedEngine
) -> None:
    """Its own error would be hidden by that of the export."""
    model = without_export(ui, engine)
    engine.loads.append([InsufficientMemoryError(device="it", needed_bytes=2, free_bytes=1)])

    ui.window.switcher.load(model, LoadWish(Precision.INT8, "cpu"))
    ui.until(lambda: len(loads(engine)) == 5 and ui.window.switcher.current is model)

    assert [one.exports for one in loads(engine)[3:]] == [(), ()]
    assert ui.error is not None
    assert "only" in ui.error.message.text(), "the error of memory is the one to be read"


def test_the_menu_names_an_export_that_was_refused(ui: Harness, engine: ScriptedEngine) -> None:
    """Its files are of the right size, so that nothing is to be seen without reading them."""
    folder = exports.of_golden("b2-7b").folder
    guide = replace(ui.store.model(GUIDE_ID), exports=(folder,))
    ui.load(OTHER)
    ui.until(lambda: ui.window.switcher.current is OTHER)
    engine.loads.append([refused(folder)])
    ui.load(guide)
    ui.until(lambda: len(loads(engine)) == 4 and ui.window.switcher.current is not None)

    items = open_menu(ui)

    said = [item.data(_NOTE) for item in items]
    assert sum(f"The export in “{folder}” was refused" in note for note in said) == 1


def test_a_choice_of_an_export_that_was_refused_is_kept(
    cold: Harness, engine: ScriptedEngine
) -> None:
    """It is right again as soon as the model is exported anew."""
    wish = LoadWish(Precision.ONNX_INT8, DeviceKind.CPU)
    guide = replace(cold.store.model(GUIDE_ID), exports=(Path("/m/int8"),))
    cold.settings.keep_precision(GUIDE, wish)
    engine.loads.append([refused(Path("/m/int8"))])

    cold.load(guide)
    cold.until(lambda: cold.window.switcher.current is not None)

    assert [(one.precision, one.wanted_device) for one in loads(engine)] == [
        ("onnx-int8", "cpu"), (None, None),
    ]  # fmt: skip
    assert SettingsFile(cold.settings._file).current.precisions == {GUIDE: wish}


def test_an_export_that_was_chosen_and_refused_gives_way_to_what_ran(
    ui: Harness, engine: ScriptedEngine
) -> None:
    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.until(lambda: len(loads(engine)) == 2 and ui.window.switcher.current is not None)
    guide = replace(ui.store.model(GUIDE_ID), exports=(Path("/m/int4"),))
    engine.loads.append([refused(Path("/m/int4"))])

    ui.window.switcher.load(guide, LoadWish(Precision.ONNX_INT4, DeviceKind.CPU), keep=True)
    ui.until(lambda: len(loads(engine)) == 4 and ui.window.switcher.current is not None)

    assert ui.window.switcher.wish == LoadWish(Precision.FP32, DeviceKind.CPU)
    assert ui.settings.current.precisions == {GUIDE: LoadWish(Precision.FP32, DeviceKind.CPU)}


def test_automatic_is_kept_though_its_export_was_refused(
    ui: Harness, engine: ScriptedEngine
) -> None:
    cpu = LoadWish(Precision.FP32, DeviceKind.CPU)
    ui.settings.keep_precision(GUIDE, cpu)
    model = replace(ui.store.model(GUIDE_ID), exports=(Path("/m/int4"),))
    ui.load(OTHER)
    ui.until(lambda: ui.window.switcher.current is OTHER)
    engine.loads.append([refused(Path("/m/int4"))])

    ui.window.switcher.load(model, LoadWish(), keep=True)
    ui.until(lambda: len(loads(engine)) == 4 and ui.window.switcher.current is not None)

    assert ui.window.switcher.wish == LoadWish()
    assert ui.settings.current.precisions == {}


def test_a_shorter_context_is_kept_until_the_full_one_is_chosen(
    ui: Harness, engine: ScriptedEngine
) -> None:
    guide = ui.window.switcher.current
    assert guide is not None
    ui.window.switcher.load(guide, LoadWish(context_length=256))
    ui.until(lambda: ui.window.switcher.wish.context_length == 256)

    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.until(lambda: len(loads(engine)) == 3 and ui.window.switcher.current is not None)
    assert loads(engine)[-1].context_length == 256
    open_menu(ui)
    choose(ui, f"Full context: {guide.context_length} tokens")
    ui.until(lambda: len(loads(engine)) == 4)

    last = loads(engine)[-1]
    assert (last.precision, last.context_length) == ("fp32", None)


def test_a_context_that_the_app_shortened_can_be_had_whole(
    ui: Harness, engine: ScriptedEngine
) -> None:
    guide = ui.window.switcher.current
    assert guide is not None
    engine.loads.append([replace(READY, folder=str(GUIDE), context_length=256)])
    ui.window.switcher.load(guide, LoadWish(Precision.FP32))
    ui.until(lambda: len(loads(engine)) == 2 and ui.window.switcher.current is not None)
    assert loads(engine)[-1].context_length is None

    items = open_menu(ui)
    title = f"Full context: {guide.context_length} tokens"
    assert row_of(items, title).data(_NOTE) == "Now 256 tokens, which need less memory"
    choose(ui, title)
    ui.until(lambda: len(loads(engine)) == 3)

    last = loads(engine)[-1]
    assert (last.precision, last.context_length) == ("fp32", guide.context_length)


def test_the_list_of_models_leads_to_the_precisions(ui: Harness) -> None:
    picker = ui.window.top_bar.picker
    titles = [picker.itemText(row) for row in range(picker.count())]

    picker.activated.emit(titles.index("Precision: bf16 · CPU"))

    menu = ui.window.precision.menu
    assert menu.isVisible()
    ui.until(lambda: menu.list.count() > 1)


def test_while_a_model_loads_there_is_nothing_to_choose(cold: Harness) -> None:
    assert not cold.window.top_bar.precision.isVisible()

    cold.window.top_bar.picker.precision_requested.emit()

    assert not cold.window.precision.menu.isVisible()


# --- what is remembered ------------------------------------------------------------------


def test_loads_and_answers_are_measured_and_told_to_the_next_load(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")

    open_menu(ui)
    choose(ui, "fp32 · CPU")
    ui.until(lambda: len(loads(engine)) == 2)

    measured = Measurements(ui.measurements._file).of(
        GUIDE, BackendName.TORCH_CPU, Precision.BF16, DeviceKind.CPU
    )
    assert measured is not None
    assert measured.tokens_per_second == 10.0
    assert loads(engine)[0].measured == ()
    assert loads(engine)[1].measured == (
        MeasuredPeak(
            BackendName.TORCH_CPU,
            Precision.BF16,
            DeviceKind.CPU,
            READY.peak_bytes,
            READY.weights_bytes,
        ),
    )


def test_a_card_is_named_where_the_precision_is(cold: Harness, engine: ScriptedEngine) -> None:
    ready: ModelReady = replace(
        READY,
        folder=str(GUIDE),
        backend=BackendName.BITSANDBYTES,
        precision=Precision.INT8,
        device_name="NVIDIA GeForce RTX 3060",
        device_kind=DeviceKind.CUDA,
    )
    engine.loads.append([ready])

    cold.start()

    assert (
        cold.window.top_bar.precision.accessibleName()
        == "Precision: 8-bit · NVIDIA GeForce RTX 3060"
    )
    assert PROCESSOR not in cold.window.top_bar.precision.toolTip()
