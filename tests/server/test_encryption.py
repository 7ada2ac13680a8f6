"""Encrypted connections."""

from __future__ import annotations

import gc
import socket
import ssl
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from backends.errors import TlsFilesError
from baichuan_desktop.server.limits import Limits
from baichuan_desktop.services.serving.tls import tls_context
from baichuan_desktop.services.serving.values import ServeOptions, TlsFiles
from tests.helpers.patience import PATIENCE_SECONDS
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import Answer, Served, read_answer, serving

# Made for these tests and of no use elsewhere: for localhost and 127.0.0.1.
_KEY = """
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHMDa1YcdqAZcJfod
/HnVmgN53rV75x24IXRJbL7xZ4yhRANCAARhxix1IQRJmjAXEBdL9CqzjGESHYnJ
yfXnI1Pz+M+EpnQBVVNzbYenkaU/YOhbkYgq4q8068OhW0boBeQHX3tg
"""
_LOCKED_KEY = """
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,7DA78EB6F96F3A3579C394D8BD9E4C58

XJmNcOB/fBPLAE/nMHm4zcIfnRe2Aiz1IIBFQmM2+O8IQIZyFsTGDHj+Yng6Ej+f
mO0RZM7ESA+QMGKuKQxeYubEDX42u86cAA6CPLrljWJ1X4d2YUo9VIfmlLw70ymT
kOjBdxBUmQidQAobdAN0OsPz5EJtjoyG/MOwRLeJI+c=
"""
_OTHER_KEY = """
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgM6VVBcDy/kcY8GtS
Nf5BNGs8/y8wGle6aR1o+RAkHwKhRANCAAQyuItunaQ4HnSRiZje/G74IWbYc4ag
qbOxUq3+LrJFR7Cx7yXK/dCLu6qN07Hbl1LRDHp/smlLplRuJ2E/GOsB
"""
_CERTIFICATE = """
MIIBmzCCAUGgAwIBAgIUQDFdjjMUcyUVr8FyYcTctP8I4fMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTIxMzAzNFoYDzIxMjYxMTA1
MjEzMDM0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARhxix1IQRJmjAXEBdL9CqzjGESHYnJyfXnI1Pz+M+EpnQBVVNzbYen
kaU/YOhbkYgq4q8068OhW0boBeQHX3tgo28wbTAdBgNVHQ4EFgQUcq0AhzIkbQpi
cHAv12tWzXYzWukwHwYDVR0jBBgwFoAUcq0AhzIkbQpicHAv12tWzXYzWukwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgVPUO1OqiEiJqJbBKd9Rz2S8U4ZQ36U6AZ65uvmpGzW4CIQCE
7H8rdfEWVNd+JsUYdvjJxJARFGOTwdPoTSZeljRKtw==
"""


def pem(kind: str, text: str) -> str:
    return f"-----BEGIN {kind}-----{text}-----END {kind}-----\n"


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    made = TlsFiles(tmp_path / "certificate.pem", tmp_path / "key.pem")
    made.certificate.write_text(pem("CERTIFICATE", _CERTIFICATE), encoding="ascii")
    made.private_key.write_text(pem("PRIVATE KEY", _KEY), encoding="ascii")
    return made


def asked(served: Served, context: ssl.SSLContext, request: bytes) -> tuple[Answer, str]:
    with (
        served.connect() as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(request)
        return read_answer(connection), connection.version() or ""


@pytest.fixture
def trusting() -> ssl.SSLContext:
    """A client that looks at no certificate: the clock of who runs the tests may be any."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


GET = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n%s\r\n"


def test_a_connection_is_encrypted(
    desk: ScriptedDesk, files: TlsFiles, trusting: ssl.SSLContext
) -> None:
    with serving(desk, ServeOptions(port=0, tls=files)) as served:
        assert served.server.addresses[0].startswith("https://127.0.0.1:")
        answer, version = asked(served, trusting, GET % b"")
        assert (answer.status, version) == (200, "TLSv1.3")
        own = asked(served, trusting, GET % b"Origin: https://localhost\r\n")[0]
        plain = asked(served, trusting, GET % b"Origin: http://localhost\r\n")[0]
        assert (own.status, plain.status) == (200, 403)


def test_a_plain_request_to_an_encrypted_port_is_not_answered(
    desk: ScriptedDesk, files: TlsFiles, trusting: ssl.SSLContext
) -> None:
    with serving(desk, ServeOptions(port=0, tls=files)) as served:
        with served.connect() as connection:
            connection.sendall(GET % b"")
            assert not connection.recv(100).startswith(b"HTTP")
        assert asked(served, trusting, GET % b"")[0].status == 200


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_versions_are_refused(
    desk: ScriptedDesk, files: TlsFiles, trusting: ssl.SSLContext
) -> None:
    trusting.maximum_version = ssl.TLSVersion.TLSv1_1
    trusting.minimum_version = ssl.TLSVersion.TLSv1
    with serving(desk, ServeOptions(port=0, tls=files)) as served, pytest.raises(ssl.SSLError):
        asked(served, trusting, GET % b"")


def test_it_ends_while_connections_are_agreed_on(
    desk: ScriptedDesk, files: TlsFiles, trusting: ssl.SSLContext
) -> None:
    with serving(desk, ServeOptions(port=0, tls=files)) as served:
        silent = served.connect()
        with trusting.wrap_socket(served.connect(), server_hostname="localhost") as connection:
            connection.sendall(GET % b"")
            assert read_answer(connection).status == 200
            served.server.stop()
        silent.close()
        gc.collect()  # what was left open would warn


@pytest.mark.skipif(sys.platform == "darwin", reason="it has one address of its own")
def test_who_agrees_on_nothing_takes_no_place_of_others(
    desk: ScriptedDesk, files: TlsFiles, trusting: ssl.SSLContext
) -> None:
    limits = Limits(connections_of_one=2)
    with serving(desk, ServeOptions(port=0, tls=files), limits) as served, ExitStack() as stack:
        address, other = ("127.0.0.1", served.port), ("127.0.0.2", 0)
        silent = [
            stack.enter_context(socket.create_connection(address, PATIENCE_SECONDS, other))
            for _ in range(5)
        ]

        assert asked(served, trusting, GET % b"")[0].status == 200
        # Two are waited for; the others are ended, which their reading tells.
        assert [connection.recv(1) for connection in silent[2:]] == [b""] * 3


def refusal(files: TlsFiles) -> TlsFilesError:
    with pytest.raises(TlsFilesError) as caught:
        tls_context(files)
    return caught.value


def test_a_key_with_a_password_is_named_and_none_is_asked_for(files: TlsFiles) -> None:
    files.private_key.write_text(pem("EC PRIVATE KEY", _LOCKED_KEY), encoding="ascii")

    error = refusal(files)

    assert error.facts["file"] == str(files.private_key)
    assert "it is protected by a password" in str(error)


@pytest.mark.parametrize("content", ["", "no certificate", pem("CERTIFICATE", "\nAAAA\n")])
def test_a_certificate_that_is_none_is_named(files: TlsFiles, content: str) -> None:
    files.certificate.write_text(content, encoding="ascii")

    error = refusal(files)
    assert error.facts["file"] == str(files.certificate)
    assert "it holds no certificate in PEM" in str(error)


def test_a_file_that_is_not_there_is_named(files: TlsFiles) -> None:
    files.private_key.unlink()

    assert refusal(files).facts["file"] == str(files.private_key)


def test_a_key_that_is_none_or_another_ones_is_named(files: TlsFiles) -> None:
    files.private_key.write_text("no key", encoding="ascii")
    assert "it holds no private key in PEM" in str(refusal(files))

    files.private_key.write_text(pem("PRIVATE KEY", _OTHER_KEY), encoding="ascii")
    error = refusal(files)
    assert error.facts["file"] == str(files.private_key)
    assert "it belongs to another certificate" in str(error)


def test_a_port_is_not_taken_by_a_server_whose_certificate_is_none(
    desk: ScriptedDesk, files: TlsFiles
) -> None:
    files.certificate.write_text("none", encoding="ascii")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(TlsFilesError), serving(desk, ServeOptions(port=port, tls=files)):
        pass

    with serving(desk, ServeOptions(port=port)) as served:
        assert served.port == port
