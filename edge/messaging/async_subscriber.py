"""The client library for asyncio: a ``Subscriber`` that is awaited.

from edge.messaging.async_subscriber import AsyncSubscriber
from edge.messaging.subscriber import Subscriber

async with AsyncSubscriber(Subscriber("tcp://127.0.0.1:5556", topics=("alert/",))) as station:
    async for alert in station:
        print(alert.seq, alert.camera, alert.result.score)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from edge.errors import EdgeAdError
from edge.messaging.subscriber import Received, Subscriber

_SLICE_S = 0.2


class AsyncSubscriber:
    """Reads a subscriber in a thread of its own, so that the event loop never waits for a socket or a replay.

    A ``receive`` that is cancelled loses nothing: what it would have brought comes with the next one.

    Args:
        subscriber: freshly made; nobody else uses it from now on.

    Attributes:
        last_seq, missed: as of the last message, see ``Subscriber``.
    """

    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber = subscriber
        self._thread = ThreadPoolExecutor(1, "subscriber")
        self._under_way: asyncio.Future[Received | None] | None = None
        self.last_seq = subscriber.last_seq
        self.missed = subscriber.missed

    async def receive(self, timeout_s: float | None = None) -> Received | None:
        """The next message or heatmap; None when the time ran out.

        Raises:
            BusError, StoreError: see ``Subscriber.receive``.
        """
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            left_s = _SLICE_S if deadline_s is None else max(0.0, deadline_s - time.monotonic())
            received = await self._slice(min(left_s, _SLICE_S))
            if received is not None or left_s == 0:
                return received

    async def __aiter__(self) -> AsyncIterator[Received]:
        """Yields for ever; silence ends nothing, see ``alive``."""
        while True:
            message = await self.receive()
            if message is not None:
                yield message

    @property
    def alive(self) -> bool:
        """Whether the station was heard, by the last ``receive``, within three heartbeats; idle is alive."""
        return self._subscriber.alive

    async def close(self) -> None:
        """Closes its sockets; what was delivered counts as dealt with.

        Raises:
            StoreError: the bookmark cannot be written.
        """
        await self.__aexit__(None, None, None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._under_way is not None:
            await asyncio.wait([self._under_way])
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._subscriber.__exit__, kind, error, trace)
        finally:
            self._thread.shutdown(wait=False)

    async def _slice(self, timeout_s: float) -> Received | None:
        if self._under_way is None:
            loop = asyncio.get_running_loop()
            self._under_way = loop.run_in_executor(self._thread, self._subscriber.receive, timeout_s)
        try:
            # Shielded: a cancelled reader leaves the call under way, and the next one takes what it brings.
            received = await asyncio.shield(self._under_way)
        except EdgeAdError:
            self._under_way = None
            raise
        self._under_way = None
        self.last_seq, self.missed = self._subscriber.last_seq, self._subscriber.missed
        return received
