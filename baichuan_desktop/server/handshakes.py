"""Connections that are to be encrypted, from the first byte until both sides have agreed on how."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

from baichuan_desktop.server.limits import Limits

_SECONDS = 10.0  #: for a connection to agree
_REST_SECONDS = 1.0  #: where the system has no place for another connection


class Handshakes:
    """Takes in the connections of a socket that listens; used on the loop of the server.

    A server of asyncio's own lets any number of them wait to agree, each with a file descriptor,
    and tells nobody of them.
    """

    def __init__(
        self,
        listening: socket.socket,
        make_protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext,
        limits: Limits,
    ) -> None:
        """Begins at once."""
        listening.setblocking(False)
        self._listening, self._make_protocol = listening, make_protocol
        self._context, self._limits = context, limits
        self._agreeing: dict[asyncio.Task[None], str] = {}  #: and from which address each comes
        self._taking = asyncio.create_task(self._take())

    async def close(self) -> None:
        """Take no more in, and end those that have not agreed."""
        tasks = [self._taking, *self._agreeing]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, (address, *_) = await loop.sock_accept(self._listening)
            except ConnectionError:  # it has left already
                continue
            except OSError:
                await asyncio.sleep(_REST_SECONDS)
                continue
            if self._are_too_many(address):
                connection.close()  # whatever was said would have to be encrypted
                continue
            task = asyncio.create_task(self._agree(connection))
            self._agreeing[task] = address
            task.add_done_callback(self._agreeing.pop)

    def _are_too_many(self, address: str) -> bool:
        addresses = list(self._agreeing.values())
        return (
            len(addresses) >= self._limits.connections
            or addresses.count(address) >= self._limits.connections_of_one
        )

    async def _agree(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it left, speaks something else or takes too long
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make_protocol,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=_SECONDS,
            )
