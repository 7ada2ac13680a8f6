"""How a server is asked for: the options of `serve` and `web`, and what they make of it."""

from __future__ import annotations

import argparse
import re
from urllib.parse import urlsplit

from backends.errors import InvalidRequestError
from baichuan_desktop.cli.arguments import add_adapter, add_machine_options, add_model, path
from baichuan_desktop.services.serving.values import (
    DEFAULT_PORT,
    MOST_WAITING,
    ServeOptions,
    TlsFiles,
)

_LARGEST_COUNT = 1000
#: A model that nobody asked anything for so long gives its memory back.
_IDLE_MINUTES = 30
_LETTERS = 253  # of the name of a machine


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Add MODEL and all that `serve_options`, `session.wish_of` and `run_server` read."""
    add_model(parser, default="")
    parser.add_argument("--only", action="store_true", help="serve no other model than MODEL")
    parser.add_argument(
        "--as-chat", action="store_true", help="MODEL is a base model that was fine-tuned to chat"
    )
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, metavar="N",
        help=f"default: {DEFAULT_PORT}; 0 takes one that is free",
    )  # fmt: skip
    parser.add_argument(
        "--queue", type=_count, default=MOST_WAITING, metavar="N",
        help=f"so many requests may wait for the one that runs; default: {MOST_WAITING}",
    )  # fmt: skip
    parser.add_argument(
        "--idle-minutes", type=_count, default=_IDLE_MINUTES, metavar="N",
        help="a model that nobody asked for so long gives its memory back; "
        f"0: never; default: {_IDLE_MINUTES}",
    )  # fmt: skip
    add_adapter(parser, "MODEL answers with this adapter")
    add_machine_options(parser)
    access = parser.add_argument_group("who may ask")
    access.add_argument(
        "--lan", action="store_true", help="other machines too, each request with the key"
    )
    access.add_argument(
        "--require-key", action="store_true", help="the key is needed on this machine too"
    )
    access.add_argument(
        "--allow-origin", type=_origin, action="append", default=[], metavar="ORIGIN",
        help="a web page that may ask, as https://example.org:8443; may be repeated",
    )  # fmt: skip
    access.add_argument(
        "--host-name", type=_host_name, action="append", default=[], metavar="NAME",
        help="a name by which others call this machine; may be repeated",
    )  # fmt: skip
    access.add_argument(
        "--tls-cert", type=path, metavar="FILE", help="a certificate chain in PEM, for https"
    )
    access.add_argument(
        "--tls-key", type=path, metavar="FILE", help="its private key in PEM, without a password"
    )


def serve_options(arguments: argparse.Namespace) -> ServeOptions:
    """How the server runs. Raises InvalidRequestError for options that do not go together."""
    if (arguments.tls_cert is None) != (arguments.tls_key is None):
        raise InvalidRequestError(
            "TLS needs a certificate and its private key, and only one of them was named.",
            hint="Name both: --tls-cert FILE --tls-key FILE.",
        )
    if not arguments.model and (
        arguments.only or arguments.as_chat or arguments.adapter is not None
    ):
        raise InvalidRequestError(
            "--only, --as-chat and --adapter are for a model, and none was named.",
            hint="Name it: baichuan-desktop serve MODEL.",
        )
    tls = None
    if arguments.tls_cert is not None:
        tls = TlsFiles(arguments.tls_cert, arguments.tls_key)
    return ServeOptions(
        port=arguments.port,
        is_lan=arguments.lan,
        needs_key=arguments.require_key,
        origins=tuple(arguments.allow_origin),
        hosts=tuple(arguments.host_name),
        tls=tls,
    )


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, and not {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) > _LARGEST_COUNT:
        raise argparse.ArgumentTypeError(f"a number from 0 to {_LARGEST_COUNT}, and not {text!r}")
    return int(text)


def _origin(text: str) -> str:
    """A scheme, a host and perhaps a port, as a browser sends it; never all, and never `null`."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not _is_host(host):
        raise argparse.ArgumentTypeError(
            f"an origin is like https://example.org or http://localhost:3000, and not {text!r}"
        )
    usual = {"http": 80, "https": 443}[parts.scheme]
    made = f"{parts.scheme}://{host}" + ("" if port in (None, usual) else f":{port}")
    if text.lower().rstrip("/") not in (made, f"{made}:{usual}"):  # a path, a name and a password
        raise argparse.ArgumentTypeError(f"an origin ends with its host or port: {made}")
    return made


def _host_name(text: str) -> str:
    if not _is_host(text):
        raise argparse.ArgumentTypeError(
            f"a name of a machine has letters, digits, points and hyphens, and not {text!r}"
        )
    return text.lower()


def _is_host(text: str) -> bool:
    return len(text) <= _LETTERS and re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*)", text) is not None
