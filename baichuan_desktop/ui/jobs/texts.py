"""What is said of a job, in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from backends.phrases import Phrase
from baichuan_desktop.services.jobs.desk import JobRecord, JobState
from baichuan_desktop.services.jobs.job import Job, JobResult
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.i18n import in_ui_language


def heading(what: Phrase, of: Names) -> str:
    """What is done, and with which model."""
    text = QCoreApplication.translate("JobTexts", "{what}: {name}")
    return text.format(what=error_texts.sentence(what), name=in_ui_language(of))


def title(job: Job) -> str:
    """What a job does, and with which model."""
    return heading(job.words.title, job.of)


def summary(record: JobRecord) -> str:
    """A job that runs, in a few words."""
    text = QCoreApplication.translate("JobTexts", "{what}: {percent} %")
    return text.format(
        what=error_texts.sentence(record.job.words.running), percent=record.meter.percent
    )


def step(record: JobRecord) -> str:
    """What a job that is not over does now."""
    if record.state is JobState.WAITING:
        return QCoreApplication.translate("JobTexts", "Waits until the job before it has ended")
    doing = record.meter.step
    if doing is None:
        return QCoreApplication.translate("JobTexts", "Starting…")
    return error_texts.sentence(doing)


def time_left(record: JobRecord) -> str:
    """How long a job that runs still takes; empty for others."""
    if record.state is not JobState.RUNNING or record.is_cancelling or record.is_pausing:
        return ""
    return error_texts.sentence(record.meter.time_left)


def cancel_button(record: JobRecord | None) -> str:
    """What stands on the button that ends a job."""
    if record is not None and record.job.is_stopped:
        if record.is_cancelling:
            return QCoreApplication.translate("JobTexts", "Stopping…")
        return QCoreApplication.translate("JobTexts", "Stop")
    if record is not None and record.is_cancelling:
        return QCoreApplication.translate("JobTexts", "Cancelling…")
    return QCoreApplication.translate("JobTexts", "Cancel")


def pause_button(record: JobRecord) -> str:
    """What stands on the button that stops a job, or has it go on."""
    if record.is_pausing:
        return QCoreApplication.translate("JobTexts", "Pausing…")
    if record.state is JobState.PAUSED:
        return QCoreApplication.translate("JobTexts", "Resume")
    return QCoreApplication.translate("JobTexts", "Pause")


def result(found: JobResult) -> str:
    """What came of a job, in a sentence."""
    facts = dict(found.sentence.facts) | {"name": in_ui_language(found.of)}
    return error_texts.sentence(Phrase(found.sentence.template, **facts))


def outcome(record: JobRecord) -> str:
    """How a job ended, in a sentence."""
    if record.result is not None:
        return result(record.result)
    if record.error is not None:
        return error_texts.message(record.error)
    if record.job.is_stopped and record.meter.step is not None:
        return error_texts.sentence(record.meter.step)
    return QCoreApplication.translate("JobTexts", "Cancelled")


def failure(record: JobRecord) -> str:
    """Which job failed, and why: for who does not look at it."""
    text = QCoreApplication.translate("JobTexts", "{job} failed: {what}")
    return text.format(job=title(record.job), what=outcome(record))
