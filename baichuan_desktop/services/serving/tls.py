"""TLS with a certificate that somebody made elsewhere; nothing is made or fetched here."""

from __future__ import annotations

import ssl
from pathlib import Path

from backends.errors import TlsFilesError, system_reason
from backends.phrases import Phrase
from baichuan_desktop.services.serving.values import TlsFiles


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """What connections are encrypted with. Raises TlsFilesError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for file in (files.certificate, files.private_key):
        _check_readable(file)
    _check_certificate(files.certificate)
    try:
        context.load_cert_chain(files.certificate, files.private_key, password=_no_password)
    except _PasswordAskedError as error:
        what = Phrase("it is protected by a password")
        raise TlsFilesError(files.private_key, what) from error
    except (ssl.SSLError, OSError) as error:
        is_other = getattr(error, "reason", "") == "KEY_VALUES_MISMATCH"
        what = (
            Phrase("it belongs to another certificate")
            if is_other
            else Phrase("it holds no private key in PEM")
        )
        raise TlsFilesError(files.private_key, what) from error
    return context


class _PasswordAskedError(Exception):
    pass


def _no_password() -> str:
    raise _PasswordAskedError


def _check_certificate(file: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(file)
    except (ssl.SSLError, OSError) as error:
        raise TlsFilesError(file, Phrase("it holds no certificate in PEM")) from error


def _check_readable(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            stream.read(1)
    except (OSError, ValueError) as error:
        raise TlsFilesError(file, system_reason(error)) from error
