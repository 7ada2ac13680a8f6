"""A server in the terminal: its model is loaded, its requests are printed, until Ctrl+C."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from backends.errors import LicenceNotAcceptedError, ServerStoppedError
from backends.events import LoadProgress
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.cli.library import adapter_of, model_store, print_notes
from baichuan_desktop.cli.licences.asking import is_accepted_now
from baichuan_desktop.cli.progress import progress
from baichuan_desktop.cli.session import wish_of
from baichuan_desktop.cli.tables import say
from baichuan_desktop.cli.verbs.serving.hearing import Hearing
from baichuan_desktop.cli.verbs.serving.options import serve_options
from baichuan_desktop.cli.verbs.serving.telling import before_others_ask, line_of, when_it_runs
from baichuan_desktop.services.admission.engines import own_client
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs.load_meter import LoadMeter
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.rows.patiently import require_here
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.serving.desk_parts.terms import DeskTerms
from baichuan_desktop.services.serving.journal import Journal
from baichuan_desktop.services.serving.key import ServerKey
from baichuan_desktop.services.serving.libraries import require_libraries
from baichuan_desktop.services.serving.own_desk import OwnDesk
from baichuan_desktop.services.serving.port import Over, Server
from baichuan_desktop.services.serving.values import JournalLine


def run_server(
    arguments: argparse.Namespace, when_up: Callable[[str], object] = lambda _address: None
) -> int:
    """Serve until Ctrl+C; `when_up` gets the address once it may be asked. Raises UserFacingError.

    Everything that is printed is printed by the thread that called this.
    """
    options = serve_options(arguments)
    require(site_policy(), Feature.SERVER)
    require_libraries()
    from baichuan_desktop.server.running import ThreadedServer

    paths, store = app_paths(), model_store()
    model = store.model(arguments.model) if arguments.model else None
    adapter = None
    if model is not None:
        require_here(model)
        adapter = adapter_of(store, arguments.adapter, model)
    key = ServerKey(paths.server_key)
    if options.needs_key:
        key.text()  # made, or refused, now: without one nobody could ask anything
    for text in before_others_ask(options):
        say(text)
    hearing = Hearing()
    desk = OwnDesk(
        own_client(store),
        store,
        ManifestStore(paths.manifests),
        Measurements(paths.measurements),
        LastUsed(paths.last_used),
        DeskTerms(
            model,
            wish_of(arguments, adapter),
            prefer_speed=arguments.prefer_speed,
            as_chat=arguments.as_chat,
            only_first=arguments.only,
            idle_minutes=arguments.idle_minutes,
            most_waiting=arguments.queue,
        ),
    )
    server = ThreadedServer(desk, key, Journal(paths.server_log, hearing.hear))
    try:
        server.start(options)
        if model is not None:
            _load(desk, store, model, hearing)
        served = "the models of this machine" if model is None else model.shown_name.en
        with hearing.signals():
            for text in when_it_runs(server.addresses, served, options, str(paths.server_key)):
                say(text)
            sys.stdout.flush()
            when_up(server.addresses[0])
            _tell(server, hearing)
    finally:
        server.stop()
        desk.close()
    return 0


def _load(desk: OwnDesk, store: ModelStore, model: InstalledModel, hearing: Hearing) -> None:
    """Load the first model, with progress on stderr; Ctrl+C ends it. Raises UserFacingError."""
    try:
        _load_once(desk, model, hearing)
    except LicenceNotAcceptedError:
        if not is_accepted_now(store, model):
            raise
        _load_once(desk, model, hearing)
    ready = desk.status.ready
    if ready is not None:
        print_notes(ready.notes)


def _load_once(desk: OwnDesk, model: InstalledModel, hearing: Hearing) -> None:
    meter = LoadMeter(model.shown_name.en)
    with hearing.signals():
        asked = desk.load_first(hearing.hear)
        while not hearing.is_over:
            match hearing.next():
                case LoadProgress() as event:
                    meter.read(event)
                case Over(error):
                    progress("")
                    if error is not None:
                        raise error
                    return
                case JournalLine() as line:
                    _say_line(line)
            progress(str(meter.phrase))
    progress("")
    asked.cancel()
    raise KeyboardInterrupt


def _tell(server: Server, hearing: Hearing) -> None:
    """Print requests until Ctrl+C. Raises ServerStoppedError where it ends by itself."""
    while (event := hearing.next()) is not None or not hearing.is_over:
        if isinstance(event, JournalLine):
            _say_line(event)
        elif not server.is_running:
            raise ServerStoppedError


def _say_line(line: JournalLine) -> None:
    progress("")
    say(line_of(line))
    sys.stdout.flush()
