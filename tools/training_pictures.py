"""The window with a training, for `screenshots.py`."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtTest import QTest

from backends.errors import TrainingEndedError
from backends.phrases import Phrase
from backends.training.data.values import ShownExample
from backends.training.events import TrainingEvaluated, TrainingReady, TrainingStep
from baichuan_desktop.services.training.preview import DataPreview
from baichuan_desktop.services.training.tuner import TrainingListed
from baichuan_desktop.ui.training.dialog import TrainingDialog
from tests.helpers.scripted_tuner import PREVIEW, began, kept, token, unfinished
from tests.ui.harness import answer

if TYPE_CHECKING:
    from tools.screenshots import Stage

_STEPS, _SO_FAR = 400, 230
_TALKS = {
    "en": (
        ("How long is the notice period of the frame contract?",
         "Six months to the end of a quarter, in writing; see section 7.2."),
        ("Who signs?", "The head of purchasing."),
    ),
    "zh_CN": (
        ("框架合同的通知期是多长？", "须在季度末前六个月以书面形式通知，见第 7.2 条。"),
        ("由谁签字？", "由采购负责人签字。"),
    ),
}  # fmt: skip
_NAMES = {"en": "Contracts of the legal department", "zh_CN": "法务部合同助手"}


def _pieces(text: str) -> list[str]:
    """A text in pieces as a tokenizer cuts it, more or less."""
    if text.isascii():
        words = text.split(" ")
        return [word if n == 0 else " " + word for n, word in enumerate(words)]
    return [text[n : n + 2] for n in range(0, len(text), 2)]


def _preview(stage: Stage) -> DataPreview:
    tokens = []
    for number, (question, said) in enumerate(_TALKS[stage.language]):
        learns = "</s>" if number else ""
        tokens.append(token("<reserved_106>", is_trained=bool(number), token_id=195, learns=learns))
        tokens += [token(one, is_trained=False) for one in _pieces(question)]
        tokens.append(token("<reserved_107>", is_trained=False, token_id=196))
        tokens += [token(one, is_trained=True) for one in _pieces(said)]
    tokens.append(token("</s>", is_trained=True, token_id=2))
    example = ShownExample(tuple(tokens), 0, "contracts.jsonl", 1)
    return replace(PREVIEW, examples=(example, *PREVIEW.examples))


def _loss(number: int) -> float:
    noise = math.sin(number * 12.9898) * 0.11 + math.sin(number * 4.1) * 0.05
    return 2.6 * math.exp(-number / 90) + 0.42 + noise * math.exp(-number / 400)


def _step(number: int) -> TrainingStep:
    rate = 2e-5 * min(1.0, number / 20) * (0.5 + 0.5 * math.cos(number / _STEPS * math.pi))
    return TrainingStep(number, _STEPS, 4 * number / _STEPS, _loss(number), 1.0, rate, 1830, 1.9)


def _events(last: int) -> list[object]:
    events: list[object] = [replace(began(_STEPS), trained_parameters=2_097_152,
                                    all_parameters=7_505_973_248, compute="bf16",
                                    device="cuda:0")]  # fmt: skip
    for number in range(1, last + 1):
        events.append(_step(number))
        if number % 50 == 0:
            events += [TrainingEvaluated(number, _loss(number) + 0.12), kept(number)]
    return events


def _asked(stage: Stage) -> TrainingDialog:
    """The dialog, with files in it."""
    stage.ui.start()
    stage.ui.tuner.preview = _preview(stage)
    folder = Path(tempfile.mkdtemp(prefix="training-"))
    stage.window.training_folder = folder  # type: ignore[attr-defined]  # kept for the picture
    action = next(one for entry, one in stage.window.menus.jobs if entry.is_kept)
    stage.ui.until(action.isEnabled)
    action.trigger()
    dialog = stage.window.jobs.dialog
    assert isinstance(dialog, TrainingDialog)
    form = dialog.asking.form
    form.files.add([folder / "contracts.jsonl", folder / "minutes-of-2026.json"])
    stage.ui.until(lambda: form.preset_list.count() > 1)
    form.result.show_chosen(_NAMES[stage.language], Path("/data/models/contracts-lora"))
    stage.ui.until(lambda: not dialog.asking.form.preview.before.isHidden())
    stage.ui.until(lambda: form.verdict.disk.text() != "")
    dialog.resize(stage.theme.px(980), stage.theme.px(700))
    dialog.move(stage.window.mapToGlobal(stage.window.rect().topLeft()))
    return dialog


def _asking(stage: Stage) -> None:
    _asked(stage)


def _asking_more(stage: Stage) -> None:
    dialog = _asked(stage)
    form = dialog.asking.form
    form.settings.more_button.click()
    form.verdict.sum_button.click()
    QTest.qWait(20)
    form.show_field(form.settings.field("keeping.load_best").widget)


def _asking_small(stage: Stage) -> None:
    dialog = _asked(stage)
    dialog.resize(900, 560)


def _asking_narrow(stage: Stage) -> None:
    dialog = _asked(stage)
    dialog.resize(560, 560)


def _cannot(stage: Stage) -> None:
    dialog = _asked(stage)
    stage.ui.tuner.refusals.append(
        TrainingEndedError(Phrase("it was killed, most likely for want of memory"))
    )
    dialog.asking.begin_button.click()
    stage.ui.until(lambda: dialog.asking.trouble.isVisible())


def _begun(stage: Stage, last: int, *after: object) -> TrainingDialog:
    dialog = _asked(stage)
    stage.ui.tuner.scripts.append([*_events(last), *after])  # type: ignore[list-item]  # as told
    dialog.asking.begin_button.click()
    return dialog


def _running(stage: Stage) -> None:
    dialog = _begun(stage, _SO_FAR, stage.hold())
    stage.ui.until(lambda: dialog.running.chart.curve.last_step == _SO_FAR)


def _running_small(stage: Stage) -> None:
    _running(stage)
    dialog = stage.window.jobs.dialog
    assert dialog is not None
    dialog.resize(640, 480)


def _stopped(stage: Stage) -> None:
    _running(stage)
    dialog = stage.window.jobs.dialog
    assert isinstance(dialog, TrainingDialog)
    dialog.running.stop.click()
    stage.ui.until(lambda: dialog.pages.currentWidget() is dialog.stopped)


def _done(stage: Stage) -> None:
    folder = Path(tempfile.mkdtemp(prefix="trained-"))
    (folder / "provenance.json").write_text(
        '{"base": {"name": "Baichuan2-7B-Chat", "sha256": "9f2c…"}, "data": "contracts.jsonl",'
        ' "method": "lora", "seed": 42, "learning_rate": 2e-05, "transformers": "5.17.0"}'
    )
    ready = TrainingReady(str(folder), True, 8_400_000, _STEPS, _loss(_STEPS), None)
    model = stage.ui.store.models[0]
    dialog = _begun(stage, _STEPS, ready, TrainingListed(model))
    stage.ui.until(lambda: dialog.is_done and dialog.done_page.made.rowCount() > 0)


def _trying(stage: Stage) -> None:
    _done(stage)
    dialog = stage.window.jobs.dialog
    assert isinstance(dialog, TrainingDialog)
    dialog.done_page.try_button.click()
    stage.ui.until(lambda: stage.window.training.trying is not None)
    trying = stage.window.training.trying
    assert trying is not None
    dialog.close()
    question, said = _TALKS[stage.language][0]
    stage.ui.beside.answers += [answer(said[: len(said) // 2] + "…"), answer(said)]
    trying.question.set_text(question)
    trying.ask()
    stage.ui.until(lambda: not trying.trial.is_busy)
    trying.move(stage.window.mapToGlobal(stage.window.rect().topLeft()))


def _page(stage: Stage) -> None:
    _running(stage)
    dialog = stage.window.jobs.dialog
    assert isinstance(dialog, TrainingDialog)
    request = dialog.asking.request
    keeping = replace(request.keeping, output="/data/models/letters-lora")
    stage.ui.runs.found.append(unfinished(replace(request, keeping=keeping)))
    dialog.close()
    stage.window.menus.jobs_page.trigger()
    stage.ui.until(stage.window.training.section.isVisible)


def _offered(stage: Stage) -> None:
    _asked(stage).close()
    dialog = stage.window.jobs.dialog
    assert isinstance(dialog, TrainingDialog)
    stage.ui.runs.found.append(unfinished(dialog.asking.request, name=_NAMES[stage.language]))
    stage.window.training.unfinished.look()
    stage.ui.until(stage.window.training.notice.isVisible)


def _sized(
    width: int, height: int, zoom: float, state: Callable[[Stage], None], stage: Stage
) -> None:
    stage.window.resize(width, height)
    stage.theme.set_zoom(zoom)
    state(stage)


TRAINING_STATES: dict[str, Callable[[Stage], None]] = {
    "training": _asking, "training-more": _asking_more, "training-cannot": _cannot,
    "training-small": _asking_small, "training-narrow": _asking_narrow,
    "training-running": _running, "training-running-small": _running_small,
    "training-stopped": _stopped, "training-done": _done, "training-try": _trying,
    "training-jobs": _page, "training-offered": _offered,
    "training-zoom-150": partial(_sized, 1280, 820, 1.5, _asking),
}  # fmt: skip
