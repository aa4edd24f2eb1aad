"""One event, one line: written by a real process to its standard error."""

from __future__ import annotations

import json
import re
import subprocess
import sys

SCRIPT = """
import logging, warnings
from pathlib import Path
from edge.log import log_event, start_logging
start_logging({form!r}, {level!r})
log = logging.getLogger("edge.demo")
log_event(log, "station_started", station="line-3", cameras=["top", "side"], model=Path("/m/bottle.xml"))
log_event(log, "camera_lost", level=logging.WARNING, camera="top", reason="no frame\\nfor 1 s", part=None)
log_event(log, "scored", score=float("nan"), level_px=float("inf"), share=1 / 3, time="mine")
log_event(log, "detail", level=logging.DEBUG)
logging.getLogger("library").error("two\\nlines %s", "here")
warnings.warn("old option")
try:
    1 / 0
except ZeroDivisionError as error:
    log_event(log, "inference_failed", level=logging.ERROR, error=error)
"""


def lines(form: str, level: str = "info") -> list[str]:
    script = SCRIPT.format(form=form, level=level)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_is_one_object_per_line_with_time_level_event_and_fields() -> None:
    written = [json.loads(line, parse_constant=lambda name: f"not JSON: {name}") for line in lines("json")]
    assert len(written) == 6
    times = [line.pop("time") for line in written]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times)
    started, lost, scored, foreign, warned, failed = written
    assert started == {
        "level": "info",
        "event": "station_started",
        "station": "line-3",
        "cameras": ["top", "side"],
        "model": "/m/bottle.xml",
    }
    assert lost == {
        "level": "warning",
        "event": "camera_lost",
        "camera": "top",
        "reason": "no frame\nfor 1 s",
        "part": None,
    }
    assert scored == {"level": "info", "event": "scored", "score": None, "level_px": None, "share": 1 / 3}
    assert foreign == {"level": "error", "event": "message", "logger": "library", "message": "two\nlines here"}
    assert warned["logger"] == "py.warnings"
    assert "old option" in warned["message"]
    assert (failed["event"], failed["level"]) == ("inference_failed", "error")
    assert failed["exception"].endswith("ZeroDivisionError: division by zero")


def test_text_is_one_readable_line_per_event() -> None:
    written = lines("text")
    assert len(written) == 6
    bare = [re.sub(r"^\S+Z ", "", line) for line in written]
    assert bare[0] == 'info    station started station=line-3 cameras="top side" model=/m/bottle.xml'
    assert bare[1] == 'warning camera lost camera=top reason="no frame\\nfor 1 s" part=None'
    assert bare[2] == "info    scored score=nan level_px=inf share=0.333333 time=mine"
    assert bare[3] == "error   library: two lines here"
    assert bare[5].startswith('error   inference failed exception="Traceback (most recent call last):\\n')


def test_the_level_decides_what_is_written() -> None:
    assert len(lines("json", "debug")) == 7
    assert [json.loads(line)["event"] for line in lines("json", "error")] == ["message", "inference_failed"]
