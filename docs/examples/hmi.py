"""An HMI in the small: what stands, what was missed, whether the station lives, what a person says of an alarm.

python hmi.py 192.168.1.20 --keys hmi-1.key
python hmi.py 192.168.1.20 --keys hmi-1.key --acknowledge 17 false_alarm --by Ada

Stop it, let the station raise alarms, start it again: it goes on where it was, from the file hmi.position. For a
station on this computer without keys leave out both.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

from edge.errors import EdgeAdError
from edge.messaging.asking import Asker
from edge.messaging.messages import Alert, Health, Message
from edge.messaging.subscriber import Subscriber

parser = argparse.ArgumentParser()
parser.add_argument("host", nargs="?", default="127.0.0.1")
parser.add_argument("--events", type=int, default=5556)
parser.add_argument("--control", type=int, default=5558)
parser.add_argument("--keys", type=Path)
parser.add_argument("--acknowledge", nargs=2, metavar=("ALERT", "JUDGEMENT"))
parser.add_argument("--by", default="HMI")
asked = parser.parse_args()
events, control = (f"tcp://{asked.host}:{port}" for port in (asked.events, asked.control))


def acknowledge(alert: str, judgement: str) -> None:
    """Says true_alarm or false_alarm of an alert, by its number or alert_id; needs the role operate."""
    with closing(Asker(control, keys=asked.keys)) as station:
        station.ask("acknowledge", alert_id=station.alert_id(alert), judgement=judgement, by=asked.by)


def show(message: Message, standing: dict[str, Alert]) -> None:
    if isinstance(message, Alert):
        if message.state == "raised":
            standing[message.alert_id] = message
        else:
            standing.pop(message.alert_id, None)
        score, kept = message.result.score, "" if message.durable else " (not on disk yet)"
        print(f"{message.seq} {message.camera} {message.state} {score} {message.alert_id}{kept}", flush=True)
    elif isinstance(message, Health):
        print(f"{message.component} {message.camera or ''} {message.state} {message.reason}".rstrip(), flush=True)


def watch() -> None:
    """Each alert comes once, in order, those that were raised while this program was away first."""
    standing: dict[str, Alert] = {}
    lives = None
    topics = ("alert/", "health/", "heartbeat/")
    with Subscriber(
        events, topics=topics, control=control, since_seq=0, bookmark=Path("hmi.position"), keys=asked.keys
    ) as station:
        while True:
            message = station.receive(timeout_s=1.0)
            if isinstance(message, Message):
                show(message, standing)
            if station.alive != lives:
                lives = station.alive
                print("station lives" if lives else "STATION IS DEAD", flush=True)


try:
    if asked.acknowledge:
        acknowledge(*asked.acknowledge)
    else:
        watch()
except EdgeAdError as error:
    sys.exit(str(error))
