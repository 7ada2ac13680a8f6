"""The window's `main`: it makes every object once and wires them. Never imports torch."""

from __future__ import annotations

import argparse
import logging
import logging.handlers
import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from backends.files.plain_file import require_plain
from backends.printable import printable
from baichuan_desktop.console import guarded
from baichuan_desktop.services.app_paths import AppPaths, app_paths, usual_paths

if TYPE_CHECKING:
    from baichuan_desktop.services.engines.process import EngineClient
    from baichuan_desktop.services.serving.key import ServerKey
    from baichuan_desktop.services.serving.port import Server
    from baichuan_desktop.services.serving.window_desk import WindowDesk
    from baichuan_desktop.services.settings import SettingsFile
    from baichuan_desktop.ui.app_services import AppServices
    from baichuan_desktop.ui.errors.crash_reporter import CrashReporter
    from baichuan_desktop.ui.instance.one_window import OneWindow
    from baichuan_desktop.ui.look.theme import Theme
    from baichuan_desktop.workers.watches.store_watch import StoreWatch

log = logging.getLogger(__name__)

_NAME = "Baichuan Desktop"
_LOG_BYTES = 1_000_000


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window; the exit code."""
    parser = argparse.ArgumentParser(prog="baichuan-desktop")
    parser.add_argument("--model", metavar="ID_OR_FOLDER", help="the model to begin with")
    options = parser.parse_args(argv)
    return _run_window(options.model)


def _run_window(model: str | None) -> int:
    from PySide6.QtWidgets import QApplication

    from backends.errors import UserFacingError
    from baichuan_desktop.services.engines.process import EngineClient
    from baichuan_desktop.services.settings import SettingsFile
    from baichuan_desktop.ui.choosing import portal
    from baichuan_desktop.ui.errors.crash_reporter import CrashReporter
    from baichuan_desktop.ui.errors.dialog import error_dialog
    from baichuan_desktop.ui.instance.raising import Raising
    from baichuan_desktop.ui.look.fonts import load_fonts
    from baichuan_desktop.ui.look.i18n import Translations
    from baichuan_desktop.ui.look.icons import app_icon
    from baichuan_desktop.ui.look.theme import Theme
    from baichuan_desktop.ui.window.main_window import MainWindow
    from baichuan_desktop.workers.garbage import WindowGarbage
    from baichuan_desktop.workers.watches.store_watch import StoreWatch

    paths = usual_paths()
    log_file = _start_log(paths)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends the window
    portal.use_portal()
    app = QApplication(sys.argv[:1])
    app.setApplicationName("baichuan-desktop")
    app.setApplicationDisplayName(_NAME)
    app.setDesktopFileName("baichuan-desktop")
    one_window = _one_window(paths)
    if one_window is not None and not one_window.claim():
        return _hand_over(one_window, model)
    garbage = WindowGarbage(app)
    load_fonts()
    app.setWindowIcon(app_icon())
    theme = Theme(app)
    settings = SettingsFile(paths.settings)
    translations = Translations(app)
    translations.use(settings.current.language)
    reporter = CrashReporter(log_file, theme)
    _report_to(reporter)
    try:
        paths = _with_data(settings, theme)
    except UserFacingError as error:  # the data lies on a drive that is not connected
        error_dialog(error, theme, None).exec()
        return 1
    client = EngineClient(paths.engine_log)
    watch = StoreWatch()
    try:
        services = window_services(paths, settings, client, watch)
    except UserFacingError as error:  # the registry that ships with the app is broken
        error_dialog(error, theme, None).exec()
        return 1
    window = MainWindow(services, theme, translations)
    reporter.window = window
    raising = Raising(window)
    if one_window is not None:
        one_window.asked.connect(raising.answer)
    raising.model_asked.connect(window.library.load_named)
    window.show()
    window.library.show_problems()
    window.library.load_first(model)
    window.models.acquiring.look_for_unfinished()
    window.training.unfinished.look_after_start()
    window.around_chat.first_run.begin_if_first()
    try:
        return app.exec()
    finally:
        sys.excepthook = sys.__excepthook__
        window.shut_down()
        if one_window is not None:
            one_window.shut_down()
        garbage.shut_down()


def _with_data(settings: SettingsFile, theme: Theme) -> AppPaths:
    """The folders, once that of the data was moved if a person asked for it.

    Raises DataFolderError where it is not here.
    """
    from baichuan_desktop.services.data_folder.moving import Folders, is_to_move
    from baichuan_desktop.ui.errors.dialog import error_dialog
    from baichuan_desktop.ui.settings.moving import MovingDialog

    before = app_paths()
    if not is_to_move(before.data_place):
        return before
    moving = MovingDialog(Folders(before.data_place, before.data, before.model_folder), theme)
    moving.exec()
    if moving.error is not None:
        error_dialog(moving.error, theme, None).exec()
    after = app_paths()
    if after.data != before.data and before.model_folder.is_dir():  # where imported models stay
        kept = settings.current.model_folders
        settings.change(model_folders=(*kept, before.model_folder))
    return after


def _one_window(paths: AppPaths) -> OneWindow | None:
    """Who knows of other windows of this home; None where Qt's local sockets are not there."""
    try:
        from baichuan_desktop.ui.instance.one_window import OneWindow
    except ImportError as error:  # Qt's library needs one of Kerberos, which a system may lack
        log.info("Other windows of this home are not known of: %s", error)
        return None
    return OneWindow(paths.cache)


def _hand_over(first: OneWindow, model: str | None) -> int:
    """Have the window that is open already do what this start would do; the exit code."""
    from baichuan_desktop.ui.instance.raising import own_token
    from baichuan_desktop.ui.instance.request import RaiseRequest

    if model is not None and Path(model).exists():  # as seen from here
        model = str(Path(model).absolute())
    is_done = first.hand_over(RaiseRequest(model, own_token()))
    if sys.stderr is not None:
        guarded(sys.stderr).write(
            f"{_NAME} is open already: its window comes to the front.\n"
            if is_done
            else f"{_NAME} is open already, but its window does not answer: close it, or end its "
            "process, and start again.\n"
        )
    return 0 if is_done else 1


def window_services(
    paths: AppPaths, settings: SettingsFile, client: EngineClient, watch: StoreWatch
) -> AppServices:
    """What the window works with; `client` speaks to the engine of the chat.

    `watch` hands on what the store of the conversations says of itself.

    Raises RegistryError if the registry that ships with the app is broken.
    """
    from baichuan_desktop.services.admission.admission import Admission
    from baichuan_desktop.services.admission.admitted_engine import AdmittedEngine
    from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
    from baichuan_desktop.services.engines.one_shot import JobEngine
    from baichuan_desktop.services.engines.process import EngineClient
    from baichuan_desktop.services.engines.queue import EngineQueue
    from baichuan_desktop.services.library.integrity.manifests import ManifestStore
    from baichuan_desktop.services.library.last_used import LastUsed
    from baichuan_desktop.services.library.store import ModelStore
    from baichuan_desktop.services.licences.acceptances import Acceptances
    from baichuan_desktop.services.precisions.freed_memory import machine_without_engine
    from baichuan_desktop.services.precisions.measurements import Measurements
    from baichuan_desktop.services.precisions.opened import Precisions
    from baichuan_desktop.services.serving.key import ServerKey
    from baichuan_desktop.services.serving.window_desk import WindowDesk
    from baichuan_desktop.services.serving.window_engine import WindowEngine
    from baichuan_desktop.services.training.tuner import tuner_of
    from baichuan_desktop.ui.app_services import AppServices, ServingServices
    from baichuan_desktop.workers.engine_worker import EngineWorker
    from baichuan_desktop.workers.token_counter import TokenCounter
    from baichuan_desktop.workers.watches.serving_watch import ServingWatch

    store, manifests = ModelStore(paths), ManifestStore(paths.manifests)
    acceptances = Acceptances(paths.licences)
    admission = Admission(store, manifests, acceptances)

    watched, serving_watch = WindowEngine(client), ServingWatch()
    line = EngineQueue(AdmittedEngine(watched, admission))
    desk = WindowDesk(line, watched, serving_watch.ears, lambda name: store.of_id(name) is not None)
    key = ServerKey(paths.server_key)

    def job_worker() -> EngineWorker:
        engine = AdmittedEngine(JobEngine(paths.job_log), admission)
        return EngineWorker(engine, lambda job, cancel: job.steps(engine.run, cancel))

    return AppServices(
        store=store,
        manifests=manifests,
        acceptances=acceptances,
        last_used=LastUsed(paths.last_used),
        settings=settings,
        precisions=Precisions(
            Measurements(paths.measurements),
            detect_freed=lambda ready: machine_without_engine(client.pid, ready),
            published_4bit_losses=store.published_4bit_losses,
        ),
        model_folder=paths.model_folder,
        cache=paths.cache,
        worker=EngineWorker(line.port(serving_watch.tell_place)),
        conversations=ConversationStore(
            paths.conversations, on_state=watch.tell, backups=settings.current.backups
        ),
        store_watch=watch,
        tokens=TokenCounter(),
        job_worker=job_worker,
        comparison_worker=lambda: EngineWorker(
            AdmittedEngine(EngineClient(paths.comparison_log), admission)
        ),
        serving=ServingServices(desk, serving_watch, key, lambda: _window_server(paths, desk, key)),
        tuner=tuner_of(
            paths,
            store,
            admission,
            lambda: machine_without_engine(
                client.pid, watched.in_memory.ready if watched.in_memory is not None else None
            ),
        ),
    )


def _window_server(paths: AppPaths, desk: WindowDesk, key: ServerKey) -> Server:
    """A server of the window's model; what it is made with is imported here, and not before.

    Raises ServerLibrariesError.
    """
    from baichuan_desktop.services.serving.libraries import require_libraries

    require_libraries()
    from baichuan_desktop.server.running import ThreadedServer
    from baichuan_desktop.services.serving.journal import Journal

    return ThreadedServer(desk, key, Journal(paths.server_log))


#: The line of the program tells in a bundle for support what was said, without the words.
_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s [%(name)s:%(lineno)d]"


class _LogFormatter(logging.Formatter):
    """Makes text alone of names of files, which may hold anything: logs are read in terminals."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def _start_log(paths: AppPaths) -> Path:
    """Log to a file that cannot grow without end; where it cannot be written, to stderr alone."""
    file = paths.log / "window.log"
    handlers: list[logging.Handler] = []
    if sys.stderr is not None:  # as it is where Windows starts a program without a console
        handlers.append(logging.StreamHandler(guarded(sys.stderr)))
        handlers[0].setLevel(logging.WARNING)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        require_plain(file)  # to open a FIFO would wait for ever
        kept = logging.handlers.RotatingFileHandler(
            file, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8"
        )
        kept.rotator = _begin_anew
        handlers.append(kept)
    except OSError as error:
        if sys.stderr is not None:
            guarded(sys.stderr).write(f"The log {file} cannot be written: {error}\n")
    for handler in handlers:
        handler.setFormatter(_LogFormatter(_LOG_FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    return file


def _begin_anew(log_file: str, previous: str) -> None:
    """Keep a log that is full as `previous`. Another window may have it open, and goes on in it."""
    shutil.copyfile(log_file, previous)
    os.truncate(log_file, 0)


def _report_to(reporter: CrashReporter) -> None:
    """Log what nobody caught, and show it."""

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("An error that nobody caught.", exc_info=(kind, error, trace))
        reporter.happened.emit("".join(traceback.format_exception(kind, error, trace)))

    def report_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            report(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = report
    threading.excepthook = report_thread


if __name__ == "__main__":
    raise SystemExit(main())
