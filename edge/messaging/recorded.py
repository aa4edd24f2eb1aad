"""What people did to a station, as it is read back from its record."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import BusError
from edge.messaging.asking import Asker
from edge.messaging.messages import ActionValue
from edge.messaging.requests import MOST_ACTIONS
from edge.store import actions
from edge.store.file import open_to_read


class RecordedAction(BaseModel):
    """One action; its fields are those of the ``action`` message that told of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    time: datetime
    who: str
    command: str
    camera: str | None
    before: dict[str, ActionValue]
    after: dict[str, ActionValue]
    reason: str

    @classmethod
    def of(cls, action: actions.Action) -> Self:
        """From a row of the store."""
        before, after = (json.loads(text) if text else {} for text in (action.before, action.after))
        camera = after.pop("camera", None)
        before.pop("camera", None)
        return cls(
            number=action.number,
            time=datetime.fromisoformat(action.time),
            who=action.by,
            command=action.action,
            camera=camera,
            before=before,
            after=after,
            reason=action.reason,
        )


def ask_for_actions(asker: Asker, *, since_number: int | None, limit: int) -> list[RecordedAction]:
    """Asks a station that runs.

    Args:
        asker: connected to its control.
        since_number: the last action that is known; None for the newest ones.
        limit: most actions.

    Raises:
        BusError: no reply in time, or the station refused.
    """
    if since_number is None:
        newest = _page(asker, since_number=None, limit=1)
        since_number = max(0, newest[0].number - limit) if newest else 0
    found: list[RecordedAction] = []
    while len(found) < limit:
        page = _page(asker, since_number=since_number, limit=min(MOST_ACTIONS, limit - len(found)))
        if not page:
            break
        found += page
        since_number = page[-1].number
    return found


def _page(asker: Asker, *, since_number: int | None, limit: int) -> list[RecordedAction]:
    reply: dict[str, Any] = asker.ask("actions", since_number=since_number, limit=limit)
    try:
        return [RecordedAction.model_validate(fields) for fields in reply.get("actions", [])]
    except ValidationError as error:
        raise BusError(f"{asker.address} does not answer with actions", hint="is it another version?") from error


def read_actions(state_dir: Path, *, since_number: int | None, limit: int) -> list[RecordedAction]:
    """Reads the store of a station that does not run; it is left as it is.

    Args:
        state_dir: of the station.
        since_number, limit: see ``ask_for_actions``.

    Raises:
        StoreError: there is no store, it cannot be read, or its station runs.
    """
    with open_to_read(state_dir) as db:
        return [RecordedAction.of(row) for row in actions.read(db, since_number, limit)]
