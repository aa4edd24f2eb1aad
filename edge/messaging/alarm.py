"""When an inspection becomes an alarm."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

from edge.messaging.messages import Result
from edge.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that changes its state; it becomes an alert once it has a number and is on disk."""

    alert_id: str
    state: Literal["raised", "cleared"]
    cause: Result


class EachPart:
    """Every anomalous part raises its own alarm, which is never cleared."""

    def judge(self, result: Result) -> Alarm | None:
        """The alarm that this result raises, if any; results of one camera come in their order."""
        if result.verdict is not Verdict.ANOMALOUS:
            return None
        return Alarm(alert_id=uuid.uuid4().hex, state="raised", cause=result)
