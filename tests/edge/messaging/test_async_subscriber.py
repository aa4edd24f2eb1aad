"""The subscriber for asyncio behaves like the other one, and its loop goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import BusError
from edge.messaging.async_subscriber import AsyncSubscriber
from edge.messaging.control import Control
from edge.messaging.messages import Alert, Result
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.messaging.subscriber import Subscriber
from edge.security.authenticator import Authenticator
from edge.security.folder import KeyFolder
from edge.security.role import Role
from edge.verdict import Verdict
from tests.edge.messaging.conftest import ANY_PORT, Inspect
from tests.edge.messaging.test_changes import Station

StartPublisher = Callable[..., Publisher]


def test_missed_alerts_and_live_ones_come_once_each_and_in_order(
    outbox: Outbox, station: StartPublisher, inspect: Inspect, alerts: Callable[[int, int], list[Alert]]
) -> None:
    outbox.append(alerts(1, 3))
    publisher = station(heartbeat_s=0.1)

    async def follow(control: str) -> list[int]:
        reader = Subscriber(publisher.events, topics=("alert/",), control=control, since_seq=0)
        async with AsyncSubscriber(reader) as followed:
            seqs = []
            async for alert in followed:
                assert isinstance(alert, Alert)
                seqs.append(alert.seq)
                if alert.seq == 3:
                    publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
                if alert.seq == 4:
                    assert (followed.last_seq, followed.missed, followed.alive) == (4, 0, True)
                    return seqs
        return []

    with Control(address=ANY_PORT, station=Station(outbox), outbox=outbox) as control:
        assert asyncio.run(follow(control.address)) == [1, 2, 3, 4]


def test_a_cancelled_wait_loses_nothing(station: StartPublisher, inspect: Inspect) -> None:
    publisher = station()

    async def follow() -> list[int]:
        seqs: list[int] = []
        async with AsyncSubscriber(Subscriber(publisher.events, topics=("result/",))) as followed:
            await asyncio.to_thread(publisher.wait_for_subscribers, 1, 5)
            for seq in range(200):
                publisher.publish(inspect(seq))
            while len(seqs) < 200:
                try:
                    async with asyncio.timeout(0.0005):
                        message = await followed.receive()
                except TimeoutError:
                    continue
                assert isinstance(message, Result)
                seqs.append(message.frame_seq)
        return seqs

    assert asyncio.run(asyncio.wait_for(follow(), 20)) == list(range(200))


def test_the_loop_goes_on_while_nothing_comes_and_the_time_is_kept() -> None:
    async def wait() -> tuple[object, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        async with AsyncSubscriber(Subscriber("tcp://127.0.0.1:9")) as nobody:
            received = await nobody.receive(0.5)
            assert not nobody.alive
        ticking.cancel()
        return received, ticks

    received, ticks = asyncio.run(wait())
    assert received is None and ticks > 3  # of 50; none where the loop is held up


def test_an_error_comes_through_and_the_next_message_too(connect: Callable[..., object]) -> None:
    import zmq

    publisher = zmq.Context.instance().socket(zmq.XPUB)
    port = publisher.bind_to_random_port("tcp://127.0.0.1")

    async def follow() -> None:
        async with AsyncSubscriber(Subscriber(f"tcp://127.0.0.1:{port}")) as followed:
            await asyncio.to_thread(publisher.recv)
            publisher.send_multipart([b"result/x/y", b"rubbish"])
            with pytest.raises(BusError, match="not a message of edge-ad"):
                await followed.receive(5)
            assert await followed.receive(0.1) is None

    asyncio.run(follow())
    publisher.close()


def test_it_listens_to_a_station_with_keys(
    outbox: Outbox, station: StartPublisher, inspect: Inspect, tmp_path: Path
) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.create("hmi-1", Role.OBSERVE, tmp_path / "hmi-1.key")
    with (
        Authenticator(folder) as access,
        Publisher(station="line-3", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT, access=access) as publisher,
    ):

        async def follow() -> object:
            reader = Subscriber(publisher.events, topics=("heartbeat/",), keys=tmp_path / "hmi-1.key")
            async with AsyncSubscriber(reader) as followed:
                return await followed.receive(5)

        assert asyncio.run(follow()) is not None
