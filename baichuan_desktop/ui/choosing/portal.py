"""The desktop's own file dialog, which Linux offers through a portal on the session's bus.

Qt reaches it through the platform theme of that name, which it takes by itself only in a sandbox.
Where nobody answers, Qt would show no dialog at all: so that is asked before each one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtDBus import QDBusConnection, QDBusInterface, QDBusMessage, QDBusVariant

_THEME = "QT_QPA_PLATFORMTHEME"
_PORTAL = "xdgdesktopportal"
_SERVICE = "org.freedesktop.portal.Desktop"
_FOLDERS_SINCE = 3  # the version of its interface that can choose folders
_ANSWER_MS = 1_000


def theme_to_ask_for(environment: Mapping[str, str]) -> str | None:
    """The platform theme that Qt shall use; None where a person chose one, or there is no portal.

    The first needs a bus, and the second a service of the session that the bus can start.
    """
    if environment.get(_THEME) or not _has_bus(environment):
        return None
    folders = environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    services = (
        Path(folder, "dbus-1", "services", f"{_SERVICE}.service")
        for folder in folders.split(":")
        if folder
    )
    return _PORTAL if any(service.is_file() for service in services) else None


def _has_bus(environment: Mapping[str, str]) -> bool:
    if environment.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = environment.get("XDG_RUNTIME_DIR")
    return bool(runtime) and Path(str(runtime), "bus").exists()


def use_portal() -> None:
    """Have Qt offer the portal's dialogs, where there is one. Before the application is made."""
    if (theme := theme_to_ask_for(os.environ)) is not None:
        os.environ[_THEME] = theme


def is_used() -> bool:
    """Whether Qt asks the portal for its dialogs."""
    return os.environ.get(_THEME, "") == _PORTAL


def answers() -> bool:
    """Whether the portal is there, and can choose folders too."""
    return file_chooser_version(QDBusConnection.sessionBus()) >= _FOLDERS_SINCE


def file_chooser_version(bus: QDBusConnection) -> int:
    """The version of the portal's file dialog; 0 if there is none."""
    if not bus.isConnected():
        return 0
    properties = QDBusInterface(
        _SERVICE, "/org/freedesktop/portal/desktop", "org.freedesktop.DBus.Properties", bus
    )
    properties.setTimeout(_ANSWER_MS)
    reply = properties.call("Get", "org.freedesktop.portal.FileChooser", "version")
    if reply.type() is not QDBusMessage.MessageType.ReplyMessage:
        return 0
    (value,) = reply.arguments() or (0,)
    found = value.variant() if isinstance(value, QDBusVariant) else value
    return found if isinstance(found, int) else 0
