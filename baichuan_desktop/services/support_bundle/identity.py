"""What tells whose machine this is: names of accounts, of the machine, and home folders."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path

from baichuan_desktop.services.account import account
from baichuan_desktop.services.app_paths import HOME_VARIABLE, AppPaths

_USERS = ("USER", "USERNAME", "LOGNAME", "USERDOMAIN")
_HOMES = ("HOME", "USERPROFILE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "ONEDRIVE", HOME_VARIABLE)
_HOSTS = ("HOSTNAME", "COMPUTERNAME", "HOST")
#: They name no machine, and a sentence may need them.
_NO_HOST = ("localhost", "localhost.localdomain")


def identifying_words(paths: AppPaths) -> Mapping[str, str]:
    """Each word that is to be taken out of a bundle, with what stands in its place."""
    words: dict[str, str] = {}
    for place in _places(paths):
        words.setdefault(str(place), "<home>")
    for host in _hosts():
        words.setdefault(host, "<host>")
    for user in _users():
        words.setdefault(user, "<user>")
    return words


def _places(paths: AppPaths) -> Iterator[Path]:
    named = [Path(found) for name in _HOMES if (found := os.environ.get(name))]
    with contextlib.suppress(RuntimeError):  # an account without a home
        named.append(Path.home())
    named += [paths.config, paths.data, paths.log, paths.cache]
    for place in named:
        yield place
        try:
            yield place.resolve()
        except (OSError, RuntimeError, ValueError):
            continue


def _hosts() -> Iterator[str]:
    for name in (platform.node(), *(os.environ.get(name, "") for name in _HOSTS)):
        for form in (name, name.partition(".")[0]):
            if form and form.lower() not in _NO_HOST:
                yield form


def _users() -> Iterator[str]:
    yield from (found for name in _USERS if (found := os.environ.get(name)))
    yield account()
    with contextlib.suppress(RuntimeError):
        yield Path.home().name
