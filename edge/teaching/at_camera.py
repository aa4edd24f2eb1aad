"""Teaching from a camera: guided collection into a session, with the threshold estimated meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.area import AreaPlan, area_plan_of
from edge.cameras.address import without_password
from edge.cameras.capture import Capture
from edge.cameras.options import camera_options
from edge.collecting.collection import Pacing
from edge.collecting.frames import Frames
from edge.collecting.live_sieve import LiveSieve
from edge.collecting.piped import PipedFrames, end_with_station
from edge.collecting.sieve import Limits
from edge.collecting.station import camera_of_station
from edge.errors import TeachingError, UsageError
from edge.teaching.backbone import BackboneBundle
from edge.teaching.guide import Guide, Taken, go_on
from edge.teaching.making import Made
from edge.teaching.progress import REASONS, Teller
from edge.teaching.session import Session
from edge.teaching.sides import pictures_missing, too_few
from edge.teaching.stability import Estimate, Stability

FROM_STATION = "-"


@dataclass(frozen=True)
class Shift:
    """How many parts pass.

    Attributes:
        parts_per_hour: that one camera judges; None where it is not known.
        hours: of a shift.
    """

    parts_per_hour: float | None
    hours: float

    def false_alarms(self, rate: float | None) -> float | None:
        """So many false alarms at most, on average; None where nothing is promised or known."""
        return None if rate is None or self.parts_per_hour is None else rate * self.parts_per_hour * self.hours


@dataclass(frozen=True, slots=True)
class Opened:
    """A camera that gives frames.

    Attributes:
        frames: the camera.
        plan: what of a frame is inspected.
        name: for the card, without a password.
    """

    frames: Frames
    plan: AreaPlan
    name: str


@dataclass(frozen=True, kw_only=True)
class AtCamera:
    """What is to be taken, and where.

    Attributes:
        camera: as for ``edge-ad run``; with a station file one of its cameras; ``-`` for standard input.
        config: the station file; None for none.
        given: further settings of the camera; None where the command line gave none.
        count: new pictures, those of a run that was cut off included.
        pacing: least time between two pictures, and how long to go on while none can be kept.
        limits: what a picture must reach.
        max_motion: change from frame to frame from which a part moves, grey levels; 0: it is not looked for.
        rate: false-alarm rate that will be promised; None for 5 %.
        shift: for the false alarms to expect.
    """

    camera: str
    config: Path | None
    given: Mapping[str, object]
    count: int
    pacing: Pacing
    limits: Limits
    max_motion: float
    rate: float | None
    shift: Shift

    def teach(
        self, session: Session, backbone: BackboneBundle, finish: Callable[[], Made], teller: Teller
    ) -> Made:
        """Takes pictures, lets the camera go, and has a model made of them.

        Args:
            session: of the product.
            backbone: the one that it was begun with.
            finish: makes and delivers the model.
            teller: shows how far it is; also what ends it.

        Raises:
            UsageError: so many pictures cannot promise the rate, or those that wait are of another camera.
            TeachingError: the camera ended before there were enough, or nothing could be kept for too long.
            EdgeAdError: the camera, the disk or the device failed. Whatever is raised, pictures taken are kept.
        """
        with teller.telling_failures():
            self._require_enough(session)
            with self._opened() as opened:
                self._take(opened, session, backbone, teller)
            teller.say(state="fitting", advice="")
            made = finish()
        calibration = made.taught.calibration
        rate = calibration.false_alarm_rate
        teller.say(
            state="ready",
            model=made.delivered,
            threshold=calibration.threshold,
            false_alarm_rate=rate,
            false_alarms_per_shift=self.shift.false_alarms(rate),
            suspects=tuple(suspect.kept.number for suspect in made.taught.suspects),
        )
        return made

    def _require_enough(self, session: Session) -> None:
        """Nobody shall take pictures for an hour to hear then that they are too few."""
        numbers = [kept.number for kept in session.pictures]
        to_come = max(0, self.count - len(session.pending))
        next_number = session.next_number + to_come
        numbers += range(session.next_number, next_number)
        if more := pictures_missing(numbers, next_number, session.product.seed, self.rate):
            what, hint = too_few(len(numbers), self.rate, f"give --count {self.count + more}")
            raise UsageError(what, hint=hint)

    def _take(self, opened: Opened, session: Session, backbone: BackboneBundle, teller: Teller) -> None:
        frames, taken_from = opened.frames, f"camera {opened.name}"
        _require_one_origin(session, taken_from)
        sieve = LiveSieve(self.limits, session.size, max_motion=self.max_motion, live=frames.live)
        for pixels in session.read(session.pictures):
            sieve.remember(pixels)
        taken = Taken(self.count, len(session.pending))
        with Stability(session, backbone, self.rate) as stability:

            def look(so_far: Taken) -> None:
                stability.look()
                teller.say(**_told(so_far), **_estimated(stability.latest))

            look(taken)
            guide = Guide(frames, sieve, opened.plan, lambda pixels: session.add(pixels, taken_from), self.pacing)
            guide.collect(taken, look)
        if taken.missing:
            raise TeachingError("the camera ended before there were enough pictures", hint=go_on(taken))

    @contextmanager
    def _opened(self) -> Iterator[Opened]:
        if self.camera == FROM_STATION:
            with closing(PipedFrames(sys.stdin.fileno())) as frames:
                end_with_station(sys.stdin.fileno())
                yield Opened(frames, AreaPlan(), frames.camera)
            return
        if self.config is None:
            options, plan = camera_options(source=self.camera, **self.given), AreaPlan()
        else:
            table = camera_of_station(self.config, self.camera, self.given)
            options, plan = table.options(), area_plan_of(table)
        with Capture(options) as capture:
            capture.wait_until_open()
            yield Opened(capture, plan, without_password(self.camera))


def _require_one_origin(session: Session, taken_from: str) -> None:
    """Pictures that wait count as those of this run: they must not be of another camera, which sees otherwise."""
    others = [kept.taken_from for kept in session.pending if kept.taken_from != taken_from]
    if others:
        what = f"{len(others)} pictures that wait to be taught are from {others[0]}, not from {taken_from}"
        raise UsageError(what, hint="go on there, or give the product another name")


def _told(taken: Taken) -> dict[str, object]:
    refused = {REASONS[refusal]: number for refusal, number in taken.refused.items()}
    return {"taken": taken.count, "refused": refused, "advice": taken.what_to_do}


def _estimated(estimate: Estimate | None) -> dict[str, object]:
    if estimate is None:
        return {}
    return {"threshold": estimate.threshold, "moved": estimate.moved, "stable": estimate.stable}
