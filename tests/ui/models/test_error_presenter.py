"""Errors one at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from backends.errors import EngineError, GpuLostError
from backends.phrases import Phrase
from backends.policy.values import Policy
from backends.precision import Precision
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.precisions.fallback import WantedModel
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.admission.admitting import Admitting, Gate
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.error_presenter import ErrorPresenter
from tests.helpers.machines import machine
from tests.ui.controllers import Controllers, installed
from tests.ui.harness import until

ONE, TWO, THREE = (EngineError(text) for text in ("One.", "Two.", "Three."))
LOST = GpuLostError(Phrase("{text}", text="unspecified launch failure"))
MODEL = installed("Model")


@pytest.fixture
def errors(behind: Controllers, theme: Theme) -> Iterator[ErrorPresenter]:
    window = QWidget()
    paths = app_paths()
    gate = Gate(
        ModelStore(paths), Acceptances(paths.licences), ManifestStore(paths.manifests), Policy
    )
    presenter = ErrorPresenter(
        behind.switcher,
        Precisions(behind.measurements, machine),
        Admitting(gate, window),
        theme,
        window,
    )
    yield presenter
    if presenter.dialog is not None:
        presenter.dialog.close()


def test_a_newer_error_takes_the_place_and_only_the_last_one_closes(
    errors: ErrorPresenter, behind: Controllers
) -> None:
    closed = behind.heard(errors.closed)
    errors.show(ONE)
    errors.show(TWO)

    assert closed == []
    assert errors.dialog is not None
    assert errors.dialog.message.text() == "Two."
    errors.dialog.close()
    assert closed == [()]
    assert errors.dialog is None


def test_of_several_errors_one_is_shown_the_others_counted_and_all_can_be_copied(
    errors: ErrorPresenter,
) -> None:
    errors.show_all([ONE, TWO, THREE])

    dialog = errors.dialog
    assert dialog is not None
    assert dialog.message.text() == "One."
    assert "Problems besides this one: 2." in dialog.more.text()
    dialog.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert [text in copied for text in ("One.", "Two.", "Three.")] == [True] * 3


def test_one_error_alone_speaks_of_no_others(errors: ErrorPresenter) -> None:
    errors.show_all([ONE])

    assert errors.dialog is not None
    assert "besides" not in errors.dialog.more.text()


def test_an_answers_error_offers_how_the_model_that_is_loaded_could_run(
    errors: ErrorPresenter, behind: Controllers
) -> None:
    behind.switcher.load(MODEL, LoadWish(Precision.INT8, "cuda", context_length=1024))
    until(lambda: behind.switcher.current is not None)
    taken = behind.heard(errors.load_requested)

    errors.show_of_answer(LOST)
    assert errors.dialog is not None
    (offer,) = errors.dialog.offers
    offer.click()

    wish = LoadWish(wanted_device="cpu", context_length=1024)
    assert taken == [(WantedModel(MODEL, wish),)]
    assert errors.dialog is None


def test_an_answers_error_offers_nothing_where_no_model_is_loaded(errors: ErrorPresenter) -> None:
    errors.show_of_answer(LOST)

    assert errors.dialog is not None
    assert errors.dialog.offers == []


def test_each_of_several_offers_gives_its_own_value(errors: ErrorPresenter) -> None:
    errors.show(ONE)
    dialog = errors.dialog
    assert dialog is not None
    taken: list[object] = []
    dialog.accepted_offer.connect(taken.append)
    for value in ("first", "second", "third"):
        dialog.offer(value, value)

    dialog.offers[1].click()

    assert taken == ["second"]


def test_an_error_that_another_took_the_place_of_is_still_told(errors: ErrorPresenter) -> None:
    errors.show(ONE)
    errors.show(TWO)

    assert errors.dialog is not None
    assert errors.dialog.message.text() == "Two."
    assert "One." in errors.dialog.more.text()
    errors.dialog.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert ("One." in copied, "Two." in copied) == (True, True)

    errors.dialog.close()
    errors.show(THREE)  # what was closed has been read
    assert errors.dialog is not None
    assert "Two." not in errors.dialog.more.text()


def test_errors_without_end_take_no_room_without_end(errors: ErrorPresenter) -> None:
    for number in range(200):
        errors.show(EngineError(f"Number {number}."))

    assert errors.dialog is not None
    assert len(errors.dialog.more.text().splitlines()) <= 5
    assert errors.dialog.message.text() == "Number 199."


def test_the_error_of_a_load_says_which_model_by_its_path(errors: ErrorPresenter) -> None:
    errors.show_of_load(ONE, WantedModel(MODEL))

    assert errors.dialog is not None
    assert f"Model: Model · {MODEL.path}" in errors.dialog.more.text()
