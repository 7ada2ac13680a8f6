"""Requests as documents show them, as commands of curl; where it is missing, sent without it."""

from __future__ import annotations

import http.client
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.helpers.patience import PATIENCE_SECONDS


@dataclass
class Sent:
    """A request that a command of curl sends."""

    url: str = ""
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    body: str


def run(command: str) -> Answered:
    """Do what a command says. Raises ValueError for one that has an option not known here."""
    sent = parsed(command)
    if shutil.which("curl") is None:
        return send(sent)
    words = ["curl", "--silent", "--write-out", "\n%{http_code}", *_words(command)[1:]]
    result = subprocess.run(words, check=True, capture_output=True, text=True, encoding="utf-8")
    body, _, status = result.stdout.rpartition("\n")
    return Answered(int(status), body)


def parsed(command: str) -> Sent:
    """What a command sends. Raises ValueError for an option that is not known here."""
    words = _words(command)
    if words[:1] != ["curl"]:
        raise ValueError(f"no command of curl: {command}")
    sent, rest = Sent(), iter(words[1:])
    for word in rest:
        match word:
            case "-H" | "--header":
                name, _, value = next(rest).partition(":")
                sent.headers[name.strip()] = value.strip()
            case "-d" | "--data":
                sent.body = next(rest).encode()
            case "-X" | "--request":
                sent.method = next(rest)
            case "-i" | "-N" | "-s":
                continue
            case _ if word.startswith("http"):
                sent.url = word
            case _:
                raise ValueError(f"curl {word}")
    sent.method = sent.method or ("GET" if sent.body is None else "POST")
    return sent


def _words(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", " "))  # lines that go on


def send(sent: Sent) -> Answered:
    """Send it, and wait for all of the answer."""
    parts = urlsplit(sent.url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(
        parts.hostname, parts.port or 80, timeout=PATIENCE_SECONDS
    )
    try:
        connection.request(sent.method, parts.path or "/", sent.body, sent.headers)
        answer = connection.getresponse()
        return Answered(answer.status, answer.read().decode("utf-8"))
    finally:
        connection.close()
