"""A request that a desk took in, heard on the loop that asked; and whether the client is there."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from starlette.types import Receive

from baichuan_desktop.services.serving.port import DeskEvent, MakeRequest, ModelDesk, Over


@dataclass(frozen=True, slots=True)
class Left:
    """The client closed its connection."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing came for a while."""


class Turn:
    """Made and heard on one loop; the desk's threads deliver to it."""

    def __init__(self, desk: ModelDesk, model_id: str | None, make: MakeRequest) -> None:
        """Raises QueueFullError, UnknownModelError."""
        self._loop = asyncio.get_running_loop()
        self._heard: asyncio.Queue[DeskEvent | Left] = asyncio.Queue()
        self._is_over = False
        self._asked = desk.ask(model_id, make, self._deliver)

    def _deliver(self, event: DeskEvent) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._heard.put_nowait, event)

    async def next(self, seconds: float) -> DeskEvent | Left | Nothing:
        """What comes next; `Nothing` after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                event = await self._heard.get()
        except TimeoutError:
            return Nothing()
        self._is_over = isinstance(event, Over)
        return event

    async def watch(self, receive: Receive) -> None:
        """Cancel as soon as the client leaves; `Left` is heard then, before what comes after it."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.cancel()
        self._heard.put_nowait(Left())

    def cancel(self) -> None:
        """Have nothing more computed."""
        if not self._is_over:
            self._asked.cancel()
