"""The window under a policy: it opens, obeys, and says who turned off what."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from backends.errors import PolicyError, PolicyFileError, PrecisionOffError, UserFacingError
from backends.precision import Precision
from backends.protocol.engine_requests import LoadRequest
from baichuan_desktop.services.app_paths import app_paths, resource
from baichuan_desktop.services.engines import process
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.jobs.desk import JobState
from baichuan_desktop.services.measuring.speed import speed_job
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.window.about import AboutDialog
from tests.helpers import goldens
from tests.helpers.machines import machine
from tests.helpers.policies import engine_command, write_policy
from tests.ui.harness import Harness, ScriptedEngine, answer

GUIDE = resource("guide_model")


@pytest.fixture
def seen(cold: Harness) -> list[UserFacingError]:
    """The errors that the window was told of, in their order."""
    errors: list[UserFacingError] = []
    show = cold.window.errors._dialog_of

    def note(error: UserFacingError, *rest: object, **named: object) -> object:
        errors.append(error)
        return show(error, *rest, **named)  # type: ignore[arg-type]  # passed on as it came

    cold.window.errors._dialog_of = note  # type: ignore[method-assign,assignment]  # noted only
    return errors


def start(ui: Harness) -> None:
    ui.window.library.load_first(None)
    ui.until(lambda: ui.error is not None and ui.window.switcher.is_settled)


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("models: [baichuan2-7b-chat]\n", PolicyError),
        ("folders: [/srv/models]\n", PolicyError),
        ("models: [\n", PolicyFileError),
    ],
)
def test_the_window_opens_where_the_guide_is_not_allowed_either(
    rule: str,
    kind: type[PolicyError],
    cold: Harness,
    engine: ScriptedEngine,
    seen: list[UserFacingError],
    tmp_path: Path,
) -> None:
    file = write_policy(tmp_path, rule)

    start(cold)

    assert engine.requests == [], "the engine hears of nothing that is not admitted"
    assert cold.window.isVisible()
    assert cold.window.switcher.current is None
    assert cold.error is not None
    text = " ".join(label.text() for label in cold.error.findChildren(QLabel))
    assert str(file) in text.replace("\u200b", "")
    assert {type(error) for error in seen} == {kind}


def test_what_is_not_allowed_leaves_the_model_that_ran(
    ui: Harness, engine: ScriptedEngine, seen: list[UserFacingError], tmp_path: Path
) -> None:
    write_policy(tmp_path, "models: [baichuan-guide]\n")
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), tmp_path / "other")
    other = ui.store.describe(tmp_path / "other")

    ui.load(other)
    ui.until(lambda: ui.error is not None)
    ui.until_idle()

    assert set(engine.loaded_folders) == {GUIDE}
    assert ui.window.switcher.current is not None
    assert ui.window.switcher.current.path == GUIDE
    assert [type(error) for error in seen] == [PolicyError]


def test_a_precision_that_is_off_gives_way_to_one_that_is_allowed(
    cold: Harness, engine: ScriptedEngine, seen: list[UserFacingError], tmp_path: Path
) -> None:
    """It was kept from a time before the policy."""
    cold.settings.keep_precision(GUIDE, LoadWish(Precision.FP32))
    write_policy(tmp_path, "precisions: [bf16]\n")

    cold.window.library.load_first(None)
    cold.until_idle()

    assert [type(error) for error in seen] == [PrecisionOffError]
    loads = [one for one in engine.requests if isinstance(one, LoadRequest)]
    assert [(one.folder, one.precision) for one in loads] == [(str(GUIDE), None)]


def test_rows_of_precisions_that_are_off_are_grey_and_say_who_turned_them_off(
    ui: Harness, tmp_path: Path
) -> None:
    file = write_policy(tmp_path, "precisions: [fp32]\n")
    ui.machine = machine(bf16=True)

    ui.window.top_bar.precision.click()
    menu = ui.window.precision.menu
    ui.until(lambda: menu.list.count() > 1)

    items = {menu.list.item(row).text(): menu.list.item(row) for row in range(menu.list.count())}
    off = next(item for text, item in items.items() if text.startswith("bf16"))
    on = next(item for text, item in items.items() if text.startswith("fp32"))
    assert not off.flags() & Qt.ItemFlag.ItemIsEnabled
    assert str(file) in off.toolTip().replace("\u200b", "")
    assert on.flags() & Qt.ItemFlag.ItemIsEnabled


def test_a_job_and_a_comparison_pass_the_same_gate(ui: Harness, tmp_path: Path) -> None:
    write_policy(tmp_path, "precisions: [bf16]\n")
    guide = ui.store.models[0]
    record = ui.window.jobs.add(speed_job(guide, [LoadWish(Precision.FP32)], ui.measurements))
    beside, failed = ui.comparison_worker(), []
    beside.failed.connect(lambda error, _: failed.append(error))
    beside.start(LoadRequest(str(GUIDE), Precision.FP32))

    ui.until(lambda: record.state.is_over and bool(failed))
    beside.shut_down()

    assert record.state is JobState.FAILED
    assert isinstance(failed[0], PrecisionOffError)
    assert ui.jobs.requests == []
    assert ui.beside.requests == []


def test_an_answer_that_is_no_longer_allowed_is_told(
    ui: Harness, engine: ScriptedEngine, seen: list[UserFacingError], tmp_path: Path
) -> None:
    write_policy(tmp_path, "models: []\n")
    with pytest.raises(PolicyError) as caught:
        ui.admission.check(GUIDE, None)
    engine.answers.append([caught.value])

    ui.say("Hello")
    ui.until(lambda: ui.error is not None)

    assert seen == [caught.value]
    write_policy(tmp_path, "models: [baichuan-guide]\n")
    engine.answers.append(answer("Hello yourself."))
    ui.say("And now?")
    ui.until(lambda: "Hello yourself." in ui.page_text)


def test_a_real_engine_of_the_window_asks_the_policy_by_itself(
    make_window: Callable[[EngineClient], Harness], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where whoever started it asks nothing."""
    monkeypatch.setattr(process, "_command", lambda: engine_command(tmp_path))
    client = EngineClient(app_paths().engine_log)
    ui = make_window(client)
    monkeypatch.setattr(type(ui.admission), "check", lambda *_: None)
    write_policy(tmp_path, "models: []\n")

    start(ui)

    assert ui.window.switcher.current is None
    write_policy(tmp_path, "models: [baichuan-guide]\n")
    ui.load(ui.store.models[0])
    ui.until_idle()


def test_about_names_the_policy(ui: Harness, tmp_path: Path) -> None:
    def text() -> str:
        about = AboutDialog(ui.window)
        found = " ".join(label.text() for label in about.findChildren(QLabel))
        about.deleteLater()
        return found.replace("\u200b", "")

    assert "There is no policy on this machine." in text()
    file = write_policy(tmp_path, "contact: desk 7\n")
    assert f"The administrator's policy in {file} is in force" in text()
    write_policy(tmp_path, "contact: 7\n")
    assert "cannot be used (at contact: this must be text, not 7)" in text()
