"""The loop of a capture process over a scripted source, in threads of the test."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from edge.cameras.board import Board, CameraState, create_board, map_board
from edge.cameras.job import Job
from edge.cameras.loop import CaptureLoop, Pace
from edge.cameras.options import CameraOptions
from edge.cameras.ring import Keep, RingFds, RingReader, RingWriter, create_ring
from edge.cameras.source import Shot
from edge.errors import CameraError, CameraSilentError, EdgeAdError
from tests.edge.cameras.capturing import wait_for

LOST, SILENT = CameraError("camera is lost"), CameraSilentError("camera says nothing")
Step = float | Exception | Callable[[], None]


class Scripted:
    """A camera that does what it is told: gives a frame of a grey level, fails, or runs a function and goes on.

    Attributes:
        opened_s: when it was opened, or was tried to be.
        seen: the board's state at each call.
        clock_ns: asked for the time of each frame.
    """

    live = True
    skipped: Sequence[str] = ()

    def __init__(self, board: Board, reads: Iterator[Step], opens: Iterator[Step] | None = None) -> None:
        self.opened_s: list[float] = []
        self.seen: list[CameraState] = []
        self.present = True
        self.clock_ns: Callable[[], int] = time.monotonic_ns
        self._board = board
        self._reads = reads
        self._opens = opens or iter(())

    def open(self) -> None:
        self.opened_s.append(time.monotonic())
        self._look()
        self._follow(self._opens)

    def reachable(self) -> bool:
        self._look()
        return self.present

    def read(self) -> Shot | None:
        self._look()
        level = self._follow(self._reads)
        return None if level is None else Shot(np.full((4, 4, 3), level, np.uint8), self.clock_ns())

    def close(self) -> None:
        self._look()

    def _look(self) -> None:
        self.seen.append(self._board.state)

    def _follow(self, script: Iterator[Step]) -> float | None:
        for step in script:
            if isinstance(step, Exception):
                raise step
            if not callable(step):
                return step
            step()
        return None


class Station:
    """Runs loops and reads their ring."""

    def __init__(self) -> None:
        self.board = map_board(create_board())
        self.fds: RingFds = create_ring(4)
        self.reader = RingReader(self.fds)
        self.stop = threading.Event()
        self.said: list[tuple[str, str]] = []
        self.board.state = CameraState.OPENING
        self._threads: list[threading.Thread] = []

    def run(self, source: Scripted, *, keep: Keep = Keep.NEWEST, **options: object) -> None:
        asked = CameraOptions.model_validate({"source": "0", **options})
        job = Job(asked, keep, first_seq=0, reopening=False)
        ring = RingWriter(self.fds, keep)
        loop = CaptureLoop(job, source, ring, self.board, say=self._say, stop=self.stop)
        self._threads.append(threading.Thread(target=loop.run))
        self._threads[-1].start()

    def next_seq(self) -> int | None:
        frame, _ = self.reader.take(newest=False)
        return None if frame is None else frame.seq

    def ended(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def close(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(5)
        self.reader.close()

    def _say(self, kind: str, what: EdgeAdError | str) -> None:
        self.said.append((kind, str(what)))


@pytest.fixture
def station() -> Iterator[Station]:
    one = Station()
    yield one
    one.close()


def steps(*these: Step) -> Iterator[Step]:
    return iter(these)


class TestLostCamera:
    def test_one_that_cannot_be_reached_is_opened_once_and_as_soon_as_it_is_back(self, station: Station) -> None:
        def goes() -> None:
            source.present = False

        source = Scripted(station.board, steps(1, goes, LOST, 2))
        station.run(source, retry_first_s=0.1, retry_most_s=60)
        wait_for(lambda: station.board.state is CameraState.STALLED)
        time.sleep(1.0)  # many times the first pause
        assert len(source.opened_s) == 1
        source.present, back_s = True, time.monotonic()
        wait_for(station.ended)
        assert len(source.opened_s) == 2
        assert source.opened_s[1] - back_s < 1.0

    def test_one_that_refuses_is_asked_with_growing_pauses(self, station: Station) -> None:
        source = Scripted(station.board, steps(1, LOST, 2), steps(0, LOST, LOST, LOST, LOST, 0))
        station.run(source, retry_first_s=0.1, retry_most_s=0.3)
        wait_for(station.ended)
        assert (np.diff(source.opened_s) >= [0.1, 0.2, 0.3, 0.3, 0.3]).all()
        assert source.opened_s[-1] - source.opened_s[0] < 2 * 1.2
        assert [what for what, _ in station.said] == ["lost"] * 5

    def test_one_that_is_mute_makes_us_wait_anyway_and_is_asked_again_soon(self, station: Station) -> None:
        source = Scripted(station.board, steps(1, SILENT, 2), steps(0, *[SILENT] * 4, 0))
        station.run(source, retry_first_s=0.1, retry_most_s=30)
        wait_for(station.ended, 5)
        assert source.opened_s[-1] - source.opened_s[0] < 2 * 0.5, "growing pauses would take 3.1 s"

    def test_an_incident_is_one_time_of_being_stalled(self, station: Station) -> None:
        fails = steps(0, LOST, SILENT, LOST, 0, LOST, 0)
        source = Scripted(station.board, steps(1, LOST, LOST, 2), fails)
        station.run(source, retry_first_s=0.02)
        wait_for(station.ended)
        assert [state for state, _ in itertools.groupby(source.seen)] == [
            CameraState.OPENING,
            CameraState.STREAMING,
            CameraState.STALLED,
            CameraState.STREAMING,
            CameraState.ENDED,
        ]

    def test_a_first_opening_that_fails_ends_it(self, station: Station) -> None:
        source = Scripted(station.board, steps(), steps(LOST))
        job = Job(CameraOptions(source="0"), Keep.NEWEST, first_seq=0, reopening=False)
        ring = RingWriter(station.fds, Keep.NEWEST)
        with pytest.raises(CameraError, match="camera is lost"):
            CaptureLoop(job, source, ring, station.board, say=lambda *_: None, stop=station.stop).run()
        assert station.said == []


class TestTriggeredCamera:
    def test_silence_is_no_loss_and_its_beat_goes_on(self, station: Station) -> None:
        beats = []
        source = Scripted(station.board, steps(1, *[SILENT, lambda: beats.append(station.board.beat)] * 3, 2, 3))
        station.run(source, keep=Keep.LATEST, triggered=True)
        wait_for(station.ended)
        assert [station.next_seq() for _ in range(4)] == [0, 1, 2, None]
        assert len(source.opened_s) == 1
        assert station.said == []
        assert beats == sorted(set(beats)) and len(beats) == 3

    def test_it_streams_before_its_first_picture(self, station: Station) -> None:
        seen: list[CameraState] = []
        source = Scripted(station.board, steps(lambda: seen.append(station.board.state), SILENT, 1))
        station.run(source, keep=Keep.LATEST, triggered=True)
        wait_for(station.ended)
        assert seen == [CameraState.STREAMING]

    def test_a_burst_stays_in_order_and_what_does_not_fit_is_counted(self, station: Station) -> None:
        source = Scripted(station.board, steps(*range(7)))
        station.run(source, keep=Keep.LATEST, triggered=True)
        wait_for(station.ended)
        assert [station.next_seq() for _ in range(5)] == [3, 4, 5, 6, None]
        assert (station.board.captured, station.board.dropped) == (7, 3)

    def test_a_lost_connection_is_a_loss_all_the_same(self, station: Station) -> None:
        source = Scripted(station.board, steps(1, SILENT, LOST, SILENT, 2))
        station.run(source, keep=Keep.LATEST, triggered=True, retry_first_s=0.02)
        wait_for(station.ended)
        assert station.said == [("lost", "camera is lost")]
        assert len(source.opened_s) == 2


class TestInterval:
    def test_it_is_that_of_the_last_frames_whoever_took_them(self, station: Station) -> None:
        assert self.of_frames_at(station, [1000, 1100, *range(1101, 1111), 1140]) == 30

    def test_frames_that_come_at_once_after_a_delay_do_not_shorten_it(self, station: Station) -> None:
        assert self.of_frames_at(station, [1000, 1100, 1101, 1102, 1103]) == 100

    def test_time_without_the_camera_is_none(self, station: Station) -> None:
        assert self.of_frames_at(station, [1000, 1020, 1500], steps(1, 2, LOST, 3)) == 20

    def of_frames_at(self, station: Station, at_ms: Sequence[int], script: Iterator[Step] | None = None) -> float:
        """The interval that is told, in ms, once frames have arrived at such times."""
        source = Scripted(station.board, script or steps(*[1] * len(at_ms)))
        source.clock_ns = (1_000_000 * ms for ms in at_ms).__next__
        station.run(source, retry_first_s=0.01)
        wait_for(station.ended)
        return station.board.interval_ns / 1e6


class TestPace:
    def test_pictures_are_due_in_even_steps_whatever_reading_takes(self) -> None:
        pace = Pace(10)
        assert [pace.due(now) for now in (100.0, 100.13, 100.2)] == pytest.approx([100.1, 100.2, 100.3])

    def test_after_a_delay_there_is_no_burst(self) -> None:
        pace = Pace(10)
        pace.due(100.0)
        assert pace.due(105.0) == pytest.approx(105.0)
        assert pace.due(105.0) == pytest.approx(105.1)

    def test_without_fps_the_next_picture_is_due_at_once(self) -> None:
        pace = Pace(None)
        assert [pace.due(now) for now in (1.0, 2.0)] == [1.0, 2.0]
