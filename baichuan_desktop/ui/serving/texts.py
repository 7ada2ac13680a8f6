"""What is said of a server: what it does now, and a line for each request."""

from __future__ import annotations

import datetime
from urllib.parse import urlsplit

from PySide6.QtCore import QCoreApplication

from baichuan_desktop.services.serving.values import (
    BUG,
    LEFT,
    STOPPED,
    DeskState,
    DeskStatus,
    JournalLine,
)
from baichuan_desktop.ui.serving.controller import Served

_TOLD_SECONDS = 0.1  # of waiting; less is none


def port_of(address: str) -> str:
    """The port in an address."""
    return str(urlsplit(address).port or "")


def what_goes_on(served: Served) -> str:
    """What the model does, who is connected and who waits."""
    translate = QCoreApplication.translate
    parts = [_of_the_model(served.desk)]
    if served.clients == 1:
        parts.append(translate("Serving", "1 connection"))
    else:
        parts.append(translate("Serving", "{count} connections").format(count=served.clients))
    if served.desk.waiting == 1:
        parts.append(translate("Serving", "1 request waits"))
    elif served.desk.waiting:
        waiting = translate("Serving", "{count} requests wait")
        parts.append(waiting.format(count=served.desk.waiting))
    return " · ".join(parts)


def _of_the_model(desk: DeskStatus) -> str:
    translate = QCoreApplication.translate
    match desk.state:
        case DeskState.READY:
            return translate("Serving", "Ready")
        case DeskState.ANSWERING:
            return translate("Serving", "Answering")
        case DeskState.LOADING if desk.load_share is not None:
            loading = translate("Serving", "Loading the model: {percent} %")
            return loading.format(percent=round(100 * desk.load_share))
        case DeskState.LOADING:
            return translate("Serving", "Loading the model")
        case DeskState.EMPTY if desk.model is not None:
            return translate("Serving", "The model is not in memory; the next request loads it")
        case DeskState.EMPTY:
            return translate("Serving", "No model is loaded; requests are refused")


def line(entry: JournalLine) -> str:
    """A request that is over, in one line."""
    translate = QCoreApplication.translate
    parts = [
        datetime.datetime.fromtimestamp(entry.at).astimezone().strftime("%H:%M:%S"),
        entry.client,
        f"{entry.method} {entry.path}",
        str(entry.status),
        translate("Serving", "{seconds} s").format(seconds=f"{entry.seconds:.1f}"),
    ]
    if entry.prompt_tokens or entry.new_tokens:
        tokens = translate("Serving", "{prompt} + {new} tokens")
        parts.append(tokens.format(prompt=entry.prompt_tokens, new=entry.new_tokens))
    if entry.queued_seconds >= _TOLD_SECONDS:
        waited = translate("Serving", "waited {seconds} s")
        parts.append(waited.format(seconds=f"{entry.queued_seconds:.1f}"))
    if entry.ended:
        parts.append(_ended(entry.ended))
    return "  ".join(parts)


def _ended(why: str) -> str:
    """Why a request ended early; the code of an error is what programs are told too."""
    translate = QCoreApplication.translate
    said = {
        LEFT: translate("Serving", "the client left"),
        STOPPED: translate("Serving", "the server was stopped"),
        BUG: translate("Serving", "an error of the server's own"),
    }
    return said.get(why, why)
