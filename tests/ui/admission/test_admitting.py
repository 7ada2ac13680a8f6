"""Before a model is loaded: its licence, what verifying it found, what the policy says."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from backends.errors import LicenceNotAcceptedError
from backends.phrases import Phrase
from backends.precision import Precision
from backends.protocol.engine_requests import LoadRequest
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs.bytes_meter import BytesMeter
from baichuan_desktop.services.jobs.desk import JobState
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.settings import Language
from baichuan_desktop.ui.admission.failed_dialog import FailedVerificationDialog
from baichuan_desktop.ui.admission.licence_dialog import LicenceDialog
from baichuan_desktop.ui.admission.licence_texts import moment
from baichuan_desktop.ui.turns.desk import OtherModel
from tests.helpers import goldens
from tests.helpers.policies import write_policy
from tests.ui.harness import Harness, ScriptedEngine, answer

TEXT = "You may use these weights for research.\n你可以将其用于研究。\n"


def listed(folder: Path, *, licence: str | None) -> InstalledModel:
    """A small model in a folder of a person's, with a licence in it or not."""
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    for file in folder.glob("LICENSE*"):
        file.unlink()
    if licence is not None:
        (folder / "LICENSE").write_text(licence, encoding="utf-8")
    return ModelStore(app_paths()).add(folder)


@pytest.fixture
def licensed(tmp_path: Path) -> InstalledModel:
    return listed(tmp_path / "licensed", licence=TEXT)


@pytest.fixture
def plain(tmp_path: Path) -> InstalledModel:
    return listed(tmp_path / "plain", licence=None)


def licence_dialog(ui: Harness) -> LicenceDialog:
    ui.until(lambda: isinstance(ui.window.models.admitting.dialog, LicenceDialog))
    dialog = ui.window.models.admitting.dialog
    assert isinstance(dialog, LicenceDialog)
    return dialog


def failed_dialog(ui: Harness) -> FailedVerificationDialog:
    ui.until(lambda: isinstance(ui.window.models.admitting.dialog, FailedVerificationDialog))
    dialog = ui.window.models.admitting.dialog
    assert isinstance(dialog, FailedVerificationDialog)
    return dialog


def has_no_override(ui: Harness, model: InstalledModel) -> bool:
    kept = ui.manifests.kept(model.id)
    return kept is not None and kept.override is None


def loads(engine: ScriptedEngine) -> list[str]:
    """The folders that the engine was asked to load, by name."""
    return [folder.name for folder in engine.loaded_folders]


# --- licences --------------------------------------------------------------------------------


def test_a_licence_is_shown_whole_and_the_model_is_loaded_once_it_is_accepted(
    licensed: InstalledModel, ui: Harness, engine: ScriptedEngine
) -> None:
    ui.load(licensed)
    dialog = licence_dialog(ui)
    assert TEXT.strip() in dialog.text.toPlainText()
    assert str(licensed.path / "LICENSE") in dialog.text.toPlainText()
    assert loads(engine) == ["guide_model"]

    dialog.accept_button.click()

    ui.until(lambda: ui.window.switcher.current == licensed)
    assert loads(engine) == ["guide_model", "licensed"]
    (accepted,) = ui.acceptances.all()
    assert accepted.model_id == licensed.id


def test_what_is_not_accepted_is_not_loaded_and_the_model_before_stays_with_the_draft(
    licensed: InstalledModel, ui: Harness, engine: ScriptedEngine
) -> None:
    ui.composer.set_text("half a question")
    ui.load(licensed)

    licence_dialog(ui).close_button.click()

    ui.until(lambda: ui.window.switcher.current is not None)
    assert ui.window.switcher.current is not None
    assert ui.window.switcher.current.bundled
    assert loads(engine) == ["guide_model"]  # which was not even loaded anew
    assert ui.composer.input.text() == "half a question"
    assert ui.acceptances.all() == []
    engine.answers.append([])
    assert ui.can_send_next


def test_a_model_is_asked_about_by_its_folder_whatever_it_was_taken_for(
    licensed: InstalledModel, ui: Harness, engine: ScriptedEngine
) -> None:
    ui.load(replace(licensed, id="taken-for-the-guide", variant=GUIDE_ID))

    dialog = licence_dialog(ui)

    assert TEXT.strip() in dialog.text.toPlainText()
    assert loads(engine) == ["guide_model"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape])
def test_no_key_alone_accepts(licensed: InstalledModel, ui: Harness, key: Qt.Key) -> None:
    ui.load(licensed)
    dialog = licence_dialog(ui)

    taken: list[bool] = []
    dialog.accepted.connect(lambda: taken.append(True))

    QTest.keyClick(dialog, key)

    assert taken == []
    assert dialog.isVisible() is (key is not Qt.Key.Key_Escape)


def test_the_model_is_loaded_exactly_as_it_was_wanted(
    licensed: InstalledModel, ui: Harness, engine: ScriptedEngine
) -> None:
    wish = LoadWish(Precision.INT8, "cpu", context_length=512)
    ui.window.switcher.load(licensed, wish, keep=True)
    licence_dialog(ui).accept_button.click()
    ui.until(lambda: ui.window.switcher.current == licensed)

    request = engine.requests[-1]
    assert isinstance(request, LoadRequest)
    assert (request.precision, request.context_length) == (Precision.INT8, 512)
    assert ui.settings.current.precisions[licensed.path] == wish


def test_a_licence_is_asked_once_and_again_when_it_changes(
    licensed: InstalledModel, ui: Harness
) -> None:
    ui.load(licensed)
    licence_dialog(ui).accept_button.click()
    ui.until(lambda: ui.window.switcher.current == licensed)
    guide = ui.store.models[0]
    ui.load(guide)
    ui.until(lambda: ui.window.switcher.current == guide)

    ui.load(licensed)
    ui.until(lambda: ui.window.switcher.current == licensed)
    assert ui.window.models.admitting.dialog is None

    (licensed.path / "LICENSE").write_text(TEXT + "And no other use.")
    ui.load(guide)
    ui.until(lambda: ui.window.switcher.current == guide)
    ui.load(licensed)
    assert "And no other use." in licence_dialog(ui).text.toPlainText()


def test_a_model_of_the_command_line_is_asked_about_over_the_guide(
    licensed: InstalledModel, cold: Harness
) -> None:
    cold.window.library.load_first(licensed.id)

    licence_dialog(cold).accept_button.click()

    cold.until(lambda: cold.window.switcher.current == licensed)


def test_a_job_that_was_refused_is_done_once_the_licence_is_accepted(
    licensed: InstalledModel, ui: Harness
) -> None:
    runs: list[int] = []

    def steps(_run: object, _cancel: object) -> object:
        runs.append(1)
        if not ui.acceptances.all():
            raise LicenceNotAcceptedError(licensed.id, licensed.name.en)
        yield JobResult(Phrase("It is done: {name}.", name="x"), licensed.name)

    words = JobWords(Phrase("Do it"), Phrase("Doing it"))
    ui.window.jobs.add(Job(words, licensed.name, steps, lambda: BytesMeter({})))  # type: ignore[arg-type]  # a generator

    licence_dialog(ui).accept_button.click()

    ui.until(lambda: len(ui.window.jobs.desk.finished) == 2)
    assert ui.window.jobs.desk.finished[0].state is JobState.DONE
    assert len(runs) == 2
    assert ui.error is None


def test_a_site_has_its_own_text_accepted_too(
    plain: InstalledModel, ui: Harness, tmp_path: Path
) -> None:
    write_policy(tmp_path, "licence_text: Only for the work of this site.\n")
    ui.load(plain)

    dialog = licence_dialog(ui)

    assert "Only for the work of this site." in dialog.text.toPlainText()
    assert "Conditions of this machine's administrator" in dialog.text.toPlainText()


def test_the_menu_shows_the_same_text_and_who_accepted_it_when(
    licensed: InstalledModel, ui: Harness
) -> None:
    ui.load(licensed)
    licence_dialog(ui).accept_button.click()
    ui.until(lambda: ui.window.switcher.current == licensed)

    ui.window.menus.licence.trigger()

    ui.until(lambda: bool(ui.window.findChildren(LicenceDialog)))
    (dialog,) = [one for one in ui.window.findChildren(LicenceDialog) if one.isVisible()]
    assert TEXT.strip() in dialog.text.toPlainText()
    (accepted,) = ui.acceptances.all()
    assert f"“LICENSE” was accepted by {accepted.user} on " in dialog.summary.text()


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "29 Nov 2026 08:07"), ("zh_CN", "2026年11月29日 08:07")]
)
def test_a_time_is_written_as_the_language_of_the_window_writes_it(
    ui: Harness, language: Language, shown: str
) -> None:
    ui.window.view.use_language(language)

    assert moment(datetime(2026, 11, 29, 8, 7).astimezone()) == shown


def test_the_guides_licence_is_shown_and_nobody_has_to_accept_it(ui: Harness) -> None:
    ui.window.menus.licence.trigger()

    ui.until(lambda: bool(ui.window.findChildren(LicenceDialog)))
    (dialog,) = ui.window.findChildren(LicenceDialog)
    assert "Apache" in dialog.text.toPlainText()
    assert "not accepted" not in dialog.summary.text()


def test_a_model_beside_the_chats_is_asked_about_over_the_comparison_and_answers_then(
    licensed: InstalledModel, ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("By the menu."), answer("By the menu at the top.")]
    ui.ask("How?")
    ui.beside.answers.append(answer("In another way."))
    row = ui.row("By the menu.")
    ui.window.comparing.begin(row.id, OtherModel(licensed))
    asked = licence_dialog(ui)
    assert asked.parent() is ui.window.comparing.dialog

    asked.accept_button.click()

    comparison = ui.window.comparing.dialog
    assert comparison is not None
    ui.until(lambda: bool(ui.beside.questions) and comparison.is_over)
    assert loads(ui.beside) == ["licensed"]


# --- verifying -------------------------------------------------------------------------------


def damage(model: InstalledModel) -> None:
    """Turn one byte of a model's weights, and leave its size and time as they were."""
    file = next(model.path.glob("*.safetensors"))
    before = file.stat()
    data = bytearray(file.read_bytes())
    data[-7] ^= 0x10
    file.write_bytes(data)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def verify(ui: Harness, model: InstalledModel) -> None:
    done = len(ui.window.jobs.desk.finished)
    ui.window.models.verify(model)
    ui.until(lambda: len(ui.window.jobs.desk.finished) > done)
    assert ui.window.jobs.desk.finished[0].error is None


@pytest.fixture
def damaged(plain: InstalledModel, ui: Harness) -> InstalledModel:
    """A model of which verifying found that a file is damaged."""
    verify(ui, plain)
    damage(plain)
    verify(ui, plain)
    return plain


def test_a_damaged_model_is_not_loaded_and_its_files_are_named(
    damaged: InstalledModel, ui: Harness, engine: ScriptedEngine
) -> None:
    ui.load(damaged)

    dialog = failed_dialog(ui)

    assert ".safetensors" in dialog.faults.toPlainText()
    assert "plain" not in loads(engine)
    dialog.close_button.click()
    assert ui.window.models.admitting.dialog is None
    assert ui.window.switcher.current is not None
    assert ui.window.switcher.current.bundled


def test_it_is_loaded_all_the_same_after_a_second_question_and_is_not_asked_at_the_next_start(
    damaged: InstalledModel,
    ui: Harness,
    make_window: Callable[..., Harness],
) -> None:
    ui.load(damaged)
    dialog = failed_dialog(ui)
    dialog.override.click()
    assert dialog.pages.currentIndex() == 1
    assert has_no_override(ui, damaged)

    dialog.load.click()

    ui.until(lambda: ui.window.switcher.current == damaged)
    again = make_window(ScriptedEngine())
    again.load(damaged)
    again.until(lambda: again.window.switcher.current == damaged)
    assert again.window.models.admitting.dialog is None


def test_going_back_from_the_second_question_loads_nothing(
    damaged: InstalledModel, ui: Harness
) -> None:
    ui.load(damaged)
    dialog = failed_dialog(ui)
    dialog.override.click()

    dialog.back.click()
    dialog.close_button.click()

    assert has_no_override(ui, damaged)
    assert ui.window.switcher.current is not None
    assert ui.window.switcher.current.bundled


def test_verified_again_and_mended_it_is_loaded(damaged: InstalledModel, ui: Harness) -> None:
    ui.load(damaged)
    dialog = failed_dialog(ui)
    damage(damaged)  # the same bit once more: the file is what it was

    dialog.verify.click()

    ui.until(lambda: ui.window.switcher.current == damaged)


def test_verified_again_and_still_damaged_it_is_asked_about_again(
    damaged: InstalledModel, ui: Harness, engine: ScriptedEngine
) -> None:
    ui.load(damaged)
    first = failed_dialog(ui)

    first.verify.click()

    ui.until(lambda: ui.window.models.admitting.dialog not in (None, first))
    assert "plain" not in loads(engine)


def test_files_that_changed_since_can_only_be_verified(
    damaged: InstalledModel, ui: Harness
) -> None:
    (damaged.path / "config.json").write_text(
        (damaged.path / "config.json").read_text(encoding="utf-8") + "\n", encoding="utf-8"
    )
    ui.load(damaged)

    dialog = failed_dialog(ui)

    assert not dialog.override.isVisible()
    assert dialog.verify.isVisible()


# --- the policy ------------------------------------------------------------------------------


def test_a_model_that_the_policy_forbids_is_not_loaded_and_the_sentence_names_who_says_so(
    plain: InstalledModel, ui: Harness, engine: ScriptedEngine, tmp_path: Path
) -> None:
    file = write_policy(tmp_path, "models: [baichuan2-7b-chat]\ncontact: it@example.org\n")

    ui.load(plain)

    ui.until(lambda: ui.error is not None)
    assert ui.error is not None
    assert str(file) in ui.error.message.text()
    assert "it@example.org" in ui.error.hint.text()
    assert loads(engine) == ["guide_model"]


def test_a_precision_that_the_policy_forbids_is_not_kept_from_running_in_another(
    plain: InstalledModel, ui: Harness, engine: ScriptedEngine, tmp_path: Path
) -> None:
    write_policy(tmp_path, "precisions: [bf16]\n")

    ui.window.switcher.load(plain, LoadWish(Precision.NF4))

    ui.until(lambda: ui.error is not None)
    assert ui.error is not None
    assert "4-bit" in ui.error.message.text()
    assert loads(engine) == ["guide_model"]
    ui.error.offers[0].click()
    ui.until(lambda: ui.window.switcher.current == plain)
    assert ui.window.switcher.wish.precision is None
