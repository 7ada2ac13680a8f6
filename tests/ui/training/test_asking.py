"""What a person chooses of a training, and what is said of it at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from backends.errors import (
    LicenceNotAcceptedError,
    OutputTakenError,
    TrainingDataError,
    TrainingSettingsError,
)
from backends.phrases import Phrase
from backends.precision import Precision
from backends.training.checking import methods_of
from backends.training.values import Cadence, Columns, Method
from baichuan_desktop.services.jobs.copies import ModelFiles
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.services.training.verdict import Fit, lines
from baichuan_desktop.ui.training import entry
from tests.helpers import goldens
from tests.helpers.machines import machine
from tests.helpers.policies import write_policy
from tests.helpers.scripted_tuner import EXAMPLES, PREVIEW
from tests.ui.harness import Gate, until
from tests.ui.training.conftest import FormHands, TrainingHands

FILES = ModelFiles(is_quantized=False, is_export=False, has_bin=False)


# --- the menu ---------------------------------------------------------------------------------


def test_under_a_policy_it_is_grey_and_says_who_turned_it_off(
    hands: TrainingHands, tmp_path: Path
) -> None:
    hands.ui.until(hands.action.isEnabled)
    file = write_policy(tmp_path, "fine_tuning: false\n")

    hands.ui.window.menus.folded.aboutToShow.emit()

    assert not hands.action.isEnabled()
    assert str(file) in hands.action.toolTip().replace("\u200b", "")


def test_without_the_extra_it_says_what_to_install(
    hands: TrainingHands, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.ui.until(hands.action.isEnabled)
    monkeypatch.setattr(
        "baichuan_desktop.services.training.checks.libraries.importlib.util.find_spec",
        lambda _name: None,
    )

    hands.ui.window.menus.folded.aboutToShow.emit()

    assert not hands.action.isEnabled()
    assert "“finetune”" in hands.action.toolTip().replace("\u200b", "")


def test_an_export_says_that_its_source_is_trained() -> None:
    assert entry.refusal(FILES) is None
    refused = entry.refusal(ModelFiles(is_quantized=True, is_export=True, has_bin=False))
    assert refused is not None
    assert "export" in refused.message


def test_a_model_in_4_bits_has_one_method_and_one_in_8_bits_none() -> None:
    assert methods_of(None) == tuple(Method)
    assert methods_of(Precision.NF4) == (Method.QLORA,)
    assert methods_of(Precision.INT8) == ()


# --- the form ---------------------------------------------------------------------------------


def test_it_begins_with_a_preset_and_knows_whether_that_fits(alone: FormHands) -> None:
    form, preset = alone.form, alone.tuner

    assert form.preset_list.currentText().startswith("LoRA for a few facts"), "it is small"
    assert form.method.radios[Method.LORA].isChecked()
    assert form.result.folder.text() != ""
    until(lambda: form.verdict.disk.isVisible())
    assert "GiB of main memory" in form.verdict.sentence.text()
    assert not alone.page.begin_button.isEnabled(), "there are no data yet"
    assert preset.previews == []


def test_a_preset_fills_the_fields_and_a_changed_field_makes_them_own_settings(
    alone: FormHands,
) -> None:
    form = alone.form
    row = form.preset_list.findText("LoRA, as published for Baichuan 2")
    form.preset_list.setCurrentIndex(row)
    form.preset_list.activated.emit(row)

    request = alone.page.request
    assert (request.lora.rank, request.lora.alpha, request.lora.targets) == (1, 32.0, ("W_pack",))
    assert (request.optimization.learning_rate, request.optimization.weight_decay) == (2e-5, 1e-4)
    rank = form.settings.field("lora.rank").widget
    QTest.keyClick(rank, Qt.Key.Key_Up)
    assert form.preset_list.currentText() == "Own settings"
    assert alone.page.request.lora.rank == 2


def test_what_nobody_touches_stays_to_the_last_digit(alone: FormHands) -> None:
    settings, request = alone.form.settings, alone.page.request
    how = replace(
        request.optimization, learning_rate=2.3456e-5, beta2=0.9995, max_grad_norm=0.12345
    )
    fine = replace(request, optimization=how)

    settings.show_of(fine)

    assert settings.into(request).optimization == how
    rate = settings.field("optimization.learning_rate").widget
    assert isinstance(rate, QLineEdit)
    rate.setText("3e-5")
    assert settings.into(request).optimization == replace(how, learning_rate=3e-5)


def test_the_wheel_scrolls_and_chooses_nothing(alone: FormHands) -> None:
    form = alone.form
    for box in (form.preset_list, form.model_list):
        before = box.currentIndex()
        turn = QWheelEvent(
            QPointF(5, 5), box.mapToGlobal(QPointF(5, 5)), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip

        QCoreApplication.sendEvent(box, turn)

        assert box.currentIndex() == before
        assert not turn.isAccepted()


def test_closed_while_it_is_checked_nothing_begins(alone: FormHands) -> None:
    gate = Gate()
    alone.fill()
    alone.tuner.held = gate
    alone.press_begin()
    until(gate.reached.is_set)

    alone.dialog.close()
    gate.open.set()
    alone.dialog.show()

    until(alone.page.begin_button.isEnabled)
    assert alone.begun == []


def test_a_model_that_was_added_since_can_be_chosen_when_it_is_brought_up_again(
    alone: FormHands, tmp_path: Path
) -> None:
    alone.fill()
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), tmp_path / "models" / "seven")
    alone.dialog.close()
    added = alone.store.add(tmp_path / "models" / "seven")

    alone.dialog.bring_up()

    row = alone.form.model_list.findText(added.shown_name.en)
    assert row >= 0
    alone.form.model_list.setCurrentIndex(row)
    assert alone.page.request.model == str(added.path)
    assert list(alone.form.files.files) == [alone.data], "and what was chosen is there"


def test_the_columns_of_a_file_stay_with_it_when_others_come_and_go(alone: FormHands) -> None:
    alone.fill()
    own, page = Columns(prompt="question"), alone.page
    first, other = alone.data, alone.data.with_name("other.json")
    asked = page.request
    data = replace(asked.data, files=(str(first), str(other)), columns=(Columns(), own))

    how = replace(asked.optimization, epochs=7.5, learning_rate=1.25e-4)
    page.show_request(replace(asked, data=data, optimization=how), alone.model, "Letters")
    assert page.request.optimization == how, "what was chosen once is shown whole"
    alone.form.files.list.setCurrentRow(0)
    alone.form.files.remove_button.click()
    alone.form.files.add([alone.data.with_name("third.json")])

    shown = dict(zip(page.request.data.files, page.request.data.columns, strict=True))
    assert shown[str(other)] == own
    assert [Path(file).name for file in shown][:2] == ["other.json", "third.json"]


def test_another_method_takes_the_values_of_its_preset(alone: FormHands) -> None:
    form = alone.form

    form.method.radios[Method.FULL].click()

    assert alone.page.request.method is Method.FULL
    assert form.preset_list.currentText() == "Every weight, as published for Baichuan 2"
    assert not form.settings.field("lora.rank").widget.isVisibleTo(alone.dialog)


def test_who_holds_examples_back_has_them_evaluated(alone: FormHands) -> None:
    field = alone.form.settings.field("data.dev_ratio")
    field.widget.setValue(5)  # type: ignore[attr-defined]  # a spin box

    assert alone.page.request.data.dev_ratio == 0.05
    assert alone.page.request.keeping.evaluate is Cadence.EPOCH


def test_a_number_that_is_none_is_said_and_begins_nothing(alone: FormHands) -> None:
    alone.fill()
    edit = alone.form.settings.field("optimization.learning_rate").widget
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(edit, "fast")

    alone.press_begin()

    assert alone.form.settings.trouble.text().startswith("Learning rate: write a number above 0")
    assert alone.tuner.checks == 0
    QTest.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(edit, "3e-4")
    assert alone.page.request.optimization.learning_rate == 3e-4
    assert not alone.form.settings.trouble.isVisible()


def test_more_settings_are_behind_a_button(alone: FormHands) -> None:
    seed = alone.form.settings.field("optimization.seed").widget
    assert not seed.isVisible()

    alone.form.settings.more_button.click()

    assert seed.isVisible()
    most = alone.form.settings.field("optimization.max_steps").widget
    assert most.text() == "by epochs"  # type: ignore[attr-defined]  # a spin box
    most.setValue(7)  # type: ignore[attr-defined]
    assert alone.page.request.optimization.max_steps == 7


# --- the data ---------------------------------------------------------------------------------


def test_the_first_examples_are_shown_as_tokens_with_what_is_trained(alone: FormHands) -> None:
    alone.fill()
    panel, view = alone.form.preview, alone.form.preview.view
    until(lambda: panel.place.text() == "1 of 2")

    spoken = view.accessibleDescription()
    assert "Only read: <user>Where is it?" in spoken
    assert "Trained: On the shelf. </s>." in spoken
    assert panel.figures.text().startswith(f"{EXAMPLES} examples, 900 of 1,200 tokens trained.")
    assert "12 tokens are cut off" in panel.figures.text()
    panel.after.click()
    assert "In the drawer." in view.accessibleDescription()
    assert not panel.after.isEnabled()


def test_what_is_trained_is_told_apart_without_colour(alone: FormHands) -> None:
    """A line lies under it, which what is only read does not have."""
    alone.fill()
    view = alone.form.preview.view
    until(lambda: alone.form.preview.place.text() == "1 of 2")
    QTest.qWait(20)
    image = view.viewport().grab().toImage()
    accent = QColor(alone.theme.colours.accent).name()
    tokens = PREVIEW.examples[0].tokens
    lined = []
    for box in view._boxes:
        y = int(box.bottom()) - 1
        row = [QColor(image.pixel(x, y)).name() for x in range(int(box.left()), int(box.right()))]
        lined.append(row.count(accent) > len(row) / 2)

    assert lined == [token.is_trained for token in tokens]


def test_files_are_dropped_and_taken_out_again(alone: FormHands, tmp_path: Path) -> None:
    paths = [tmp_path / "one.json", tmp_path / "two.jsonl"]
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip

    alone.form.dropEvent(drop)

    field = alone.form.files
    assert list(field.files) == paths
    field.add([paths[0]])
    assert list(field.files) == paths, "each once"
    field.list.setCurrentRow(0)
    QTest.keyClick(field.list, Qt.Key.Key_Delete)
    assert list(field.files) == [paths[1]]


def test_the_guide_learns_its_own_answers_along_unless_that_is_unticked(
    alone: FormHands,
) -> None:
    alone.fill()
    names = [Path(file).name for file in alone.page.request.data.files]
    assert names == ["talks.json", "guide_answers.jsonl"]

    alone.form.own_answers.click()

    assert [Path(file).name for file in alone.page.request.data.files] == ["talks.json"]


def test_a_bad_row_is_told_at_the_files(alone: FormHands) -> None:
    alone.tuner.preview = TrainingDataError(Path("talks.json"), Phrase("it is no JSON"), line=3)
    alone.form.files.add([alone.data])

    until(alone.form.files.trouble.isVisible)

    assert "“talks.json”, line 3: it is no JSON." in alone.form.files.trouble.text()
    assert not alone.page.trouble.isVisible()
    QTest.keyClick(alone.form.settings.field("lora.rank").widget, Qt.Key.Key_Up)
    alone.settle()
    assert alone.form.files.trouble.isVisible(), "the data are no better for another rank"
    alone.tuner.preview = PREVIEW
    other = alone.data.with_name("other.json")
    alone.form.files.add([other])
    alone.settle()
    assert not alone.form.files.trouble.isVisible()


# --- whether it fits --------------------------------------------------------------------------


def test_what_cannot_fit_is_not_begun_and_what_would_fit_is_one_click_away(
    alone: FormHands,
) -> None:
    alone.tuner.machine = machine(free_gib=0.7, bf16=True)
    alone.fill()
    form = alone.form
    form.method.radios[Method.FULL].click()
    batch = form.settings.field("optimization.batch_size").widget
    batch.setValue(4096)  # type: ignore[attr-defined]  # a spin box

    until(lambda: bool(form.verdict.remedies))

    assert not alone.page.begin_button.isEnabled()
    assert form.verdict.remedies_title.text() == "This would fit:"
    found = form.verdict._verdict
    assert found is not None
    assert found.fit is Fit.CANNOT
    form.verdict.remedies[0].click()
    until(lambda: not alone.page.is_looking)
    assert alone.page.request.optimization.batch_size < 4096
    assert alone.page.begin_button.isEnabled()


def test_the_arithmetic_is_shown_line_by_line(alone: FormHands) -> None:
    panel = alone.form.verdict
    until(panel.sum_button.isVisible)

    panel.sum_button.click()

    said = [panel._sum.itemAt(n).widget().text() for n in range(panel._sum.count())]  # type: ignore[union-attr]
    found = panel._verdict
    assert found is not None
    assert said[::2] == [str(text) for text, _ in lines(found)]
    assert said[1::2] == [size_text(count) for _, count in lines(found)]


# --- beginning --------------------------------------------------------------------------------


def test_errors_stand_at_their_fields_and_nothing_written_is_lost(alone: FormHands) -> None:
    alone.fill()
    form = alone.form
    form.result.name.setText("My letters")
    before = alone.page.request
    taken = OutputTakenError(alone.output, "notes.txt")
    wrong = TrainingSettingsError(Phrase("The rank is 0"))

    for error, label in (
        (taken, form.result.trouble),
        (wrong, form.settings.trouble),
        (TrainingDataError(alone.data, Phrase("it is empty")), form.files.trouble),
    ):
        alone.tuner.refusals.append(error)
        alone.press_begin()
        until(lambda label=label: label.isVisible())  # type: ignore[misc]
        assert error.message in label.text()

    assert alone.page.request == before
    assert form.result.name.text() == "My letters"
    assert alone.dialog.record is None


def test_a_licence_is_asked_for_where_a_load_would_ask(alone: FormHands) -> None:
    alone.fill()
    alone.tuner.refusals.append(LicenceNotAcceptedError(alone.model.id, "the guide"))
    asked: list[Callable[[], None]] = []
    alone.dialog.refused.connect(lambda _error, again, _model, _over: asked.append(again))

    alone.press_begin()
    until(lambda: bool(asked))

    assert alone.begun == []
    asked[0]()
    until(lambda: len(alone.begun) == 1)


def test_closed_and_opened_again_it_is_as_it_was_left(hands: TrainingHands) -> None:
    first = hands.fill()
    hands.form.result.name.setText("My letters")
    first.close()

    hands.action.trigger()

    assert hands.dialog is first
    assert first.isVisible()
    assert hands.form.result.name.text() == "My letters"
