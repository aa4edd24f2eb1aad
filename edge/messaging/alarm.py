"""When inspections of a camera become an alarm, and when it is over."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from edge.messaging.alarm_options import AlarmOptions
from edge.messaging.messages import Alert, Result
from edge.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that changes its state; it becomes an alert once it has a number and is on disk."""

    alert_id: str
    state: Literal["raised", "cleared"]
    cause: Result


class NofM:
    """The alarm of one camera: raised by n anomalous parts of the last m, cleared by good ones in a row.

    An anomalous part counts for one alarm only: the count begins anew when an alarm is raised, and while it waits
    to be cleared nothing is counted. An unknown part is neither anomalous nor good: it takes no place among the
    last m, and it breaks a row of good ones, because nobody knows that it was.

    Args:
        options: how many are n and m, and the rest.
        standing: the alert_id of an alarm of an earlier start that was not cleared, if any.
    """

    def __init__(self, options: AlarmOptions, standing: str | None = None) -> None:
        self._options = options
        self._last: deque[bool] = deque(maxlen=options.of)
        # The alert_id of the alarm that waits to be cleared.
        self._waiting = standing if options.clear_after_good else None
        self._good_in_row = 0
        self._quiet_until_ns = 0

    def judge(self, result: Result) -> Alarm | None:
        """The alarm that this result raises or clears, if any; results come in the camera's order."""
        if result.verdict is Verdict.UNKNOWN:
            self._good_in_row = 0
            return None
        anomalous = result.verdict is Verdict.ANOMALOUS
        if self._waiting is not None:
            return self._look_for_end(self._waiting, result, anomalous)
        self._last.append(anomalous)
        due = anomalous and sum(self._last) >= self._options.anomalous
        return self._raise(result) if due and result.mono_ns >= self._quiet_until_ns else None

    def _raise(self, cause: Result) -> Alarm:
        alert_id = uuid.uuid4().hex
        self._last.clear()
        self._quiet_until_ns = cause.mono_ns + round(self._options.cool_down_s * 1e9)
        if self._options.clear_after_good:
            self._waiting, self._good_in_row = alert_id, 0
        return Alarm(alert_id, "raised", cause)

    def _look_for_end(self, alert_id: str, result: Result, anomalous: bool) -> Alarm | None:
        self._good_in_row = 0 if anomalous else self._good_in_row + 1
        if self._good_in_row < self._options.clear_after_good:
            return None
        self._waiting = None
        return Alarm(alert_id, "cleared", result)


class Alarms:
    """The alarms of a station: one for each camera, by the same rules.

    Args:
        options: the rules.
        earlier: alerts of earlier starts, in order: an alarm that was raised and not cleared still stands.
    """

    def __init__(self, options: AlarmOptions, earlier: Iterable[Alert] = ()) -> None:
        self._options = options
        newest = {alert.camera: alert for alert in earlier}
        self._standing = {camera: alert.alert_id for camera, alert in newest.items() if alert.state == "raised"}
        self._cameras: dict[str | None, NofM] = {}

    def judge(self, result: Result) -> Alarm | None:
        """The alarm that this result raises or clears, if any.

        Any thread may call it; the results of one camera come one at a time and in their order.
        """
        if result.camera not in self._cameras:
            self._cameras[result.camera] = NofM(self._options, self._standing.get(result.camera))
        return self._cameras[result.camera].judge(result)
