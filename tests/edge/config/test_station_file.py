"""The line of each key of a TOML text."""

from __future__ import annotations

from edge.config.station_file import line_numbers

TEXT = """\
station = "x"   # comment = 1
# model = "no"
bus.events = "tcp"

[log]
  "level" = "info"
[[ cameras ]]
source = "a = b"
[[cameras]]
source = "[not.a.header]"
fps=3
"""


def test_every_header_and_assignment_has_its_line() -> None:
    assert line_numbers(TEXT) == {
        "station": 1,
        "bus.events": 3,
        "log": 5,
        "log.level": 6,
        "cameras": 7,
        "cameras.0": 7,
        "cameras.0.source": 8,
        "cameras.1": 9,
        "cameras.1.source": 10,
        "cameras.1.fps": 11,
    }
