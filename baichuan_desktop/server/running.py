"""A server on a thread of its own: it listens, answers, and is gone within a second."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import psutil
import uvicorn
from typing_extensions import override

from backends.errors import PortTakenError, system_reason
from baichuan_desktop.server import application
from baichuan_desktop.server.application import Application
from baichuan_desktop.server.handshakes import Handshakes
from baichuan_desktop.server.limits import Limits
from baichuan_desktop.server.routes.parts import Parts
from baichuan_desktop.server.security.gate import Gate
from baichuan_desktop.server.security.hosts import Hosts
from baichuan_desktop.server.security.key import Key
from baichuan_desktop.server.security.origins import Origins
from baichuan_desktop.server.wire import Wire
from baichuan_desktop.services.serving.port import ModelDesk
from baichuan_desktop.services.serving.tls import tls_context
from baichuan_desktop.services.serving.values import LOOPBACK, JournalLine, ServeOptions
from baichuan_desktop.services.tokens.client import TokenClient

log = logging.getLogger(__name__)

_ANY = "0.0.0.0"
_BACKLOG = 128  # connections that the system keeps until they are looked at
_LAST_SECONDS = 0.3  # for what is cancelled to say so
#: Above every level: what uvicorn says of a request may hold words of it.
_SILENT = logging.CRITICAL + 1


class Journal(application.Journal, Protocol):
    """Keeps the latest requests."""

    def lines(self) -> Sequence[JournalLine]:
        """The oldest first."""
        ...


class ThreadedServer:
    """A Server (`services/serving/port`). Started and stopped from any thread."""

    def __init__(
        self, desk: ModelDesk, key: Key, journal: Journal, *, limits: Limits | None = None
    ) -> None:
        self._desk, self._key, self._journal = desk, key, journal
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._running: _Running | None = None

    @property
    def is_running(self) -> bool:
        """Whether it takes requests."""
        running = self._running
        return running is not None and running.is_alive

    @property
    def addresses(self) -> Sequence[str]:
        """Where it is reached, its own machine's first; none while it does not run."""
        running = self._running
        return () if running is None else running.addresses

    @property
    def clients(self) -> int:
        """Connections that are open."""
        running = self._running
        return 0 if running is None else running.clients

    def lines(self) -> Sequence[JournalLine]:
        """The latest requests, the oldest first."""
        return self._journal.lines()

    def start(self, options: ServeOptions) -> None:
        """Begin, and return once it listens. Raises ServerError."""
        with self._lock:
            assert self._running is None, "it runs already"
            tls = None if options.tls is None else tls_context(options.tls)
            gate = Gate(
                Hosts([*_names(), *options.hosts] if options.is_lan else options.hosts),
                Origins(options.origins),
                self._key,
                self._limits,
            )
            tokens = TokenClient()  # starts its process when it is asked
            app = Application(Parts(self._desk, options, tokens), gate, self._journal)
            listening = _listening(_ANY if options.is_lan else LOOPBACK, options.port)
            config = uvicorn.Config(
                app,
                loop="asyncio",
                http=Wire,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level=_SILENT,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=self._limits.idle_seconds,
                timeout_graceful_shutdown=0,
                ssl_context_factory=None if tls is None else lambda _config, _default: tls,
            )
            self._running = _Running(config, listening, options, tokens)

    def stop(self) -> None:
        """End what runs, soon, and give the port back; does nothing where nothing runs."""
        with self._lock:
            running, self._running = self._running, None
            if running is not None:
                running.stop()


class _Running:
    """A server from its start to its end."""

    def __init__(
        self,
        config: uvicorn.Config,
        listening: socket.socket,
        options: ServeOptions,
        tokens: TokenClient,
    ) -> None:
        self._tokens = tokens
        self._port = listening.getsockname()[1]
        self._options, self._listening = options, listening
        self._has_begun = threading.Event()
        self._server = _Uvicorn(config, self._has_begun.set)
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)
        self._thread.start()
        self._has_begun.wait()
        if not self._server.started:
            self._thread.join()
            raise RuntimeError("the server ended at once")

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def clients(self) -> int:
        return len(self._server.server_state.connections)

    @property
    def addresses(self) -> Sequence[str]:
        scheme = "http" if self._options.tls is None else "https"
        of_network = _lan_addresses() if self._options.is_lan else ()
        hosts = [LOOPBACK, *of_network, *self._options.hosts]
        return [f"{scheme}://{host}:{self._port}" for host in hosts]

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._tokens.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  a thread must not die silently
            log.error("The server ended: %s", type(error).__name__)  # noqa: TRY400  nothing of a prompt
        finally:
            self._listening.close()
            self._has_begun.set()

    async def _serve(self) -> None:
        asyncio.get_running_loop().set_exception_handler(_log_briefly)
        await self._server.serve(sockets=[self._listening])


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_begun: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_begun = on_begun
        self._handshakes: list[Handshakes] = []

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which would let any number of connections agree on their encryption."""
        await self.lifespan.startup()
        config, loop = self.config, asyncio.get_running_loop()
        application = config.app
        assert isinstance(application, Application)

        def make_wire() -> Wire:
            return Wire(config, self.server_state, self.lifespan.state)

        self.servers = []
        for listening in sockets or ():
            if config.ssl is None:
                made = await loop.create_server(make_wire, sock=listening, backlog=_BACKLOG)
                self.servers.append(made)
            else:
                limits = application.limits
                self._handshakes.append(Handshakes(listening, make_wire, config.ssl, limits))
        self.started = True
        self._on_begun()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, and nothing is left that the loop would end without a word."""
        for handshakes in self._handshakes:
            await handshakes.close()
        await super().shutdown(sockets)
        if tasks := set(self.server_state.tasks):
            await asyncio.wait(tasks, timeout=_LAST_SECONDS)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # in which asyncio closes them


def _log_briefly(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What asyncio could not hand to anybody: its class, and none of its words."""
    error = context.get("exception")
    if not isinstance(error, OSError):  # as of a client that left in the middle
        log.error("A connection ended: %s", type(error).__name__)


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises PortTakenError."""
    # Only where the protocol is named does asyncio send small pieces without waiting for more.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # where SO_REUSEADDR would share the port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # a server that was stopped a moment ago does not keep the port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        raise PortTakenError(port, system_reason(error)) from error
    return made


def _names() -> Sequence[str]:
    """What other machines of the network call this one."""
    name = socket.gethostname()
    short = name.partition(".")[0]  # it may come with its domain
    return [name, short, f"{short}.local"] if short else []


def _lan_addresses() -> Sequence[str]:
    """Of this machine in its networks."""
    found = [
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == socket.AF_INET
    ]
    return [address for address in found if not address.startswith("127.")]
